//! Labelled examples of the user, listed without being loaded.

mod bounds;
mod chunks;
mod csv;
mod jsonl;
mod labels;
mod open;
mod parquet;
mod ready;
mod sample;
mod source;
mod table;
mod thumbnail;
mod walk;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use declass_formats::Sha256Digest;

use super::preparation::Modality;
use crate::classes::Labels;
pub use chunks::{Chunk, Chunks};
pub use csv::cell as csv_cell;
use source::{Source, Store};

/// What is asked of a path with examples.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What the examples are, if a model's folder says it. Without, only inputs that are ready are read.
    pub modality: Option<Modality>,
    /// How many classes the model has.
    pub classes: usize,
    /// Their names, if it has any.
    pub labels: Option<&'a Labels>,
    /// Columns of a table that go by other names than the usual ones.
    pub columns: Columns,
    /// Whether an example that cannot be used is an error, and is not just listed.
    pub strict: bool,
}

/// The columns of a table, where the user names them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Columns {
    /// The path of a picture or sound, the bytes of it, or the text.
    pub content: Option<String>,
    /// The second text of a pair.
    pub second: Option<String>,
    /// The class.
    pub label: Option<String>,
}

/// The examples at a path, each with its class where it has one.
pub struct Examples {
    path: PathBuf,
    store: Store,
    list: Vec<Example>,
    unusable: Vec<Unusable>,
    unknown: Vec<(String, u64)>,
    notes: Vec<String>,
    strict: bool,
    /// The digest of each example's content, once all were read for it.
    digests: Option<Vec<Sha256Digest>>,
}

/// One example.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its path from the folder, or its row, counted from 0.
    pub id: String,
    /// The class of the model that it is of, if it has a label.
    pub label: Option<usize>,
    source: Source,
}

/// Something that was found and is no example.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unusable {
    /// Its path from the folder, or its row, counted from 0.
    pub id: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Examples {
    /// Where they lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of them, in an order that only their names decide.
    #[must_use]
    pub fn list(&self) -> &[Example] {
        &self.list
    }

    /// What lies there and is no example, with the reason.
    #[must_use]
    pub fn unusable(&self) -> &[Unusable] {
        &self.unusable
    }

    /// Labels that are no class of the model, with how many examples have them; those examples are left out.
    #[must_use]
    pub fn unknown_labels(&self) -> &[(String, u64)] {
        &self.unknown
    }

    /// What was assumed and what was left out, in sentences.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether they are inputs of a model already, so that nothing needs to be prepared.
    #[must_use]
    pub fn are_ready(&self) -> bool {
        matches!(self.store, Store::Ready(_))
    }

    /// How many examples each class has; without a class, those without a label.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Option<usize>, u64> {
        let mut counts = BTreeMap::new();
        for example in &self.list {
            *counts.entry(example.label).or_default() += 1;
        }
        counts
    }
}

/// The endings of files that hold examples, and what they are.
#[must_use]
pub fn kinds() -> Vec<(&'static str, &'static [&'static str])> {
    vec![
        ("pictures in folders by class", &open::PICTURES),
        ("sounds in folders by class", &open::SOUNDS),
        ("texts in folders by class", &open::TEXTS),
        ("tables of texts, or of paths, with labels", &open::TABLES),
        ("data sets of hubs", &open::PARQUETS),
        ("inputs that are ready, with labels", &open::READY),
    ]
}

#[cfg(test)]
mod tests;
