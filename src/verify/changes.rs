//! Whether nothing but what had to change has changed.

use std::collections::HashMap;

use declass_formats::{Artifact, Diff, FileDiff, RelPath, Role, TensorChange};
use serde::Serialize;

use super::{
    Request, Side,
    expected::Expected,
    report::{Check, Evidence, Measurement, Outcome},
};
use crate::{
    cut::{Cut, Link, Order},
    error::Error,
    linear::LinearHead,
};

/// What changed, in figures.
#[derive(Clone, Debug, Serialize)]
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

/// A tensor that differs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedTensor {
    /// Its name.
    pub name: String,
    /// Element type.
    pub dtype: String,
    /// `values`, `shape`, `added` or `removed`.
    pub change: &'static str,
    /// Shape in the original.
    pub shape_before: Option<Vec<usize>>,
    /// Shape in the candidate.
    pub shape_after: Option<Vec<usize>>,
    /// Elements that differ.
    pub values: u64,
}

impl Changes {
    /// The figures of a comparison.
    #[must_use]
    pub fn of(diff: &Diff) -> Self {
        let files = diff.files.iter().filter(|file| file.before != file.after);
        Self {
            tensors: diff.tensors.iter().map(ChangedTensor::of).collect(),
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

impl ChangedTensor {
    fn of(change: &TensorChange) -> Self {
        let kind = match (&change.before, &change.after) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(before), Some(after)) if before.shape != after.shape => "shape",
            _ => "values",
        };
        let info = change.after.as_ref().or(change.before.as_ref());
        Self {
            name: change.name.clone(),
            dtype: info.map_or_else(String::new, |info| info.dtype.name().to_owned()),
            change: kind,
            shape_before: change.before.as_ref().map(|info| info.shape.clone()),
            shape_after: change.after.as_ref().map(|info| info.shape.clone()),
            values: change.values,
        }
    }
}

pub(super) fn check(
    before: &Side<'_>,
    after: &Side<'_>,
    diff: &Diff,
    head: &LinearHead,
    request: &Request<'_>,
) -> Result<Check, Error> {
    let offences = match Expected::new(before, after, head, request) {
        Ok(expected) => offences(before, after, diff, &expected)?,
        Err(error) => vec![format!("no edit of this kind fits the original ({error})")],
    };
    let changes = Changes::of(diff);
    let summary = match offences.as_slice() {
        [] => format!(
            "{} of {} tensors, {} of {} values; everything else byte-identical",
            changes.tensors.len(),
            changes.tensor_count,
            changes.values,
            changes.value_count
        ),
        [first] => format!("{first}, which is not part of the removal"),
        [first, rest @ ..] => {
            format!("{first} and {} more changes that are not part of the removal", rest.len())
        }
    };
    Ok(Check {
        id: "only-head-changed",
        outcome: Outcome::of(offences.is_empty()),
        summary,
        measurements: vec![
            Measurement::new("tensors changed", changes.tensors.len() as f64, "tensors")
                .of(changes.tensor_count as u64),
            Measurement::new("values changed", changes.values as f64, "values").of(changes.value_count),
        ],
        evidence: Evidence::ModelFiles,
        data: "every byte of both models",
        not_shown: "what the unchanged encoder still knows",
    })
}

/// Everything that differs although it must not, or in another way than it must.
fn offences(
    before: &Side<'_>,
    after: &Side<'_>,
    diff: &Diff,
    expected: &Expected<'_>,
) -> Result<Vec<String>, Error> {
    let mut offences = Vec::new();
    for change in &diff.tensors {
        if !expected.has_tensor(change)? {
            offences.push(format!("tensor `{}` changed", change.name));
        }
    }
    let parts = diff.structure.iter().filter(|change| !expected.has_part(change));
    offences.extend(parts.map(|change| format!("{} {}", change.place, change.what)));
    offences.extend(files(before.artifact, after.artifact, diff, expected));
    if boundary(&before.cut) != boundary(&after.cut) {
        offences.push("another embedding is read or made use of".to_owned());
    }
    Ok(offences)
}

/// What the head reads and what is made of its logits: the same in both models.
fn boundary(cut: &Cut) -> (Vec<(&str, usize)>, Link, Order) {
    let head = &cut.head;
    let embeddings = head.branches.iter().map(|branch| (branch.embedding.as_str(), branch.width));
    (embeddings.collect(), head.link, head.order)
}

/// Files that differ although they must not, and files that nobody looked into.
fn files(before: &Artifact, after: &Artifact, diff: &Diff, expected: &Expected<'_>) -> Vec<String> {
    let roles: HashMap<&RelPath, Role> =
        after.files().iter().chain(before.files()).map(|file| (&file.path, file.role)).collect();
    let stays = |file: &FileDiff| match (roles.get(&file.path), file.before, file.after) {
        (Some(Role::Card), _, _) => true,
        (Some(Role::Weights), Some(_), Some(after)) => !expected.has_other_index(&file.path, after),
        (_, Some(before), Some(after)) => before == after || expected.has_file(&file.path, after),
        _ => false,
    };
    let differing =
        diff.files.iter().filter(|file| !stays(file)).map(|file| format!("file `{}` differs", file.path));
    let unseen = after.left_out().iter().filter(|path| !path.is_record());
    differing.chain(unseen.map(|path| format!("file `{path}` is not part of the model"))).collect()
}
