//! The library's formulas, against numbers that numpy, scipy and PyTorch computed from the same head and
//! embeddings.

use std::path::Path;

use candle_core::{Device, Tensor};
use declass::{
    classes::Forgotten,
    cut::Cut,
    formats::Artifact,
    head::{Hints, LinearHead, Link},
    methods::{Batch, Kind, by_name},
    rng::{Purpose, stream},
    statistics::{lower_bound, upper_bound},
    unlearn::seal,
};
use serde_json::Value;

use super::fixture;

fn reference(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture("reference").join(name)).unwrap()).unwrap()
}

fn head() -> LinearHead {
    let model = Artifact::open(&fixture("models/fmnist-resnet")).unwrap();
    Cut::locate(&model, &Hints::default()).unwrap().head.load(&model).unwrap()
}

/// The rows of the reference batch that a file is about.
fn embeddings(rows: &Value) -> Vec<Vec<f32>> {
    let batch = Artifact::open(Path::new(&fixture("reference/batch.safetensors"))).unwrap();
    let info = batch.tensor("embeddings").unwrap().clone();
    let values = info.dtype.decode(&batch.read_tensor("embeddings").unwrap()).unwrap();
    let row = |row: &Value| {
        let row = row.as_u64().unwrap() as usize * info.shape[1];
        values[row..row + info.shape[1]].to_vec()
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

#[track_caller]
fn assert_close(found: &[f32], expected: &Value, what: &str) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0f64, |top, x| top.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (f64::from(*found) - expected).abs() <= 2e-5 * scale,
            "{what}: {found} instead of {expected}"
        );
    }
}

fn check_gradients(file: &str) {
    let (reference, head) = (reference(file), head());
    let declass::tail::Weights { weight, bias } = declass::tail::Weights::of(&head, &Device::Cpu).unwrap();
    let rows = embeddings(&reference["rows"]);
    let count = rows.len();
    let samples = Tensor::new(rows, &Device::Cpu).unwrap();
    let logits = samples.matmul(&weight.t().unwrap()).unwrap().broadcast_add(&bias).unwrap();
    let labels: Vec<u32> = numbers(&reference["labels"]).iter().map(|&label| label as u32).collect();
    let forget = numbers(&reference["forget"]).iter().map(|&class| class as usize).collect();
    let forgotten = Forgotten::from_indices(forget, head.classes).unwrap();
    for name in ["delete", "negative-gradient"] {
        let Kind::Trained(gradient) = by_name(name).unwrap().kind else { panic!("{name} is not trained") };
        let g = gradient(&mut Batch {
            logits: &logits,
            original: &logits,
            labels: &labels,
            forgotten: &forgotten,
            settings: &by_name(name).unwrap().settings(&[]).unwrap(),
            rng: &mut stream(0, Purpose::Targets, 0),
        });
        let g = (g.unwrap() / count as f64).unwrap();
        let expected = &reference["original"][name.replace('-', "_")];
        let flat = |tensor: Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_close(&flat(g.clone()), &expected["logit_gradient"], name);
        assert_close(&flat(g.t().unwrap().matmul(&samples).unwrap()), &expected["weight_gradient"], name);
        assert_close(&flat(g.sum(0).unwrap()), &expected["bias_gradient"], name);
    }
}

#[test]
fn gradients_of_one_forgotten_class() {
    check_gradients("unlearning-5.json");
}

#[test]
fn gradients_of_two_forgotten_classes() {
    check_gradients("unlearning-3-7.json");
}

/// At a head that has moved, where a method's two sides differ from each other.
#[test]
fn gradients_are_those_of_pytorch() {
    let reference = reference("losses.json");
    let labels: Vec<u32> = numbers(&reference["labels"]).iter().map(|&label| label as u32).collect();
    let forget = numbers(&reference["forget"]).iter().map(|&class| class as usize).collect();
    let forgotten = Forgotten::from_indices(forget, 10).unwrap();
    let logits = |name: &str| {
        let values: Vec<f32> = numbers(&reference[name]).iter().map(|&x| x as f32).collect();
        Tensor::from_vec(values, (labels.len(), 10), &Device::Cpu).unwrap()
    };
    let gradients = reference["gradients"].as_object().unwrap();
    assert_eq!(gradients.len(), 5);
    for (name, expected) in gradients {
        let Kind::Trained(gradient) = by_name(name).unwrap().kind else { panic!("{name} is not trained") };
        let found = gradient(&mut Batch {
            logits: &logits("moved"),
            original: &logits("original"),
            labels: &labels,
            forgotten: &forgotten,
            settings: &by_name(name).unwrap().defaults(),
            rng: &mut stream(0, Purpose::Targets, 0),
        });
        assert_close(&found.unwrap().flatten_all().unwrap().to_vec1().unwrap(), expected, name);
    }
}

#[test]
fn the_centroid_row() {
    let entries = reference("centroid-row.json");
    let entries = entries.as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        let forget = numbers(&entry["forget"]).iter().map(|&class| class as usize).collect();
        let forgotten = Forgotten::from_indices(forget, 10).unwrap();
        let margin = entry["margin"].as_f64().unwrap() as f32;
        let sealed = seal(&head(), &forgotten, Link::None, margin).unwrap();
        for class in forgotten.indices() {
            assert_close(sealed.row(class), &entry["row"], "row");
            assert_close(&[sealed.bias[class]], &entry["bias"], "bias");
        }
    }
}

#[test]
fn confidence_bounds() {
    let reference = reference("clopper-pearson.json");
    let rows = reference["rows"].as_array().unwrap();
    assert!(rows.len() > 10);
    for row in rows {
        let (k, n) = (row["k"].as_u64().unwrap(), row["n"].as_u64().unwrap());
        let expected = row["upper_one_sided"].as_f64().unwrap();
        assert!((upper_bound(k, n) - expected).abs() <= 1e-6, "{k} of {n}: {} {expected}", upper_bound(k, n));
        assert!((lower_bound(n - k, n) - (1.0 - expected)).abs() <= 1e-6, "{k} of {n}");
    }
}
