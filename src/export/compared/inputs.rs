//! The inputs that get other answers, with small pictures of those that are pictures.

use base64ct::{Base64, Encoding as _};
use maud::{Markup, html};

use super::{
    super::page::{
        prose::{named, shown},
        section,
    },
    Thumbnail, label, letter,
};
use crate::{
    compare::{Comparison, Instance},
    evaluate::Answer,
};

/// Inputs that are shown.
pub(crate) const SHOWN: usize = 24;

pub(super) fn html(comparison: &Comparison, thumbnails: &[Thumbnail]) -> Markup {
    let all = comparison.instances();
    let picture = |instance: &Instance| thumbnails.iter().find(|it| it.name == instance.name);
    let body = (!all.is_empty()).then(|| {
        html! {
            p.soft {
                "Examples to which a model gives another answer than A: " (all.len()) " in all"
                @if all.len() > SHOWN { ", " (SHOWN) " of them here: those that changed in most models, then those of which A was surest" }
                ". Percentages are the probability of the answer."
            }
            ul.inputs {
                @for instance in all.iter().take(SHOWN) {
                    li {
                        @if let Some(picture) = picture(instance) {
                            img src=(format!("data:image/png;base64,{}", Base64::encode_string(&picture.png)))
                                alt={ "The example " (shown(&instance.name)) };
                        }
                        div { (one(comparison, instance)) }
                    }
                }
            }
        }
    });
    section("Inputs that get another answer", body)
}

fn one(comparison: &Comparison, instance: &Instance) -> Markup {
    let answer = |answer: &Answer| {
        html! { (named(answer.class, label(comparison, answer.class))) (format!(" {:.0} %", 100.0 * answer.probability)) }
    };
    html! {
        p { code { (shown(&instance.name)) } }
        @if let Some(class) = instance.label { p.soft { "label " (named(class, label(comparison, class))) } }
        p { strong { "A" } " " (answer(&instance.before)) }
        @for (at, other) in instance.after.iter().enumerate() {
            @if let Some(other) = other { p { strong { (letter(at + 1)) } " " (answer(other)) } }
        }
    }
}
