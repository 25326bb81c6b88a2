//! Models side by side on one page that people look at: what differs in their files, what they answer, and which inputs
//! get other answers. No verdict stands on it.

mod answers;
mod files;
mod inputs;
mod layers;
mod overview;

use maud::{Markup, html};

use super::page::{self, prose::shown, section};
use crate::{
    compare::{Comparison, Instance},
    evaluate::Evaluation,
    evidence::Side,
};

/// Most models that a page has a letter for.
const LETTERS: usize = 26;

/// A small picture of an input of the user.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// What the input is called.
    pub name: String,
    /// The picture, as PNG.
    pub png: Vec<u8>,
}

/// The page. The same comparison gives the same text.
#[must_use]
pub fn compared(comparison: &Comparison, thumbnails: &[Thumbnail]) -> String {
    let title = overview::title(comparison);
    let body = html! {
        (overview::html(&title, comparison))
        (answers::classes(comparison))
        (answers::routing(comparison))
        (answers::matrices(comparison))
        (inputs::html(comparison, thumbnails))
        (layers::html(comparison))
        (layers::metrics(comparison))
        (files::html(comparison))
        (limits(comparison))
    };
    page::whole(&title, &body)
}

/// The inputs that the page shows, in their order: those of which a picture is of use.
#[must_use]
pub fn compared_inputs(comparison: &Comparison) -> Vec<Instance> {
    let mut all = comparison.instances();
    all.truncate(inputs::SHOWN);
    all
}

/// What a column is called: `A` is the first model.
fn letter(at: usize) -> char {
    char::from(b'A' + u8::try_from(at.min(LETTERS - 1)).unwrap_or_default())
}

/// The last part of a model's name, which tells it from the others in most cases.
fn short(name: &str) -> String {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    shown(if last.is_empty() { name } else { last })
}

/// The short name of the model with a letter.
fn name(comparison: &Comparison, at: usize) -> String {
    let model = at.checked_sub(1).and_then(|at| comparison.models.get(at));
    short(model.map_or(&comparison.reference.name, |model| &model.described.name))
}

/// The label of a class of the first model.
fn label(comparison: &Comparison, class: usize) -> Option<&str> {
    comparison.labels.as_ref()?.names.get(class).map(String::as_str)
}

/// Where figures are from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum On {
    Data,
    Synthetic,
}

impl On {
    /// What was measured on: the user's examples if there are any.
    fn of(comparison: &Comparison) -> Self {
        if comparison.models.iter().any(|model| model.data.is_some()) { Self::Data } else { Self::Synthetic }
    }

    /// The figures of the first model (which every evaluation has) and of each of the others, by their places.
    fn columns(self, comparison: &Comparison) -> Vec<(usize, &Evaluation, Side)> {
        let found = comparison.models.iter().enumerate().filter_map(|(at, model)| {
            let answers = match self {
                Self::Data => model.data.as_ref()?,
                Self::Synthetic => &model.synthetic,
            };
            Some((at + 1, answers.measured()?, Side::After))
        });
        let found: Vec<_> = found.collect();
        let first = found.first().map(|(_, evaluation, _)| (0, *evaluation, Side::Before));
        first.into_iter().chain(found).collect()
    }

    /// Whether inputs have labels of the user.
    fn has_labels(columns: &[(usize, &Evaluation, Side)]) -> bool {
        columns.first().is_some_and(|(_, evaluation, _)| evaluation.has_labels())
    }
}

/// What all of it does not show.
fn limits(comparison: &Comparison) -> Markup {
    section(
        "Limits",
        Some(html! {
            ul {
                li { "No verdict: which model is the better one this page does not say, nor whether a release is what its claim says. "
                    code { "declass verify" } " checks a release." }
                li { "What a claim says was removed is taken as it stands, and not checked here." }
                @if comparison.models.iter().any(|model| model.synthetic.measured().is_some()) {
                    li { "Synthetic embeddings are drawn at the head of A: they say where weights lead, not how often real inputs go there." }
                }
                @if comparison.models.iter().all(|model| model.data.is_none()) {
                    li { "No examples were given: nothing here is an accuracy." }
                }
                li { "A class that no longer is an answer can still be known to the features." }
            }
        }),
    )
}
