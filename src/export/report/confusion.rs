//! Labels against answers, before and after.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::prose::{class, shown},
    super::page::{
        matrix::{self, Cells},
        section,
    },
    Report, claimed,
};
use crate::evidence::{Side, reading::Figures};

/// Pairs of classes that are listed where there are more.
const PAIRS: usize = 20;

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let figures = subject.of("confusion").unwrap_or_default();
    let [before, after] = Side::BOTH.map(|side| {
        let rows = figures.iter().filter(|it| it.unit == "rows" && it.side == Some(side));
        rows.filter_map(|it| Some(((it.class?, it.to?), it.value.0 as u64))).collect::<Cells>()
    });
    let classes: BTreeSet<usize> = [&before, &after].into_iter().flat_map(matrix::classes).collect();
    let name = |class: usize| subject.label_of(class).map(shown);
    let body = (!classes.is_empty()).then(|| {
        if classes.len() > matrix::MOST {
            return html! { (claimed(report)) (pairs(subject, &before, &after)) };
        }
        html! {
            (claimed(report))
            p.soft { "Rows are labels, columns are answers (by index); right answers have a frame." }
            div.matrices {
                figure {
                    figcaption { "original" }
                    (matrix::table(&before, &classes, Side::Before, &name))
                }
                figure {
                    figcaption { "this model" }
                    (matrix::table(&after, &classes, Side::After, &name))
                }
            }
        }
    });
    section("Which inputs get which answer", body)
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
