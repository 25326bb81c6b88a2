//! What was removed, with which figures and limits, and who signed it.

use maud::{Markup, html};

use super::super::{
    card::{self, Beside, Subject},
    page::{
        folded,
        prose::{sentence, shown},
        section,
    },
    report::Signed,
};
use crate::{
    claim::{RecordedCheck, Statement},
    evidence::{Finding, Outcome, words},
};

/// Figures of a check that are shown.
const SHOWN: usize = 6;

/// A release, and what came of checking it.
#[derive(Clone, Copy, Debug)]
pub struct Removed<'a> {
    /// Its claim.
    pub statement: &'a Statement,
    /// Names and labels.
    pub beside: Beside<'a>,
    /// Why it is no yes; empty if it is, or if nobody is trusted.
    pub findings: &'a [Finding],
    /// Whether signatures were checked at all.
    pub is_judged: bool,
    /// Who signed, by what the keys are trusted for.
    pub signed: &'a [Signed],
}

impl<'a> Removed<'a> {
    pub(super) fn subject(&self) -> Subject<'a> {
        Subject { statement: self.statement, predicate: &self.statement.predicate, beside: self.beside }
    }
}

pub(super) fn html(removed: &Removed<'_>) -> Markup {
    let subject = &removed.subject();
    html! {
        (section("What was removed", Some(html! {
            p { (sentence(&card::lead(subject))) }
            p { (sentence(&card::changed(subject))) }
        })))
        (section("Figures and their limits", Some(figures(removed))))
        (section("Who signed the release", Some(signatures(removed))))
    }
}

fn figures(removed: &Removed<'_>) -> Markup {
    let checks = &removed.statement.predicate.verification.checks;
    let (first, notes): (Vec<_>, Vec<_>) =
        checks.iter().partition(|check| check.result != Outcome::Informative);
    html! {
        p.soft { "As the signed claim has them; with the original at hand " code { "declass verify --original" } " measures them again." }
        (table(&first, removed))
        @if !notes.is_empty() {
            (folded(&format!("{} notes, which say neither yes nor no", notes.len()), false, &table(&notes, removed)))
        }
    }
}

fn table(checks: &[&RecordedCheck], removed: &Removed<'_>) -> Markup {
    html! {
        table.stacked {
            thead { tr { th { "check" } th { "shows" } th { "does not show" } } }
            tbody { @for check in checks { (row(check, removed)) } }
        }
    }
}

fn row(check: &RecordedCheck, removed: &Removed<'_>) -> Markup {
    let definition = (removed.beside.words.check)(&check.id, check.version);
    html! {
        tr {
            td {
                code { (check.id) } " "
                @match check.result {
                    Outcome::Failed => span.failed-word { "failed" },
                    Outcome::Passed => span.passed-word { "passed" },
                    Outcome::Informative => span.note-word { "note" },
                }
            }
            td {
                @if let Some(definition) = definition { (sentence(definition.shows)) }
                @if !check.figures.is_empty() {
                    ul.soft {
                        @for figure in check.figures.iter().take(SHOWN) { li { (sentence(&words::line(figure, removed.beside.labels))) } }
                        @if check.figures.len() > SHOWN { li { "and " (check.figures.len() - SHOWN) " more in the claim" } }
                    }
                }
            }
            td data-name="does not show:" { @if let Some(definition) = definition { (sentence(definition.not_shown)) } }
        }
    }
}

fn signatures(removed: &Removed<'_>) -> Markup {
    html! {
        @if !removed.is_judged {
            p { strong { "Not checked: " } "nobody said whose keys are trusted." }
        }
        @for signed in removed.signed {
            p {
                (shown(&signed.identity)) " signed " (if signed.is_of_files { "all files" } else { "the claim" }) ", key "
                code { (signed.key) }
                @match &signed.stamped {
                    Some(stamped) => { ", there on " (shown(stamped)) },
                    None => ", when is not known: there is neither a time stamp nor an entry of a register",
                }
                "."
            }
        }
    }
}
