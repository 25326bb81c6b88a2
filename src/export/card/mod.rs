//! The model card: what a release is, in front matter that hubs read and in words that people read. All of it is
//! what the claim says, but for the labels and for what the original's card said and still holds.

mod body;
mod cells;
mod front;
mod limits;
mod measured;
mod quoted;
mod signed;
#[cfg(test)]
mod tests;
mod usage;

pub(in crate::export) use body::{changed, lead};
pub(in crate::export) use limits::said as limits;
pub(crate) use quoted::original_in;
pub(crate) use signed::signed_card;

use serde_json::Value;

use crate::{
    claim::{NamedClass, Predicate, RecordedCheck, Statement},
    classes::Labels,
    evidence::Figure,
    export::Words,
};

pub use measured::with_figures;

/// How package URLs of models on the Hugging Face Hub begin.
const ON_HUB: &str = "pkg:huggingface/";

/// What a card says beside the claim.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Text of the card of the original, or of the release itself.
    pub card: Option<&'a str>,
    /// The configuration of the model.
    pub config: Option<&'a Value>,
    /// Labels of all classes of the original.
    pub labels: Option<&'a Labels>,
    /// What the original is called.
    pub original: &'a str,
    /// Whether the claim is signed.
    pub is_signed: bool,
    /// What is said about checks and metrics.
    pub words: Words,
}

/// The card of a release with this claim.
#[must_use]
pub fn card(statement: &Statement, beside: Beside<'_>) -> String {
    let parts = front::split(beside.card.unwrap_or_default());
    let subject = Subject { statement, predicate: &statement.predicate, beside };
    let heading = body::heading(&subject, &quoted::title(&parts, beside.original));
    let text = [
        front::text(&subject, &parts, &heading),
        body::text(&subject, &heading),
        usage::text(&subject),
        body::checks(),
        limits::text(&subject),
        measured::text(&subject),
        quoted::text(&subject, parts.body),
    ]
    .concat();
    if beside.is_signed { signed_card(&text) } else { text }
}

/// All that a card is about.
#[derive(Clone, Copy)]
pub(in crate::export) struct Subject<'a> {
    pub(in crate::export) statement: &'a Statement,
    pub(in crate::export) predicate: &'a Predicate,
    pub(in crate::export) beside: Beside<'a>,
}

impl<'a> Subject<'a> {
    /// The label of a class of the original, from the model or else from the claim.
    pub(in crate::export) fn label(&self, class: &'a NamedClass) -> Option<&'a str> {
        class.label.as_deref().or_else(|| self.label_of(class.index))
    }

    pub(in crate::export) fn label_of(&self, class: usize) -> Option<&'a str> {
        self.beside.labels?.names.get(class).map(String::as_str)
    }

    fn check(&self, id: &str) -> Option<&'a RecordedCheck> {
        self.predicate.verification.checks.iter().find(|check| check.id == id)
    }

    pub(in crate::export) fn figures(&self, id: &str) -> &'a [Figure] {
        self.check(id).map_or(&[], |check| &check.figures)
    }

    /// Classes that synthetic embeddings of a removed class get now, and their shares, the largest first.
    pub(in crate::export) fn synthetic_destinations(&self, class: usize) -> Vec<(usize, f64)> {
        let figures = self.figures("forgotten-routing").iter().filter(|figure| figure.class == Some(class));
        figures.filter_map(|figure| Some((figure.to?, figure.value.0))).collect()
    }

    /// The name of the input on the Hugging Face Hub, if it came from there.
    fn on_hub(&self) -> Option<&'a str> {
        let inputs = &self.predicate.build_definition.resolved_dependencies;
        let package = inputs.iter().find_map(|input| input.uri.as_deref()?.strip_prefix(ON_HUB))?;
        package.split(['@', '?', '#']).next()
    }
}
