//! Every check in words, with what it says and the name that machines know it by.

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::prose::sentence,
    super::page::{folded, section},
    Report,
};
use crate::{
    classes::Labels,
    evidence::{Definition, Figure, Outcome, words},
};

/// Figures of a check that are shown.
const SHOWN: usize = 12;

/// A check, as it came out now or as the claim has it.
struct Row<'a> {
    id: &'a str,
    definition: Option<&'a Definition>,
    outcome: Outcome,
    summary: Option<&'a str>,
    figures: &'a [Figure],
}

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let rows = rows(subject, report);
    let (first, notes): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.outcome != Outcome::Informative);
    let labels = subject.beside.labels;
    section(
        "Checks",
        Some(html! {
            p.soft {
                @if report.checks.is_some() { "As they came out when this page was made." }
                @else { "As the claim has them. They were not made again when this page was made." }
            }
            (table(&first, labels))
            @if !notes.is_empty() {
                (folded(&format!("{} notes, which say neither yes nor no", notes.len()), false, &table(&notes, labels)))
            }
            (measured(subject))
        }),
    )
}

fn rows<'a>(subject: &Subject<'a>, report: &Report<'a>) -> Vec<Row<'a>> {
    if let Some(checks) = report.checks {
        let row = |check: &'a crate::evidence::Check| Row {
            id: check.definition.id,
            definition: Some(check.definition),
            outcome: check.outcome,
            summary: Some(&check.summary),
            figures: &check.figures,
        };
        return checks.iter().map(row).collect();
    }
    let checks = subject.predicate.verification.checks.iter();
    let row = |check: &'a crate::claim::RecordedCheck| Row {
        id: &check.id,
        definition: (subject.beside.words.check)(&check.id, check.version),
        outcome: check.result,
        summary: None,
        figures: &check.figures,
    };
    checks.map(row).collect()
}

/// Figures on the data of whoever made the release.
fn measured(subject: &Subject<'_>) -> Markup {
    let Some(evaluation) = &subject.predicate.verification.evaluation else { return html! {} };
    let rows: Vec<Row<'_>> = evaluation
        .metrics
        .iter()
        .map(|metric| Row {
            id: &metric.id,
            definition: (subject.beside.words.metric)(&metric.id, metric.version),
            outcome: Outcome::Informative,
            summary: None,
            figures: &metric.figures,
        })
        .collect();
    let data = evaluation.describe_data();
    folded(&format!("{} metrics on {data}", rows.len()), false, &table(&rows, subject.beside.labels))
}

fn table(rows: &[Row<'_>], labels: Option<&Labels>) -> Markup {
    html! {
        table.stacked {
            thead { tr { th { "check" } th { "what it says" } th { "" } } }
            tbody { @for row in rows { (line(row, labels)) } }
        }
    }
}

fn line(row: &Row<'_>, labels: Option<&Labels>) -> Markup {
    html! {
        tr {
            td {
                code { (row.id) }
                @if let Some(definition) = row.definition { br; span.soft { (definition.shows) } }
            }
            td {
                @if let Some(summary) = row.summary { div { (sentence(summary)) } }
                @if !row.figures.is_empty() {
                    (folded("figures", row.summary.is_none() && row.figures.len() <= 3, &figures(row.figures, labels)))
                }
            }
            td {
                @match row.outcome {
                    Outcome::Failed => span.failed-word { "failed" },
                    Outcome::Passed => span.passed-word { "passed" },
                    Outcome::Informative => span.note-word { "note" },
                }
            }
        }
    }
}

fn figures(figures: &[Figure], labels: Option<&Labels>) -> Markup {
    html! {
        ul.soft {
            @for figure in figures.iter().take(SHOWN) { li { (words::line(figure, labels)) } }
            @if figures.len() > SHOWN { li { "and " (figures.len() - SHOWN) " more in the claim" } }
        }
    }
}
