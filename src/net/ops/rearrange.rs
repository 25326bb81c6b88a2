//! Operators that show the elements of their first operand in another shape, order or type.

use declass_formats::onnx::Node;

use super::{
    attr::Attr,
    before::{Before, Sign, Values, Vectors},
    behind::{Behind, Rearrangement},
    kernel::Kernel,
    operands::Operands,
    operator::Operator,
    roles::{List, Results, View},
    rules::{Facts, Integers, ShapeRule, casts_to_floats, same_rank},
};
use crate::net::{
    attributes::{int_attribute, ints_attribute},
    constant::{Constant, element_type},
    problem::{Malformed, Problem},
    tensor_ops,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Text("round_mode"), Attr::Int("saturate"), Attr::Int("to")],
        rank: same_rank,
        length: |facts| facts.length(0),
        constant: Some(|it| {
            let dtype = element_type(int_attribute(it.node(), "to", 0))?;
            Ok(it.required(0)?.clone().cast(dtype))
        }),
        view: Some(View::Retyped),
        list: List::Passes,
        before: Before {
            sign: |node| if casts_to_floats(node) { Sign::Kept } else { Sign::Unknown },
            vectors: |node| if casts_to_floats(node) { Vectors::Kept } else { Vectors::Unknown },
            values: Values::Kept,
        },
        behind: Behind::Retyped,
        kernel: Kernel::Cast,
        ..Operator::standard("Cast", 1, 1)
    },
    Operator {
        attributes: &[Attr::Text("round_mode"), Attr::Int("saturate")],
        control: &[1],
        rank: same_rank,
        behind: Behind::Retyped,
        kernel: Kernel::Cast,
        ..Operator::standard("CastLike", 2, 2)
    },
    Operator {
        attributes: &[Attr::Int("blocksize"), Attr::Text("mode")],
        rank: same_rank,
        kernel: Kernel::DepthToSpace,
        ..Operator::standard("DepthToSpace", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("is_test"), Attr::Float("ratio"), Attr::Int("seed")],
        control: &[1, 2],
        results: Results::First,
        rank: same_rank,
        before: Before {
            sign: |_| Sign::Kept,
            // With a third operand it may be in training mode, and scale.
            vectors: |node| if node.inputs.len() < 3 { Vectors::Kept } else { Vectors::Unknown },
            values: Values::Kept,
        },
        behind: Behind::SameUnlessTraining,
        kernel: Kernel::Same,
        ..Operator::standard("Dropout", 1, 3)
    },
    Operator {
        control: &[1],
        rank: |facts| Some(facts.rank(0)?.max(facts.length(1)?)),
        constant: Some(|it| it.required(0)?.expand(&it.extents(1)?)),
        behind: Behind::Rearranged(Rearrangement::Repeated),
        kernel: Kernel::Expand,
        ..Operator::standard("Expand", 2, 2)
    },
    Operator {
        attributes: &[Attr::Int("axis")],
        rank: |_| Some(2),
        constant: Some(|it| reshaped(it, flattened_shape)),
        view: Some(View::Reshaped { shape: flattened_shape, extents: None }),
        before: Before::KEEPS_SIGN,
        behind: Behind::Rearranged(Rearrangement::Flattened),
        kernel: Kernel::Flatten,
        ..Operator::standard("Flatten", 1, 1)
    },
    Operator {
        rank: same_rank,
        length: |facts| facts.length(0),
        constant: Some(|it| Ok(it.required(0)?.clone())),
        view: Some(View::Same),
        list: List::Passes,
        before: Before { sign: |_| Sign::Kept, vectors: |_| Vectors::Kept, values: Values::Kept },
        behind: Behind::Same,
        kernel: Kernel::Same,
        ..Operator::standard("Identity", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("allowzero"), Attr::Ints("shape")],
        control: &[1],
        rank: |facts| listed(facts, "shape"),
        length: |facts| facts.length(0).filter(|_| listed(facts, "shape") == Some(1)),
        constant: Some(|it| reshaped(it, target_shape)),
        view: Some(View::Reshaped { shape: target_shape, extents: Some(1) }),
        before: Before::KEEPS_SIGN,
        behind: Behind::Rearranged(Rearrangement::Reshaped),
        kernel: Kernel::Reshape,
        ..Operator::standard("Reshape", 1, 2)
    },
    Operator {
        attributes: &[Attr::Int("blocksize")],
        rank: same_rank,
        kernel: Kernel::SpaceToDepth,
        ..Operator::standard("SpaceToDepth", 1, 1)
    },
    Operator {
        attributes: &[Attr::Ints("axes")],
        control: &[1],
        rank: |facts| facts.rank(0)?.checked_sub(listed(facts, "axes")?),
        constant: Some(|it| reshaped(it, squeezed_shape)),
        view: Some(View::Reshaped { shape: squeezed_shape, extents: None }),
        before: Before::KEEPS_SIGN,
        behind: Behind::Rearranged(Rearrangement::Dropped),
        kernel: Kernel::Squeeze,
        ..Operator::standard("Squeeze", 1, 2)
    },
    Operator {
        attributes: &[Attr::Ints("perm")],
        rank: same_rank,
        constant: Some(|it| {
            let constant = it.required(0)?;
            tensor_ops::transpose(constant, &tensor_ops::permutation(it.node(), constant.shape.len())?)
        }),
        view: Some(View::Permuted),
        before: Before::KEEPS_SIGN,
        behind: Behind::Rearranged(Rearrangement::Permuted),
        kernel: Kernel::Transpose,
        ..Operator::standard("Transpose", 1, 1)
    },
    Operator {
        attributes: &[Attr::Ints("axes")],
        control: &[1],
        rank: |facts| facts.rank(0)?.checked_add(listed(facts, "axes")?),
        // A number made a list of one.
        length: |facts| facts.rank(0).filter(|rank| *rank == 0).map(|_| 1),
        constant: Some(|it| reshaped(it, unsqueezed_shape)),
        view: Some(View::Reshaped { shape: unsqueezed_shape, extents: None }),
        before: Before::KEEPS_SIGN,
        behind: Behind::Rearranged(Rearrangement::Inserted),
        kernel: Kernel::Unsqueeze,
        ..Operator::standard("Unsqueeze", 1, 2)
    },
];

/// How many entries a list has that is an attribute in old operator sets and the second operand in new ones.
fn listed(facts: &dyn Facts, attribute: &str) -> Option<usize> {
    ints_attribute(facts.node(), attribute).map(<[_]>::len).or_else(|| facts.length(1))
}

fn reshaped(operands: &Operands<'_>, rule: ShapeRule) -> Result<Constant, Problem> {
    let constant = operands.required(0)?;
    let shape = rule(operands.node(), &constant.shape, &|at| operands.integers(at))?;
    Ok(Constant { shape, ..constant.clone() })
}

fn flattened_shape(node: &Node, shape: &[usize], _: &Integers<'_>) -> Result<Vec<usize>, Problem> {
    tensor_ops::flattened(shape, int_attribute(node, "axis", 1))
}

fn target_shape(node: &Node, shape: &[usize], operand: &Integers<'_>) -> Result<Vec<usize>, Problem> {
    let target = either(node, "shape", operand)?;
    let target = target.ok_or_else(|| Malformed::Missing("the target shape".into()))?;
    tensor_ops::reshaped(shape, &target, int_attribute(node, "allowzero", 0) != 0)
}

fn squeezed_shape(node: &Node, shape: &[usize], operand: &Integers<'_>) -> Result<Vec<usize>, Problem> {
    tensor_ops::squeezed(shape, either(node, "axes", operand)?.as_deref())
}

fn unsqueezed_shape(node: &Node, shape: &[usize], operand: &Integers<'_>) -> Result<Vec<usize>, Problem> {
    let axes = either(node, "axes", operand)?.ok_or_else(|| Malformed::Missing("the list of axes".into()))?;
    tensor_ops::unsqueezed(shape, &axes)
}

/// A list that is an attribute in old operator sets and the second operand in new ones.
fn either(node: &Node, attribute: &str, operand: &Integers<'_>) -> Result<Option<Vec<i64>>, Problem> {
    match ints_attribute(node, attribute) {
        Some(stated) => Ok(Some(stated.to_vec())),
        None => operand(1),
    }
}
