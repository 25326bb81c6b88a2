//! What is claimed: SLSA v1's `buildDefinition` and `runDetails`, what was removed, and what was measured.

use serde::{Deserialize, Serialize};

use super::{
    DeviceKind, DtypePolicy, ForgottenClass, LabelSpace, Lineage, NamedClass, NotClaimed, OtherFile, Promise,
    Resource, Scope, Seed, Settings, Training, Verification,
};
use crate::{
    evidence::{ChangedTensor, Untouched},
    head::{Accepted, Hints, Place, Slot},
};

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
    /// What the removal reaches.
    pub scope: Scope,
    /// What becomes of the forgotten classes' outputs.
    pub slot: Slot,
    /// Whether kept slots are sealed.
    pub seal: bool,
    /// The head that was trained, if it was named by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Further heads with the same classes, which were named by hand and lost the forgotten ones, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_heads: Vec<String>,
    /// Whether the user said that the classes are independent of each other.
    #[serde(default, skip_serializing_if = "is_false")]
    pub multi_label: bool,
    /// Whether it was accepted that a single class is left, which is then always the answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_constant: bool,
    /// Whether it was accepted that something else still counts or names the classes that were dropped, or that
    /// classes which stay have the label of a forgotten one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_stale: bool,
    /// On how many made-up inputs the networks were to be run; absent if as many as their size allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed: Option<u32>,
    /// Settings of sampling and training; absent if nothing was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Settings>,
    /// Seed of the run that made the release: its draws and its training.
    pub seed: Seed,
}

/// What the tool decided.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InternalParameters {
    /// Kind of the device that computed.
    pub device: DeviceKind,
    /// What becomes of the element types.
    pub dtype_policy: DtypePolicy,
}

/// SLSA v1's description of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// The tool.
    pub builder: Builder,
}

/// The tool that made a release.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Builder {
    /// Which tool.
    pub id: String,
    /// Which version of it.
    pub version: BuilderVersion,
}

/// The version of the tool.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuilderVersion {
    /// Of this crate.
    pub declass: String,
}

/// What was removed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// The forgotten classes.
    pub forgotten: Vec<ForgottenClass>,
    /// How the label space changed.
    pub label_space: LabelSpace,
    /// What the removal reaches.
    pub scope: Scope,
    /// What is claimed.
    pub claim: Promise,
    /// What is not claimed.
    pub not_claimed: Vec<NotClaimed>,
    /// Where the embedding and the head were found.
    pub location: Location,
    /// What else counts or names the classes, and was left as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untouched: Vec<Untouched>,
    /// How training went; absent if nothing was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// The removals before this one; absent if the input was no release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Tensors that changed.
    pub tensors: Vec<ChangedTensor>,
    /// Tensors that did not.
    pub unchanged_tensors: usize,
    /// Further files of the model in which the same was done; absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_files: Vec<OtherFile>,
}

/// Where the embedding and the head are.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The head: a module, tensor or node of the model.
    pub head: String,
    /// What it reads, one value for each of its branches.
    pub embeddings: Vec<String>,
    /// Numbers in an embedding, all branches together.
    pub width: usize,
    /// What has a row of logits each, none of which has a forgotten class on top; absent if the whole input has
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Place>,
}

impl Parameters {
    /// What was said of the model by hand.
    pub(super) fn hints(&self) -> Hints {
        Hints {
            heads: self.head.iter().chain(&self.other_heads).cloned().collect(),
            multi_label: self.multi_label,
            ..Hints::default()
        }
    }

    /// What was accepted although it is hardly ever wanted.
    pub(super) fn accepted(&self) -> Accepted {
        Accepted { constant: self.allow_constant, labels: self.allow_stale, stale: self.allow_stale }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
