//! Operators of two or more operands that work element by element.

use super::{
    attr::Attr,
    behind::{Arithmetic, Behind},
    kernel::{Kernel, Pairwise},
    operands::Operands,
    operator::{MANY, Operator},
    rules::{Facts, broadcast_rank},
};
use crate::net::{
    constant::Constant,
    problem::{Problem, Unsupported},
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        constant: Some(|it| it.pair(|a, b| a + b)),
        kernel: Kernel::Arithmetic(Pairwise::Sum),
        ..binary("Add", Behind::Combined(Arithmetic::Sum))
    },
    Operator {
        constant: Some(quotient),
        kernel: Kernel::Arithmetic(Pairwise::Quotient),
        ..binary("Div", Behind::Combined(Arithmetic::Quotient))
    },
    Operator { kernel: Kernel::Arithmetic(Pairwise::Largest), ..many("Max", Arithmetic::Largest) },
    Operator { kernel: Kernel::Arithmetic(Pairwise::Mean), ..many("Mean", Arithmetic::Mean) },
    Operator { kernel: Kernel::Arithmetic(Pairwise::Smallest), ..many("Min", Arithmetic::Smallest) },
    Operator {
        attributes: &[Attr::Int("fmod")],
        rank: broadcast_rank,
        kernel: Kernel::Arithmetic(Pairwise::Remainder),
        ..Operator::standard("Mod", 2, 2)
    },
    Operator {
        constant: Some(|it| it.pair(|a, b| a * b)),
        kernel: Kernel::Arithmetic(Pairwise::Product),
        ..binary("Mul", Behind::Combined(Arithmetic::Product))
    },
    Operator { kernel: Kernel::Arithmetic(Pairwise::Power), ..binary("Pow", Behind::NotFollowed) },
    Operator {
        constant: Some(|it| it.pair(|a, b| a - b)),
        kernel: Kernel::Arithmetic(Pairwise::Difference),
        ..binary("Sub", Behind::Combined(Arithmetic::Difference))
    },
    Operator { kernel: Kernel::Arithmetic(Pairwise::Sum), ..many("Sum", Arithmetic::Sum) },
    Operator {
        control: &[0],
        rank: broadcast_rank,
        length: chosen_length,
        kernel: Kernel::Where,
        ..Operator::standard("Where", 3, 3)
    },
];

/// Of lists that are chosen from entry by entry: any of several entries tells, for one of a single entry is spread.
fn chosen_length(facts: &dyn Facts) -> Option<usize> {
    (0..3).filter_map(|operand| facts.length(operand)).find(|length| *length > 1)
}

/// Before operator set 7 `broadcast` allowed what is a matter of course now; `axis` placed the second operand
/// elsewhere, which is not known here.
const fn binary(name: &'static str, behind: Behind) -> Operator {
    let attributes = &[Attr::Int("broadcast")];
    Operator { attributes, rank: broadcast_rank, behind, ..Operator::standard(name, 2, 2) }
}

const fn many(name: &'static str, effect: Arithmetic) -> Operator {
    let behind = Behind::Combined(effect);
    Operator { rank: broadcast_rank, behind, ..Operator::standard(name, 1, MANY) }
}

/// Integers are divided in another way.
fn quotient(operands: &Operands<'_>) -> Result<Constant, Problem> {
    if operands.required(0)?.dtype.is_float() {
        operands.pair(|a, b| a / b)
    } else {
        Err(Unsupported::Operator.into())
    }
}
