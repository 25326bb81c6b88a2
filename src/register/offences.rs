//! All that speaks against a register.

use std::collections::BTreeMap;

use super::Question;

/// How many offences of a kind are told.
const TOLD: usize = 3;

/// All that speaks against a register; of each check the first few are kept, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Offences(BTreeMap<Question, (usize, Vec<String>)>);

impl Offences {
    pub(super) fn push(&mut self, question: Question, reason: String) {
        let (count, told) = self.0.entry(question).or_default();
        *count += 1;
        if told.len() < TOLD {
            told.push(reason);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What speaks against the register in this question, in one line.
    pub(super) fn of(&self, question: Question) -> Option<String> {
        let (count, told) = self.0.get(&question)?;
        let more = count - told.len();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(told.join("; ") + &more)
    }

    /// The first offence in the order of the questions.
    pub(super) fn first(&self) -> Option<String> {
        let question = self.0.keys().next()?;
        Some(format!("{}: {}", question.definition().id, self.of(*question)?))
    }
}
