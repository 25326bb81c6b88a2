//! DAMP at the head: take out what the forgotten embeddings have beyond the retained ones, in closed form.
//!
//! With `μ_c` the mean embedding of class `c`, `d_f = μ_f - R R⁺ μ_f` is what is left of a forgotten mean beyond the span of the
//! retained ones, and `W' = W (I - α Q Qᵀ)` for an orthonormal basis `Q` of all `d_f`; biases stay. The paper scales `α` by how well
//! a probe tells the sides apart; synthetic embeddings are labelled by the head itself, so that a probe always can, and
//! `α = 1`. Here the last of the paper's stages only. DAMP, arXiv 2604.15166.

use super::{ClosedForm, Data, Kind, Method, Setting, projection::Directions};
use crate::{error::Error, linear::LinearHead};

pub(super) const METHOD: Method = Method {
    name: "damp",
    summary: "projects out what forgotten embeddings have beyond the retained ones, in closed form",
    data: Data::Both,
    own_coordinates: false,
    settings: &[Setting {
        name: "alpha",
        summary: "share of the direction to take out",
        defaults: &[1.0],
        range: (0.0, 1.0),
    }],
    source: "arXiv 2604.15166",
    kind: Kind::ClosedForm(project),
};

fn project(given: &ClosedForm<'_>) -> Result<LinearHead, Error> {
    let means = means(given);
    let mut retained = Directions::default();
    given.forgotten.retained().for_each(|class| retained.add(&means[class]));
    let mut beyond = Directions::default();
    for class in given.forgotten.indices() {
        // As many retained means as dimensions span everything, and nothing of the class is its own.
        if !retained.has_beyond(&means[class]) {
            return Err(Error::NothingOfItsOwn { method: METHOD.name, class });
        }
        beyond.add(&retained.beyond(&means[class]));
    }
    Ok(beyond.take_off(given.head, given.settings.value("alpha")))
}

/// The mean embedding of each class.
fn means(given: &ClosedForm<'_>) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; given.head.width]; given.head.classes];
    let mut counts = vec![0.0f64; given.head.classes];
    for (row, &label) in given.samples.chunks_exact(given.head.width).zip(given.labels) {
        sums[label as usize].iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        counts[label as usize] += 1.0;
    }
    for (sum, count) in sums.iter_mut().zip(&counts) {
        sum.iter_mut().for_each(|x| *x /= count.max(1.0));
    }
    sums
}
