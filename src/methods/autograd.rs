//! The gradients of the methods, against the library's automatic differentiation of their losses.

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::ops::{log_softmax, softmax_last_dim};

use super::{Batch, Kind, by_name};
use crate::{
    classes::Forgotten,
    rng::{Purpose, below, stream},
};

const LABELS: [u32; 6] = [1, 3, 1, 0, 2, 4];
const CLASSES: usize = 5;

/// Made-up logits, one row per label, different for each seed.
fn logits(seed: u64) -> Tensor {
    let mut rng = stream(seed, Purpose::Training, 0);
    let values: Vec<f32> =
        (0..LABELS.len() * CLASSES).map(|_| below(4000, &mut rng) as f32 / 1000.0 - 2.0).collect();
    Tensor::from_vec(values, (LABELS.len(), CLASSES), &Device::Cpu).unwrap()
}

/// Per sample `-Σ target log p`.
fn cross_entropy(target: &Tensor, logits: &Tensor) -> Result<Tensor> {
    (target * log_softmax(logits, D::Minus1)?)?.sum(D::Minus1)?.neg()
}

fn labels() -> Tensor {
    let mut rows = vec![0.0f32; LABELS.len() * CLASSES];
    LABELS.iter().enumerate().for_each(|(row, &label)| rows[row * CLASSES + label as usize] = 1.0);
    Tensor::from_vec(rows, (LABELS.len(), CLASSES), &Device::Cpu).unwrap()
}

/// One weight per sample: the first for classes 1 and 3, the second for the others.
fn sides(forgotten: f32, retained: f32) -> Tensor {
    let weights = LABELS.map(|label| if label == 1 || label == 3 { forgotten } else { retained });
    Tensor::new(&weights, &Device::Cpu).unwrap()
}

/// The original's probabilities once the logits of classes 1 and 3 are lowered to a value.
fn masked(original: &Tensor, value: f32) -> Result<Tensor> {
    let mut rows = original.to_vec2::<f32>()?;
    rows.iter_mut().for_each(|row| (row[1], row[3]) = (value, value));
    softmax_last_dim(&Tensor::new(rows, &Device::Cpu)?)
}

/// Compares a method's gradient with that of a loss per sample.
fn check(name: &str, loss: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) {
    let (current, original) = (Var::from_tensor(&logits(1)).unwrap(), logits(2));
    let loss = loss(current.as_tensor(), &original).unwrap().sum_all().unwrap();
    let expected = loss.backward().unwrap().get(&current).unwrap().to_vec2::<f32>().unwrap();
    let Kind::Trained(gradient) = by_name(name).unwrap().kind else { panic!("{name} is not trained") };
    let forgotten = Forgotten::resolve(&["1", "3"], CLASSES, None).unwrap();
    let mut batch = Batch {
        logits: &current.as_tensor().detach(),
        original: &original,
        labels: &LABELS,
        forgotten: &forgotten,
        settings: &by_name(name).unwrap().settings(&[]).unwrap(),
        rng: &mut stream(0, Purpose::Targets, 0),
    };
    let found = gradient(&mut batch).unwrap().to_vec2::<f32>().unwrap();
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 1e-5, "{name}: {found} instead of {expected}");
    }
}

#[test]
fn delete() {
    check("delete", |z, original| cross_entropy(&masked(original, f32::NEG_INFINITY)?, z));
}

#[test]
fn negative_gradient() {
    check("negative-gradient", |z, _| cross_entropy(&labels(), z)?.neg());
}

#[test]
fn negative_gradient_plus() {
    check("negative-gradient-plus", |z, _| cross_entropy(&labels(), z)? * sides(-0.1, 0.9));
}

#[test]
fn scar() {
    check("scar", |z, original| {
        let least = original.min_all()?.to_scalar::<f32>()?;
        cross_entropy(&masked(original, least)?, z)? * 5.0
    });
}

#[test]
fn scrub() {
    check("scrub", |z, original| {
        let soft = softmax_last_dim(&(original / 2.0)?)?;
        let divergence = (cross_entropy(&soft, &(z / 2.0)?)? * 4.0)?;
        (divergence * sides(-0.1, 0.45))? + (cross_entropy(&labels(), z)? * sides(0.0, 0.45))?
    });
}
