//! The operands of a node that is computed from constants.

use declass_formats::onnx::Node;

use crate::net::{
    attributes::ints_attribute,
    constant::Constant,
    problem::{Malformed, Problem},
};

/// A node and its operands as numbers.
pub(crate) struct Operands<'a> {
    node: &'a Node,
    values: &'a [Option<&'a Constant>],
}

impl<'a> Operands<'a> {
    pub(crate) fn new(node: &'a Node, values: &'a [Option<&'a Constant>]) -> Self {
        Self { node, values }
    }

    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    pub(super) fn get(&self, at: usize) -> Option<&'a Constant> {
        self.values.get(at).copied().flatten()
    }

    pub(super) fn required(&self, at: usize) -> Result<&'a Constant, Problem> {
        self.get(at).ok_or_else(|| Malformed::Missing(format!("operand {at}")).into())
    }

    /// The axes of a reduction: an attribute in old operator sets, an operand in new ones.
    pub(super) fn axes(&self) -> Option<Vec<i64>> {
        let stated = ints_attribute(self.node, "axes").map(<[i64]>::to_vec);
        stated.or_else(|| Some(self.get(1)?.integers()))
    }

    /// The first two, element by element.
    pub(super) fn pair(&self, function: fn(f64, f64) -> f64) -> Result<Constant, Problem> {
        self.required(0)?.zip(self.required(1)?, function)
    }

    /// The first, element by element.
    pub(super) fn map(&self, function: fn(f64) -> f64) -> Result<Constant, Problem> {
        Ok(self.required(0)?.clone().map(function))
    }

    /// An operand as integers, if it is there.
    pub(super) fn integers(&self, at: usize) -> Result<Option<Vec<i64>>, Problem> {
        Ok(self.get(at).map(Constant::integers))
    }

    /// An operand as extents.
    pub(super) fn extents(&self, at: usize) -> Result<Vec<usize>, Problem> {
        let extents = self.required(at)?.integers().into_iter().map(usize::try_from);
        extents.collect::<Result<_, _>>().map_err(|_| Malformed::NegativeExtent.into())
    }
}
