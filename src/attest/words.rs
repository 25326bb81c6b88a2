//! The words about checks and metrics, which are looked up by id and version and never recorded.

use crate::{evaluate, evidence::Definition, export::Words, verify};

/// What this version knows to say.
pub const WORDS: Words = Words { check, metric };

fn check(id: &str, version: u32) -> Option<&'static Definition> {
    verify::DEFINITIONS.into_iter().find(|it| it.id == id && it.version == version)
}

fn metric(id: &str, version: u32) -> Option<&'static Definition> {
    evaluate::DEFINITIONS.into_iter().find(|it| it.id == id && it.version == version)
}
