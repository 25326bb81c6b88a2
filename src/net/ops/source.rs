//! Operators that make values out of nothing but constants and shapes.

use declass_formats::{Dtype, onnx::Attribute};

use super::{
    attr::Attr, kernel::Kernel, operands::Operands, operator::Operator, roles::Nature, rules::Facts,
};
use crate::net::{
    constant::Constant,
    problem::{Malformed, Problem},
};

pub(super) static TABLE: &[Operator] = &[
    // Its value is a stored tensor under the name of its result.
    Operator {
        attributes: &[
            Attr::Tensor("value"),
            Attr::Float("value_float"),
            Attr::Floats("value_floats"),
            Attr::Int("value_int"),
            Attr::Ints("value_ints"),
            Attr::Text("value_string"),
            Attr::Texts("value_strings"),
        ],
        kernel: Kernel::Constant,
        ..Operator::standard("Constant", 0, 0)
    },
    Operator {
        attributes: &[Attr::Tensor("value")],
        rank: |facts| facts.length(0),
        constant: Some(filled),
        kernel: Kernel::ConstantOfShape,
        ..Operator::standard("ConstantOfShape", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("dtype"), Attr::Int("k")],
        kernel: Kernel::Eye,
        ..Operator::standard("EyeLike", 1, 1)
    },
    Operator { rank: |_| Some(1), kernel: Kernel::Range, ..Operator::standard("Range", 3, 3) },
    Operator {
        attributes: &[Attr::Int("end"), Attr::Int("start")],
        nature: Nature::ShapeOf,
        rank: |_| Some(1),
        length: whole_shape_length,
        kernel: Kernel::Shape,
        ..Operator::standard("Shape", 1, 1)
    },
    Operator {
        nature: Nature::ShapeOf,
        rank: |_| Some(0),
        kernel: Kernel::Size,
        ..Operator::standard("Size", 1, 1)
    },
];

fn whole_shape_length(facts: &dyn Facts) -> Option<usize> {
    if facts.node().attributes.is_empty() { facts.rank(0) } else { None }
}

fn filled(operands: &Operands<'_>) -> Result<Constant, Problem> {
    let (dtype, value) = match operands.node().attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => {
            let fill = Constant::read(&tensor.info, &tensor.data)?;
            let value = fill.values.first().copied();
            (fill.dtype, value.ok_or_else(|| Malformed::Missing("the fill value".into()))?)
        }
        _ => (Dtype::F32, 0.0),
    };
    Constant::filled(dtype, operands.extents(0)?, value)
}
