//! Labels against answers, before and after.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::prose::{class, shown},
    super::page::{section, wide},
    Report, claimed,
};
use crate::evidence::{Side, reading::Figures};

/// Classes that a table has room for.
const TABLE: usize = 20;
/// Pairs of classes that are listed where there are more.
const PAIRS: usize = 20;

/// Number of inputs by label and answer.
type Cells = BTreeMap<(usize, usize), u64>;

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let figures = subject.of("confusion").unwrap_or_default();
    let [before, after] = Side::BOTH.map(|side| {
        let rows = figures.iter().filter(|it| it.unit == "rows" && it.side == Some(side));
        rows.filter_map(|it| Some(((it.class?, it.to?), it.value.0 as u64))).collect::<Cells>()
    });
    let classes: BTreeSet<usize> =
        before.keys().chain(after.keys()).flat_map(|(class, to)| [*class, *to]).collect();
    let body = (!classes.is_empty()).then(|| {
        if classes.len() > TABLE {
            return html! { (claimed(report)) (pairs(subject, &before, &after)) };
        }
        html! {
            (claimed(report))
            p.soft { "Rows are labels, columns are answers (by index); right answers have a frame." }
            div.matrices {
                figure {
                    figcaption { "original" }
                    (wide(&matrix(subject, &before, &classes, Side::Before)))
                }
                figure {
                    figcaption { "this model" }
                    (wide(&matrix(subject, &after, &classes, Side::After)))
                }
            }
        }
    });
    section("Which inputs get which answer", body)
}

fn matrix(subject: &Subject<'_>, cells: &Cells, classes: &BTreeSet<usize>, side: Side) -> Markup {
    let colour = if side == Side::Before { "var(--before)" } else { "var(--after)" };
    let total = |class: usize| {
        cells
            .range((class, 0)..=(class, usize::MAX))
            .fold(0, |sum: u64, (_, n)| sum.saturating_add(*n))
            .max(1)
    };
    let tint = |class: usize, n: u64| {
        // Never so strong that the number on it could not be read.
        let strength = 45.0 * n as f64 / total(class) as f64;
        format!("background: color-mix(in srgb, {colour} {strength:.0}%, transparent)")
    };
    let name = |class: usize| subject.label_of(class).map(shown);
    html! {
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
    }
}

/// The pairs of label and answer that became more or fewer, where a table has no room.
fn pairs(subject: &Subject<'_>, before: &Cells, after: &Cells) -> Markup {
    let keys: BTreeSet<&(usize, usize)> = before.keys().chain(after.keys()).collect();
    let count = |cells: &Cells, key| cells.get(key).copied().unwrap_or_default();
    let mut changed: Vec<_> =
        keys.into_iter().map(|key| (*key, count(before, key), count(after, key))).collect();
    changed.retain(|(_, before, after)| before != after);
    changed.sort_by_key(|(key, before, after)| (std::cmp::Reverse(before.abs_diff(*after)), *key));
    html! {
        p.soft { "Labels and answers whose numbers changed most, " (changed.len().min(PAIRS)) " of " (changed.len()) "." }
        table {
            thead { tr { th { "label" } th { "answer" } th.number { "original" } th.number { "this model" } } }
            tbody {
                @for ((label, to), before, after) in changed.iter().take(PAIRS) {
                    tr {
                        td { (class(subject, *label)) } td { (class(subject, *to)) }
                        td.number { (before) } td.number { (after) }
                    }
                }
            }
        }
    }
}
