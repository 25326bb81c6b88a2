//! Whether nothing but what had to change has changed.

use std::collections::{BTreeMap, HashMap};

use declass_formats::{Artifact, Diff, FileDiff, RelPath, Role, Sha256Digest, StructureChange, TensorChange};
use serde::Serialize;

use super::{
    expected::Expected,
    models::{Model, Models},
    named,
};
use crate::{
    claim::names::is_record,
    cut::Cut,
    error::Error,
    evidence::{
        Change, ChangedTensor, Check, Definition, Figure, Origin, Outcome, TensorDifference, words::grouped,
    },
    head::{Link, Position, Slot, Target, Ties, sealed::is_sealed},
    progress::Progress,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "only-head-changed",
    version: 1,
    number: None,
    formula: "digest of every file of the candidate = digest of what the edits of the removal make of the \
              original, with the head's values as the candidate has them; the same embedding read, the same \
              use of the logits",
    origin: Origin::ModelFiles,
    data: "every byte of both models but for the model card",
    shows: "that nothing but the removal was done to the model",
    not_shown: "what the unchanged encoder still knows; where a method trains, that nothing is hidden in the retained rows, \
                which are taken as they are: only making the release again (`reproduced`) shows that",
};

/// What changed, in figures.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// The tensors that differ.
    pub tensors: Vec<ChangedTensor>,
    /// Tensors of the original in all.
    pub tensor_count: usize,
    /// Elements that differ, and elements in all.
    pub values: u64,
    /// Elements of the original in all.
    pub value_count: u64,
    /// Whatever else differs inside the weights, in words.
    pub structure: Vec<String>,
    /// Files that differ besides the weights, were added or left out.
    pub files: Vec<String>,
}

impl Changes {
    /// The figures of a comparison.
    #[must_use]
    pub fn of(diff: &Diff) -> Self {
        let files = diff.files.iter().filter(|file| file.before != file.after);
        Self {
            tensors: diff.tensors.iter().map(changed).collect(),
            tensor_count: diff.tensor_count,
            values: diff.tensors.iter().map(|tensor| tensor.values).sum(),
            value_count: diff.value_count,
            structure: diff
                .structure
                .iter()
                .map(|change| format!("{} {}", change.place, change.what))
                .collect(),
            files: files.map(|file| file.path.to_string()).collect(),
        }
    }
}

fn changed(change: &TensorChange) -> ChangedTensor {
    let difference = match (&change.before, &change.after) {
        (None, _) => TensorDifference::Added,
        (_, None) => TensorDifference::Removed,
        (Some(before), Some(after)) if before.shape != after.shape => TensorDifference::Shape,
        _ => TensorDifference::Values,
    };
    let info = change.after.as_ref().or(change.before.as_ref());
    ChangedTensor {
        name: change.name.clone(),
        dtype: info.map_or_else(String::new, |info| info.dtype.name().to_owned()),
        change: difference,
        shape_before: change.before.as_ref().map(|info| info.shape.clone()),
        shape_after: change.after.as_ref().map(|info| info.shape.clone()),
        values: change.values,
    }
}

/// Compares the candidate, byte for byte, with what the edits of a removal make of the original, of whose further files
/// the digests are known; with the digests of all files that are to differ.
pub(super) fn check(
    models: &Models<'_>,
    diff: &Diff,
    (target, of_others): (&Target, &BTreeMap<RelPath, Sha256Digest>),
    progress: &dyn Progress,
) -> Result<(Check, BTreeMap<RelPath, Sha256Digest>), Error> {
    let Change { before, after } = &models.models;
    let (offences, digests) = match Expected::new(&models.models, &models.heads, target, progress) {
        Ok(expected) => {
            let expected = expected.with_others(of_others);
            let found = [offences(before, after, diff, &expected)?, unsealed(after, target)?].concat();
            (found, expected.into_digests())
        }
        Err(error) => (vec![format!("no edit of this kind fits the original ({error})")], BTreeMap::new()),
    };
    let changes = Changes::of(diff);
    let summary = match offences.as_slice() {
        [] => format!(
            "{} of {} tensors, {} of {} values{}; everything else byte-identical",
            changes.tensors.len(),
            changes.tensor_count,
            grouped(changes.values),
            grouped(changes.value_count),
            named::besides(diff, before.artifact, after.artifact)
        ),
        [first] => format!("{first}, which is not part of the removal"),
        [first, rest @ ..] => {
            format!("{first} and {} more changes that are not part of the removal", rest.len())
        }
    };
    let check = Check {
        definition: &DEFINITION,
        outcome: Outcome::of(offences.is_empty()),
        summary,
        figures: vec![
            Figure::new("tensors-changed", changes.tensors.len() as f64, "tensors")
                .of(changes.tensor_count as u64),
            Figure::new("values-changed", changes.values as f64, "values").of(changes.value_count),
        ],
    };
    Ok((check, digests))
}

/// Everything that differs although it must not, or in another way than it must. What decides are the digests
/// of whole files; tensors and parts only say where.
fn offences(
    before: &Model<'_>,
    after: &Model<'_>,
    diff: &Diff,
    expected: &Expected<'_>,
) -> Result<Vec<String>, Error> {
    let roles = roles(before.artifact, after.artifact);
    let role = |file: &FileDiff| roles.get(&file.path).copied();
    let is_other = |file: &&FileDiff| role(file) != Some(Role::Card) && !expected.has_file(file);
    let others = diff.files.iter().filter(is_other);
    let are_weights =
        |file: &&FileDiff| role(file) == Some(Role::Weights) && file.before.is_some() && file.after.is_some();
    let (weights, rest): (Vec<&FileDiff>, Vec<&FileDiff>) = others.partition(are_weights);
    let differs = |file: &&FileDiff| format!("file `{}` differs", file.path);
    let mut offences = Vec::new();
    if !weights.is_empty() {
        offences.extend(inside(diff, expected)?);
    }
    if offences.is_empty() {
        offences.extend(weights.iter().map(differs));
    }
    offences.extend(rest.iter().map(differs));
    let unseen = after.artifact.left_out().iter().filter(|path| !is_record(path));
    offences.extend(unseen.map(|path| format!("there is a file `{path}` that is not in the original")));
    if boundary(&before.cut) != boundary(&after.cut) {
        offences.push("another embedding is read or made use of".to_owned());
    }
    Ok(offences)
}

/// The heads beside the main one whose kept slots are not sealed, which they are whatever becomes of the main one.
fn unsealed(after: &Model<'_>, target: &Target) -> Result<Vec<String>, Error> {
    let mut offences = Vec::new();
    for head in after.cut.head.further().filter(|_| target.slot() == Slot::Keep) {
        let numbers = head.load(after.artifact)?;
        if !is_sealed(&numbers, head.link, &head.precision(), target.forgotten()) {
            offences.push(format!("head `{}` of the same classes is not sealed", head.name));
        }
    }
    Ok(offences)
}

/// The places inside the weights that are not as they had to become, each once.
fn inside(diff: &Diff, expected: &Expected<'_>) -> Result<Vec<String>, Error> {
    let tensors: Vec<&TensorChange> = diff.tensors.iter().filter(|tensor| !expected.names(tensor)).collect();
    let is_named = |part: &StructureChange| tensors.iter().any(|tensor| tensor.name == part.name);
    let parts = expected.deviations()?;
    let parts = parts.iter().filter(|part| !is_named(part));
    let parts: Vec<String> = parts.map(|part| format!("{} {}", part.place, part.what)).collect();
    let tensors = tensors.iter().map(|tensor| format!("tensor `{}` changed", tensor.name));
    Ok(tensors.chain(parts).collect())
}

/// What the head reads and what is made of its logits: the same in both models.
fn boundary(cut: &Cut) -> (Vec<(&str, usize)>, Link, &Position, Ties) {
    let head = &cut.head;
    let embeddings = head.branches.iter().map(|branch| (branch.embedding.as_str(), branch.width));
    (embeddings.collect(), head.link, &head.position, head.ties)
}

/// What each file is for; where the models do not agree, what the original says.
fn roles<'a>(before: &'a Artifact, after: &'a Artifact) -> HashMap<&'a RelPath, Role> {
    after.files().iter().chain(before.files()).map(|file| (&file.path, file.role)).collect()
}
