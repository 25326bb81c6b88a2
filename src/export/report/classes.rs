//! Class by class, before and after.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::bars::{bar, key},
    super::page::prose::class,
    super::page::{folded, section},
    Report, claimed,
};
use crate::evidence::{
    Side,
    reading::{self, Figures, Shares},
};

/// Classes that are shown without folding them, and those that are shown at all.
const UNFOLDED: usize = 12;
const LISTED: usize = 1000;

/// A class with its shares.
struct Row {
    class: usize,
    is_removed: bool,
    before: Option<f64>,
    after: Option<f64>,
    n: Option<u64>,
}

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let real = real(subject);
    let is_real = !real.is_empty();
    let (what, mut rows) = match real {
        rows if is_real => ("Share of the labelled inputs of each class that are right.", rows),
        _ => (
            "Share of synthetic embeddings of a class, by what the original answers, that get it still: of every removed \
             class, and of that of the others that lost most. That is not accuracy: nothing is said about real inputs.",
            synthetic(subject),
        ),
    };
    // Removed classes first, then whichever lost most.
    let loss = |row: &Row| row.before.unwrap_or(1.0) - row.after.unwrap_or(0.0);
    rows.sort_by(|a, b| {
        b.is_removed.cmp(&a.is_removed).then(loss(b).total_cmp(&loss(a))).then(a.class.cmp(&b.class))
    });
    let all = rows.len();
    rows.truncate(LISTED);
    let (first, rest) = rows.split_at(rows.len().min(UNFOLDED));
    let body = (!rows.is_empty()).then(|| {
        html! {
            @if is_real { (claimed(report)) }
            p.soft { (what) " Removed classes first, then those that lost most." }
            @if first.iter().any(|row| row.before.is_some()) { (key()) }
            (table(subject, first))
            @if !rest.is_empty() {
                (folded(&format!("{} more classes", rest.len()), false, &table(subject, rest)))
            }
            @if all > rows.len() { p.soft { (all - rows.len()) " more are in the claim." } }
            (moved(subject))
        }
    });
    section("Class by class", body)
}

fn table(subject: &Subject<'_>, rows: &[Row]) -> Markup {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let has_before = rows.iter().any(|row| row.before.is_some());
    html! {
        table.stacked {
            thead {
                tr {
                    th { "class" } th.bars { "" }
                    @if has_before { th.number { "original" } }
                    th.number { "this model" } th.number { "of" }
                }
            }
            tbody {
                @for row in rows {
                    tr.gone[row.is_removed] {
                        td { (class(subject, row.class)) @if row.is_removed { " (removed)" } }
                        td.bars {
                            @if let Some(before) = row.before { (bar(before, true)) }
                            @if let Some(after) = row.after { (bar(after, false)) }
                        }
                        @if has_before {
                            td.number data-name="original" { (row.before.map_or_else(String::new, percent)) }
                        }
                        td.number data-name="this model" { (row.after.map_or_else(|| "no output".into(), percent)) }
                        td.number data-name="of" { (row.n.map_or_else(String::new, |n| n.to_string())) }
                    }
                }
            }
        }
    }
}

/// The classes that have other indices now.
fn moved(subject: &Subject<'_>) -> Markup {
    let map = &subject.predicate.removal.label_space.index_map;
    let moved: Vec<(usize, usize)> = map
        .iter()
        .enumerate()
        .filter_map(|(before, after)| Some((before, (*after)?)).filter(|(before, after)| before != after))
        .collect();
    if moved.is_empty() {
        return html! {};
    }
    let body = html! {
        table {
            thead { tr { th { "class, with the index that it had" } th.number { "index now" } } }
            tbody {
                @for (before, after) in moved.iter().take(LISTED) {
                    tr { td { (class(subject, *before)) } td.number { (after) } }
                }
            }
        }
    };
    folded(&format!("{} classes have new indices", moved.len()), moved.len() <= UNFOLDED, &body)
}

/// By labelled inputs, if the claim has any.
fn real(subject: &Subject<'_>) -> Vec<Row> {
    let forgotten = &subject.predicate.removal.forgotten;
    let removed = forgotten.iter().filter_map(|entry| {
        let class = entry.class.index;
        let Shares { before, after } = reading::still_given(subject, class, forgotten.len() == 1)?;
        let before = before?.value.0;
        Some(Row { class, is_removed: true, before: Some(before), after: Some(after.value.0), n: after.n })
    });
    let mut rows: Vec<Row> = removed.collect();
    let figures = subject.of("class-drift").unwrap_or_default().iter().filter(|it| it.quantity == "accuracy");
    let mut retained: BTreeMap<usize, Row> = BTreeMap::new();
    for figure in figures {
        let (Some(class), Some(side)) = (figure.class, figure.side) else { continue };
        let new = Row { class, is_removed: false, before: None, after: None, n: figure.n };
        let row = retained.entry(class).or_insert(new);
        let place = if side == Side::Before { &mut row.before } else { &mut row.after };
        *place = Some(figure.value.0);
    }
    rows.extend(retained.into_values());
    rows
}

/// By synthetic embeddings: how many of each class keep it, and of removed classes still get it.
fn synthetic(subject: &Subject<'_>) -> Vec<Row> {
    let removed = subject.predicate.removal.forgotten.iter().filter_map(|entry| {
        let class = entry.class.index;
        let rates = subject.figures("forget-rate").iter().filter(|it| it.class == Some(class));
        let worst = rates
            .filter(|it| it.quantity == "recognised")
            .max_by(|a, b| a.value.0.total_cmp(&b.value.0).then(a.n.cmp(&b.n)))?;
        Some(Row { class, is_removed: true, before: None, after: Some(worst.value.0), n: worst.n })
    });
    let retained = subject.figures("retained-agreement").iter().filter_map(|figure| {
        let is_of_all = figure.stratum.is_none() && figure.quantity.contains("agreement");
        let (class, after) = (figure.class.filter(|_| is_of_all)?, Some(figure.value.0));
        Some(Row { class, is_removed: false, before: None, after, n: figure.n })
    });
    removed.chain(retained).collect()
}
