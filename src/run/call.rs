//! One operator with its operands: what a kernel sees.

use std::cell::Cell;

use candle_core::{Device, Tensor};
use declass_formats::{
    Dtype,
    onnx::{Attribute, Node},
};

use super::{
    Array, Fault, Floats, Value,
    budget::{Budget, MAX_AXES},
    packed::Packed,
};
use crate::net::{
    Malformed, Problem, element_type, float_attribute, int_attribute, ints_attribute, ops::Kernel,
};

/// What a kernel makes: one value for each result, in their order.
pub(super) type Results = Result<Vec<Value>, Fault>;

/// One operator with its operands.
pub(super) struct Call<'c> {
    pub(super) node: &'c Node,
    /// Version of the operator set.
    pub(super) version: i64,
    pub(super) operands: &'c [Option<Value>],
    /// The second operand, if it is there in panels and not among the others.
    pub(super) packed: Option<&'c Packed>,
    pub(super) device: &'c Device,
    /// Whether derivatives will be asked for: only what has them may be used then.
    pub(super) learns: bool,
    pub(super) budget: &'c Budget,
    /// Whether everything that reads the result reads it wherever its elements lie.
    pub(super) views: bool,
    /// What may be done with the result at once.
    pub(super) chain: Option<&'c Chain<'c>>,
}

/// The operators behind one that work element by element, and of which nothing but the last result is read.
pub(super) struct Chain<'c> {
    pub(super) links: Vec<Follower<'c>>,
    /// Whether they were done: the result is that of the last one then.
    pub(super) done: Cell<bool>,
}

/// One of them.
pub(super) struct Follower<'c> {
    pub(super) kernel: Kernel,
    /// With what it has from outside of the chain.
    pub(super) call: Call<'c>,
    /// Which value of the chain each operand is; the first is the head's result.
    pub(super) inside: Vec<Option<usize>>,
}

impl<'c> Call<'c> {
    /// An operand, if it is there.
    pub(super) fn get(&self, at: usize) -> Option<&'c Value> {
        self.operands.get(at)?.as_ref()
    }

    pub(super) fn required(&self, at: usize) -> Result<&'c Value, Fault> {
        let missing = || Problem::from(Malformed::Missing(format!("operand {at}")));
        Ok(self.get(at).ok_or_else(missing)?)
    }

    pub(super) fn floats(&self, at: usize) -> Result<&'c Floats, Fault> {
        self.required(at)?.floats()
    }

    pub(super) fn tensor(&self, at: usize) -> Result<&'c Tensor, Fault> {
        Ok(&self.floats(at)?.tensor)
    }

    /// A float operand, if it is there.
    pub(super) fn optional(&self, at: usize) -> Result<Option<&'c Tensor>, Fault> {
        self.get(at).map(|value| Ok(&value.floats()?.tensor)).transpose()
    }

    pub(super) fn whole(&self, at: usize) -> Result<&'c Array, Fault> {
        self.required(at)?.whole()
    }

    /// The integers of an operand, if it is there.
    pub(super) fn integers(&self, at: usize) -> Result<Option<&'c [i64]>, Fault> {
        self.get(at).map(|value| Ok(value.whole()?.values.as_slice())).transpose()
    }

    /// The only number of an operand, if it is there.
    pub(super) fn number(&self, at: usize) -> Result<Option<f64>, Fault> {
        let Some(value) = self.get(at) else { return Ok(None) };
        match value.numbers()?.as_slice() {
            [number] => Ok(Some(*number)),
            several => Err(Fault::Compute(format!("operand {at} has {} elements, not one", several.len()))),
        }
    }

    /// Integers of an attribute, or of an operand in newer operator sets.
    pub(super) fn list(&self, name: &str, at: usize) -> Result<Option<Vec<i64>>, Fault> {
        match ints_attribute(self.node, name) {
            Some(stated) => Ok(Some(stated.to_vec())),
            None => Ok(self.integers(at)?.map(<[i64]>::to_vec)),
        }
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        int_attribute(self.node, name, default)
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'c [i64]> {
        ints_attribute(self.node, name)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f64 {
        f64::from(float_attribute(self.node, name, default))
    }

    pub(super) fn text(&self, name: &str) -> &'c str {
        match self.node.attributes.get(name) {
            Some(Attribute::String(text)) => std::str::from_utf8(text).unwrap_or_default(),
            _ => "",
        }
    }

    /// Asks for a value of this shape before it is made.
    pub(super) fn claim(&self, shape: &[usize]) -> Result<usize, Fault> {
        self.budget.claim(shape)
    }

    /// A single result that is made of the first operand's floats.
    pub(super) fn made(&self, tensor: Tensor) -> Results {
        self.typed(tensor, self.floats(0)?.dtype)
    }

    /// A single result of this type.
    pub(super) fn typed(&self, tensor: Tensor, dtype: Dtype) -> Results {
        Ok(vec![Floats { tensor, dtype }.rounded()?.into()])
    }
}

/// The element type of a number in an attribute.
pub(super) fn elements(number: i64) -> Result<Dtype, Fault> {
    Ok(match number {
        4 => Dtype::U16,
        5 => Dtype::I16,
        12 => Dtype::U32,
        13 => Dtype::U64,
        number => element_type(number)?,
    })
}

/// A single result on the host.
pub(super) fn host(array: Array) -> Results {
    Ok(vec![array.into()])
}

/// The axis that a number stands for; negative ones count from the last.
pub(super) fn axis(stated: i64, rank: usize) -> Result<usize, Fault> {
    let counted = if stated < 0 { stated.saturating_add(rank as i64) } else { stated };
    let axis = usize::try_from(counted).ok().filter(|axis| *axis < rank);
    Ok(axis.ok_or_else(|| Problem::from(Malformed::Axis { axis: stated, rank }))?)
}

/// Several axes, in ascending order, each once.
pub(super) fn axes(stated: &[i64], rank: usize) -> Result<Vec<usize>, Fault> {
    if stated.len() > MAX_AXES {
        return Err(Problem::from(Malformed::Axis { axis: stated[MAX_AXES], rank }).into());
    }
    let mut axes = stated.iter().map(|it| axis(*it, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}

/// Extents that were computed or stated.
pub(super) fn extents(stated: &[i64]) -> Result<Vec<usize>, Fault> {
    let extents: Result<Vec<usize>, _> = stated.iter().map(|extent| usize::try_from(*extent)).collect();
    Ok(extents.map_err(|_| Problem::from(Malformed::NegativeExtent))?)
}
