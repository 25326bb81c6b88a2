//! What differs in the files of each model, tensor by tensor.

use maud::{Markup, html};

use super::{
    super::page::{folded, prose::shown, section, tensors},
    letter,
};
use crate::{
    compare::{Beside, Comparison},
    evidence::words::grouped,
    verify::Changes,
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
    let Changes { tensors, tensor_count, values, value_count, structure, files } = &model.changes;
    let listed = &tensors[..tensors.len().min(LISTED)];
    html! {
        h3 { (letter(at)) " beside A" }
        p {
            (grouped(tensors.len() as u64)) " of " (grouped(*tensor_count as u64)) " tensors differ, "
            (grouped(*values)) " of " (grouped(*value_count)) " values; "
            (grouped(structure.len() as u64)) " other parts of the weights; " (grouped(files.len() as u64)) " files."
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
