//! Operators that sort or compare entries.

use super::{
    attr::Attr,
    behind::Behind,
    kernel::{Best, Kernel},
    operator::Operator,
    rules::same_rank,
};
use crate::net::attributes::int_attribute;

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("keepdims"), Attr::Int("select_last_index")],
        rank: |facts| {
            facts.rank(0)?.checked_sub(usize::from(int_attribute(facts.node(), "keepdims", 1) == 0))
        },
        behind: Behind::IndexOfBest,
        kernel: Kernel::ArgBest(Best::Largest),
        ..Operator::standard("ArgMax", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("keepdims"), Attr::Int("select_last_index")],
        kernel: Kernel::ArgBest(Best::Smallest),
        ..Operator::standard("ArgMin", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("axis")],
        kernel: Kernel::Hardmax,
        ..Operator::standard("Hardmax", 1, 1)
    },
    Operator { kernel: Kernel::NonZero, ..Operator::standard("NonZero", 1, 1) },
    Operator {
        attributes: &[Attr::Int("axis")],
        control: &[1, 2],
        kernel: Kernel::OneHot,
        ..Operator::standard("OneHot", 3, 3)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("k"), Attr::Int("largest"), Attr::Int("sorted")],
        control: &[1],
        rank: same_rank,
        behind: Behind::SortedBest,
        kernel: Kernel::TopK,
        ..Operator::standard("TopK", 1, 2)
    },
];
