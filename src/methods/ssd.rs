//! Selective synaptic dampening: shrink the weights that matter to the forgotten classes more than to all.
//!
//! Importance is the diagonal of the Fisher information, `I = E[(∂CE/∂θ)²]`, over the forgotten samples (`I_F`) and over all
//! (`I_D`); for a weight of a linear head the gradient of one sample is `(p_k - e_y,k) z_d`, so both are sums of products. Where
//! `I_F > α I_D`, `θ` is multiplied by `min(λ I_D / I_F, 1)`. Foster, Schoepf, Brintrup, AAAI 2024.
//!
//! A forgotten class is never less than its share of all samples, so `I_F / I_D` is at most the number of classes over that of
//! forgotten ones: the paper's `α = 10` selects nothing in small heads. Without a value from the user, `α` is chosen on strata,
//! the largest that forgets.

use super::{ClosedForm, Data, Kind, Method, Setting};
use crate::{error::Error, linear::LinearHead};

pub(super) const METHOD: Method = Method {
    name: "ssd",
    summary: "shrinks the weights that matter to the forgotten classes more than to all, in closed form",
    data: Data::Both,
    own_coordinates: true,
    settings: &[
        Setting {
            name: "alpha",
            summary: "importance ratio from which a weight is shrunk",
            defaults: &[10.0, 5.0, 3.0, 2.0, 1.5, 1.0],
            range: (0.0, 1e6),
        },
        Setting { name: "lambda", summary: "strength", defaults: &[1.0], range: (0.0, 1e6) },
    ],
    source: "Foster et al., AAAI 2024",
    kind: Kind::ClosedForm(dampen),
};

fn dampen(given: &ClosedForm<'_>) -> Result<LinearHead, Error> {
    let (of_forgotten, of_all) = importance(given);
    let (alpha, lambda) = (given.settings.value("alpha"), given.settings.value("lambda"));
    let mut head = given.head.clone();
    let width = head.width;
    let factor = |i: usize| {
        let (forgotten, all) = (of_forgotten[i], of_all[i]);
        if forgotten > alpha * all { (lambda * all / forgotten).min(1.0) as f32 } else { 1.0 }
    };
    for class in 0..head.classes {
        let first = class * (width + 1);
        head.row_mut(class).iter_mut().enumerate().for_each(|(d, w)| *w *= factor(first + d));
        head.bias[class] *= factor(first + width);
    }
    Ok(head)
}

/// Importance over the forgotten samples and over all, for each class its weights and then its bias.
fn importance(given: &ClosedForm<'_>) -> (Vec<f64>, Vec<f64>) {
    let head = given.head;
    let parameters = head.classes * (head.width + 1);
    let (mut forgotten, mut all) = (vec![0.0f64; parameters], vec![0.0f64; parameters]);
    let of_forgotten = given.labels.iter().filter(|&&label| given.forgotten.contains(label as usize)).count();
    for (row, &label) in given.samples.chunks_exact(head.width).zip(given.labels) {
        let is_forgotten = given.forgotten.contains(label as usize);
        for (class, g) in gradient(head, row, label as usize).into_iter().enumerate() {
            let square = g * g;
            let own = class * (head.width + 1)..(class + 1) * (head.width + 1);
            let add = |sums: &mut [f64], weight: f64| {
                let coordinates = row.iter().map(|&z| f64::from(z)).chain([1.0]);
                sums.iter_mut().zip(coordinates).for_each(|(sum, z)| *sum += weight * square * z * z);
            };
            add(&mut all[own.clone()], 1.0 / given.labels.len() as f64);
            if is_forgotten {
                add(&mut forgotten[own], 1.0 / of_forgotten as f64);
            }
        }
    }
    (forgotten, all)
}

/// `p - e_y` of one embedding.
fn gradient(head: &LinearHead, embedding: &[f32], label: usize) -> Vec<f64> {
    let logit = |class: usize| crate::space::dot(head.row(class), embedding) + f64::from(head.bias[class]);
    let logits: Vec<f64> = (0..head.classes).map(logit).collect();
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - top).exp()).sum();
    let probability = |l: &f64| (l - top).exp() / sum;
    logits.iter().enumerate().map(|(k, l)| probability(l) - f64::from(u8::from(k == label))).collect()
}
