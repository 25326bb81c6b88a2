//! The few figures of an evaluation that a table of models has room for, and the shares of single classes.

use std::collections::BTreeMap;

use crate::{
    evaluate::Evaluation,
    evidence::{Figure, Side},
};

/// What a model answers, in four figures; none where it was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Share of the inputs of removed classes that get their label; of inputs without labels, those that the first model
    /// gives a removed class and that get one still.
    pub removed: Option<f64>,
    /// Share of all other inputs that get their label; of inputs without labels, those that keep the first model's answer.
    pub others: Option<f64>,
    /// Share of all inputs that get the first model's answer.
    pub same: Option<f64>,
    /// Mean divergence from the first model on the other inputs, in nats.
    pub divergence: Option<f64>,
}

/// Metrics on labelled inputs, and their like on those without labels.
const REMOVED: [&str; 2] = ["forgotten-accuracy", "removed-answers"];
const OTHERS: [&str; 2] = ["retained-accuracy", "answer-agreement"];
const PER_CLASS: [&str; 2] = ["class-drift", "answer-drift"];
const DIVERGENCE: [&str; 2] = ["retained-divergence", "answer-divergence"];
const MATRIX: [&str; 2] = ["confusion", "answer-changes"];
const ROUTING: [&str; 2] = ["routing", "answer-routing"];

impl Summary {
    /// Of one of the two models of an evaluation.
    #[must_use]
    pub fn of(evaluation: &Evaluation, side: Side) -> Self {
        let whole = |ids, quantities: &[&str]| {
            let is_meant = |it: &&Figure| it.class.is_none() && quantities.contains(&&*it.quantity);
            share(figures(evaluation, ids).filter(is_meant), side, evaluation.has_labels())
        };
        let is_first = side == Side::Before;
        let of_both = |ids, quantity: &str| {
            let mut found = figures(evaluation, ids).filter(|it| it.quantity == quantity);
            found.next().map(|it| it.value.0)
        };
        let changed = of_both(MATRIX, "answers-changed");
        Self {
            removed: whole(REMOVED, &["accuracy", "still-given"]),
            others: whole(OTHERS, &["accuracy", "agreement"]),
            same: if is_first { Some(1.0) } else { changed.map(|changed| 1.0 - changed) },
            divergence: if is_first { Some(0.0) } else { of_both(DIVERGENCE, "mean-divergence") },
        }
    }
}

/// Of each class that has inputs: the share that gets its label, or without labels keeps the answer, and how many they are.
#[must_use]
pub fn per_class(evaluation: &Evaluation, side: Side) -> BTreeMap<usize, (f64, u64)> {
    let is_only = evaluation.forgotten.len() == 1;
    let quantities = ["accuracy", "agreement", "still-given"];
    let mut by_class: BTreeMap<usize, Vec<&Figure>> = BTreeMap::new();
    for figure in figures(evaluation, PER_CLASS).chain(figures(evaluation, REMOVED)) {
        // Of a single class the figure of all removed ones is its own.
        let only = evaluation.forgotten.first().copied().filter(|_| is_only && figure.side.is_some());
        if let (true, Some(class)) = (quantities.contains(&&*figure.quantity), figure.class.or(only)) {
            by_class.entry(class).or_default().push(figure);
        }
    }
    let of = |(class, found): (usize, Vec<&Figure>)| {
        let n = found.iter().find_map(|it| it.n)?;
        Some((class, (share(found.into_iter(), side, evaluation.has_labels())?, n)))
    };
    by_class.into_iter().filter_map(of).collect()
}

/// Inputs by label and answer.
#[must_use]
pub fn matrix(evaluation: &Evaluation, side: Side) -> BTreeMap<(usize, usize), u64> {
    let cells = figures(evaluation, MATRIX).filter(|it| it.unit == "rows" && it.side == Some(side));
    cells.filter_map(|it| Some(((it.class?, it.to?), it.value.0 as u64))).collect()
}

/// Classes that inputs of a removed class get, and their shares, the largest first.
#[must_use]
pub fn destinations(evaluation: &Evaluation, class: usize) -> Vec<(usize, f64)> {
    let found = figures(evaluation, ROUTING).filter(|it| it.class == Some(class));
    found.filter_map(|it| Some((it.to?, it.value.0))).collect()
}

/// A layer that two models have.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What it is called.
    pub name: String,
    /// How alike it is (CKA) on inputs of removed, and of all other classes.
    pub alike: [Option<f64>; 2],
}

/// How alike each layer is to the first model's, on inputs of removed and of all other classes, from the inputs on.
#[must_use]
pub fn layers(evaluation: &Evaluation) -> Vec<Layer> {
    let mut found: Vec<Layer> = Vec::new();
    for figure in figures(evaluation, ["layer-similarity", "layer-similarity"]) {
        let place = ["forgotten-cka", "retained-cka"].iter().position(|it| *it == figure.quantity);
        let (Some(place), Some(layer)) = (place, &figure.stratum) else { continue };
        match found.iter_mut().find(|it| it.name == *layer) {
            Some(it) => it.alike[place] = Some(figure.value.0),
            None => {
                let mut alike = [None; 2];
                alike[place] = Some(figure.value.0);
                found.push(Layer { name: layer.to_string(), alike });
            }
        }
    }
    found
}

/// The share of one side; without labels the first model keeps every answer of its own.
fn share<'a>(mut found: impl Iterator<Item = &'a Figure>, side: Side, has_labels: bool) -> Option<f64> {
    if has_labels {
        return found.find(|it| it.side == Some(side)).map(|it| it.value.0);
    }
    let after = found.find(|it| it.side.is_none() && it.n.is_none_or(|n| n > 0))?.value.0;
    Some(if side == Side::Before { 1.0 } else { after })
}

/// The figures of whichever of two metrics was measured.
fn figures<'a>(evaluation: &'a Evaluation, ids: [&str; 2]) -> impl Iterator<Item = &'a Figure> {
    let found = ids.into_iter().find_map(|id| evaluation.metric(id));
    found.into_iter().flat_map(|metric| &metric.figures)
}
