//! Operators whose results are truth values, or bits.

use super::{
    attr::Attr,
    kernel::{Bits, Comparison, Kernel, Logic, Test},
    operator::Operator,
    rules::{broadcast_rank, same_rank},
};

pub(super) static TABLE: &[Operator] = &[
    logic("And", Logic::And),
    Operator { attributes: &[Attr::Text("direction")], ..bits("BitShift", Bits::Shift) },
    bits("BitwiseAnd", Bits::And),
    bits("BitwiseOr", Bits::Or),
    bits("BitwiseXor", Bits::Xor),
    comparison("Equal", Comparison::Equal),
    comparison("Greater", Comparison::Greater),
    comparison("GreaterOrEqual", Comparison::GreaterOrEqual),
    Operator {
        attributes: &[Attr::Int("detect_negative"), Attr::Int("detect_positive")],
        ..test("IsInf", Test::Infinite)
    },
    test("IsNaN", Test::NotANumber),
    comparison("Less", Comparison::Less),
    comparison("LessOrEqual", Comparison::LessOrEqual),
    logic("Or", Logic::Or),
    logic("Xor", Logic::Xor),
];

const fn comparison(name: &'static str, what: Comparison) -> Operator {
    Operator { rank: broadcast_rank, kernel: Kernel::Compare(what), ..Operator::standard(name, 2, 2) }
}

const fn logic(name: &'static str, what: Logic) -> Operator {
    Operator { rank: broadcast_rank, kernel: Kernel::Logic(what), ..Operator::standard(name, 2, 2) }
}

const fn bits(name: &'static str, what: Bits) -> Operator {
    Operator { rank: broadcast_rank, kernel: Kernel::Bits(what), ..Operator::standard(name, 2, 2) }
}

const fn test(name: &'static str, what: Test) -> Operator {
    Operator { rank: same_rank, kernel: Kernel::Test(what), ..Operator::standard(name, 1, 1) }
}
