//! Operators of quantised models.

use super::{
    attr::Attr,
    before::{Before, Values},
    linear::CONVOLUTION,
    operator::Operator,
    roles::{AsHead, Results, Weight},
    rules::Frozen,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: CONVOLUTION,
        control: &[2, 3],
        ..product(Operator::standard("ConvInteger", 2, 4), 1)
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
        ..Operator::standard("DynamicQuantizeLinear", 1, 1)
    },
    product(Operator::microsoft("DynamicQuantizeMatMul", 3, 5), 1),
    Operator { control: &[2, 3], ..product(Operator::standard("MatMulInteger", 2, 4), 1) },
    product(Operator::microsoft("MatMulIntegerToFloat", 4, 7), 1),
    Operator {
        attributes: &[
            Attr::Int("K"),
            Attr::Int("N"),
            Attr::Int("accuracy_level"),
            Attr::Int("bits"),
            Attr::Int("block_size"),
        ],
        ..product(Operator::microsoft("MatMulNBits", 3, 6), 1)
    },
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Int("transA"), Attr::Int("transB")],
        ..product(Operator::microsoft("QGemm", 6, 9), 3)
    },
    Operator { attributes: CONVOLUTION, ..product(Operator::standard("QLinearConv", 8, 9), 3) },
    product(Operator::standard("QLinearMatMul", 8, 8), 3),
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

const fn product(operator: Operator, weight: usize) -> Operator {
    Operator { weight: Weight::Operand(weight), head: AsHead::Frozen(Frozen::Quantised), ..operator }
}

const fn quantise(operator: Operator) -> Operator {
    Operator { control: &[1, 2], before: KEEPS_VALUES, ..operator }
}

const fn dequantise(operator: Operator) -> Operator {
    let before = Before { values: Values::Dequantised, ..Before::UNKNOWN };
    Operator { control: &[1, 2], before, ..operator }
}
