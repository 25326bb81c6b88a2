//! All that there is about one request on one page, for whoever has to answer for it years later: what happened when
//! and by whom, what was removed, who signed, and how each of that is checked with tools of others.

mod by_hand;
mod removal;
mod timeline;
mod words;

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::page::{
    prose::{sentence, shown},
    section, whole,
};
use crate::{
    classes::printable,
    evidence::{Check, Finding, Outcome},
    note::{Origin, VerifierKey},
    register::{Event, Standing, State, Time, Witnessed},
};
pub use removal::Removed;

/// What a dossier is made of. Nothing in it is checked here.
#[derive(Clone, Copy, Debug)]
pub struct Dossier<'a> {
    /// The name of the register.
    pub origin: &'a Origin,
    /// The key that the register is checked with.
    pub key: &'a VerifierKey,
    /// The request.
    pub request: &'a Standing,
    /// Its events.
    pub events: &'a [Event],
    /// When the dossier asks whether the request was answered in time.
    pub at: Time,
    /// What came out of checking the register.
    pub checks: &'a [Check],
    /// What others say of checkpoints that count these entries; empty if nobody is trusted.
    pub witnessed: &'a [Witnessed],
    /// Who holds keys of actors, by a trust file.
    pub actors: &'a BTreeMap<String, String>,
    /// The release that answered it, if it is at hand.
    pub removed: Option<Removed<'a>>,
    /// The proof that the entries are in the register, as JSON.
    pub proof: &'a str,
    /// The checkpoint that it leads to, a signed note.
    pub checkpoint: &'a str,
    /// A private text that is bound in.
    pub supplement: Option<&'a str>,
}

/// The page. The same dossier gives the same text.
#[must_use]
pub fn dossier(dossier: &Dossier<'_>) -> String {
    let title = format!("Request {:.12}", dossier.request.request.to_string());
    let body = html! {
        (heading(&title, dossier))
        (section("What happened", Some(timeline::html(dossier))))
        (section("Digests", timeline::in_full(dossier)))
        @if let Some(removed) = &dossier.removed { (removal::html(removed)) }
        (section("How the register was checked", Some(register(dossier))))
        (section("Check it with other tools", Some(by_hand::html(dossier))))
        (section("What nobody claims", Some(words::limits(dossier))))
        (section("Words", Some(words::glossary())))
        @if let Some(text) = dossier.supplement { (section("Private supplement", Some(supplement(text)))) }
    };
    whole(&title, &body)
}

fn heading(title: &str, dossier: &Dossier<'_>) -> Markup {
    let request = dossier.request;
    html! {
        header {
            h1 { (title) }
            (verdict(dossier))
            dl {
                dt { "register" } dd { code { (shown(dossier.origin.as_str())) } }
                dt { "request" } dd { code { (request.request.to_string()) } ", the salted digest of a private record" }
                dt { "received" } dd { (request.requested) }
                dt { "due" } dd {
                    (request.due)
                    @if request.is_extended { ", two months later than without the extension" }
                    @if request.is_extended_late { "; the extension came when the time was over, and moves nothing" }
                    " (GDPR 12(3); holidays and weekends at the end are not counted in)"
                }
                dt { "state" } dd {
                    (request.state.name())
                    @if let Some(settled) = request.settled { " on " (settled) }
                }
                @if request.is_unlinked { dt { "record" } dd { "The salt was destroyed: nobody can link the request to a record any more." } }
                dt { "as of" } dd { (dossier.at) }
            }
        }
    }
}

/// Reasons for a no, in the register and in the release.
fn failed<'a>(dossier: &'a Dossier<'_>) -> impl Iterator<Item = &'a str> {
    let checks = dossier.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    checks.map(|check| check.summary.as_str())
}

fn findings<'a>(dossier: &'a Dossier<'_>) -> &'a [Finding] {
    dossier.removed.as_ref().map_or(&[], |removed| removed.findings)
}

fn verdict(dossier: &Dossier<'_>) -> Markup {
    let request = dossier.request;
    let late = request.settled.unwrap_or(dossier.at) > request.due;
    let is_wrong = failed(dossier).next().is_some() || !findings(dossier).is_empty();
    let (word, class) = match (is_wrong, request.state, late) {
        (true, ..) => ("Something says no", "failed"),
        (false, State::Answered, false) => ("Answered in time", "passed"),
        (false, State::Answered, true) => ("Answered late", "unknown"),
        (false, State::Voided, _) => ("Voided", "unknown"),
        (false, _, true) => ("Overdue", "failed"),
        (false, _, false) => ("Open", "unknown"),
    };
    html! {
        div class={ "verdict " (class) } role="status" {
            strong { (word) }
            @if is_wrong {
                p { "What follows is not to be relied on before this is explained:" }
                ul {
                    @for reason in failed(dossier) { li { "the register: " (sentence(reason)) } }
                    @for finding in findings(dossier) { li { code { (finding.code.id) } " " (sentence(&finding.to_string())) } }
                }
            }
        }
    }
}

/// What came out of checking the register, and what others have seen of it.
fn register(dossier: &Dossier<'_>) -> Markup {
    html! {
        table.stacked {
            thead { tr { th { "check" } th { "what it says" } th { "" } } }
            tbody {
                @for check in dossier.checks {
                    tr {
                        td { code { (check.definition.id) } br; span.soft { (check.definition.shows) } }
                        td { (sentence(&printable(&check.summary))) }
                        td {
                            @match check.outcome {
                                Outcome::Failed => span.failed-word { "failed" },
                                Outcome::Passed => span.passed-word { "passed" },
                                Outcome::Informative => span.note-word { "note" },
                            }
                        }
                    }
                }
            }
        }
        @for seen in dossier.witnessed {
            @for by in seen.stamps.iter().chain(&seen.witnesses) {
                p { "The checkpoint of " (seen.size) " entries was there on " (by.written()) ", says " (shown(&by.authority)) "." }
            }
        }
    }
}

fn supplement(text: &str) -> Markup {
    html! {
        p { strong { "Not from the register. " } "Bound in by whoever made this page; it may hold personal data." }
        pre { (shown_lines(text)) }
    }
}

/// Text of several lines without what would change how the rest of the page reads.
fn shown_lines(text: &str) -> String {
    text.lines().map(|line| shown(line) + "\n").collect()
}
