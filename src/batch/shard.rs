//! A part of a fleet.

use std::{fmt, str::FromStr};

/// Every `of`-th task, counted from `index`: the shards of a plan share no task, and together they have all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shard {
    index: usize,
    of: usize,
}

/// Most shards.
const MOST: usize = 100_000;

impl Shard {
    /// All of it.
    pub const ALL: Self = Self { index: 0, of: 1 };

    /// Whether the task at a place of the plan, counted from 0, is one of it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        place % self.of == self.index
    }

    /// Whether there are others.
    #[must_use]
    pub fn is_part(self) -> bool {
        self.of > 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        match numbers {
            Some((index, of)) if index < of && of <= MOST => Ok(Self { index, of }),
            Some((_, of)) if (1..=MOST).contains(&of) => {
                Err(format!("shards of {of} are 0/{of} to {}/{of}", of - 1))
            }
            _ => Err("expected INDEX/NUMBER, such as 0/4, the first of four".into()),
        }
    }
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_nothing_and_have_all() {
        for of in 1..7 {
            for place in 0..20 {
                let owners =
                    (0..of).filter(|index| format!("{index}/{of}").parse::<Shard>().unwrap().has(place));
                assert_eq!(owners.count(), 1);
            }
        }
        for wrong in
            ["4/4", "0/0", "1", "+1/2", "-1/2", "1/2/3", "0/100001", "", "/", "99999999999999999999/3"]
        {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
