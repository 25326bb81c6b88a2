//! Operators of quantised models.

use declass_formats::{Dtype, onnx::Node};

use super::{
    attr::Attr,
    before::{Before, Values},
    behind::Behind,
    kernel::{Kernel, Map, Pairwise},
    linear::CONVOLUTION,
    operands::Operands,
    operator::{MANY, Operator},
    roles::{AsHead, Results, Weight},
    rules::{Frozen, WholeNumbers, same_rank},
};
use crate::net::{
    attributes::int_attribute,
    constant::Constant,
    problem::{Malformed, Problem, Unsupported},
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: CONVOLUTION,
        control: &[2, 3],
        kernel: Kernel::WholeConvolution,
        ..frozen(Operator::standard("ConvInteger", 2, 4), 1)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("block_size"), Attr::Int("output_dtype")],
        ..dequantise(Operator::standard("DequantizeLinear", 2, 3))
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("block_size")],
        ..dequantise(Operator::microsoft("DequantizeLinear", 2, 3))
    },
    Operator {
        results: Results::FirstTellsClass,
        before: KEEPS_VALUES,
        kernel: Kernel::DynamicQuantise,
        ..Operator::standard("DynamicQuantizeLinear", 1, 1)
    },
    Operator {
        kernel: Kernel::DynamicProduct,
        ..frozen(Operator::microsoft("DynamicQuantizeMatMul", 3, 5), 1)
    },
    Operator {
        control: &[2, 3],
        head: AsHead::WholeNumbers(WholeNumbers { data: (0, None, 2), weight: (1, None, 3), rounded: None }),
        kernel: Kernel::WholeProduct,
        ..frozen(Operator::standard("MatMulInteger", 2, 4), 1)
    },
    Operator {
        kernel: Kernel::ScaledProduct,
        ..frozen(Operator::microsoft("MatMulIntegerToFloat", 4, 7), 1)
    },
    Operator {
        attributes: &[
            Attr::Int("K"),
            Attr::Int("N"),
            Attr::Int("accuracy_level"),
            Attr::Int("bits"),
            Attr::Int("block_size"),
        ],
        ..frozen(Operator::microsoft("MatMulNBits", 3, 6), 1)
    },
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Int("transA"), Attr::Int("transB")],
        kernel: Kernel::QuantisedGemm,
        ..frozen(Operator::microsoft("QGemm", 6, 9), 3)
    },
    pair("QLinearAdd", Pairwise::Sum),
    Operator {
        attributes: &[Attr::Int("axis")],
        kernel: Kernel::QuantisedConcatenation,
        ..Operator::microsoft("QLinearConcat", 5, MANY)
    },
    Operator {
        attributes: CONVOLUTION,
        kernel: Kernel::QuantisedConvolution,
        ..frozen(Operator::standard("QLinearConv", 8, 9), 3)
    },
    Operator {
        attributes: &[Attr::Int("channels_last")],
        kernel: Kernel::QuantisedMean,
        ..Operator::microsoft("QLinearGlobalAveragePool", 5, 5)
    },
    Operator { attributes: &[Attr::Float("alpha")], ..map("QLinearLeakyRelu", Map::LeakyRelu) },
    Operator {
        head: AsHead::WholeNumbers(WholeNumbers {
            data: (0, Some(1), 2),
            weight: (3, Some(4), 5),
            rounded: Some((6, 7)),
        }),
        kernel: Kernel::QuantisedProduct,
        ..frozen(Operator::standard("QLinearMatMul", 8, 8), 3)
    },
    pair("QLinearMul", Pairwise::Product),
    map("QLinearSigmoid", Map::Sigmoid),
    Operator {
        attributes: &[
            Attr::Int("axis"),
            Attr::Int("block_size"),
            Attr::Int("output_dtype"),
            Attr::Int("precision"),
            Attr::Int("saturate"),
        ],
        ..quantise(Operator::standard("QuantizeLinear", 2, 3))
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("block_size"), Attr::Int("saturate")],
        ..quantise(Operator::microsoft("QuantizeLinear", 2, 3))
    },
];

const KEEPS_VALUES: Before = Before { values: Values::Kept, ..Before::UNKNOWN };

const fn pair(name: &'static str, what: Pairwise) -> Operator {
    Operator { kernel: Kernel::QuantisedPair(what), ..Operator::microsoft(name, 7, 8) }
}

const fn map(name: &'static str, what: Map) -> Operator {
    Operator { kernel: Kernel::QuantisedMap(what), ..Operator::microsoft(name, 4, 5) }
}

const fn frozen(operator: Operator, weight: usize) -> Operator {
    Operator { weight: Weight::Operand(weight), head: AsHead::Frozen(Frozen::Quantised), ..operator }
}

const fn quantise(operator: Operator) -> Operator {
    Operator {
        control: &[1, 2],
        rank: same_rank,
        before: KEEPS_VALUES,
        behind: Behind::Quantised,
        kernel: Kernel::Quantise,
        ..operator
    }
}

const fn dequantise(operator: Operator) -> Operator {
    let before = Before { values: Values::Dequantised, ..Before::UNKNOWN };
    Operator {
        control: &[1, 2],
        rank: same_rank,
        constant: Some(restored),
        before,
        behind: Behind::Dequantised,
        kernel: Kernel::Dequantise,
        ..operator
    }
}

/// `(stored - zero) * scale`, each rounded once as runtimes do it.
fn restored(operands: &Operands<'_>) -> Result<Constant, Problem> {
    let (stored, scale) = (operands.required(0)?, operands.required(1)?);
    let node = operands.node();
    // Blocks of a row have scales of their own; another type of result rounds once more.
    if int_attribute(node, "block_size", 0) != 0 || int_attribute(node, "output_dtype", 0) != 0 {
        return Err(Unsupported::Operator.into());
    }
    let rank = stored.shape.len();
    let axis = int_attribute(node, "axis", 1);
    let along = |factor: &Constant| -> Result<Constant, Problem> {
        let mut shape = vec![1; rank];
        if factor.values.len() > 1 {
            let from_last = if axis < 0 { i64::try_from(rank).unwrap_or(i64::MAX) } else { 0 };
            let at = usize::try_from(axis.saturating_add(from_last)).ok();
            let extents = at.and_then(|at| shape.get_mut(at).zip(stored.shape.get(at)));
            let (slot, extent) = extents.ok_or(Malformed::Axis { axis, rank })?;
            if factor.shape.len() != 1 || factor.values.len() != *extent {
                let (left, right) = (stored.shape.clone(), factor.shape.clone());
                return Err(Malformed::Broadcast { left, right }.into());
            }
            *slot = *extent;
        }
        Ok(Constant { shape, ..factor.clone() })
    };
    let mut values = Constant { dtype: Dtype::F64, ..stored.clone() };
    if let Some(zero) = operands.get(2) {
        values = values.zip(&along(zero)?, |stored, zero| stored - zero)?;
    }
    values.cast(scale.dtype).zip(&along(scale)?, |value, scale| value * scale)
}

/// A node that makes real numbers of whole ones, of their scale and of their zero point.
pub(crate) fn dequantised(name: &str, operands: [&str; 3], result: &str) -> Node {
    made("DequantizeLinear", name, &operands, result)
}

/// A node that multiplies data with a matrix.
pub(crate) fn product(name: &str, operands: [&str; 2], result: &str) -> Node {
    made("MatMul", name, &operands, result)
}

/// A node that hands a value on.
pub(crate) fn kept(name: &str, operand: &str, result: &str) -> Node {
    made("Identity", name, &[operand], result)
}

fn made(op: &str, name: &str, operands: &[&str], result: &str) -> Node {
    Node {
        name: name.to_owned(),
        op_type: op.to_owned(),
        inputs: operands.iter().map(|operand| (*operand).to_owned()).collect(),
        outputs: vec![result.to_owned()],
        ..Node::default()
    }
}
