//! What differs in the files of each model, tensor by tensor.

use maud::{Markup, html};

use super::{
    super::page::{folded, prose::shown, section, tensors},
    letter, short,
};
use crate::{
    compare::{Beside, Comparison},
    evidence::words::grouped,
};

/// Tensors, parts and files that are listed, and those that are not folded.
const LISTED: usize = 500;
const UNFOLDED: usize = 12;

pub(super) fn html(comparison: &Comparison) -> Markup {
    section(
        "What differs in the files",
        Some(html! { @for (at, model) in comparison.models.iter().enumerate() { (one(at + 1, model)) } }),
    )
}

fn one(at: usize, model: &Beside) -> Markup {
    let changes = &model.changes;
    let (tensors, structure, files) = (&changes.tensors, &changes.structure, &changes.files);
    let listed = &tensors[..tensors.len().min(LISTED)];
    html! {
        div.kept {
            h3 { (letter(at)) " " (short(&model.described.name)) " beside A" }
            p {
                "Different tensors: " (grouped(tensors.len() as u64)) " (A has " (grouped(changes.tensor_count as u64)) "); values: "
                (grouped(changes.values)) " (A has " (grouped(changes.value_count)) "); other parts of the weights: "
                (grouped(structure.len() as u64)) "; files: " (grouped(files.len() as u64)) "."
            }
        }
        @if !listed.is_empty() { (folded("tensors", listed.len() <= UNFOLDED, &tensors::changed(listed))) }
        (names("other parts", structure))
        (names("files", files))
    }
}

fn names(what: &str, all: &[String]) -> Markup {
    html! {
        @if !all.is_empty() {
            (folded(what, all.len() <= UNFOLDED, &html! {
                ul { @for name in all.iter().take(LISTED) { li { code { (shown(name)) } } } }
                @if all.len() > LISTED { p.soft { "and " (all.len() - LISTED) " more" } }
            }))
        }
    }
}
