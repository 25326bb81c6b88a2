//! Labels against answers, as a table of counts.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::wide;
use crate::evidence::Side;

/// Classes that a table has room for.
pub(in crate::export) const MOST: usize = 20;

/// Number of inputs by label and answer.
pub(in crate::export) type Cells = BTreeMap<(usize, usize), u64>;

/// The classes that are labels or answers.
pub(in crate::export) fn classes(cells: &Cells) -> BTreeSet<usize> {
    cells.keys().flat_map(|(class, to)| [*class, *to]).collect()
}

/// A row for each label, a column for each answer; right answers have a frame.
pub(in crate::export) fn table(
    cells: &Cells,
    classes: &BTreeSet<usize>,
    side: Side,
    name: &dyn Fn(usize) -> Option<String>,
) -> Markup {
    let colour = if side == Side::Before { "var(--before)" } else { "var(--after)" };
    let total = |class: usize| {
        let row = cells.range((class, 0)..=(class, usize::MAX));
        row.fold(0, |sum: u64, (_, n)| sum.saturating_add(*n)).max(1)
    };
    let tint = |class: usize, n: u64| {
        // Never so strong that the number on it could not be read.
        let strength = 45.0 * n as f64 / total(class) as f64;
        format!("background: color-mix(in srgb, {colour} {strength:.0}%, transparent)")
    };
    wide(&html! {
        table.matrix {
            thead { tr { th { "" } @for to in classes { th { (to) } } } }
            tbody {
                @for label in classes {
                    tr {
                        th title=[name(*label)] { (label) " " (name(*label).unwrap_or_default()) }
                        @for to in classes {
                            @match cells.get(&(*label, *to)) {
                                Some(n) => td.hit[label == to] style=(tint(*label, *n)) { (n) },
                                None => td {},
                            }
                        }
                    }
                }
            }
        }
    })
}
