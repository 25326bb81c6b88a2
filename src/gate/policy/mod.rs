//! What the one who asks wants a release to be, in a file that people review.

mod file;
mod threshold;

use std::path::Path;

use serde::Deserialize;

use crate::{
    claim::{INPUT_MODEL, NamedClass, RecordedCheck, Removal, Statement},
    error::Error,
    evidence::{Finding, Outcome, code, current::is_known},
    sign::read_rules,
};
use threshold::Threshold;

/// The rules of a policy file. What it does not speak of is allowed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Classes of the first model that must be forgotten.
    forgotten: Vec<Class>,
    /// Methods that may have been used.
    methods: Option<Vec<String>>,
    /// Root digests of the inputs that the release may have been made from.
    inputs: Option<Vec<String>>,
    /// Heads that whoever made the release may have named although the model points to another.
    heads: Vec<String>,
    /// Checks that must have passed.
    checks: Vec<String>,
    thresholds: Vec<Threshold>,
    /// Whether a git-lfs pointer in the place of weights is not enough.
    structure: bool,
    /// Whether the release has to come out the same when it is made again.
    reproduced: bool,
}

/// A class by index or label.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a class is a label or an index")]
enum Class {
    Index(usize),
    Label(String),
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::Rules`] if it cannot be read or anything in it is not understood.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read = || file::parse(&read_rules(path)?);
        read().map_err(|reason| Error::Rules { path: path.to_owned(), reason })
    }

    /// The same policy, where these heads may have been named, too.
    #[must_use]
    pub(super) fn allowing(mut self, heads: &[String]) -> Self {
        self.heads.extend_from_slice(heads);
        self
    }

    /// Heads that may have been named although the model points to another.
    pub(super) fn heads(&self) -> &[String] {
        &self.heads
    }

    /// Whether the claim has to be held against the structure of the weights, which digests alone do not
    /// allow.
    pub(super) fn wants_structure(&self) -> bool {
        self.structure
    }

    /// Whether the release has to be made again from its original, which takes more than a claim.
    pub(super) fn wants_reproduction(&self) -> bool {
        self.reproduced
    }

    /// What a claim is not that the policy wants it to be.
    pub(super) fn judge(&self, statement: &Statement) -> Vec<Finding> {
        let predicate = &statement.predicate;
        let checks = &predicate.verification.checks;
        let thresholds = self.thresholds.iter().flat_map(|it| it.judge(checks, &predicate.removal));
        let said = self
            .classes(statement)
            .chain(self.method(statement))
            .chain(self.input(statement))
            .chain(self.passed(checks))
            .chain(thresholds);
        let unmet = said.map(|message| Finding::new(&code::POLICY, message));
        unmet.chain(self.of_unknown_meaning(checks)).collect()
    }

    /// Whatever removal took them: an index is one of the first model, since every release in between counts
    /// its classes anew.
    fn classes<'a>(&'a self, statement: &'a Statement) -> impl Iterator<Item = String> + 'a {
        let gone = statement.forgotten_in_all();
        let missing = self.forgotten.iter().filter(|class| !gone.iter().any(|entry| class.is(&entry.class)));
        missing.map(|class| format!("class {class} must be gone and is not"))
    }

    fn method(&self, statement: &Statement) -> Option<String> {
        let method = &statement.predicate.build_definition.external_parameters.method;
        let is_allowed = self.methods.as_ref().is_none_or(|allowed| allowed.contains(method));
        (!is_allowed).then(|| format!("method `{method}` is not allowed"))
    }

    fn input(&self, statement: &Statement) -> Option<String> {
        let inputs = &statement.predicate.build_definition.resolved_dependencies;
        let input = inputs.iter().find(|resource| resource.name == INPUT_MODEL);
        let input =
            input.and_then(|resource| resource.digest.as_ref()).map_or("unknown", |digest| &digest.sha256);
        let is_input = |allowed: &String| allowed.eq_ignore_ascii_case(input);
        let is_allowed = self.inputs.as_ref().is_none_or(|allowed| allowed.iter().any(is_input));
        (!is_allowed).then(|| format!("input {input} is not allowed"))
    }

    /// The checks that the policy is about and that another version of declass defined: what their figures mean
    /// is not known here, so that no rule can be held against them.
    fn of_unknown_meaning(&self, checks: &[RecordedCheck]) -> impl Iterator<Item = Finding> {
        let ruled =
            |id: &String| self.checks.contains(id) || self.thresholds.iter().any(|it| it.check == *id);
        let others =
            checks.iter().filter(move |check| ruled(&check.id) && !is_known(&check.id, check.version));
        others.map(|check| {
            let (id, version) = (&check.id, check.version);
            Finding::new(
                &code::UNSUPPORTED,
                format!("this version does not know version {version} of check `{id}`"),
            )
        })
    }

    fn passed<'a>(&'a self, checks: &'a [RecordedCheck]) -> impl Iterator<Item = String> + 'a {
        self.checks.iter().filter_map(|id| {
            let result = match checks.iter().find(|check| check.id == *id).map(|check| check.result) {
                Some(Outcome::Passed) => return None,
                Some(Outcome::Failed) => "failed",
                Some(Outcome::Informative) => "has no verdict",
                None => "was not run",
            };
            Some(format!("check `{id}` must have passed and {result}"))
        })
    }
}

impl Class {
    fn is(&self, class: &NamedClass) -> bool {
        match self {
            Self::Index(wanted) => class.index == *wanted,
            Self::Label(wanted) => class.label.as_ref() == Some(wanted),
        }
    }

    /// Its index in the input, if it is one of those that this removal forgot.
    fn index(&self, removal: &Removal) -> Option<usize> {
        let mut forgotten = removal.forgotten.iter().map(|entry| &entry.class);
        forgotten.find(|class| self.is(class)).map(|class| class.index)
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Label(label) => write!(f, "`{label}`"),
        }
    }
}
