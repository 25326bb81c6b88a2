//! What nobody claims, and what the words mean.

use maud::{Markup, html};

use super::{
    super::{card, page::prose::sentence},
    Dossier,
};

pub(super) fn limits(dossier: &Dossier<'_>) -> Markup {
    let of_release = dossier.removed.as_ref().map(|removed| card::limits(&removed.subject()));
    html! {
        ul {
            li { "That what was entered happened: the register shows that it was said, when and in which order, and that nobody changed it since." }
            li { "That its keeper keeps no other register: witnesses and time stamps show which one others saw." }
            li { "That times are right, where nobody else has seen the entries." }
            li { "Whose request it was: only the private record says that, to whoever has its salt." }
            li { "That copies which others hold are gone, or that a model is anonymous." }
            @for limit in of_release.iter().flatten() { li { (sentence(limit)) } }
            @if dossier.removed.is_none() { li { "What was removed, and with which figures: the release was not at hand when this page was made." } }
        }
    }
}

const WORDS: [(&str, &str); 11] = [
    ("artifact", "a model as it was released, known by one digest over all its files"),
    (
        "checkpoint",
        "number of entries and root digest of a register, signed: whoever has one notices every later change",
    ),
    ("claim", "the signed statement beside a release: what was removed, how, and what was measured"),
    ("cosignature", "that a witness has seen a checkpoint which continues all those that it saw before"),
    ("countersigned", "that somebody else answers for an entry, with a key of their own"),
    ("digest", "SHA-256 of some bytes: no other bytes have the same one"),
    ("inclusion proof", "the digests that lead from one entry to the root of a checkpoint"),
    ("record", "the private file about a request; only a digest of it with its salt is in the register"),
    ("role", "what somebody is here to do, such as data-protection-officer; names are in private records"),
    ("salt", "32 random bytes beside a record; destroyed, nobody can link record and entry any more"),
    ("time stamp", "that a service saw a digest at a time (RFC 3161)"),
];

pub(super) fn glossary() -> Markup {
    html! { dl { @for (word, meaning) in WORDS { dt { (word) } dd { (meaning) } } } }
}
