//! What happened when and by whom, entry by entry.

use maud::{Markup, html};

use super::{super::page::prose::shown, Dossier};
use crate::register::{Class, Event, Kind};

pub(super) fn html(dossier: &Dossier<'_>) -> Markup {
    html! {
        table.stacked {
            thead { tr { th.number { "entry" } th { "when" } th { "what" } th { "by whom" } } }
            tbody {
                @for event in dossier.events {
                    tr {
                        td.number data-name="entry" { (event.seq) }
                        td { (event.time) }
                        td { strong { (event.facts.event.name()) } ": " (said(event.facts.event)) (about(event)) }
                        td { (by(event, dossier)) }
                    }
                }
            }
        }
        p.soft {
            "Times are what the clock of the register's keeper said, or what whoever entered the event said; the order of entries \
             is what the signatures cover."
        }
    }
}

/// An event in plain words.
fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Amended => "the record of the request has grown",
        Kind::Approved => "the request was granted",
        Kind::ClassRemoved => "classes were removed, which made a new artifact",
        Kind::Countersigned => "somebody else answers for an entry, too",
        Kind::Extended => "the time to answer was extended by two months",
        Kind::KeyRotated => "another key signs the register from then on",
        Kind::Released => "the artifact was given to others",
        Kind::RequestVoided => "the request was taken back, refused, or found to be none",
        Kind::Requested => "somebody asked for a removal",
        Kind::SaltDestroyed => "the salt of the record was destroyed",
        Kind::Superseded => "the artifact has a successor",
        Kind::Verified => "the artifact passed verification",
        Kind::Withdrawn => "the artifact is no longer given to others",
    }
}

/// Digests and classes.
fn about(event: &Event) -> Markup {
    let facts = &event.facts;
    let digests = [
        ("artifact", facts.artifact),
        ("claim", facts.manifest),
        ("signature", facts.signature),
        ("successor", facts.successor),
        ("record", facts.record),
    ];
    html! {
        @for (name, digest) in digests {
            @if let Some(digest) = digest { br; span.soft { (name) " " code { (digest.to_string()) } } }
        }
        @if let Some(entry) = &facts.entry { br; span.soft { "entry " (entry.index) ", leaf " code { (shown(&entry.leaf)) } } }
        @if !facts.classes.is_empty() {
            br; span.soft {
                "classes "
                @for (at, class) in facts.classes.iter().enumerate() { @if at > 0 { ", " } (named(class)) }
            }
        }
    }
}

fn named(class: &Class) -> Markup {
    html! {
        (class.index)
        @match (&class.label, class.label_digest) {
            (Some(label), _) => { " " code { (shown(label)) } },
            (None, Some(_)) => { " (label private)" },
            (None, None) => {},
        }
    }
}

fn by(event: &Event, dossier: &Dossier<'_>) -> Markup {
    html! {
        @match &event.facts.by {
            None => span.soft { "the register's keeper; no role was given" },
            Some(by) => {
                (by.role.as_str())
                @match by.key() {
                    None => { br; span.soft { "as the keeper says; not signed by them" } },
                    Some(key) => {
                        br; span.soft {
                            "signed by "
                            @if let Some(identity) = dossier.actors.get(&key.to_string()) { (shown(identity)) ", key " }
                            @else { "a key that no trust file names, " }
                            code { (key.to_string()) }
                        }
                    },
                }
            },
        }
    }
}
