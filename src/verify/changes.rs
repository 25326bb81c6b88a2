//! Whether nothing but what had to change has changed.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{Artifact, Diff, Role, StructureChange, TensorChange, onnx::Graph};
use serde::Serialize;

use super::{
    Side,
    report::{Check, Measurement, Outcome},
};
use crate::{cut::Cut, edit::Slot};

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

pub(super) fn check(before: &Side<'_>, after: &Side<'_>, diff: &Diff, slot: Slot) -> Check {
    let rule = Rule::new(before, after, slot);
    let mut offences: Vec<String> = Vec::new();
    offences.extend(diff.tensors.iter().filter(|change| !rule.allows_tensor(change)).map(describe));
    let parts = diff.structure.iter().filter(|change| !rule.allows_part(change, diff));
    offences.extend(parts.map(|change| format!("{} {}", change.place, change.what)));
    offences.extend(files(before.artifact, after.artifact, diff, slot));
    let changes = Changes::of(diff);
    let summary = match offences.as_slice() {
        [] => format!(
            "{} of {} tensors, {} of {} values; everything else byte-identical",
            changes.tensors.len(),
            changes.tensor_count,
            changes.values,
            changes.value_count
        ),
        [first] => format!("{first}, which is not part of the head"),
        [first, rest @ ..] => format!("{first} and {} more changes outside of the head", rest.len()),
    };
    Check {
        id: "only-head-changed",
        outcome: Outcome::of(offences.is_empty()),
        summary,
        measurements: vec![
            Measurement::new("tensors changed", changes.tensors.len() as f64, "tensors")
                .of(changes.tensor_count as u64),
            Measurement::new("values changed", changes.values as f64, "values").of(changes.value_count),
        ],
        data: "every byte of both models",
        not_shown: "what the unchanged encoder still knows",
    }
}

fn describe(change: &TensorChange) -> String {
    format!("tensor `{}` changed", change.name)
}

/// Which parts of a model may differ.
struct Rule {
    slot: Slot,
    /// Tensors that hold the head in either model.
    head: BTreeSet<String>,
    /// Everything that the embedding is computed from: names of values and tensors. Empty for a state dict, where
    /// the head is told apart by its tensors alone.
    encoder: BTreeSet<String>,
    is_graph: bool,
}

impl Rule {
    fn new(before: &Side<'_>, after: &Side<'_>, slot: Slot) -> Self {
        let branches = [before, after].into_iter().flat_map(|side| {
            let head = &side.cut.head;
            head.branches.iter().chain(&head.auxiliary)
        });
        let operands = branches.flat_map(|branch| std::iter::once(&branch.weight).chain(&branch.bias));
        let head = operands.map(|operand| operand.tensor.clone()).collect();
        let graph = before.artifact.graph();
        let encoder = graph.map_or_else(BTreeSet::new, |graph| upstream(graph, &before.cut));
        Self { slot, head, encoder, is_graph: graph.is_some() }
    }

    fn allows_tensor(&self, change: &TensorChange) -> bool {
        let name = &change.name;
        if self.encoder.contains(name) {
            return false;
        }
        // Constants that only the head read may go; dropping a slot may touch whatever counts the classes behind it.
        let behind = self.is_graph && (change.after.is_none() || self.slot == Slot::Drop);
        self.head.contains(name) || behind
    }

    fn allows_part(&self, change: &StructureChange, diff: &Diff) -> bool {
        let gone =
            |name: &str| diff.tensors.iter().any(|tensor| tensor.name == name && tensor.after.is_none());
        match change.kind {
            "node" => !change.name.is_empty() && !self.encoder.contains(&change.name),
            "initializer" => {
                diff.tensors.iter().any(|tensor| tensor.name == change.name && self.allows_tensor(tensor))
            }
            "input" => gone(&change.name),
            "ir_version" => diff.tensors.iter().any(|tensor| tensor.before.is_none()),
            "output" | "value_info" | "metadata entry" | "index entry" => self.slot == Slot::Drop,
            _ => false,
        }
    }
}

/// Names of all values and tensors that the embeddings depend on, the embeddings included.
fn upstream(graph: &Graph, cut: &Cut) -> BTreeSet<String> {
    let producers: BTreeMap<&str, usize> = graph
        .nodes
        .iter()
        .enumerate()
        .flat_map(|(index, node)| node.outputs.iter().map(move |output| (output.as_str(), index)))
        .collect();
    let mut seen = BTreeSet::new();
    let mut queue: Vec<&str> = cut.head.branches.iter().map(|branch| branch.embedding.as_str()).collect();
    while let Some(value) = queue.pop() {
        if value.is_empty() || !seen.insert(value.to_owned()) {
            continue;
        }
        if let Some(node) = producers.get(value).map(|&index| &graph.nodes[index]) {
            queue.extend(node.inputs.iter().chain(&node.captures).chain(&node.outputs).map(String::as_str));
        }
    }
    seen
}

/// Files that differ although they must not, and files that nobody looked into.
fn files(before: &Artifact, after: &Artifact, diff: &Diff, slot: Slot) -> Vec<String> {
    let role = |path| {
        let mut files = after.files().iter().chain(before.files());
        files.find(|file| file.path == path).map(|file| file.role)
    };
    let differing = diff.files.iter().filter(|file| file.before != file.after).filter(|file| {
        match role(file.path.clone()) {
            Some(Role::Card) => false,
            Some(Role::Weights) => file.before.is_none() || file.after.is_none(),
            Some(Role::Config | Role::Companion) => {
                slot == Slot::Keep || file.before.is_none() || file.after.is_none()
            }
            _ => true,
        }
    });
    let differing = differing.map(|file| format!("file `{}` differs", file.path));
    let unseen = after.left_out().iter().filter(|path| !path.is_record());
    differing.chain(unseen.map(|path| format!("file `{path}` is not part of the model"))).collect()
}
