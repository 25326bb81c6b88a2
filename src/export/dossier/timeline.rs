//! What happened when and by whom, entry by entry.

use declass_formats::Sha256Digest;
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
                        td.when { (event.time) }
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

/// The digests that an event names, by what they are of.
fn digests(event: &Event) -> impl Iterator<Item = (&'static str, Sha256Digest)> {
    let facts = &event.facts;
    let all = [
        ("artifact", facts.artifact),
        ("claim", facts.manifest),
        ("signature over all files", facts.signature),
        ("successor", facts.successor),
        ("own record", facts.record),
    ];
    all.into_iter().filter_map(|(name, digest)| Some((name, digest?)))
}

/// All digests in full, with the entries that name them.
pub(super) fn in_full(dossier: &Dossier<'_>) -> Option<Markup> {
    let mut all: Vec<(&str, Sha256Digest, Vec<u64>)> = Vec::new();
    for event in dossier.events {
        for (name, digest) in digests(event) {
            match all.iter_mut().find(|it| it.0 == name && it.1 == digest) {
                Some((.., entries)) => entries.push(event.seq),
                None => all.push((name, digest, vec![event.seq])),
            }
        }
    }
    (!all.is_empty()).then(|| {
        html! {
            dl {
                @for (name, digest, entries) in &all {
                    dt { (name) }
                    dd { code { (digest.to_string()) } ", entries " (list(entries)) }
                }
            }
        }
    })
}

fn list(numbers: &[u64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Digests and classes.
fn about(event: &Event) -> Markup {
    let facts = &event.facts;
    html! {
        @for (name, digest) in digests(event) { br; span.soft { (name) " " code { (format!("{:.12}", digest.to_string())) } } }
        @if let Some(entry) = &facts.entry { br; span.soft { "of entry " (entry.index) } }
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
                            code { (shown(&key.short().replace('`', ""))) }
                        }
                    },
                }
            },
        }
    }
}
