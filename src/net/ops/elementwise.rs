//! Operators of one operand that treat every element alike.

use super::{
    attr::Attr,
    before::Before,
    behind::{Behind, Function},
    operands::Operands,
    operator::Operator,
    rules::same_rank,
};
use crate::net::{attributes::float_attribute, constant::Constant, problem::Problem};

pub(super) static TABLE: &[Operator] = &[
    Operator { before: Before::NON_NEGATIVE, ..keeping("Abs") },
    Operator {
        attributes: &[Attr::Float("max"), Attr::Float("min")],
        control: &[1, 2],
        rank: same_rank,
        constant: Some(clipped),
        behind: Behind::Mapped(Function::Clipped),
        ..Operator::standard("Clip", 1, 3)
    },
    Operator { attributes: &[Attr::Float("alpha")], ..keeping("Elu") },
    keeping("Erf"),
    Operator { behind: Behind::Mapped(Function::Exponential), ..keeping("Exp") },
    Operator { attributes: &[Attr::Text("approximate")], ..keeping("Gelu") },
    Operator { rank: same_rank, ..Operator::microsoft("Gelu", 1, 1) },
    keeping("HardSwish"),
    Operator { attributes: &[Attr::Float("alpha")], ..keeping("LeakyRelu") },
    Operator { behind: Behind::Mapped(Function::Logarithm), ..keeping("Log") },
    keeping("Mish"),
    Operator { behind: Behind::Mapped(Function::Negative), ..keeping("Neg") },
    Operator { behind: Behind::Mapped(Function::Negated), ..keeping("Not") },
    Operator { rank: same_rank, ..Operator::standard("PRelu", 2, 2) },
    Operator { behind: Behind::Mapped(Function::Reciprocal), ..keeping("Reciprocal") },
    Operator { before: Before::NON_NEGATIVE, behind: Behind::Mapped(Function::Rectified), ..keeping("Relu") },
    Operator { attributes: &[Attr::Float("alpha"), Attr::Float("gamma")], ..keeping("Selu") },
    keeping("Softplus"),
    Operator { constant: Some(|it| it.map(f64::sqrt)), ..keeping("Sqrt") },
    keeping("Tanh"),
];

/// Behind a head it is followed only where it works on a number that is the same for all classes.
const fn keeping(name: &'static str) -> Operator {
    Operator { rank: same_rank, behind: Behind::Mapped(Function::Other), ..Operator::standard(name, 1, 1) }
}

/// The bounds are attributes in old operator sets, operands in new ones.
fn clipped(operands: &Operands<'_>) -> Result<Constant, Problem> {
    let bound = |at: usize, name: &str, default: f32| {
        let stated = operands.get(at).and_then(|bound| bound.values.first().copied());
        stated.unwrap_or_else(|| float_attribute(operands.node(), name, default).into())
    };
    let low = bound(1, "min", f32::NEG_INFINITY);
    let high = bound(2, "max", f32::INFINITY);
    let constant = operands.required(0)?.clone();
    Ok(constant.map(|value| value.max(low).min(high)))
}
