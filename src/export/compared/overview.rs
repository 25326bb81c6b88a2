//! Which models these are, and what they answer in four figures each.

use maud::{Markup, html};

use super::{
    super::page::prose::{named, shown},
    On, label, letter, name, short,
};
use crate::{
    compare::{Answers, Beside, Comparison, Described, Encoder, Summary},
    evidence::{Side, words::grouped},
};

/// Removed classes that are named.
const NAMED: usize = 12;

/// `original beside sealed and trained`.
pub(super) fn title(comparison: &Comparison) -> String {
    let others: Vec<String> = comparison.models.iter().map(|model| short(&model.described.name)).collect();
    let others = match others.as_slice() {
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        more => format!("{} models", more.len()),
    };
    format!("{} beside {others}", short(&comparison.reference.name))
}

pub(super) fn html(title: &str, comparison: &Comparison) -> Markup {
    html! {
        header {
            h1 { (title) }
            p { (removed(comparison)) }
            (models(comparison))
            @if comparison.models.iter().any(|model| model.data.is_some()) {
                h2 { "Answers to your examples" }
                (figures(comparison, On::Data))
            }
            h2 { "Answers to synthetic embeddings" }
            (figures(comparison, On::Synthetic))
        }
    }
}

fn removed(comparison: &Comparison) -> Markup {
    html! {
        @match comparison.removed.as_slice() {
            [] => "None of these models lost a class of A, as far as claims and names tell.",
            classes => {
                "Classes of A that one of them lost: "
                @for (at, class) in classes.iter().take(NAMED).enumerate() {
                    @if at > 0 { ", " }
                    (named(*class, label(comparison, *class)))
                }
                @if classes.len() > NAMED { " and " (classes.len() - NAMED) " more" }
                "."
            }
        }
    }
}

fn models(comparison: &Comparison) -> Markup {
    let all = std::iter::once(&comparison.reference).chain(comparison.models.iter().map(|it| &it.described));
    html! {
        table.stacked {
            thead {
                tr {
                    th { "model" } th { "what its claim says" }
                    th.number { "classes" } th.number { "bytes" } th.number { "SHA-256" }
                }
            }
            tbody {
                @for (at, model) in all.enumerate() {
                    tr {
                        td { strong { (letter(at)) } " " code { (shown(&model.name)) } }
                        td { (claimed(model)) }
                        td.number data-name="classes" { (grouped(model.classes as u64)) }
                        td.number data-name="bytes" { (grouped(model.bytes)) }
                        td.number { code title=(model.root) { (model.root.chars().take(12).collect::<String>()) } }
                    }
                }
            }
        }
        p.soft { "SHA-256 of all files but the card, as a claim has it; its first twelve digits." }
    }
}

fn claimed(model: &Described) -> Markup {
    html! {
        @match &model.removal {
            None => span.soft { "no claim" },
            Some(removal) => {
                "method " code { (removal.method) } ", slot " (removal.slot)
                @if removal.sealed { ", sealed" }
                ", without "
                @for (at, class) in removal.forgotten.iter().take(NAMED).enumerate() {
                    @if at > 0 { ", " }
                    (named(class.index, class.label.as_deref()))
                }
                @if removal.forgotten.len() > NAMED { " and " (removal.forgotten.len() - NAMED) " more" }
            }
        }
    }
}

fn figures(comparison: &Comparison, on: On) -> Markup {
    let columns = on.columns(comparison);
    let has_labels = On::has_labels(&columns);
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let [removed, others] =
        if has_labels { ["removed right", "others right"] } else { ["removed still given", "others as A"] };
    html! {
        @if !columns.is_empty() {
            table.stacked {
                thead {
                    tr { th { "model" } th.number { (removed) } th.number { (others) } th.number { "same answer as A" } th.number { "divergence (nats)" } }
                }
                tbody {
                    @for (at, evaluation, side) in &columns {
                        @let found = Summary::of(evaluation, *side);
                        tr {
                            td { strong { (letter(*at)) } " " (name(comparison, *at)) }
                            td.number data-name=(removed) { (percent(found.removed)) }
                            td.number data-name=(others) { (percent(found.others)) }
                            td.number data-name="same answer as A" { (percent(found.same)) }
                            td.number data-name="divergence (nats)" { (found.divergence.map_or_else(|| "–".to_owned(), nats)) }
                        }
                    }
                }
            }
        }
        @for (at, model) in comparison.models.iter().enumerate() { (not_run(model, on, letter(at + 1))) }
        @if on == On::Data { (encoders(comparison)) }
        @if let Some((_, evaluation, Side::Before)) = columns.first() {
            p.soft { "On " (grouped(evaluation.data.rows)) @if on == On::Data { " examples." } @else { " draws, labelled by A." } }
        }
    }
}

/// Why a model has no figures.
fn not_run(model: &Beside, on: On, letter: char) -> Markup {
    let answers = if on == On::Data { model.data.as_ref() } else { Some(&model.synthetic) };
    html! {
        @if let Some(Answers::NotRun(reason)) = answers { p.soft { strong { (letter) } " was not measured: " (shown(reason)) "." } }
    }
}

fn encoders(comparison: &Comparison) -> Markup {
    let same = |encoder| {
        let found = comparison.models.iter().enumerate().filter(move |(_, model)| model.encoder == encoder);
        found.map(|(at, _)| letter(at + 1).to_string()).collect::<Vec<_>>().join(", ")
    };
    let (own, others) = (same(Encoder::Same), same(Encoder::Other));
    html! {
        p.soft {
            @if !own.is_empty() { "With the encoder of A, run once: " (own) ". " }
            @if !others.is_empty() { "With an encoder of its own: " (others) "." }
        }
    }
}

fn nats(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if !value.is_finite() => "infinite".to_owned(),
        value if value < 1e-3 => format!("{value:.1e}"),
        value => format!("{value:.3}"),
    }
}
