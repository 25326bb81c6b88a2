//! Operators of one operand that treat every element alike.

use super::{
    attr::Attr,
    before::Before,
    behind::{Behind, Function},
    kernel::{Kernel, Map},
    operands::Operands,
    operator::Operator,
    rules::same_rank,
};
use crate::net::{attributes::float_attribute, constant::Constant, problem::Problem};

pub(super) static TABLE: &[Operator] = &[
    Operator { before: Before::NON_NEGATIVE, kernel: Kernel::Map(Map::Absolute), ..keeping("Abs") },
    plain("Acos", Map::ArcCosine),
    plain("Acosh", Map::AreaCosine),
    plain("Asin", Map::ArcSine),
    plain("Asinh", Map::AreaSine),
    plain("Atan", Map::ArcTangent),
    plain("Atanh", Map::AreaTangent),
    Operator { rank: same_rank, kernel: Kernel::Biased(Map::Gelu), ..Operator::microsoft("BiasGelu", 2, 2) },
    plain("BitwiseNot", Map::Complement),
    plain("Ceil", Map::Ceiling),
    Operator { attributes: &[Attr::Float("alpha")], ..plain("Celu", Map::Celu) },
    Operator {
        attributes: &[Attr::Float("max"), Attr::Float("min")],
        control: &[1, 2],
        rank: same_rank,
        constant: Some(clipped),
        behind: Behind::Mapped(Function::Clipped),
        kernel: Kernel::Map(Map::Clip),
        ..Operator::standard("Clip", 1, 3)
    },
    plain("Cos", Map::Cosine),
    plain("Cosh", Map::HyperbolicCosine),
    Operator { attributes: &[Attr::Float("alpha")], kernel: Kernel::Map(Map::Elu), ..keeping("Elu") },
    Operator { kernel: Kernel::Map(Map::ErrorFunction), ..keeping("Erf") },
    Operator {
        behind: Behind::Mapped(Function::Exponential),
        kernel: Kernel::Map(Map::Exponential),
        ..keeping("Exp")
    },
    Operator {
        rank: same_rank,
        kernel: Kernel::Biased(Map::GeluByTangent),
        ..Operator::microsoft("FastGelu", 1, 2)
    },
    plain("Floor", Map::Floor),
    Operator { attributes: &[Attr::Text("approximate")], kernel: Kernel::Map(Map::Gelu), ..keeping("Gelu") },
    Operator { rank: same_rank, kernel: Kernel::Map(Map::Gelu), ..Operator::microsoft("Gelu", 1, 1) },
    Operator { kernel: Kernel::Map(Map::HardSwish), ..keeping("HardSwish") },
    Operator {
        attributes: &[Attr::Float("alpha")],
        kernel: Kernel::Map(Map::LeakyRelu),
        ..keeping("LeakyRelu")
    },
    Operator {
        behind: Behind::Mapped(Function::Logarithm),
        kernel: Kernel::Map(Map::Logarithm),
        ..keeping("Log")
    },
    Operator { kernel: Kernel::Map(Map::Mish), ..keeping("Mish") },
    Operator {
        behind: Behind::Mapped(Function::Negative),
        kernel: Kernel::Map(Map::Negative),
        ..keeping("Neg")
    },
    Operator { behind: Behind::Mapped(Function::Negated), kernel: Kernel::Not, ..keeping("Not") },
    Operator { rank: same_rank, kernel: Kernel::ParametricRelu, ..Operator::standard("PRelu", 2, 2) },
    Operator {
        attributes: &[Attr::Float("alpha")],
        rank: same_rank,
        kernel: Kernel::Map(Map::QuickGelu),
        ..Operator::microsoft("QuickGelu", 1, 1)
    },
    Operator {
        behind: Behind::Mapped(Function::Reciprocal),
        kernel: Kernel::Map(Map::Reciprocal),
        ..keeping("Reciprocal")
    },
    Operator {
        before: Before::NON_NEGATIVE,
        behind: Behind::Mapped(Function::Rectified),
        kernel: Kernel::Map(Map::Relu),
        ..keeping("Relu")
    },
    plain("Round", Map::Round),
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Float("gamma")],
        kernel: Kernel::Map(Map::Selu),
        ..keeping("Selu")
    },
    Operator { attributes: &[Attr::Float("bias"), Attr::Float("lambd")], ..plain("Shrink", Map::Shrink) },
    plain("Sign", Map::Sign),
    plain("Sin", Map::Sine),
    plain("Sinh", Map::HyperbolicSine),
    Operator { kernel: Kernel::Map(Map::Softplus), ..keeping("Softplus") },
    plain("Softsign", Map::Softsign),
    Operator {
        constant: Some(|it| it.map(f64::sqrt)),
        kernel: Kernel::Map(Map::SquareRoot),
        ..keeping("Sqrt")
    },
    Operator { attributes: &[Attr::Float("alpha")], ..plain("Swish", Map::Swish) },
    plain("Tan", Map::CircularTangent),
    Operator { kernel: Kernel::Map(Map::Tangent), ..keeping("Tanh") },
    Operator { attributes: &[Attr::Float("alpha")], ..plain("ThresholdedRelu", Map::Threshold) },
];

/// An operator that is run, and of which nothing else is known.
const fn plain(name: &'static str, what: Map) -> Operator {
    Operator { rank: same_rank, kernel: Kernel::Map(what), ..Operator::standard(name, 1, 1) }
}

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
