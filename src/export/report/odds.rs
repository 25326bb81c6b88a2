//! How clear the answers to real inputs are, as ranges.

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::{bars::key, section},
    Report, claimed,
};
use crate::evidence::{Figure, Side, reading::Figures};

/// The percentiles that a range is drawn of.
const DRAWN: [&str; 5] = ["p5", "p25", "p50", "p75", "p95"];

/// Five percentiles of log-odds.
type Range = [f64; 5];

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let figures = subject.of("log-odds").unwrap_or_default();
    let groups =
        [("forgotten-log-odds", "inputs of removed classes"), ("retained-log-odds", "inputs of the others")];
    let rows: Vec<(&str, Side, Range)> = groups
        .into_iter()
        .flat_map(|(quantity, name)| Side::BOTH.map(|side| (name, side, range(figures, quantity, side))))
        .filter_map(|(name, side, range)| Some((name, side, range?)))
        .collect();
    let ends = rows.iter().flat_map(|(.., range)| [range[0], range[4], 0.0]);
    let (least, most) = ends.fold((0.0_f64, 0.0_f64), |(least, most), end| (least.min(end), most.max(end)));
    let body = (!rows.is_empty() && most > least).then(|| {
        html! {
            (claimed(report))
            p.soft {
                "Logarithm of the odds of the label, ln(p / (1 - p)), in nats: to the right of the thin line it is more likely than \
                 all others together. Bars reach from the 5th to the 95th percentile, their middle part from the 25th to the 75th."
            }
            (key())
            table.stacked {
                thead { tr { th { "" } th.bars { "" } th.number { "median" } th.number { "5th to 95th percentile" } } }
                tbody {
                    @for (name, side, range) in &rows {
                        tr {
                            td { (name) ", " (if *side == Side::Before { "original" } else { "this model" }) }
                            td.bars { (drawn(range, (least, most), *side)) }
                            td.number data-name="median" { (format!("{:.2}", range[2])) }
                            td.number data-name="5th to 95th percentile" {
                                (format!("{:.2} to {:.2}", range[0], range[4]))
                            }
                        }
                    }
                }
            }
        }
    });
    section("How clear the answers are", body)
}

fn range(figures: &[Figure], quantity: &str, side: Side) -> Option<Range> {
    let of = |percentile: &str| {
        let is_it = |it: &&Figure| it.quantity == quantity && it.stratum.as_deref() == Some(percentile);
        figures.iter().filter(is_it).find(|it| it.side == Some(side)).map(|it| it.value.0)
    };
    let [a, b, c, d, e] = DRAWN.map(of);
    let range = [a?, b?, c?, d?, e?];
    range.iter().all(|value| value.is_finite()).then_some(range)
}

fn drawn(range: &Range, (least, most): (f64, f64), side: Side) -> Markup {
    let at = |value: f64| 100.0 * (value - least) / (most - least);
    let part = |from: f64, to: f64| format!("left: {:.2}%; width: {:.2}%", at(from), at(to) - at(from));
    html! {
        div.range.before[side == Side::Before] aria-hidden="true" {
            span.zero style=(format!("left: {:.2}%", at(0.0))) {}
            span.reach style=(part(range[0], range[4])) {}
            span.middle style=(part(range[1], range[3])) {}
            span.median style=(format!("left: {:.2}%", at(range[2]))) {}
        }
    }
}
