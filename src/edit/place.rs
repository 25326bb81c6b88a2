//! Collects the edits: each operand's new value goes to where the model stores it.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{
    Artifact, Edits, NewTensor,
    onnx::{Attribute, GraphEdit, Node},
};

use super::{Rows, rows};
use crate::head::Slot;
use crate::{
    cut::{OWN_COPY, Operand, Reader, Source, WholeProduct},
    error::Error,
    net::ops,
};

/// Edits in the making.
pub(super) struct Placement<'a> {
    pub(super) artifact: &'a Artifact,
    pub(super) reader: Reader<'a>,
    pub(super) classes: usize,
    pub(super) forgotten: &'a BTreeSet<usize>,
    pub(super) edits: Edits,
    pub(super) slot: Slot,
    /// Which value a node reads now, where that has changed: (node, operand) to value.
    pub(super) rewired: BTreeMap<(usize, usize), String>,
    /// Nodes that were replaced or taken away.
    pub(super) replaced: BTreeSet<usize>,
    /// Values that nodes read which took the place of others.
    pub(super) reads: Vec<String>,
}

impl<'a> Placement<'a> {
    pub(super) fn new(
        artifact: &'a Artifact,
        classes: usize,
        forgotten: &'a BTreeSet<usize>,
        slot: Slot,
    ) -> Self {
        let reader = Reader::new(artifact);
        Self {
            artifact,
            reader,
            classes,
            forgotten,
            edits: Edits::default(),
            slot,
            rewired: BTreeMap::new(),
            replaced: BTreeSet::new(),
            reads: Vec::new(),
        }
    }

    /// Whether a class stays.
    pub(super) fn keeps(&self, class: usize) -> bool {
        !self.forgotten.contains(&class)
    }

    /// The entries of a list with one per class that stay.
    pub(super) fn kept<T: Clone>(&self, list: &[T]) -> Vec<T> {
        list.iter()
            .enumerate()
            .filter(|(class, _)| self.keeps(*class))
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    /// Classes that stay.
    pub(super) fn left(&self) -> usize {
        self.classes - self.forgotten.len()
    }

    /// Writes new rows, and removes the forgotten ones if their slots are to go.
    pub(super) fn put(&mut self, operand: &Operand, new: &Rows) -> Result<(), Error> {
        if new.is_empty() && self.slot == Slot::Keep {
            return Ok(());
        }
        let mut tensor = rows::stored(self.artifact, &self.reader, operand)?;
        if self.slot == Slot::Drop {
            let staying: Rows =
                new.iter().filter(|(class, _)| self.keeps(**class)).map(|(c, r)| (*c, r.clone())).collect();
            rows::overwrite(&mut tensor, operand, self.classes, &staying)?;
            tensor = rows::remove(&tensor, operand, self.classes, self.forgotten)?;
        } else {
            let old = tensor.clone();
            rows::overwrite(&mut tensor, operand, self.classes, new)?;
            // What rounds to the values that are there is no change, whose place a verifier could not find.
            if tensor == old {
                return Ok(());
            }
        }
        match operand.source {
            Source::Part { .. } => self.place_part(operand, tensor),
            _ => {
                self.place(operand, tensor);
                Ok(())
            }
        }
    }

    /// Puts a new value where the model stores an operand.
    pub(super) fn place(&mut self, operand: &Operand, tensor: NewTensor) {
        match &operand.source {
            Source::Attribute { node, name } => {
                let values = tensor.info.dtype.decode(&tensor.data).unwrap_or_default();
                let value = Attribute::Floats(values);
                self.edits.graph.push(GraphEdit::SetAttribute { node: *node, name: name.clone(), value });
            }
            Source::Computed { node, input, .. } => self.rewire(*node, *input, &operand.tensor, tensor),
            Source::Whole(product) => self.float(product, &operand.tensor, tensor),
            Source::Part { .. } | Source::Stored => match self.listed_reader(&operand.tensor) {
                Some((node, input)) => self.rewire(node, input, &operand.tensor, tensor),
                None => {
                    self.edits.tensors.insert(operand.tensor.clone(), tensor);
                }
            },
        }
    }

    /// Puts a new value among the other parts of a stored tensor. Where classes go, all parts have to come, in the
    /// order in which they are stored.
    fn place_part(&mut self, operand: &Operand, part: NewTensor) -> Result<(), Error> {
        let mut whole = match self.edits.tensors.remove(&operand.tensor) {
            Some(whole) => whole,
            None => NewTensor {
                info: self.artifact.tensor(&operand.tensor)?.clone(),
                data: self.artifact.read_tensor(&operand.tensor)?,
            },
        };
        let left = if self.slot == Slot::Drop { self.left() } else { self.classes };
        let start = operand.stored_at(self.classes, left).start;
        let old = operand.stored_at(self.classes, self.classes).len();
        let row = whole.info.shape.iter().skip(1).product::<usize>().max(1);
        let gone = operand.info.elements().saturating_sub(part.info.elements());
        whole.data.splice(start..(start + old).min(whole.data.len()), part.data);
        if let Some(rows) = whole.info.shape.first_mut() {
            *rows -= gone / row;
        }
        self.edits.tensors.insert(operand.tensor.clone(), whole);
        Ok(())
    }

    /// The reader of an initializer that an old file also lists among the inputs, with its shape: a shorter
    /// one must take another name.
    fn listed_reader(&self, name: &str) -> Option<(usize, usize)> {
        let graph = self.artifact.graph().filter(|_| self.slot == Slot::Drop)?;
        graph.inputs.iter().find(|input| input.name == name)?;
        let operands = |node: usize| graph.nodes[node].inputs.iter().position(|input| input == name);
        (0..graph.nodes.len()).find_map(|node| Some((node, operands(node)?)))
    }

    /// Lets one node read a new initializer instead of what it read before.
    pub(super) fn rewire(&mut self, node: usize, input: usize, stem: &str, tensor: NewTensor) {
        let name = self.fresh_name(stem);
        self.edits.graph.push(GraphEdit::AddInitializer { name: name.clone(), tensor });
        self.edits.graph.push(GraphEdit::SetInput { node, index: input, value: name.clone() });
        self.rewired.insert((node, input), name);
    }

    /// Makes a product of whole numbers one of real numbers: of the same embedding, made real, and a new matrix.
    fn float(&mut self, product: &WholeProduct, stem: &str, matrix: NewTensor) {
        let Some(graph) = self.artifact.graph() else { return };
        let [whole, scale, zero] = &product.data;
        let result = |node: usize| graph.nodes.get(node).and_then(|node| node.outputs.first());
        let (Some(own), Some(made)) = (result(product.product), result(product.last)) else { return };
        let title = graph.nodes.get(product.product).map(|node| &node.name).filter(|name| !name.is_empty());
        let title = title.unwrap_or(own);
        let (weight, real) = (self.fresh_name(stem), self.fresh_name(whole));
        let add = GraphEdit::AddInitializer { name: weight.clone(), tensor: matrix };
        self.edits.graph.push(add);
        let restored = ops::dequantised(&real, [whole, scale, zero], &real);
        self.replace(product.product, Some(restored));
        self.replace(
            product.last,
            (product.last == product.real).then(|| ops::product(title, [&real, &weight], made)),
        );
        if product.last != product.real {
            self.replace(product.real, Some(ops::product(title, [&real, &weight], made)));
        }
    }

    /// Puts another node in the place of one, or takes it away.
    pub(super) fn replace(&mut self, node: usize, by: Option<Node>) {
        let before = self.artifact.graph().and_then(|graph| graph.nodes.get(node));
        let operands = before.map(|node| node.inputs.len()).unwrap_or_default();
        self.rewired.extend((0..operands).map(|at| ((node, at), String::new())));
        self.replaced.insert(node);
        match by {
            Some(by) => {
                self.reads.extend(by.inputs.iter().chain(&by.outputs).cloned());
                self.edits.graph.push(GraphEdit::ReplaceNode { node, by });
            }
            None => self.edits.graph.push(GraphEdit::RemoveNode { node }),
        }
    }

    fn fresh_name(&self, stem: &str) -> String {
        let taken = |name: &str| {
            let graph = self.artifact.graph();
            self.rewired.values().chain(&self.reads).any(|used| used == name)
                || graph.is_some_and(|graph| {
                    graph.initializers.contains_key(name)
                        || graph.inputs.iter().any(|input| input.name == name)
                        || graph.nodes.iter().any(|node| node.outputs.iter().any(|output| output == name))
                })
        };
        let mut name = format!("{stem}{OWN_COPY}");
        let mut number = 1;
        while taken(&name) {
            number += 1;
            name = format!("{stem}{OWN_COPY}{number}");
        }
        name
    }
}
