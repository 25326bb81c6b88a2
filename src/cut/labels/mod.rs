//! Class count and labels that a model's configuration, metadata or the files beside it state; where two of these
//! contradict each other, none is believed.

mod agree;
mod beside;
mod config;
mod given;
mod maps;

use declass_formats::Artifact;

use crate::{
    classes::{Labels, is_generic},
    error::Error,
};

pub(super) use agree::check;
pub(crate) use agree::{contradiction, spelling};
pub(crate) use beside::{LABEL_FILES, names_indices, without_mark};
pub(crate) use config::{ARGUMENTS, COUNTS, PARTS};
pub use given::given_labels;
pub(crate) use maps::{Indices, ordered};

/// What is said about the classes.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) count: usize,
    /// Where the count was read.
    pub(super) source: String,
    /// Labels, as many as that.
    pub(super) named: Option<Labels>,
    /// Whether it is a file beside the model that says so, which may be about something else: it counts only
    /// where it fits.
    pub(super) beside: bool,
    /// Anything a reader should know.
    pub(super) notes: Vec<String>,
}

impl Stated {
    /// Whether that many classes have names.
    pub(super) fn names_all(&self, classes: usize) -> bool {
        self.named.as_ref().is_some_and(|labels| labels.names.len() == classes && !is_generic(&labels.names))
    }

    /// The same with one class more, behind the others.
    pub(super) fn with_more(mut self, name: &str) -> Self {
        self.count += 1;
        if let Some(labels) = &mut self.named {
            labels.names.push(name.to_owned());
        }
        self
    }

    /// The same with one class more, in front of the others.
    pub(super) fn with_first(mut self, name: &str) -> Self {
        self.count += 1;
        if let Some(labels) = &mut self.named {
            labels.names.insert(0, name.to_owned());
        }
        self
    }

    pub(super) fn labels(self) -> Option<Labels> {
        self.named
    }
}

/// The class count and the labels of a model without a graph.
///
/// # Errors
/// If the labels contradict themselves or each other: an index twice, or left out, or with two names.
pub(super) fn stated(artifact: &Artifact) -> Result<Option<Stated>, Error> {
    let configured = artifact.config().map(|config| config::stated(artifact, config)).transpose()?.flatten();
    beside(artifact, configured)
}

/// The same with the labels of the metadata of a graph, which come first. A `config.json` with another number of
/// classes than these is about another model.
///
/// # Errors
/// As [`stated`].
pub(super) fn with_metadata(artifact: &Artifact, metadata: Vec<Labels>) -> Result<Option<Stated>, Error> {
    let configured = artifact.config().map(|config| config::stated(artifact, config)).transpose()?.flatten();
    let Some(first) = metadata.first().cloned() else {
        // Beside a graph even that file may be about another model.
        return beside(artifact, configured.map(|stated| Stated { beside: true, ..stated }));
    };
    let count = first.names.len();
    let mut all = metadata;
    all.extend(configured.and_then(Stated::labels).filter(|labels| labels.names.len() == count));
    let notes = check(&all)?;
    let source = first.source.clone();
    beside(artifact, Some(Stated { count, source, named: Some(first), beside: false, notes }))
}

/// What the files beside a model add to what it says itself: names where it has none, or else nothing but a
/// contradiction.
fn beside(artifact: &Artifact, own: Option<Stated>) -> Result<Option<Stated>, Error> {
    let mut lists = beside::lists(artifact);
    let Some(mut own) = own else {
        let counts: Vec<usize> = lists.iter().map(|labels| labels.names.len()).collect();
        let (Some(count), true) = (counts.first().copied(), counts.windows(2).all(|pair| pair[0] == pair[1]))
        else {
            return Ok(None);
        };
        let notes = check(&lists)?;
        let named = lists.swap_remove(0);
        let source = named.source.clone();
        return Ok(Some(Stated { count, source, named: Some(named), beside: true, notes }));
    };
    lists.retain(|labels| labels.names.len() == own.count);
    let named = own.named.take().filter(|labels| !is_generic(&labels.names) || lists.is_empty());
    let all: Vec<Labels> = named.into_iter().chain(lists).collect();
    own.notes.extend(check(&all)?);
    own.named = all.into_iter().next();
    Ok(Some(own))
}

#[cfg(test)]
mod tests;
