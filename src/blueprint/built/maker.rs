//! Makes a graph node by node, of weights that a folder has by the same names.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{
    Dtype, NewTensor, TensorInfo,
    onnx::{Dim, Graph, Node, Value},
};

use super::settings::Made;
use crate::net::{
    Place, Places,
    ops::nodes::{self, Plain},
};

/// A graph in the making.
pub(super) struct Maker<'a> {
    stored: &'a BTreeMap<String, TensorInfo>,
    graph: Graph,
    constants: BTreeMap<String, NewTensor>,
    places: Places,
    /// Tensors that the library does not compute with.
    unused: BTreeSet<&'a str>,
    values: usize,
}

/// A graph, the constants that were made with it, and where the folder has its weights.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) graph: Graph,
    pub(super) constants: BTreeMap<String, NewTensor>,
    pub(super) places: Places,
}

impl<'a> Maker<'a> {
    pub(super) fn new(stored: &'a BTreeMap<String, TensorInfo>) -> Self {
        let graph =
            Graph { opsets: [(String::new(), nodes::VERSION)].into(), ir_version: 10, ..Graph::default() };
        let (constants, places, unused) = Default::default();
        Self { stored, graph, constants, places, unused, values: 0 }
    }

    /// An input; extents that are `None` are open.
    pub(super) fn input(&mut self, name: &str, dtype: Dtype, dims: &[(&str, Option<usize>)]) -> String {
        let shape = dims.iter().map(|(name, extent)| match extent {
            Some(extent) => Dim::Fixed(i64::try_from(*extent).unwrap_or(i64::MAX)),
            None => Dim::Symbolic((*name).to_owned()),
        });
        self.graph.inputs.push(Value {
            name: name.to_owned(),
            elem_type: if dtype == Dtype::I64 { 7 } else { 1 },
            shape: Some(shape.collect()),
        });
        name.to_owned()
    }

    /// Whether the folder has a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.stored.contains_key(name)
    }

    /// Extents of a tensor of the folder.
    ///
    /// # Errors
    /// Its name, if it is missing or has another rank.
    pub(super) fn extents<const RANK: usize>(&self, name: &str) -> Made<[usize; RANK]> {
        let shape = &self.stored.get(name).ok_or_else(|| format!("`{name}` is missing"))?.shape;
        shape.as_slice().try_into().map_err(|_| format!("`{name}` has the shape {shape:?}"))
    }

    /// A weight of the folder; half precision is computed with in single precision.
    ///
    /// # Errors
    /// Its name, if it is missing or is not of this shape.
    pub(super) fn weight(&mut self, name: &str, shape: &[usize]) -> Made<String> {
        let info = self.stored.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
        if info.shape != shape {
            return Err(format!("`{name}` has the shape {:?}, and {shape:?} is read", info.shape));
        }
        if !matches!(info.dtype, Dtype::F32 | Dtype::F16 | Dtype::Bf16) {
            return Err(format!("`{name}` holds elements of type {}", info.dtype.name()));
        }
        let info = TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() };
        self.graph.initializers.insert(name.to_owned(), info.clone());
        self.places.insert(name.to_owned(), Place { tensor: name.to_owned(), info, transposed: false });
        Ok(name.to_owned())
    }

    /// Notes tensors that the library does not compute with.
    pub(super) fn ignore(&mut self, is_unused: impl Fn(&str) -> bool) {
        self.unused.extend(self.stored.keys().map(String::as_str).filter(|name| is_unused(name)));
    }

    /// A list of integers.
    pub(super) fn ints(&mut self, values: &[i64]) -> String {
        self.integers(&[values.len()], values)
    }

    /// One integer without an axis.
    pub(super) fn int(&mut self, value: i64) -> String {
        self.integers(&[], &[value])
    }

    pub(super) fn integers(&mut self, shape: &[usize], values: &[i64]) -> String {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Dtype::I64, shape, data)
    }

    /// One number without an axis.
    pub(super) fn number(&mut self, value: f32) -> String {
        self.numbers(&[], &[value])
    }

    pub(super) fn numbers(&mut self, shape: &[usize], values: &[f32]) -> String {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Dtype::F32, shape, data)
    }

    fn constant(&mut self, dtype: Dtype, shape: &[usize], data: Vec<u8>) -> String {
        let info = TensorInfo { dtype, shape: shape.to_vec() };
        let same = self.constants.iter().find(|(_, it)| it.info == info && it.data == data);
        if let Some((name, _)) = same {
            return name.clone();
        }
        let name = format!("constant_{}", self.constants.len());
        self.graph.initializers.insert(name.clone(), info.clone());
        self.constants.insert(name.clone(), NewTensor { info, data });
        name
    }

    /// A node with one result.
    pub(super) fn node(&mut self, node: Node, operands: &[&str]) -> String {
        self.several(node, operands, 1).swap_remove(0)
    }

    /// A node with several results, at least one.
    pub(super) fn several(&mut self, node: Node, operands: &[&str], results: usize) -> Vec<String> {
        let outputs: Vec<String> =
            (0..results).map(|at| format!("{}_{}", node.op_type.to_lowercase(), self.values + at)).collect();
        self.values += results;
        let inputs = operands.iter().map(|name| (*name).to_owned()).collect();
        self.graph.nodes.push(Node { inputs, outputs: outputs.clone(), ..node });
        outputs
    }

    pub(super) fn plain(&mut self, what: Plain, operands: &[&str]) -> String {
        self.node(nodes::plain(what), operands)
    }

    /// The graph, which ends in this value.
    ///
    /// # Errors
    /// The name of a tensor that was neither read nor is known to be unused.
    pub(super) fn finish(self, logits: &str, classes: usize) -> Made<Parts> {
        self.finish_with(logits, &[], classes, &[])
    }

    /// The same, with logits for every token.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(super) fn finish_tokens(self, logits: &str, classes: usize) -> Made<Parts> {
        self.finish_with(logits, &["length"], classes, &[])
    }

    /// The same, with logits for every pixel.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(super) fn finish_pixels(self, logits: &str, classes: usize) -> Made<Parts> {
        self.finish_with(logits, &[], classes, &["rows", "columns"])
    }

    /// With places before the classes, and behind them.
    fn finish_with(mut self, logits: &str, places: &[&str], classes: usize, behind: &[&str]) -> Made<Parts> {
        let known = |name: &String| self.places.contains_key(name) || self.unused.contains(name.as_str());
        if let Some(name) = self.stored.keys().find(|name| !known(name)) {
            return Err(format!("`{}` has no place in it", name.escape_debug()));
        }
        let last = self.graph.nodes.iter_mut().flat_map(|node| &mut node.outputs);
        last.filter(|name| *name == logits).for_each(|name| *name = "logits".to_owned());
        let named = |name: &&str| Dim::Symbolic((*name).into());
        let before = ["batch"].iter().chain(places).map(named);
        let classes = Dim::Fixed(i64::try_from(classes).unwrap_or(i64::MAX));
        let shape = before.chain([classes]).chain(behind.iter().map(named)).collect();
        self.graph.outputs = vec![Value { name: "logits".into(), elem_type: 1, shape: Some(shape) }];
        Ok(Parts { graph: self.graph, constants: self.constants, places: self.places })
    }
}
