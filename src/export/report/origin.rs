//! Where a release comes from: who signed it and when, what was removed before, and what a register says.

use maud::{Markup, html};

use super::{
    super::card::Subject,
    super::page::prose::{named, shown},
    super::page::{section, wide},
    Report,
};
use crate::{claim::Statement, head::Slot};

pub(super) fn html(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    let asked = &subject.predicate.build_definition.external_parameters;
    section(
        "Where it comes from",
        Some(html! {
            dl {
                dt { "made from" } dd { code { (shown(subject.beside.original)) } @if let Some(root) = root(subject) {
                    ", digest of all its files " code { (root) }
                } }
                dt { "made by" } dd { "declass " (subject.predicate.run_details.builder.version.declass) ", method "
                    code { (asked.method) } ", seed " (asked.seed.to_string()) ": " (slot(asked.slot, asked.seal)) }
                (signatures(subject, report))
            }
            (earlier(report))
            (entries(report))
        }),
    )
}

/// The digest of the input as a whole.
fn root<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let inputs = &subject.predicate.build_definition.resolved_dependencies;
    let whole = inputs.iter().find(|input| input.name == "input-model")?;
    Some(&whole.digest.as_ref()?.sha256)
}

fn slot(slot: Slot, is_sealed: bool) -> &'static str {
    match (slot, is_sealed) {
        (Slot::Drop, _) => "the outputs are gone",
        (Slot::Keep, true) => "the outputs are kept and sealed",
        (Slot::Keep, false) => "the outputs are kept and not sealed",
    }
}

fn signatures(subject: &Subject<'_>, report: &Report<'_>) -> Markup {
    html! {
        dt { "signed by" }
        dd {
            @if report.signed.is_empty() {
                @if subject.beside.is_signed {
                    "There is a signature, which was not checked: nobody said whose keys are trusted."
                } @else { "Nobody." }
            }
            @for signed in report.signed {
                div {
                    (shown(&signed.identity)) " (" (if signed.is_of_files { "all files" } else { "the claim" }) ", key "
                    code { (signed.key) } ")"
                    @if let Some(stamped) = &signed.stamped { ", seen " (stamped) }
                    @else { ", no time stamp: when is not known" }
                }
            }
        }
    }
}

/// Removals before this one, the first of them first.
fn earlier(report: &Report<'_>) -> Markup {
    if report.earlier.is_empty() {
        return html! {};
    }
    let one = |statement: &Statement, key: Option<&str>| {
        let asked = &statement.predicate.build_definition.external_parameters;
        html! {
            li {
                @for (at, class) in asked.forget.iter().enumerate() {
                    @if at > 0 { ", " }
                    (named(class.index, class.label.as_deref()))
                }
                " by " code { (asked.method) } ", " (slot(asked.slot, asked.seal))
                @if let Some(key) = key { ", names key " code { (key) } }
            }
        }
    };
    html! {
        h3 { "Removals in a row" }
        ol {
            @for claim in report.earlier.iter().rev() { (one(&claim.statement, claim.named_key.as_deref())) }
            (one(report.statement, None))
        }
    }
}

fn entries(report: &Report<'_>) -> Markup {
    if report.entries.is_empty() {
        return html! {};
    }
    html! {
        h3 { "In the register" }
        (wide(&html! {
            table {
                thead { tr { th.number { "entry" } th { "time" } th { "event" } th { "about" } } }
                tbody {
                    @for entry in report.entries {
                        tr { td.number { (entry.number) } td { (entry.time) } td { (entry.event) } td { (entry.about) } }
                    }
                }
            }
        }))
    }
}
