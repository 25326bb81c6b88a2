//! What removing the classes does to a model besides the values of its head: derived anew from the original, so
//! that whatever else differs in a candidate is seen.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use declass_formats::{
    Artifact, Edits, FormatError, NewTensor, RelPath, Sha256Digest, StructureChange, TensorChange,
    onnx::{Attribute, Graph, GraphEdit, Node, Value},
};

use super::{Request, Side};
use crate::{
    cut::{Head, Operand, Source},
    edit::{self, Slot},
    error::Error,
    linear::LinearHead,
};

/// The edits of the original that a candidate may show, and the parts of them whose values are its own.
pub(super) struct Expected<'a> {
    after: &'a Artifact,
    edits: Edits,
    slot: Slot,
    /// Tensors that hold the head in either model.
    head: BTreeSet<&'a str>,
    /// Attributes that hold the head: node and name.
    attributes: BTreeSet<(usize, &'a str)>,
    /// The index of sharded weights, and the digest that it must have.
    index: Option<(RelPath, Sha256Digest)>,
    graphs: Option<Graphs<'a>>,
}

/// The graphs of both models, and what is asked of them for many changes.
struct Graphs<'a> {
    before: &'a Graph,
    after: &'a Graph,
    nodes_before: Nodes<'a>,
    nodes_after: Nodes<'a>,
    same_outputs: bool,
    same_metadata: bool,
}

/// The nodes of a graph by their first output, by which they are recognised.
struct Nodes<'a> {
    /// Nothing where two nodes have the same.
    by_output: HashMap<&'a str, Option<usize>>,
    /// Every value that a node makes.
    made: HashSet<&'a str>,
}

impl<'a> Expected<'a> {
    pub(super) fn new(
        before: &'a Side<'_>,
        after: &'a Side<'_>,
        head: &LinearHead,
        request: &Request<'_>,
    ) -> Result<Self, Error> {
        let moved = moved(head, request);
        let forgotten = request.forgotten.as_set();
        let edits = edit::edits(before.artifact, &before.cut, head, &moved, forgotten, request.slot)?;
        let holders = operands(&before.cut.head).chain(operands(&after.cut.head));
        let attributes = operands(&before.cut.head).filter_map(|operand| match &operand.source {
            Source::Attribute { node, name } => Some((*node, name.as_str())),
            Source::Computed { .. } | Source::Stored => None,
        });
        let index = before.artifact.edited_index(&edits)?;
        Ok(Self {
            after: after.artifact,
            slot: request.slot,
            head: holders.map(|operand| operand.tensor.as_str()).collect(),
            attributes: attributes.collect(),
            index: index.map(|(path, text)| (path.clone(), Sha256Digest::of(&text))),
            graphs: before
                .artifact
                .graph()
                .zip(after.artifact.graph())
                .map(|graphs| Graphs::new(graphs, &edits)),
            edits,
        })
    }

    /// Whether a tensor became what it had to: the head's values are free, all others follow from the original.
    pub(super) fn has_tensor(&self, change: &TensorChange) -> Result<bool, FormatError> {
        let Some(after) = &change.after else {
            return Ok(self.removes(&change.name));
        };
        let Some(expected) = self.tensor(&change.name).filter(|expected| expected.info == *after) else {
            return Ok(false);
        };
        Ok(self.head.contains(change.name.as_str()) || self.after.read_tensor(&change.name)? == expected.data)
    }

    /// Whether a part of the weights that is no tensor became what it had to.
    pub(super) fn has_part(&self, change: &StructureChange) -> bool {
        let name = change.name.as_str();
        // Of weights without a graph no part but tensors ever changes.
        let Some(graphs) = &self.graphs else { return false };
        match change.kind {
            "node" => self.has_node(name, graphs),
            "initializer" => self.tensor(name).is_some() || self.removes(name),
            "input" => self.removes(name),
            "ir_version" => self.adds() && graphs.after.ir_version == graphs.before.ir_version.max(4),
            "output" => graphs.same_outputs,
            "value_info" => self.clears() && graphs.after.value_info.is_empty(),
            "metadata entry" => graphs.same_metadata,
            _ => false,
        }
    }

    /// Whether a file of the candidate is one whose bytes follow from the original, and has them. The files of tensors
    /// do not: they are compared tensor by tensor and part by part.
    pub(super) fn has_file(&self, path: &RelPath, digest: Sha256Digest) -> bool {
        self.edits.files.get(path).is_some_and(|bytes| Sha256Digest::of(bytes) == digest)
    }

    /// Whether the candidate's file is not the index that it had to become, byte for byte.
    pub(super) fn has_other_index(&self, path: &RelPath, digest: Sha256Digest) -> bool {
        self.index.as_ref().is_some_and(|(index, expected)| index == path && *expected != digest)
    }

    fn tensor(&self, name: &str) -> Option<&NewTensor> {
        let added = || {
            self.edits.graph.iter().find_map(|edit| match edit {
                GraphEdit::AddInitializer { name: added, tensor } if added == name => Some(tensor),
                _ => None,
            })
        };
        self.edits.tensors.get(name).or_else(added)
    }

    fn removes(&self, tensor: &str) -> bool {
        self.edits.graph.iter().any(|edit| match edit {
            GraphEdit::RemoveInitializer { name } => name == tensor,
            GraphEdit::RemoveNode { node } => self.before_node(*node).is_some_and(|node| makes(node, tensor)),
            _ => false,
        })
    }

    fn adds(&self) -> bool {
        self.edits.graph.iter().any(|edit| matches!(edit, GraphEdit::AddInitializer { .. }))
    }

    fn clears(&self) -> bool {
        self.edits.graph.iter().any(|edit| matches!(edit, GraphEdit::ClearValueInfo))
    }

    fn before_node(&self, node: usize) -> Option<&'a Node> {
        self.graphs.as_ref()?.before.nodes.get(node)
    }

    fn has_node(&self, name: &str, graphs: &Graphs<'_>) -> bool {
        let Some(index) = graphs.nodes_before.single(name) else { return false };
        let is_removal = |edit: &GraphEdit| matches!(edit, GraphEdit::RemoveNode { node } if *node == index);
        let removed = self.edits.graph.iter().any(is_removal);
        match graphs.nodes_after.single(name) {
            None => removed && !graphs.nodes_after.made.contains(name),
            Some(found) => {
                !removed && self.is_edited(index, &graphs.before.nodes[index], &graphs.after.nodes[found])
            }
        }
    }

    /// Whether a node differs from its original by the edits alone.
    fn is_edited(&self, index: usize, before: &Node, after: &Node) -> bool {
        let mut inputs = before.inputs.clone();
        let mut attributes = before.attributes.clone();
        for edit in &self.edits.graph {
            match edit {
                GraphEdit::SetInput { node, index: input, value } if *node == index => {
                    inputs.get_mut(*input).into_iter().for_each(|input| input.clone_from(value));
                }
                GraphEdit::SetAttribute { node, name, value } if *node == index => {
                    attributes.insert(name.clone(), value.clone());
                }
                _ => {}
            }
        }
        let keys = before.attributes.keys().eq(after.attributes.keys());
        let same = attributes.iter().zip(after.attributes.values()).all(|((name, expected), found)| {
            self.same_attribute(expected, found, self.attributes.contains(&(index, name.as_str())))
        });
        let whole = |node: &Node| {
            (node.name.clone(), node.op_type.clone(), node.domain.clone(), node.outputs.clone())
        };
        keys && same
            && self.rewired_at_most(&before.inputs, &inputs, &after.inputs)
            && before.captures == after.captures
            && whole(before) == whole(after)
    }

    /// A kept slot's row may turn out to be what it was, and then its operand is not rewired at all.
    fn rewired_at_most(&self, before: &[String], expected: &[String], found: &[String]) -> bool {
        let may_stay = self.slot == Slot::Keep;
        let inputs = before.iter().zip(expected).zip(found);
        before.len() == found.len()
            && inputs.into_iter().all(|((old, new), found)| found == new || (may_stay && found == old))
    }

    /// What an attribute holds must be known in full to be compared; the head's own values are free.
    fn same_attribute(&self, expected: &Attribute, found: &Attribute, free: bool) -> bool {
        match (expected, found) {
            (Attribute::Other, _) => false,
            (Attribute::Tensor(tensor), _) if tensor.data.is_empty() => false,
            (Attribute::Floats(expected), Attribute::Floats(found)) if free => expected.len() == found.len(),
            _ => expected == found,
        }
    }
}

impl<'a> Graphs<'a> {
    fn new((before, after): (&'a Graph, &'a Graph), edits: &Edits) -> Self {
        Self {
            before,
            after,
            nodes_before: Nodes::of(before),
            nodes_after: Nodes::of(after),
            same_outputs: same_values(&outputs(before, edits), &after.outputs),
            same_metadata: metadata(before, edits) == after.metadata,
        }
    }
}

impl<'a> Nodes<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut by_output = HashMap::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            if let Some(output) = node.outputs.first() {
                by_output.entry(output.as_str()).and_modify(|node| *node = None).or_insert(Some(index));
            }
        }
        let made = graph.nodes.iter().flat_map(|node| &node.outputs).map(String::as_str).collect();
        Self { by_output, made }
    }

    fn single(&self, output: &str) -> Option<usize> {
        self.by_output.get(output).copied().flatten()
    }
}

/// The graph's outputs after the edits.
fn outputs(before: &Graph, edits: &Edits) -> Vec<Value> {
    let mut outputs = before.outputs.clone();
    for edit in &edits.graph {
        if let GraphEdit::SetOutputDim { output, axis, extent } = edit
            && let Some(shape) = outputs.get_mut(*output).and_then(|output| output.shape.as_mut())
            && let Some(dim) = shape.get_mut(*axis)
        {
            *dim = declass_formats::onnx::Dim::Fixed(*extent);
        }
    }
    outputs
}

/// The model's metadata after the edits.
fn metadata(before: &Graph, edits: &Edits) -> Vec<(String, String)> {
    let new: BTreeMap<&str, &str> = edits.graph.iter().filter_map(set_metadata).collect();
    let entry = |(key, old): &(String, String)| {
        let value = new.get(key.as_str()).copied().unwrap_or(old.as_str());
        (key.clone(), value.to_owned())
    };
    before.metadata.iter().map(entry).collect()
}

fn set_metadata(edit: &GraphEdit) -> Option<(&str, &str)> {
    match edit {
        GraphEdit::SetMetadata { key, value } => Some((key, value)),
        _ => None,
    }
}

/// A head that differs from this one in every forgotten row, by next to nothing: which places a change of these
/// rows touches is the question, not the values.
fn moved(head: &LinearHead, request: &Request<'_>) -> LinearHead {
    let nudge = |value: &mut f32| *value = f32::from_bits(value.to_bits() ^ 1);
    let mut moved = head.clone();
    if request.slot == Slot::Keep {
        for class in request.forgotten.indices() {
            moved.row_mut(class).iter_mut().for_each(nudge);
            if head.has_bias {
                nudge(&mut moved.bias[class]);
            }
        }
    }
    moved
}

fn operands(head: &Head) -> impl Iterator<Item = &Operand> {
    head.branches.iter().flat_map(|branch| std::iter::once(&branch.weight).chain(&branch.bias))
}

fn makes(node: &Node, value: &str) -> bool {
    node.outputs.iter().any(|output| output == value)
}

fn same_values(expected: &[Value], found: &[Value]) -> bool {
    let same =
        |(a, b): (&Value, &Value)| a.name == b.name && a.elem_type == b.elem_type && a.shape == b.shape;
    expected.len() == found.len() && expected.iter().zip(found).all(same)
}
