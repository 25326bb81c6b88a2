//! What a model is, before it is held against another.

use serde::Serialize;

use crate::{
    claim::{NamedClass, Statement},
    head::Slot,
};

/// A model.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// What the user called it.
    pub name: String,
    /// SHA-256 of all its files, as a claim has it: the card left out.
    pub root: String,
    /// Number of its files, the card left out.
    pub files: usize,
    /// Bytes of these.
    pub bytes: u64,
    /// The head.
    pub head: String,
    /// Number of its classes.
    pub classes: usize,
    /// Width of the embedding that it reads.
    pub width: usize,
    /// What its claim says was removed, believed in nothing; null if it has no claim.
    pub removal: Option<Recorded>,
}

/// A removal as a claim records it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// What became of the outputs.
    pub slot: Slot,
    /// Whether slots that were kept are sealed.
    pub sealed: bool,
    /// All classes that are gone, by their indices in the first input.
    pub forgotten: Vec<NamedClass>,
}

impl Recorded {
    /// What a claim says.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        let asked = &statement.predicate.build_definition.external_parameters;
        Self {
            method: asked.method.clone(),
            slot: asked.slot,
            sealed: asked.seal,
            forgotten: statement.forgotten_in_all().iter().map(|it| it.class.clone()).collect(),
        }
    }
}
