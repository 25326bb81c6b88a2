//! M9: how alike the features of original and retrained model are, layer by layer.

use super::Measured;
use crate::{
    error::Error,
    evaluate::{Products, beside::Beside},
    evidence::{Definition, Figure, Origin},
    rng::{self, Purpose},
};

/// Inputs below which nothing is said: with few of them everything is alike.
const LEAST: usize = 10;
/// What the input of the head is called.
pub(super) const EMBEDDING: &str = "embedding";
/// The stream that inputs are paired at random by; those before it draw them.
const PAIRED: u64 = 2;

pub(super) static DEFINITION: Definition = Definition {
    id: "retrained-features",
    version: 1,
    number: Some("M9"),
    formula: "linear CKA, |Y'X|^2 / (|X'X| |Y'Y|), of centred features, on inputs of forgotten and of retained classes (at \
              most 100 each, drawn): all numbers of a layer, their mean over an axis that is not equally long for all \
              inputs; beside it the same with inputs paired at random",
    origin: Origin::UserData,
    data: "the user's test examples, through the original's network, which the copy has too, and through the retrained one",
    shows: "from which layer on two trainings see the inputs differently; original and copy have the same encoder, so that \
            theirs is 1 in every layer by construction",
    not_shown: "what of the difference is due to the class, and what to another training run; layers that only one of \
                both has",
};

/// The same of any two models.
pub(super) static BETWEEN: Definition = Definition {
    id: "layer-similarity",
    data: "the user's test examples, through the networks of both models",
    shows: "from which layer on two models see the inputs differently",
    not_shown: "what of the difference comes of another training, and what of other weights; layers that only one of both has",
    ..DEFINITION
};

pub(super) fn measure(beside: &Beside<'_>) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    let rows = match beside.retrained.layers() {
        Some(layers) => layers.rows.whole.clone(),
        None => experiment.data.drawn(experiment.pair, experiment.seed).whole,
    };
    let embeddings = [&experiment.data.test, beside.retrained.test()];
    let embeddings = [embeddings[0].products(&rows)?, embeddings[1].products(&rows)?];
    let named = beside.retrained.layers().map(|layers| layers.layers.as_slice()).unwrap_or_default();
    let named = named.iter().map(|layer| (layer.name.as_str(), &layer.whole));
    let layers: Vec<(&str, &[Products; 2])> = named.chain([(EMBEDDING, &embeddings)]).collect();
    let labels = &experiment.data.test.labels;
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for (quantity, paired, name, is_forgotten) in [
        ("forgotten-cka", "forgotten-cka-at-random", "forgotten", true),
        ("retained-cka", "retained-cka-at-random", "retained", false),
    ] {
        let is_meant = |at: &usize| experiment.pair.forgotten.contains(labels[rows[*at]]) == is_forgotten;
        let chosen: Vec<usize> = (0..rows.len()).filter(is_meant).collect();
        if chosen.len() < LEAST {
            continue;
        }
        let order =
            rng::permutation(chosen.len(), &mut rng::stream(experiment.seed, Purpose::Layers, PAIRED));
        let same: Vec<(usize, usize)> = chosen.iter().map(|&at| (at, at)).collect();
        let random: Vec<(usize, usize)> =
            chosen.iter().zip(order).map(|(&at, other)| (at, chosen[other as usize])).collect();
        let mut found = Vec::new();
        for (layer, [own, theirs]) in &layers {
            let both = own.alignment(theirs, &same).zip(own.alignment(theirs, &random));
            let Some((alike, by_chance)) = both else { continue };
            let figure = |quantity, value| {
                Figure::new(quantity, value, "CKA").in_stratum((*layer).to_owned()).of(chosen.len() as u64)
            };
            figures.extend([figure(quantity, alike), figure(paired, by_chance)]);
            found.push((*layer, alike, by_chance));
        }
        lines.extend(summary(name, &found));
    }
    match figures.is_empty() {
        true => {
            Ok(Measured::NotRun(format!("it needs {LEAST} inputs of either kind that are not all the same")))
        }
        false => {
            Ok(Measured::Found { summary: format!("CKA (1 is the same): {}", lines.join("; ")), figures })
        }
    }
}

fn summary(name: &str, found: &[(&str, f64, f64)]) -> Option<String> {
    let (layer, last, by_chance) = found.last()?;
    let before = match &found[..found.len() - 1] {
        [] => String::new(),
        [(_, only, _)] => format!(", {only:.3} in the layer before"),
        [(_, first, _), .., (_, last, _)] => {
            format!(", {first:.3} to {last:.3} in {} layers before", found.len() - 1)
        }
    };
    Some(format!("{name} {last:.3} at {layer} ({by_chance:.3} paired at random){before}"))
}
