//! Operators that pick entries, put them together or spread them.

use super::{
    attr::Attr,
    before::{Before, Vectors},
    behind::{Behind, Picking},
    kernel::Kernel,
    operator::{MANY, Operator},
    roles::{List, Nature},
    rules::{Facts, same_rank},
};

const AXIS: &[Attr] = &[Attr::Int("axis")];

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: AXIS,
        control: &[1],
        kernel: Kernel::Compress,
        ..Operator::standard("Compress", 2, 2)
    },
    Operator {
        attributes: AXIS,
        rank: same_rank,
        length: joined_length,
        list: List::Joins,
        kernel: Kernel::Concatenate,
        ..Operator::standard("Concat", 1, MANY)
    },
    Operator {
        attributes: &[Attr::Int("exclusive"), Attr::Int("reverse")],
        control: &[1],
        rank: same_rank,
        kernel: Kernel::CumulativeSum,
        ..Operator::standard("CumSum", 2, 2)
    },
    Operator {
        attributes: AXIS,
        control: &[1],
        nature: Nature::LooksUp,
        rank: |facts| (facts.rank(0)? + facts.rank(1)?).checked_sub(1),
        before: Before { vectors: |_| Vectors::Picked, ..Before::KEEPS_SIGN },
        behind: Behind::Picked(Picking::AlongAxis),
        kernel: Kernel::Gather,
        ..Operator::standard("Gather", 2, 2)
    },
    Operator {
        attributes: AXIS,
        control: &[1],
        rank: same_rank,
        kernel: Kernel::GatherElements,
        ..Operator::standard("GatherElements", 2, 2)
    },
    Operator {
        attributes: &[Attr::Int("batch_dims")],
        control: &[1],
        before: Before::KEEPS_SIGN,
        behind: Behind::Picked(Picking::ByIndices),
        kernel: Kernel::GatherParts,
        ..Operator::standard("GatherND", 2, 2)
    },
    Operator {
        attributes: &[Attr::Text("mode"), Attr::Ints("paddings"), Attr::Ints("pads"), Attr::Float("value")],
        control: &[1, 2, 3],
        rank: same_rank,
        kernel: Kernel::Pad,
        ..Operator::standard("Pad", 1, 4)
    },
    Operator {
        attributes: &[
            Attr::Int("antialias"),
            Attr::Ints("axes"),
            Attr::Text("coordinate_transformation_mode"),
            Attr::Float("cubic_coeff_a"),
            Attr::Int("exclude_outside"),
            Attr::Float("extrapolation_value"),
            Attr::Text("keep_aspect_ratio_policy"),
            Attr::Text("mode"),
            Attr::Text("nearest_mode"),
        ],
        control: &[1, 2, 3],
        rank: same_rank,
        behind: Behind::Resized,
        kernel: Kernel::Resize,
        ..Operator::standard("Resize", 1, 4)
    },
    Operator {
        attributes: &[Attr::Int("batch_axis"), Attr::Int("time_axis")],
        control: &[1],
        kernel: Kernel::ReverseSequence,
        ..Operator::standard("ReverseSequence", 2, 2)
    },
    Operator { kernel: Kernel::ScatterElements, ..scatter("Scatter", &[Attr::Int("axis")]) },
    Operator {
        kernel: Kernel::ScatterElements,
        ..scatter("ScatterElements", &[Attr::Int("axis"), Attr::Text("reduction")])
    },
    Operator { kernel: Kernel::ScatterParts, ..scatter("ScatterND", &[Attr::Text("reduction")]) },
    Operator {
        attributes: &[Attr::Ints("axes"), Attr::Ints("ends"), Attr::Ints("starts")],
        control: &[1, 2, 3, 4],
        rank: same_rank,
        length: sliced_length,
        before: Before::KEEPS_SIGN,
        behind: Behind::Picked(Picking::Ranges),
        kernel: Kernel::Slice,
        ..Operator::standard("Slice", 1, 5)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("num_outputs"), Attr::Ints("split")],
        control: &[1],
        rank: same_rank,
        behind: Behind::Parted,
        kernel: Kernel::Split,
        ..Operator::standard("Split", 1, 2)
    },
    Operator { control: &[1], rank: same_rank, kernel: Kernel::Tile, ..Operator::standard("Tile", 2, 3) },
    Operator {
        attributes: &[Attr::Int("upper")],
        control: &[1],
        kernel: Kernel::Triangle,
        ..Operator::standard("Trilu", 1, 2)
    },
    Operator {
        attributes: &[
            Attr::Float("height_scale"),
            Attr::Text("mode"),
            Attr::Floats("scales"),
            Attr::Float("width_scale"),
        ],
        control: &[1],
        rank: same_rank,
        behind: Behind::Resized,
        kernel: Kernel::Resize,
        ..Operator::standard("Upsample", 1, 2)
    },
];

const fn scatter(name: &'static str, attributes: &'static [Attr]) -> Operator {
    Operator { attributes, control: &[1], rank: same_rank, ..Operator::standard(name, 3, 3) }
}

fn joined_length(facts: &dyn Facts) -> Option<usize> {
    let operands = 0..facts.node().inputs.len();
    operands.into_iter().try_fold(0_usize, |sum, operand| sum.checked_add(facts.length(operand)?))
}

/// Of a list that is cut with steps of one.
fn sliced_length(facts: &dyn Facts) -> Option<usize> {
    let length = i64::try_from(facts.length(0)?).ok()?;
    let bound = |operand: usize| {
        let at = facts.entry(operand)?;
        Some(if at < 0 { at.saturating_add(length) } else { at }.clamp(0, length))
    };
    let whole_steps = facts.node().inputs.len() < 5 || facts.entry(4) == Some(1);
    usize::try_from(bound(2)? - bound(1)?).ok().filter(|_| whole_steps)
}
