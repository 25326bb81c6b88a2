//! What is found out about a register, check by check.

use std::collections::BTreeMap;

use serde::Serialize;

/// A question that is asked of every register. The order is that of reports.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Check {
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
    /// Does every event make sense after those before?
    LifeCycles,
    /// Is an append unfinished, and can it be finished?
    Pending,
    /// Is an older checkpoint one of this register?
    OldCheckpoint,
    /// Is there a request of this record?
    Record,
    /// Does a proof from a register hold?
    Proof,
}

impl Check {
    /// The checks that every register goes through.
    pub(super) const ALWAYS: [Self; 7] = [
        Self::Checkpoint,
        Self::Entries,
        Self::Root,
        Self::Keys,
        Self::Signature,
        Self::LifeCycles,
        Self::Pending,
    ];

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Entries => "entries",
            Self::Keys => "keys",
            Self::LifeCycles => "life-cycles",
            Self::OldCheckpoint => "old-checkpoint",
            Self::Pending => "pending",
            Self::Proof => "proof",
            Self::Record => "record",
            Self::Root => "root",
            Self::Signature => "signature",
        }
    }
}

/// What came of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Name of the check.
    pub check: &'static str,
    /// Whether the answer is yes.
    pub holds: bool,
    /// The answer in one line.
    pub summary: String,
}

impl Finding {
    /// A finding from what was found, or from why it is a no.
    #[must_use]
    pub fn new(check: Check, found: Result<String, String>) -> Self {
        let holds = found.is_ok();
        Self { check: check.name(), holds, summary: found.unwrap_or_else(|reason| reason) }
    }
}

/// How many offences of a kind are told.
const TOLD: usize = 3;

/// All that speaks against a register; of each check the first few are kept, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Offences(BTreeMap<Check, (usize, Vec<String>)>);

impl Offences {
    pub(super) fn push(&mut self, check: Check, reason: String) {
        let (count, told) = self.0.entry(check).or_default();
        *count += 1;
        if told.len() < TOLD {
            told.push(reason);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What speaks against the register in this check, in one line.
    pub(super) fn of(&self, check: Check) -> Option<String> {
        let (count, told) = self.0.get(&check)?;
        let more = count - told.len();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(told.join("; ") + &more)
    }

    /// The first offence in the order of the checks.
    pub(super) fn first(&self) -> Option<String> {
        let check = self.0.keys().next()?;
        Some(format!("{}: {}", check.name(), self.of(*check)?))
    }
}
