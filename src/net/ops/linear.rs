//! Linear operators: which operand is the weight, which of its axes counts the results, where the bias is.

use declass_formats::onnx::{Attribute, Node};

use super::{
    attr::Attr,
    kernel::Kernel,
    operator::{MANY, Operator},
    roles::{AsHead, Weight},
    rules::{Bias, Frozen, Linear, NotLinear, same_rank},
};
use crate::net::attributes::{float_attribute, int_attribute, ints_attribute};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: CONVOLUTION,
        weight: Weight::Operand(1),
        head: AsHead::Linear(conv),
        rank: same_rank,
        kernel: Kernel::Convolution,
        ..Operator::standard("Conv", 2, 3)
    },
    Operator {
        attributes: &[Attr::Text("equation")],
        weight: Weight::OneOfTwo,
        head: AsHead::Linear(einsum),
        rank: |facts| equation_rank(facts.node()),
        kernel: Kernel::Einsum,
        ..Operator::standard("Einsum", 1, MANY)
    },
    Operator {
        attributes: &[
            Attr::Text("activation"),
            Attr::Floats("activation_params"),
            Attr::Text("auto_pad"),
            Attr::Ints("dilations"),
            Attr::Int("group"),
            Attr::Ints("kernel_shape"),
            Attr::Ints("pads"),
            Attr::Ints("strides"),
        ],
        kernel: Kernel::FusedConvolution,
        ..fused("FusedConv", 2, 4, Weight::Operand(1))
    },
    Operator {
        attributes: &[
            Attr::Text("activation"),
            Attr::Float("activation_alpha"),
            Attr::Float("activation_beta"),
            Attr::Float("activation_gamma"),
            Attr::Float("alpha"),
            Attr::Float("beta"),
            Attr::Int("transA"),
            Attr::Int("transB"),
        ],
        kernel: Kernel::FusedGemm,
        ..fused("FusedGemm", 2, 3, Weight::Either)
    },
    Operator {
        attributes: &[
            Attr::Float("alpha"),
            Attr::Int("transA"),
            Attr::Int("transB"),
            Attr::Int("transBatchA"),
            Attr::Int("transBatchB"),
        ],
        kernel: Kernel::FusedMatMul,
        ..fused("FusedMatMul", 2, 2, Weight::Either)
    },
    Operator {
        attributes: &[
            Attr::Float("alpha"),
            Attr::Float("beta"),
            Attr::Int("broadcast"),
            Attr::Int("transA"),
            Attr::Int("transB"),
        ],
        weight: Weight::Either,
        head: AsHead::Linear(gemm),
        rank: |_| Some(2),
        kernel: Kernel::Gemm,
        ..Operator::standard("Gemm", 2, 3)
    },
    Operator {
        weight: Weight::Either,
        head: AsHead::Linear(matmul),
        rank: |facts| Some(facts.rank(0)?.max(facts.rank(1)?)),
        kernel: Kernel::MatMul,
        ..Operator::standard("MatMul", 2, 2)
    },
];

/// What convolutions have.
pub(super) const CONVOLUTION: &[Attr] = &[
    Attr::Text("auto_pad"),
    Attr::Ints("dilations"),
    Attr::Int("group"),
    Attr::Ints("kernel_shape"),
    Attr::Ints("pads"),
    Attr::Ints("strides"),
];

const fn fused(name: &'static str, least: usize, most: usize, weight: Weight) -> Operator {
    Operator { weight, head: AsHead::Frozen(Frozen::Fused), ..Operator::microsoft(name, least, most) }
}

fn plain(weight: usize) -> Linear {
    Linear {
        data: usize::from(weight == 0),
        weight_axis: 0,
        axis: 0,
        reads_last_axis: false,
        rank: None,
        alpha: 1.0,
        bias: None,
    }
}

fn gemm(node: &Node, weight: usize, shape: &[usize]) -> Result<Linear, NotLinear> {
    if shape.len() != 2 {
        return Err(NotLinear::NotAMatrix { shape: shape.to_vec(), op: node.op_type.clone() });
    }
    let transposed = |name: &str| int_attribute(node, name, 0) != 0;
    // `Y = A B`: a weight as `A` makes the classes the rows of `Y`, one as `B` its columns.
    let (weight_axis, axis) = if weight == 0 {
        (usize::from(transposed("transA")), 1)
    } else {
        (usize::from(!transposed("transB")), 0)
    };
    let bias = Bias { operand: 2, beta: float_attribute(node, "beta", 1.0).into(), axis };
    let alpha = float_attribute(node, "alpha", 1.0).into();
    let reads_last_axis = weight == 1 && !transposed("transA");
    Ok(Linear { weight_axis, axis, bias: Some(bias), reads_last_axis, rank: Some(2), alpha, ..plain(weight) })
}

fn matmul(_: &Node, weight: usize, shape: &[usize]) -> Result<Linear, NotLinear> {
    let [batch @ .., _, _] = shape else {
        return Err(NotLinear::Vector);
    };
    if batch.iter().any(|extent| *extent != 1) {
        return Err(NotLinear::Batch);
    }
    let (weight_axis, axis) = if weight == 0 { (shape.len() - 2, 1) } else { (shape.len() - 1, 0) };
    Ok(Linear { weight_axis, axis, reads_last_axis: weight == 1, ..plain(weight) })
}

/// A convolution whose kernel covers one position is a matrix product at every position.
fn conv(node: &Node, weight: usize, shape: &[usize]) -> Result<Linear, NotLinear> {
    if int_attribute(node, "group", 1) != 1 {
        return Err(NotLinear::Groups);
    }
    let [_, _, kernel @ ..] = shape else {
        return Err(NotLinear::NotAMatrix { shape: shape.to_vec(), op: node.op_type.clone() });
    };
    if kernel.iter().any(|extent| *extent != 1) {
        return Err(NotLinear::Kernel(kernel.to_vec()));
    }
    if ints_attribute(node, "pads").is_some_and(|pads| pads.iter().any(|pad| *pad != 0)) {
        return Err(NotLinear::Pads);
    }
    let bias = Bias { operand: 2, beta: 1.0, axis: 0 };
    Ok(Linear { axis: kernel.len(), rank: Some(shape.len()), bias: Some(bias), ..plain(weight) })
}

/// `bi,ci->bc` and the like: one letter of the weight is in the result, the other is summed over.
fn einsum(node: &Node, weight: usize, shape: &[usize]) -> Result<Linear, NotLinear> {
    let Some(Attribute::String(equation)) = node.attributes.get("equation") else {
        return Err(NotLinear::Equation);
    };
    let equation: String = String::from_utf8_lossy(equation).split_whitespace().collect();
    product(&equation, weight).filter(|_| shape.len() == 2).ok_or(NotLinear::Equation)
}

/// As many axes as letters stand behind the arrow; an ellipsis stands for axes that cannot be counted here.
fn equation_rank(node: &Node) -> Option<usize> {
    let Some(Attribute::String(equation)) = node.attributes.get("equation") else { return None };
    let equation = String::from_utf8_lossy(equation);
    let (_, result) = equation.split_once("->").filter(|_| !equation.contains('.'))?;
    Some(result.chars().filter(|letter| !letter.is_whitespace()).count())
}

fn product(equation: &str, weight: usize) -> Option<Linear> {
    let (operands, result) = equation.split_once("->")?;
    let linear = plain(weight);
    let operands: Vec<&str> = operands.split(',').collect();
    // An ellipsis stands for axes that cannot be counted here.
    let both = operands.len() == 2 && !equation.contains('.');
    let (letters, data) = (operands.get(weight).filter(|_| both)?, operands.get(linear.data)?);
    let letters: Vec<char> = letters.chars().collect();
    let class = |letter: &char| result.contains(*letter) && !data.contains(*letter);
    let summed = |letter: &char| !result.contains(*letter) && data.contains(*letter);
    let (weight_axis, letter) = match letters.as_slice() {
        [first, second] if class(first) && summed(second) => (0, *first),
        [first, second] if summed(first) && class(second) => (1, *second),
        _ => return None,
    };
    let axis = result.chars().rev().position(|other| other == letter)?;
    Some(Linear { weight_axis, axis, rank: Some(result.chars().count()), ..linear })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(attributes: &[(&str, Attribute)]) -> Node {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Node { op_type: "Test".into(), attributes, ..Node::default() }
    }

    #[test]
    fn the_class_axis_of_a_product_follows_from_its_transpositions() {
        let axes = |attribute: &str, weight| {
            let linear = gemm(&node(&[(attribute, Attribute::Int(1))]), weight, &[3, 4]).unwrap();
            (linear.weight_axis, linear.axis, linear.data)
        };
        assert_eq!(axes("transB", 1), (0, 0, 0));
        assert_eq!(axes("none", 1), (1, 0, 0));
        assert_eq!(axes("transA", 0), (1, 1, 1));
        assert_eq!(axes("none", 0), (0, 1, 1));
        let vector = gemm(&node(&[]), 1, &[3]);
        assert!(matches!(vector, Err(NotLinear::NotAMatrix { .. })));
    }

    #[test]
    fn a_matrix_product_takes_one_matrix() {
        assert_eq!(matmul(&node(&[]), 1, &[1, 4, 3]).map(|it| it.weight_axis), Ok(2));
        assert_eq!(matmul(&node(&[]), 1, &[4]), Err(NotLinear::Vector));
        assert_eq!(matmul(&node(&[]), 1, &[2, 4, 3]), Err(NotLinear::Batch));
    }

    #[test]
    fn a_convolution_is_a_head_only_where_it_sees_one_position() {
        let found = |attributes: &[(&str, Attribute)], shape: &[usize]| conv(&node(attributes), 1, shape);
        assert_eq!(found(&[], &[3, 4, 1, 1]).map(|it| (it.axis, it.rank)), Ok((2, Some(4))));
        assert_eq!(found(&[], &[3, 4, 3, 3]), Err(NotLinear::Kernel(vec![3, 3])));
        assert_eq!(found(&[("group", Attribute::Int(2))], &[3, 4, 1, 1]), Err(NotLinear::Groups));
        assert_eq!(found(&[("pads", Attribute::Ints(vec![0, 1]))], &[3, 4, 1]), Err(NotLinear::Pads));
        assert!(matches!(found(&[], &[3]), Err(NotLinear::NotAMatrix { .. })));
    }

    #[test]
    fn equations_that_are_matrix_products() {
        let axes = |equation, weight| product(equation, weight).map(|it| (it.weight_axis, it.axis));
        assert_eq!(axes("bi,ci->bc", 1), Some((0, 0)));
        assert_eq!(axes("ic,bi->cb", 0), Some((1, 1)));
        for other in ["bi,ci", "bi,ci->b", "...i,ci->...c", "bi,ci,c->bc", "bc,bc->bc", "bi,cij->bcj"] {
            assert_eq!(axes(other, 1), None, "{other}");
        }
    }
}
