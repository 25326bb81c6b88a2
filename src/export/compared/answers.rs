//! What the models answer: class by class, where inputs of removed classes go, and label against answer.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{
    super::page::{
        bars::bar,
        folded,
        matrix::{self, Cells},
        prose::{named, shown},
        section,
    },
    On, label, letter, name,
};
use crate::{
    compare::{Comparison, summary},
    evidence::Side,
};

/// Classes that are shown without folding them, and those that are shown at all.
const UNFOLDED: usize = 12;
const LISTED: usize = 1000;
/// Removed classes whose inputs are followed, and destinations of each.
const FOLLOWED: usize = 12;
const DESTINATIONS: usize = 5;

/// A class with its share in each model.
struct Row {
    class: usize,
    n: u64,
    shares: Vec<Option<f64>>,
}

/// Bars of every model, class by class.
pub(super) fn classes(comparison: &Comparison) -> Markup {
    let on = On::of(comparison);
    let columns = on.columns(comparison);
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for (place, (_, evaluation, side)) in columns.iter().enumerate() {
        for (class, (share, n)) in summary::per_class(evaluation, *side) {
            let new = || Row { class, n, shares: vec![None; columns.len()] };
            rows.entry(class).or_insert_with(new).shares[place] = Some(share);
        }
    }
    // Removed classes first, then those that the models differ in most.
    let spread = |row: &Row| {
        let ends = row.shares.iter().flatten();
        ends.clone().fold(0.0_f64, |most, share| most.max(*share))
            - ends.fold(1.0_f64, |least, share| least.min(*share))
    };
    let is_removed = |row: &Row| comparison.removed.contains(&row.class);
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by(|a, b| {
        is_removed(b).cmp(&is_removed(a)).then(spread(b).total_cmp(&spread(a))).then(a.class.cmp(&b.class))
    });
    let all = rows.len();
    rows.truncate(LISTED);
    let letters: Vec<char> = columns.iter().map(|(at, ..)| letter(*at)).collect();
    let (first, rest) = rows.split_at(rows.len().min(UNFOLDED));
    let body = (!rows.is_empty()).then(|| {
        html! {
            p.soft {
                @match (on, On::has_labels(&columns)) {
                    (On::Data, true) => "Share of the examples of each class that are right.",
                    (On::Data, false) => "Share of the examples to which A gives a class that get it from the others as well.",
                    (On::Synthetic, _) => "Share of the synthetic embeddings to which A gives a class that get it from the others as well: no accuracy.",
                }
                " Removed classes first, then those that the models differ in most. Bars from top to bottom: "
                (letters.iter().map(char::to_string).collect::<Vec<_>>().join(", ")) "."
            }
            (table(comparison, first, &letters))
            @if !rest.is_empty() { (folded(&format!("{} more classes", rest.len()), false, &table(comparison, rest, &letters))) }
            @if all > rows.len() { p.soft { (all - rows.len()) " more are in the JSON." } }
        }
    });
    section("Class by class", body)
}

fn table(comparison: &Comparison, rows: &[Row], letters: &[char]) -> Markup {
    html! {
        table.stacked {
            thead {
                tr { th { "class" } th.bars.slim[letters.len() > 3] { "" } @for letter in letters { th.number { (letter) } } th.number { "of" } }
            }
            tbody {
                @for row in rows {
                    tr.gone[comparison.removed.contains(&row.class)] {
                        td { (named(row.class, label(comparison, row.class))) }
                        td.bars.slim[letters.len() > 3] { @for (at, share) in row.shares.iter().enumerate() { (bar(share.unwrap_or_default(), at == 0)) } }
                        @for (share, letter) in row.shares.iter().zip(letters) {
                            td.number data-name=(letter) { (share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share))) }
                        }
                        td.number data-name="of" { (row.n) }
                    }
                }
            }
        }
    }
}

/// Where inputs of a removed class go in each model.
pub(super) fn routing(comparison: &Comparison) -> Markup {
    let on = On::of(comparison);
    let columns = on.columns(comparison);
    let of = |class: usize| {
        let others = columns.iter().filter(|(.., side)| *side == Side::After);
        let found = others.map(|(at, evaluation, _)| (*at, summary::destinations(evaluation, class)));
        found.filter(|(_, shares)| !shares.is_empty()).collect::<Vec<_>>()
    };
    let followed = comparison.removed.iter().take(FOLLOWED).map(|class| (*class, of(*class)));
    let followed: Vec<_> = followed.filter(|(_, models)| !models.is_empty()).collect();
    let body = (!followed.is_empty()).then(|| {
        html! {
            @for (class, models) in &followed {
                h3 { "Instead of " (named(*class, label(comparison, *class))) }
                table.stacked {
                    thead { tr { th { "model" } th { "answers now, the most frequent first" } } }
                    tbody {
                        @for (at, shares) in models {
                            tr {
                                td { strong { (letter(*at)) } " " (name(comparison, *at)) }
                                td { (shares_of(comparison, shares)) }
                            }
                        }
                    }
                }
            }
            @if comparison.removed.len() > FOLLOWED {
                p.soft { "Of " (comparison.removed.len()) " removed classes the first " (FOLLOWED) " are shown; the JSON has all." }
            }
        }
    });
    section("Where inputs of removed classes go", body)
}

fn shares_of(comparison: &Comparison, shares: &[(usize, f64)]) -> Markup {
    let rest: f64 = shares.iter().skip(DESTINATIONS).map(|(_, share)| share).sum();
    html! {
        ul.shares {
            @for (to, share) in shares.iter().take(DESTINATIONS) {
                li { (bar(*share, false)) span { (format!("{:.1} % ", 100.0 * share)) (named(*to, label(comparison, *to))) } }
            }
            @if rest > 0.0005 { li { (bar(rest, false)) span { (format!("{:.1} % ", 100.0 * rest)) "all others" } } }
        }
    }
}

/// Labels against answers, a table for each model.
pub(super) fn matrices(comparison: &Comparison) -> Markup {
    let columns = On::Data.columns(comparison);
    let cells: Vec<(usize, Cells)> = columns
        .iter()
        .map(|(at, evaluation, side)| (*at, summary::matrix(evaluation, *side)))
        .filter(|(_, cells)| !cells.is_empty())
        .collect();
    let classes: BTreeSet<usize> = cells.iter().flat_map(|(_, cells)| matrix::classes(cells)).collect();
    let of_class = |class: usize| label(comparison, class).map(shown);
    let body = (!cells.is_empty() && classes.len() <= matrix::MOST).then(|| {
        html! {
            p.soft { "Rows are labels, columns are answers (by index); right answers have a frame." }
            div.matrices {
                @for (at, cells) in &cells {
                    figure {
                        figcaption { strong { (letter(*at)) } " " (name(comparison, *at)) }
                        (matrix::table(cells, &classes, if *at == 0 { Side::Before } else { Side::After }, &of_class))
                    }
                }
            }
        }
    });
    section("Which examples get which answer", body)
}
