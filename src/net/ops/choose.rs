//! Operators that sort or compare entries.

use super::{attr::Attr, behind::Behind, operator::Operator};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("keepdims"), Attr::Int("select_last_index")],
        behind: Behind::IndexOfBest,
        ..Operator::standard("ArgMax", 1, 1)
    },
    Operator { attributes: &[Attr::Int("axis")], control: &[1, 2], ..Operator::standard("OneHot", 3, 3) },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("k"), Attr::Int("largest"), Attr::Int("sorted")],
        control: &[1],
        behind: Behind::SortedBest,
        ..Operator::standard("TopK", 1, 2)
    },
];
