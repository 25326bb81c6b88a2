//! An in-toto Statement v1, whatever it states: what is signed of a release is one.

use serde::{Deserialize, Serialize};

/// What every statement calls itself.
pub(crate) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement: subjects, and a predicate of some type about them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InToto<S, P> {
    #[serde(rename = "_type")]
    statement_type: String,
    /// What it is about.
    pub subject: Vec<S>,
    predicate_type: String,
    /// What is stated.
    pub predicate: P,
}

/// Digests by algorithm; only one is ever used.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Digests {
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl<S, P> InToto<S, P> {
    /// A statement with a predicate of a type.
    pub(crate) fn of_type(predicate_type: &str, subject: Vec<S>, predicate: P) -> Self {
        Self {
            statement_type: STATEMENT_TYPE.into(),
            subject,
            predicate_type: predicate_type.into(),
            predicate,
        }
    }

    /// Fails unless it is a statement with a predicate of this type; with what it is instead, and what it
    /// should be.
    pub(crate) fn require_type(&self, predicate_type: &'static str) -> Result<(), (String, &'static str)> {
        let kinds = [(&self.statement_type, STATEMENT_TYPE), (&self.predicate_type, predicate_type)];
        match kinds.into_iter().find(|(found, expected)| found != expected) {
            Some((found, expected)) => Err((found.clone(), expected)),
            None => Ok(()),
        }
    }
}
