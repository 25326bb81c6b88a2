//! A release on one page that people look at: what the claim says, in pictures and sentences, and what came out
//! when it was checked. Everything is in the one file: no scripts, no pictures or fonts from elsewhere.

mod check_list;
mod classes;
mod confusion;
mod flow;
mod headline;
mod odds;
mod origin;
#[cfg(test)]
mod tests;
mod weights;

use maud::{Markup, html};

use super::card::{Beside, Subject};
use crate::{
    claim::{Earlier, RecordedCheck, Statement},
    evidence::{Check, Finding},
};

/// What a page says of a release beside its claim.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The claim.
    pub statement: &'a Statement,
    /// Names and labels.
    pub beside: Beside<'a>,
    /// What came out of checking it.
    pub verdict: &'a Verdict,
    /// The checks as they came out now; none if the claim's own figures are all that there is.
    pub checks: Option<&'a [Check]>,
    /// The claims of earlier removals, latest first.
    pub earlier: &'a [Earlier],
    /// Whether the claim's figures on real inputs were measured again, and agree.
    pub is_data_measured: bool,
    /// Who signed, by what the keys are trusted for.
    pub signed: &'a [Signed],
    /// What a register says of this release.
    pub entries: &'a [Entry],
}

/// What came out of checking a release.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is said of it.
    pub said: Said,
    /// What it was held against, one sentence each; empty if it was held against nothing.
    pub basis: Vec<String>,
    /// Reasons for a no, or why it could not be told.
    pub findings: Vec<Finding>,
    /// What it does not show, each to be read behind "this does not show".
    pub not_shown: Vec<String>,
}

/// What is said of a release.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Said {
    /// Something says no.
    Failed,
    /// Nothing says no.
    Passed,
    /// Something could not be looked into.
    Unknown,
    /// Nobody looked: all that there is are the claim's own words.
    Unchecked,
}

/// A signature of a trusted key.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Whether it is over all files, and not over the claim alone.
    pub is_of_files: bool,
    /// Who the trust file says holds the key.
    pub identity: String,
    /// Fingerprint of the key.
    pub key: String,
    /// When a trusted service saw it, if one did.
    pub stamped: Option<String>,
}

/// An entry of a register.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub number: u64,
    /// When the register says that it was made.
    pub time: String,
    /// What happened.
    pub event: String,
    /// Digests and classes.
    pub about: String,
}

/// The page. The same report gives the same text.
#[must_use]
pub fn report(report: &Report<'_>) -> String {
    let statement = &with_measured(report);
    let subject = Subject { statement, predicate: &statement.predicate, beside: report.beside };
    let title = headline::title(&subject);
    let body: Markup = html! {
        (headline::html(&title, &subject, report))
        (classes::html(&subject, report))
        (flow::html(&subject, report))
        (confusion::html(&subject, report))
        (odds::html(&subject, report))
        (weights::html(&subject))
        (check_list::html(&subject, report))
        (origin::html(&subject, report))
        (headline::limits(&subject, report))
        (headline::again(&subject, report))
    };
    super::page::whole(&title, &body)
}

/// The claim with the figures of the checks that were made now in the place of its own.
fn with_measured(report: &Report<'_>) -> Statement {
    let mut statement = report.statement.clone();
    if let Some(checks) = report.checks {
        let measured = |check: &Check| RecordedCheck {
            id: check.definition.id.to_owned(),
            version: check.definition.version,
            result: check.outcome,
            figures: check.figures.clone(),
        };
        statement.predicate.verification.checks = checks.iter().map(measured).collect();
    }
    statement
}

/// Whose figures on real inputs these are, where nobody measured them again.
fn claimed(report: &Report<'_>) -> Markup {
    html! {
        @if !report.is_data_measured {
            p { strong { "As the claim says, and not measured again: " } "these figures are of whoever made this model." }
        }
    }
}
