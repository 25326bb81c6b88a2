//! Sentences of the card as HTML: code and emphasis, and nothing else of Markdown.

use maud::{Markup, html};

use super::super::card::Subject;
use crate::classes::printable;

/// A sentence whose code is between backticks and whose emphasis is between double asterisks.
pub(in crate::export) fn sentence(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            // Between the first and the second, the third and the fourth: what stands there is a name, as it is.
            @if at % 2 == 1 { code { (part.replace("\\|", "|")) } } @else { (emphasised(part)) }
        }
    }
}

fn emphasised(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split("**").enumerate() {
            @if at % 2 == 1 { strong { (part) } } @else { (part) }
        }
    }
}

/// A class of the original by its label and index, or its index alone.
pub(in crate::export) fn class(subject: &Subject<'_>, index: usize) -> Markup {
    named(index, subject.label_of(index))
}

/// The same of a class whose label is known.
pub(in crate::export) fn named(index: usize, label: Option<&str>) -> Markup {
    html! {
        @match label {
            Some(label) => { code { (shown(label)) } " (" (index) ")" },
            None => { "class " (index) },
        }
    }
}

/// Text of a model without what would turn the direction of what stands beside it.
pub(in crate::export) fn shown(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    printable(text).chars().map(|c| if turns(c) { '\u{fffd}' } else { c }).collect()
}
