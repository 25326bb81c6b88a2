//! What came of a plan, on one page that people look at.

use maud::{Markup, html};

use super::page::{
    self,
    prose::{sentence, shown},
    section,
};
use crate::batch::{Instead, Outcome, Row, Summary};

/// Removed classes of a row whose inputs are followed.
const FOLLOWED: usize = 3;

/// The page. The same summary gives the same text.
#[must_use]
pub fn fleet_page(summary: &Summary) -> String {
    let all = summary.releases.len();
    let title = match &summary.shard {
        Some(shard) => format!("{all} removals, shard {shard}"),
        None => format!("{all} removals"),
    };
    let is_bad = |outcome| !matches!(outcome, Outcome::Done | Outcome::Already);
    let (bad, good): (Vec<&Row>, Vec<&Row>) = summary.releases.iter().partition(|row| is_bad(row.outcome));
    let body = html! {
        header {
            h1 { (title) }
            (counts(summary))
        }
        (section("Without a release", (!bad.is_empty()).then(|| without(&bad))))
        (section("Releases", (!good.is_empty()).then(|| releases(&good))))
        (section("Limits", Some(html! {
            ul {
                li { "Every release passed the checks of " code { "declass verify" } " when it was made. This page repeats what came of that and checks nothing; figures are those of the claims, on synthetic embeddings: no accuracy." }
                li { "A release that lies in its place has the files of its claim. Whether the claim holds, " code { "declass verify RELEASE --original MODEL" } " measures." }
                li { "Nothing is signed." }
            }
        })))
    };
    page::whole(&title, &body)
}

fn counts(summary: &Summary) -> Markup {
    let counts = summary.counts;
    let (word, class) = match (counts.unknown, counts.failed + counts.refused) {
        (0, 0) => ("All done", "passed"),
        (0, _) => ("Some have no release", "failed"),
        _ => ("Some could not be told", "unknown"),
    };
    let rows = [
        ("done", counts.done, "there is a release that passed every check"),
        ("already", counts.already, "the model was without the classes before"),
        ("failed", counts.failed, "the classes were not forgotten, or a check failed"),
        ("refused", counts.refused, "the removal does not fit the model"),
        ("could not tell", counts.unknown, "the model cannot be read or fetched; the next run tries again"),
    ];
    html! {
        div class={ "verdict " (class) } role="status" {
            strong { (word) }
            dl {
                @for (name, count, what) in rows {
                    @if count > 0 { dt { (count) " " (name) } dd { (what) } }
                }
            }
        }
    }
}

fn without(rows: &[&Row]) -> Markup {
    html! {
        table.stacked {
            thead { tr { th { "model" } th { "classes" } th { "" } th { "why" } } }
            tbody {
                @for row in rows {
                    tr {
                        td { code { (shown(&row.model)) } }
                        td { (classes(row)) }
                        td { span.failed-word[row.outcome != Outcome::Unknown] { (row.outcome.name()) } }
                        td { (reason(row)) }
                    }
                }
            }
        }
    }
}

/// Why there is no release; names in it are between backticks.
fn reason(row: &Row) -> Markup {
    let parts: Vec<String> = row.reason.as_deref().unwrap_or_default().split('`').map(shown).collect();
    sentence(&parts.join("`"))
}

fn releases(rows: &[&Row]) -> Markup {
    html! {
        p.soft { "Others agree: share of the synthetic embeddings of other classes that keep their answer." }
        table.stacked {
            thead {
                tr { th { "model" } th { "without" } th.number { "others agree" } th { "answered instead" } th { "release" } }
            }
            tbody { @for row in rows { (release(row)) } }
        }
    }
}

fn release(row: &Row) -> Markup {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    html! {
        tr {
            td { code { (shown(&row.model)) } }
            td { (classes(row)) }
            td.number data-name="others agree" { (row.agreement.map_or_else(|| "–".to_owned(), |it| percent(it.0))) }
            td {
                @for Instead { class, to, share } in row.instead.iter().take(FOLLOWED) {
                    div { "class " (class) " → class " (to) " (" (percent(share.0).replace(' ', "\u{a0}")) ")" }
                }
                @if row.instead.len() > FOLLOWED { div.soft { "and " (row.instead.len() - FOLLOWED) " more classes" } }
            }
            td {
                @match &row.release {
                    Some(release) => code { (shown(release)) },
                    None => { span.note-word { (row.outcome.name()) } },
                }
            }
        }
    }
}

fn classes(row: &Row) -> Markup {
    html! {
        @if row.keeps { "all but " }
        @for (at, class) in row.classes.iter().enumerate() {
            @if at > 0 { ", " }
            code { (shown(class)) }
        }
    }
}
