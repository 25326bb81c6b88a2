//! What removing the classes makes of a model, byte for byte: the edits that writing a release would make,
//! made of the original anew. Only the values of the head are the candidate's own; they are put into the
//! edits as the candidate has them, and whatever else differs from what would then be written is no part of
//! the removal.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{
    Artifact, Edits, FileDiff, FormatError, NewTensor, RelPath, Role, Sha256Digest, StructureChange,
    TensorChange,
    onnx::{Attribute, Graph, GraphEdit},
};

use super::models::Model;
use crate::{
    cut::{Head, Operand, Source},
    edit,
    error::Error,
    evidence::Change,
    head::{LinearHead, Slot, Target},
    progress::{Progress, Step},
};

/// The copy that a candidate has to be.
pub(super) struct Expected<'a> {
    original: &'a Artifact,
    candidate: &'a Artifact,
    edits: Edits,
    /// The digests of all files that the edits change or add.
    digests: BTreeMap<RelPath, Sha256Digest>,
}

impl<'a> Expected<'a> {
    /// What has to become of the original, if its head became the candidate's.
    pub(super) fn new(
        models: &'a Change<Model<'_>>,
        heads: &Change<LinearHead>,
        target: &Target,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let Change { before, after } = models;
        let Change { before: old, after: new } = heads;
        // Which places a kept slot touches depends on which rows moved; a dropped one touches all of them.
        let moved = if target.slot() == Slot::Keep { new } else { old };
        let forgotten = target.forgotten().as_set();
        let mut edits = edit::edits(before.artifact, &before.cut, old, moved, forgotten, target.slot())?;
        let (original, candidate) = (before.artifact, after.artifact);
        adopt(&mut edits, &before.cut.head, original, candidate)?;
        // No more than these: of several shards, those without the head are not read.
        progress.begin(Step::Hashing, weights(original));
        let digests = original.edited_digests(&edits, &|bytes| progress.advance(Step::Hashing, bytes));
        progress.end(Step::Hashing);
        Ok(Self { original, candidate, edits, digests: digests? })
    }

    /// The same copy, whose further files have to have these digests.
    pub(super) fn with_others(mut self, digests: &BTreeMap<RelPath, Sha256Digest>) -> Self {
        for (path, digest) in digests {
            self.digests.entry(path.clone()).or_insert(*digest);
        }
        self
    }

    /// The digests of all files that the edits change or add.
    pub(super) fn into_digests(self) -> BTreeMap<RelPath, Sha256Digest> {
        self.digests
    }

    /// Whether a file of the candidate is what it had to become, or to stay.
    pub(super) fn has_file(&self, file: &FileDiff) -> bool {
        file.after == self.digests.get(&file.path).copied().or(file.before)
    }

    /// Whether the edits are about a tensor.
    pub(super) fn names(&self, change: &TensorChange) -> bool {
        let name = &change.name;
        let in_graph = |edit: &GraphEdit| match edit {
            GraphEdit::AddInitializer { name: added, .. } => added == name,
            GraphEdit::RemoveInitializer { name: removed } => removed == name,
            GraphEdit::RemoveNode { node } => self.makes(*node, name),
            _ => false,
        };
        self.edits.tensors.contains_key(name) || self.edits.graph.iter().any(in_graph)
    }

    /// Where the candidate's weights are not what they had to become.
    pub(super) fn deviations(&self) -> Result<Vec<StructureChange>, FormatError> {
        self.original.deviations(&self.edits, self.candidate)
    }

    fn makes(&self, node: usize, value: &String) -> bool {
        let node = self.original.graph().and_then(|graph| graph.nodes.get(node));
        node.is_some_and(|node| node.outputs.contains(value))
    }
}

/// Bytes of a model's weights.
fn weights(model: &Artifact) -> u64 {
    model.files().iter().filter(|file| file.role == Role::Weights).map(|file| file.size).sum()
}

/// Puts the candidate's values of the head into the edits; where the candidate has none of the right type and
/// shape, the expected ones stay, and differ.
fn adopt(
    edits: &mut Edits,
    head: &Head,
    original: &Artifact,
    candidate: &Artifact,
) -> Result<(), FormatError> {
    let operands: Vec<&Operand> =
        head.branches.iter().flat_map(|branch| std::iter::once(&branch.weight).chain(&branch.bias)).collect();
    let added = original.graph().map(|graph| added_for(&operands, edits, graph)).unwrap_or_default();
    for operand in &operands {
        if let Some(tensor) = edits.tensors.get_mut(&operand.tensor) {
            adopt_part(tensor, operand, head.classes, original, candidate)?;
        }
    }
    for edit in &mut edits.graph {
        match edit {
            GraphEdit::AddInitializer { name, tensor } if added.contains(name) => {
                adopt_tensor(tensor, name, candidate)?;
            }
            GraphEdit::SetAttribute { node, name, value } if holds_head(&operands, *node, name) => {
                let nodes = original.graph().zip(candidate.graph());
                let found = nodes.and_then(|(old, new)| attribute(old, new, *node, name));
                adopt_floats(value, found);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The initializers that take the place of the head's operands: what the nodes read there now.
fn added_for(operands: &[&Operand], edits: &Edits, graph: &Graph) -> BTreeSet<String> {
    let read = |node: usize, input: usize| graph.nodes.get(node)?.inputs.get(input);
    let is_head = |node: usize, input: usize| {
        operands.iter().any(|operand| match &operand.source {
            Source::Attribute { .. } | Source::Part { .. } | Source::Whole(_) => false,
            Source::Computed { node: reader, input: at, .. } => (*reader, *at) == (node, input),
            Source::Stored => read(node, input) == Some(&operand.tensor),
        })
    };
    let is_product = |node: usize| {
        let mut wholes = operands.iter().filter_map(|operand| match &operand.source {
            Source::Whole(product) => Some(product),
            _ => None,
        });
        wholes.any(|product| product.real == node)
    };
    let value = |edit: &GraphEdit| match edit {
        GraphEdit::SetInput { node, index, value } if is_head(*node, *index) => Some(value.clone()),
        GraphEdit::ReplaceNode { node, by } if is_product(*node) => by.inputs.last().cloned(),
        _ => None,
    };
    edits.graph.iter().filter_map(value).collect()
}

fn holds_head(operands: &[&Operand], node: usize, name: &str) -> bool {
    operands.iter().any(|operand| match &operand.source {
        Source::Attribute { node: holder, name: attribute } => *holder == node && attribute == name,
        Source::Computed { .. } | Source::Part { .. } | Source::Stored | Source::Whole(_) => false,
    })
}

/// Puts the candidate's values of an operand into a tensor, which may have others, too.
fn adopt_part(
    expected: &mut NewTensor,
    operand: &Operand,
    classes: usize,
    original: &Artifact,
    candidate: &Artifact,
) -> Result<(), FormatError> {
    if !matches!(operand.source, Source::Part { .. }) {
        return adopt_tensor(expected, &operand.tensor, candidate);
    }
    let mut adopted = expected.clone();
    adopt_tensor(&mut adopted, &operand.tensor, candidate)?;
    // As many classes are left as the tensor has become shorter.
    let before = original.tensor(&operand.tensor)?.elements().max(1);
    let own = operand.stored_at(classes, classes * expected.info.elements() / before);
    if let (Some(old), Some(new)) = (expected.data.get_mut(own.clone()), adopted.data.get(own)) {
        old.copy_from_slice(new);
    }
    Ok(())
}

fn adopt_tensor(expected: &mut NewTensor, name: &str, candidate: &Artifact) -> Result<(), FormatError> {
    if candidate.tensors().get(name) == Some(&expected.info) {
        expected.data = candidate.read_tensor(name)?;
    }
    Ok(())
}

/// An attribute of the node that makes in `new` what a node makes in `old`.
fn attribute<'g>(old: &Graph, new: &'g Graph, node: usize, name: &str) -> Option<&'g Attribute> {
    let outputs = &old.nodes.get(node)?.outputs;
    new.nodes.iter().find(|node| node.outputs == *outputs)?.attributes.get(name)
}

fn adopt_floats(expected: &mut Attribute, found: Option<&Attribute>) {
    if let (Attribute::Floats(expected), Some(Attribute::Floats(found))) = (expected, found)
        && expected.len() == found.len()
    {
        expected.clone_from(found);
    }
}
