//! Operators that reduce axes to one number.

use super::{
    attr::Attr,
    before::{Before, Vectors},
    behind::{Behind, Reduction},
    kernel::{Fold, Kernel},
    operands::Operands,
    operator::Operator,
    rules::Facts,
};
use crate::net::{
    attributes::{int_attribute, ints_attribute},
    constant::Constant,
    problem::Problem,
    tensor_ops,
};

pub(super) static TABLE: &[Operator] = &[
    Operator { kernel: Kernel::Reduce(Fold::SumOfMagnitudes), ..other("ReduceL1") },
    Operator { constant: Some(norm), kernel: Kernel::Reduce(Fold::Length), ..other("ReduceL2") },
    Operator { kernel: Kernel::Reduce(Fold::LogarithmOfSum), ..other("ReduceLogSum") },
    Operator {
        behind: Behind::Reduced(Reduction::LogSumExp),
        kernel: Kernel::Reduce(Fold::LogarithmOfSumOfExponentials),
        ..reduce("ReduceLogSumExp")
    },
    Operator {
        before: Before::KEEPS_SIGN,
        behind: Behind::Reduced(Reduction::Largest),
        kernel: Kernel::Reduce(Fold::Largest),
        ..reduce("ReduceMax")
    },
    Operator {
        before: Before { vectors: |_| Vectors::Averaged, ..Before::KEEPS_SIGN },
        behind: Behind::Reduced(Reduction::Mean),
        kernel: Kernel::Reduce(Fold::Mean),
        ..reduce("ReduceMean")
    },
    Operator {
        behind: Behind::Reduced(Reduction::Smallest),
        kernel: Kernel::Reduce(Fold::Smallest),
        ..reduce("ReduceMin")
    },
    Operator { kernel: Kernel::Reduce(Fold::Product), ..other("ReduceProd") },
    Operator {
        before: Before::KEEPS_SIGN,
        behind: Behind::Reduced(Reduction::Sum),
        kernel: Kernel::Reduce(Fold::Sum),
        ..reduce("ReduceSum")
    },
    Operator { kernel: Kernel::Reduce(Fold::SumOfSquares), ..other("ReduceSumSquare") },
];

/// The axes are an attribute in old operator sets, an operand in new ones.
const fn reduce(name: &'static str) -> Operator {
    Operator {
        attributes: &[Attr::Ints("axes"), Attr::Int("keepdims"), Attr::Int("noop_with_empty_axes")],
        control: &[1],
        rank: reduced_rank,
        ..Operator::standard(name, 1, 2)
    }
}

const fn other(name: &'static str) -> Operator {
    Operator { behind: Behind::Reduced(Reduction::Other), ..reduce(name) }
}

fn reduced_rank(facts: &dyn Facts) -> Option<usize> {
    let axes = || ints_attribute(facts.node(), "axes").map(<[_]>::len).or_else(|| facts.length(1));
    if keeps_axes(facts.node()) { facts.rank(0) } else { facts.rank(0)?.checked_sub(axes()?) }
}

fn keeps_axes(node: &declass_formats::onnx::Node) -> bool {
    int_attribute(node, "keepdims", 1) != 0
}

fn norm(operands: &Operands<'_>) -> Result<Constant, Problem> {
    let axes = operands.axes();
    tensor_ops::reduce_l2(operands.required(0)?, axes.as_deref(), keeps_axes(operands.node()))
}
