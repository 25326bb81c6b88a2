//! Operators that sort or compare entries.

use super::{attr::Attr, behind::Behind, operator::Operator, rules::broadcast_rank};
use crate::net::attributes::int_attribute;

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("keepdims"), Attr::Int("select_last_index")],
        rank: |facts| {
            facts.rank(0)?.checked_sub(usize::from(int_attribute(facts.node(), "keepdims", 1) == 0))
        },
        behind: Behind::IndexOfBest,
        ..Operator::standard("ArgMax", 1, 1)
    },
    Operator { rank: broadcast_rank, ..Operator::standard("Equal", 2, 2) },
    Operator { attributes: &[Attr::Int("axis")], control: &[1, 2], ..Operator::standard("OneHot", 3, 3) },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("k"), Attr::Int("largest"), Attr::Int("sorted")],
        control: &[1],
        behind: Behind::SortedBest,
        ..Operator::standard("TopK", 1, 2)
    },
];
