//! How alike the layers are, and whatever else was measured.

use maud::{Markup, html};

use super::{
    super::page::{
        bars::bar,
        folded,
        prose::{sentence, shown},
        section,
    },
    letter, name,
};
use crate::{
    compare::{
        Answers, Comparison,
        summary::{self, Layer},
    },
    evaluate::Evaluation,
    evidence::Check,
};

/// CKA of every layer, for the models with an encoder of their own.
pub(super) fn html(comparison: &Comparison) -> Markup {
    let models: Vec<(usize, Vec<Layer>)> = on_data(comparison)
        .map(|(at, evaluation)| (at, summary::layers(evaluation)))
        .filter(|(_, layers)| !layers.is_empty())
        .collect();
    let body = (!models.is_empty()).then(|| {
        html! {
            p.soft {
                "Linear CKA with the same layer of A, on the same examples: 1 is the same up to rotation and scale, 0 nothing in common. \
                 Models with the encoder of A have 1 everywhere and are left out. Upper bars: removed classes; lower ones: all others."
            }
            @for (at, layers) in &models {
                h3 { (letter(*at)) " " (name(comparison, *at)) }
                table.stacked {
                    thead { tr { th { "layer" } th.bars { "" } th.number { "removed classes" } th.number { "others" } } }
                    tbody {
                        @for Layer { name, alike } in layers {
                            tr {
                                td { code { (shown(name)) } }
                                td.bars { @for value in alike.iter().flatten() { (bar(*value, false)) } }
                                @for (value, name) in alike.iter().zip(["removed classes", "others"]) {
                                    td.number data-name=(name) { (value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    });
    section("Layer by layer", body)
}

/// Every metric in words, for each model.
pub(super) fn metrics(comparison: &Comparison) -> Markup {
    let of_data: Vec<(usize, &Evaluation)> = on_data(comparison).collect();
    let beside = |at: usize| comparison.models[at - 1].retrained.as_ref();
    let body = (!of_data.is_empty()).then(|| {
        html! {
            @for (at, evaluation) in &of_data {
                (folded(&format!("{}: {} metrics on your examples", letter(*at), evaluation.metrics.len()), false, &rows(&evaluation.metrics)))
                @for missing in &evaluation.not_run { p.soft { (letter(*at)) ": " code { (missing.id) } " was not measured: " (shown(&missing.reason)) "." } }
                @if let Some(compared) = beside(*at) {
                    (folded(&format!("{}: beside the model that was trained without the classes", letter(*at)), true, &rows(&compared.metrics)))
                }
            }
        }
    });
    section("All figures", body)
}

fn rows(metrics: &[Check]) -> Markup {
    html! {
        table.stacked {
            thead { tr { th { "metric" } th { "what it says" } } }
            tbody {
                @for metric in metrics {
                    tr { td { code { (metric.definition.id) } br; span.soft { (metric.definition.shows) } } td { (sentence(&metric.summary)) } }
                }
            }
        }
    }
}

fn on_data(comparison: &Comparison) -> impl Iterator<Item = (usize, &Evaluation)> {
    let models = comparison.models.iter().enumerate();
    models.filter_map(|(at, model)| Some((at + 1, model.data.as_ref().and_then(Answers::measured)?)))
}
