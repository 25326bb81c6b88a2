//! What a page says first, and last: the removal in a few sentences, the verdict, its limits, and how to check it again.

use maud::{Markup, html};

use super::{
    super::card::{self, Subject},
    super::page::prose::{named, sentence, shown},
    super::page::section,
    Report, Said,
};
use crate::{
    claim::names::{CLAIM_FILE, STATEMENT_FILE},
    evidence::{Finding, Outcome},
};

/// Removed classes that a title names.
const NAMED: usize = 3;

/// `fmnist-resnet without Sandal`.
pub(super) fn title(subject: &Subject<'_>) -> String {
    let gone = subject.statement.forgotten_in_all();
    let names: Vec<String> = gone
        .iter()
        .map(|it| match subject.label(&it.class) {
            Some(label) => shown(label),
            None => format!("class {}", it.class.index),
        })
        .collect();
    let what = match names.len() {
        0..=NAMED => names.join(", "),
        more => format!("{more} classes"),
    };
    format!("{} without {what}", shown(subject.beside.original))
}

pub(super) fn html(title: &str, subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let is_doubtful = matches!(report.verdict.said, Said::Failed | Said::Unknown);
    html! {
        header {
            h1 { (title) }
            (verdict(report))
            @if is_doubtful { p { strong { "What follows is what the claim says, and is not to be relied on." } } }
            p { (sentence(&card::lead(subject))) }
            (table(subject, report))
        }
    }
}

fn verdict(report: &Report<'_>) -> Markup {
    let (word, class) = match report.verdict.said {
        Said::Failed => ("Failed", "failed"),
        Said::Passed => ("Passed", "passed"),
        Said::Unknown => ("Could not tell", "unknown"),
        Said::Unchecked => ("Not checked", "unknown"),
    };
    html! {
        div class={ "verdict " (class) } role="status" {
            strong { (word) }
            @if report.verdict.basis.is_empty() {
                p { "Neither signatures nor figures were checked when this page was made: it is what the claim says." }
            }
            @for basis in &report.verdict.basis { p { (sentence(basis)) } }
            @if !report.verdict.findings.is_empty() {
                ul { @for finding in &report.verdict.findings { (found(finding)) } }
            }
        }
    }
}

fn found(finding: &Finding) -> Markup {
    html! { li { code { (finding.code.id) } " " (sentence(&finding.to_string())) br; span.soft { (sentence(finding.code.remedy)) } } }
}

/// What the checks say of the removal, if they were made.
fn table(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let rows = [
        ("removed", "forgotten-unreachable"),
        ("instead", "forgotten-routing"),
        ("others", "retained-agreement"),
        ("changed", "only-head-changed"),
        ("run", "executed"),
    ];
    let checks = report.checks.unwrap_or_default();
    let of = |id: &str| checks.iter().find(|it| it.definition.id == id && it.outcome != Outcome::Failed);
    html! {
        dl {
            @for (name, id) in rows {
                @if let Some(check) = of(id) {
                    dt { (name) }
                    dd { @if name == "removed" { (removed(subject)) ": " } (sentence(&check.summary)) }
                }
            }
        }
    }
}

fn removed(subject: &Subject<'_>) -> Markup {
    html! {
        @for (at, entry) in subject.predicate.removal.forgotten.iter().enumerate() {
            @if at > 0 { ", " }
            (named(entry.class.index, subject.label(&entry.class)))
        }
    }
}

/// What all of it does not show.
pub(super) fn limits(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    section(
        "Limits",
        Some(html! {
            ul {
                @for limit in card::limits(subject) { li { (sentence(&limit)) } }
                @for what in &report.verdict.not_shown { li { "This page does not show " (sentence(what)) "." } }
            }
        }),
    )
}

/// How whoever reads the page checks for themselves.
pub(super) fn again(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let claim = if subject.beside.is_signed { CLAIM_FILE } else { STATEMENT_FILE };
    section(
        "Check it yourself",
        Some(html! {
            p {
                "With the original beside it, everything that this page shows of synthetic embeddings is measured again"
                @if subject.beside.is_signed { "; with a trust file, signatures are checked" } ":"
            }
            pre {
                "declass verify RELEASE --original ORIGINAL"
                @if subject.beside.is_signed { " --trust declass-trust.toml" }
            }
            p {
                "The claim itself is " code { (claim) } " in the release, an in-toto statement"
                @if subject.beside.is_signed { " in a DSSE envelope" } ". "
                @if report.checks.is_none() { "This page repeats its figures." }
            }
            p.soft { "Words: " code { "declass explain WORD" } " says what a check, a figure or a code means." }
        }),
    )
}
