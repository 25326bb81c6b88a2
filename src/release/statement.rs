//! The claim as bytes: an in-toto Statement v1 about the released files.
//!
//! The predicate embeds SLSA v1's `buildDefinition` and `runDetails` and adds `removal` and `verification`. Values that were
//! measured, thresholds and seeds are strings, since readers that go through protobuf's Struct would turn them into
//! doubles. No clock is read: the same command gives the same bytes, and a signature's time says when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    decimal::Decimal,
    evaluation::RecordedEvaluation,
    lineage::Lineage,
    record::{Settings, Training},
};
use crate::unambiguous;

/// File name of the unsigned claim in a release.
pub const STATEMENT_FILE: &str = "class-removal.statement.json";
/// What kind of claim it is.
pub const PREDICATE_TYPE: &str = "urn:declass:attestation:class-removal:v1";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// An in-toto statement about a class removal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    statement_type: String,
    /// The files it is about, after an entry for all of them together.
    pub subject: Vec<Resource>,
    predicate_type: String,
    /// What is claimed.
    pub predicate: Predicate,
}

/// A file or a set of files by its digest.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Resource {
    /// Path relative to the release, or a name for a set.
    pub name: String,
    /// Where it can be had, if anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digest; absent for what is generated from a seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digests>,
    /// Anything else about it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// Digests by algorithm; only one is ever used.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Digests {
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The claim itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// SLSA v1: the command and its inputs.
    pub build_definition: BuildDefinition,
    /// SLSA v1: the tool.
    pub run_details: RunDetails,
    /// What was removed and what changed.
    pub removal: Removal,
    /// What was measured.
    pub verification: Verification,
}

/// SLSA v1's description of a build.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// What kind of build.
    pub build_type: String,
    /// What the user asked for.
    pub external_parameters: Parameters,
    /// What the tool decided.
    pub internal_parameters: InternalParameters,
    /// The input model, its files, and the synthetic data.
    pub resolved_dependencies: Vec<Resource>,
}

/// What the user asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The classes, by index into the input's label space.
    pub forget: Vec<NamedClass>,
    /// The method.
    pub method: String,
    /// `head`: the encoder is untouched.
    pub scope: String,
    /// `keep` or `drop`.
    pub slot: String,
    /// Whether kept slots are sealed.
    pub seal: bool,
    /// The head, if it was named by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Settings of sampling and training; absent if nothing was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Settings>,
    /// Seed of all randomness.
    pub seed: String,
}

/// What the tool decided.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InternalParameters {
    /// Kind of the device that computed.
    pub device: String,
    /// What becomes of the element types.
    pub dtype_policy: String,
}

/// SLSA v1's description of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RunDetails {
    /// The tool.
    pub builder: Builder,
}

/// The tool that made a release.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Builder {
    /// Which tool.
    pub id: String,
    /// Which version of it.
    pub version: Version,
}

/// The version of the tool.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Version {
    /// Of this crate.
    pub declass: String,
}

/// A class of the input's label space.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedClass {
    /// Its index.
    pub index: usize,
    /// Its label, if the model has labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A forgotten class and what became of its place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenClass {
    /// Its index and label in the input.
    #[serde(flatten)]
    pub class: NamedClass,
    /// Its index in the output; null if its slot was dropped.
    pub index_after: Option<usize>,
}

/// What was removed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// The forgotten classes.
    pub forgotten: Vec<ForgottenClass>,
    /// How the label space changed.
    pub label_space: LabelSpace,
    /// `head`.
    pub scope: String,
    /// What is claimed.
    pub claim: String,
    /// What is not claimed.
    pub not_claimed: Vec<String>,
    /// Where the embedding and the head were found.
    pub location: Value,
    /// How training went; absent if nothing was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// The removals before this one; absent if the input was no release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Tensors that changed.
    pub tensors: Vec<Value>,
    /// Tensors that did not.
    pub unchanged_tensors: usize,
}

/// How the label space changed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSpace {
    /// Number of classes of the input.
    pub before: usize,
    /// Number of classes of the output.
    pub after: usize,
    /// New index of each class of the input; null for a dropped one.
    pub index_map: Vec<Option<usize>>,
}

impl LabelSpace {
    /// Fails unless each class of the input has its place in the index map: a number alone, of which lists are made, could be
    /// any, while a map is no longer than its claim.
    pub(super) fn check_size(&self) -> Result<(), String> {
        match self.index_map.len() {
            size if size == self.before => Ok(()),
            size => Err(format!("it speaks of {} classes, and its index map of {size}", self.before)),
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// `PASSED` or `FAILED`.
    pub result: String,
    /// Evidence that was used: model files, and labelled data of the user if there were any.
    pub tier: String,
    /// Tiers that were not run, and what they would need.
    pub not_run: Vec<String>,
    /// Seed of the synthetic embeddings.
    pub seed: String,
    /// Every check.
    pub checks: Vec<RecordedCheck>,
    /// Figures on labelled data of the user; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<RecordedEvaluation>,
}

/// One check as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCheck {
    /// Its stable name.
    pub id: String,
    /// `PASSED`, `FAILED` or `INFORMATIVE`.
    pub result: String,
    /// The finding in one line.
    pub summary: String,
    /// The figures.
    pub measurements: Vec<RecordedMeasurement>,
    /// What they were measured on.
    pub data: Value,
    /// What they do not show.
    pub not_shown: String,
}

/// One figure as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedMeasurement {
    /// What was measured.
    pub name: String,
    /// The value.
    pub value: Decimal,
    /// Its unit.
    pub unit: String,
    /// One-sided 95 % confidence bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound95: Option<Decimal>,
    /// Which side that bound is on, `at-most` or `at-least`, where the unit does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_side: Option<String>,
    /// Number of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Decimal>,
    /// What the value is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Decimal>,
}

impl Statement {
    /// A statement of this tool's type.
    pub(super) fn new(subject: Vec<Resource>, predicate: Predicate) -> Self {
        Self {
            statement_type: STATEMENT_TYPE.into(),
            subject,
            predicate_type: PREDICATE_TYPE.into(),
            predicate,
        }
    }

    /// Reads the bytes of a claim.
    ///
    /// # Errors
    /// What is wrong with it: not JSON, ambiguous, or no claim of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Self::read(&unambiguous::parse(bytes)?)
    }

    /// Reads a statement; what it has besides the fields of one is left out.
    pub(super) fn read(json: &Value) -> Result<Self, String> {
        let statement = Self::deserialize(json).map_err(|error| error.to_string())?;
        for (found, expected) in
            [(&statement.statement_type, STATEMENT_TYPE), (&statement.predicate_type, PREDICATE_TYPE)]
        {
            if found != expected {
                return Err(format!("it is a `{found}`, expected `{expected}`"));
            }
        }
        Ok(statement)
    }

    /// The bytes that are written (and will be signed).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and maps with string keys always serialise.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// The files that a claim of this type names, whatever version wrote it; none if the bytes are no such claim.
pub(super) fn claimed_files(bytes: &[u8]) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outline {
        predicate_type: String,
        subject: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let outline: Outline = serde_json::from_slice(bytes).ok()?;
    let names = outline.subject.into_iter().map(|subject| subject.name);
    (outline.predicate_type == PREDICATE_TYPE).then(|| names.collect())
}
