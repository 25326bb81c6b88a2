//! What is asked of a register, and the answers.

use crate::evidence::{Check, Definition, Origin, Outcome};

/// A question that is asked of every register. The order is that of reports.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Question {
    /// Is the checkpoint one?
    Checkpoint,
    /// Is every line an event, with its number and a time not before the last?
    Entries,
    /// Are the entries those of the checkpoint?
    Root,
    /// Does each key name the next?
    Keys,
    /// Is the checkpoint signed by the key that signs now?
    Signature,
    /// Are events that somebody signed of their own signed by the key that they name?
    OwnSignatures,
    /// Does every event make sense after those before?
    LifeCycles,
    /// Is an append unfinished, and can it be finished?
    Pending,
    /// Are the stamps and cosignatures that the register keeps about checkpoints of this register?
    Witnessed,
    /// Does the register have what the trust file asks for?
    Rules,
    /// Is an older checkpoint one of this register?
    OldCheckpoint,
    /// Is there a request of this record?
    Record,
    /// Does a proof from a register hold?
    Proof,
}

impl Question {
    /// The questions that every register is asked.
    pub(super) const ALWAYS: [Self; 9] = [
        Self::Checkpoint,
        Self::Entries,
        Self::Root,
        Self::Keys,
        Self::Signature,
        Self::OwnSignatures,
        Self::LifeCycles,
        Self::Pending,
        Self::Witnessed,
    ];

    /// What exactly is asked, by a stable name.
    #[must_use]
    pub fn definition(self) -> &'static Definition {
        &DEFINITIONS[self as usize]
    }

    /// The answer: what was found, or why it is a no.
    #[must_use]
    pub fn answer(self, found: Result<String, String>) -> Check {
        let outcome = Outcome::of(found.is_ok());
        let summary = found.unwrap_or_else(|reason| reason);
        Check { definition: self.definition(), outcome, summary, figures: Vec::new() }
    }
}

const fn asked(
    id: &'static str,
    formula: &'static str,
    data: &'static str,
    shows: &'static str,
    not_shown: &'static str,
) -> Definition {
    Definition { id, version: 1, number: None, formula, origin: Origin::Register, data, shows, not_shown }
}

/// One of each question, in their order.
static DEFINITIONS: [Definition; 13] = [
    asked(
        "checkpoint",
        "the checkpoint is a C2SP checkpoint in a signed note",
        "the file `checkpoint`",
        "that it can be read and names a register",
        "whether the entries are those that it counts",
    ),
    asked(
        "entries",
        "every line = the canonical JSON of an event, numbered from 0",
        "all entries that the checkpoint counts",
        "that every entry can be read in one way only",
        "whether what is entered happened",
    ),
    asked(
        "root",
        "RFC 6962 root of the entries = root of the checkpoint",
        "all entries that the checkpoint counts",
        "that no entry was changed, added or taken away since it was signed",
        "what a keeper signed anew: compare with an older checkpoint kept elsewhere",
    ),
    asked(
        "keys",
        "every rotation is signed by the key before it, at its place",
        "the rotations among the entries",
        "that the key that signs now follows from the trusted one",
        "who holds a key",
    ),
    asked(
        "signature",
        "Ed25519 over the checkpoint",
        "the file `checkpoint`",
        "that the keeper of the key signed these entries",
        "when: nobody else may have seen it",
    ),
    asked(
        "own-signatures",
        "Ed25519 over the event, by the key that it names; a countersigned entry = the one that is there",
        "the events that say who signed them",
        "that whoever holds the key answers for the event",
        "who holds the key: a trust file says that",
    ),
    asked(
        "life-cycles",
        "every event is one that may follow those before it",
        "all entries",
        "that no release was entered without its request, and so on",
        "whether what is entered happened",
    ),
    asked(
        "pending",
        "what an interrupted append left continues the register",
        "the file `pending`",
        "that the next append finishes it",
        "why it was interrupted",
    ),
    asked(
        "witnessed",
        "root of the first entries = root of each checkpoint that was stamped or cosigned",
        "the folder `checkpoints`, and the services and witnesses of a trust file",
        "when these entries were there at the latest, as others say",
        "what was entered after the last of these checkpoints",
    ),
    asked(
        "rules",
        "what `[register]` of the trust file asks for is there",
        "all entries, stamps and cosignatures",
        "that others saw the register, and that events are signed by those who may",
        "whether two keys belong to two people",
    ),
    asked(
        "old-checkpoint",
        "root of the first entries = root of the older checkpoint",
        "an older checkpoint",
        "that history was not rewritten since",
        "what happened before it",
    ),
    asked(
        "record",
        "SHA-256(salt, record) is a request of the register",
        "a private record and its salt",
        "that the request was entered",
        "what the record says",
    ),
    asked(
        "proof",
        "RFC 6962 inclusion or consistency proof against a signed checkpoint",
        "the proof alone",
        "that the entry is in the register, or that it still begins as it once did",
        "what else is in the register",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_definition() {
        let ids = Question::ALWAYS.map(|question| question.definition().id);
        let own = ["signature", "own-signatures", "life-cycles", "pending", "witnessed"];
        assert_eq!(ids[..4], ["checkpoint", "entries", "root", "keys"]);
        assert_eq!(ids[4..], own);
        assert_eq!(Question::Rules.definition().id, "rules");
        assert_eq!(Question::OldCheckpoint.definition().id, "old-checkpoint");
        assert_eq!(Question::Record.definition().id, "record");
        assert_eq!(Question::Proof.definition().id, "proof");
    }
}
