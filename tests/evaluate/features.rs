//! What is measured of features, against numpy and scikit-learn.

use declass::{
    evaluate::{Data, Drawn, Layers, Retrained, compare, evaluate},
    evidence::{Check, Side},
};
use serde_json::Value;

use crate::{data, first, fixture, near, pair, parted};

/// What scikit-learn and numpy find of features on the same rows.
fn features() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("reference/features.json")).unwrap()).unwrap()
}

/// The values of a quantity in the order in which they are given.
fn values_of(metric: &Check, quantity: &str, side: Option<Side>) -> Vec<f64> {
    let figures = metric.figures.iter().filter(|it| it.quantity == quantity && it.side == side);
    figures.map(|figure| figure.value.0).collect()
}

#[test]
fn votes_pushes_and_likelihoods_are_those_of_numpy_and_scikit_learn() {
    let features = features();
    for (model, kind) in [("vit", "moved"), ("vit", "dropped"), ("swin", "moved"), ("swin", "dropped")] {
        let expected = &features[model];
        let found = evaluate(&pair(model, kind), &parted(&first(&data(model))), 5).unwrap();
        let votes = found.metric("nearest-neighbours").unwrap();
        for (at, quantity) in ["forgotten-accuracy", "retained-accuracy"].into_iter().enumerate() {
            near(values_of(votes, quantity, None)[0], &expected["neighbours"][at], quantity);
        }
        let likelihood = found.metric("membership-likelihood").unwrap();
        for side in Side::BOTH {
            for part in ["forgotten", "retained"] {
                let expected = &expected[kind]["likelihood"][side.name()][part];
                let [area, share] =
                    ["auc", "tpr"].map(|it| values_of(likelihood, &format!("{part}-{it}"), Some(side)));
                // A dropped slot gives its label no probability.
                assert_eq!(area.is_empty(), expected.is_null(), "{model} {kind} {part}");
                if let (Some(area), Some(share)) = (area.first(), share.first()) {
                    near(*area, &expected[0], "AUC");
                    near(*share, &expected[1], "TPR");
                }
            }
        }
        // Pushes need no training rows, and are about the test ones.
        let found =
            evaluate(&pair(model, kind), &Data { test: first(&data(model)), train: None }, 5).unwrap();
        let steering = found.metric("steering").unwrap();
        for side in Side::BOTH {
            let shares = values_of(steering, "recognised", Some(side));
            assert_eq!(shares.len(), 3);
            for (share, expected) in
                shares.iter().zip(expected[kind]["steering"][side.name()].as_array().unwrap())
            {
                near(*share, expected, "recognised");
            }
        }
    }
}

#[test]
fn few_examples_find_what_a_discriminant_of_numpy_finds() {
    let features = features();
    for model in ["vit", "swin"] {
        let expected = &features["few-shot"][model];
        let found =
            evaluate(&pair(model, "moved"), &Data { test: first(&data(model)), train: None }, 5).unwrap();
        let figures = &found.metric("few-shot").unwrap().figures;
        assert_eq!(figures.len(), 6, "half of a hundred inputs are given: 50 at most");
        for (at, figure) in figures.iter().enumerate() {
            let [mean, deviation] = ["mean", "deviation"].map(|it| expected[it][at].as_f64().unwrap());
            // Eight draws of examples, and one of who is known and judged.
            let off = (figure.value.0 - mean).abs();
            assert!(off < 1.5 * deviation, "{model} {}: {} and {mean}", figure.quantity, figure.value.0);
        }
    }
}

#[test]
fn features_beside_a_retrained_model_are_as_far_away_as_numpy_finds() {
    let features = features();
    let (pair, other) = (pair("vit", "moved"), pair("swin", "dropped"));
    let [own, theirs] = ["vit", "swin"].map(|model| parted(&first(&data(model))));
    let retrained = Retrained::new(other.after, &own, theirs.test, theirs.train).unwrap();
    let drawn = own.drawn(&pair, 3);
    assert_eq!(drawn.whole.len(), 150, "fifty of the class, and a hundred of the others");
    assert!(drawn.whole.iter().all(|row| drawn.sought.contains(row)));
    // All rows, as numpy takes them.
    let rows = Drawn { whole: (0..own.test.labels.len()).collect(), ..drawn };
    let retrained = retrained.with_layers(Layers { rows, layers: Vec::new() });
    let found = compare(&pair, &own, &retrained, 3).unwrap();
    let metric = |id: &str| found.metrics.iter().find(|it| it.definition.id == id).unwrap();
    let alike = metric("retrained-features");
    for (at, quantity) in ["forgotten-cka", "retained-cka"].into_iter().enumerate() {
        near(values_of(alike, quantity, None)[0], &features["alike"]["embeddings"][at], quantity);
        let by_chance = values_of(alike, &format!("{quantity}-at-random"), None)[0];
        assert!((0.0..0.35).contains(&by_chance), "{quantity} {by_chance}");
    }
    let votes = metric("retrained-neighbours");
    for (at, part) in ["forgotten", "retained"].into_iter().enumerate() {
        let [vit, swin] = ["vit", "swin"].map(|model| features[model]["neighbours"][at].as_f64().unwrap());
        let gap = values_of(votes, &format!("{part}-accuracy-gap"), None)[0];
        assert!((gap - (vit - swin)).abs() < 1e-9, "{part}: {gap}");
    }
    let examples = metric("retrained-few-shot");
    let at = |quantity: &str| values_of(examples, quantity, None)[0];
    let gaps = ["1", "2", "5", "10", "20"].map(|k| {
        let [own, theirs] = ["", "retrained-"].map(|whose| at(&format!("{whose}found-with-{k}")));
        own - theirs
    });
    assert!((at("advantage") - gaps.iter().sum::<f64>() / 5.0).abs() < 1e-12);
    for id in ["retrained-probe", "retrained-centre"] {
        let own = if id == "retrained-probe" { "linear-probe" } else { "nearest-centre" };
        let alone = evaluate(&pair, &parted(&first(&data("vit"))), 3).unwrap();
        let alone = values_of(alone.metric(own).unwrap(), "forgotten-accuracy", None)[0];
        let [after, theirs, gap] = [0, 1, 2].map(|at| metric(id).figures[at].value.0);
        assert!((after - alone).abs() < 1e-12 && (gap - (after - theirs)).abs() < 1e-12, "{id}");
    }
}
