//! How the original and the changed head behave on embeddings that the user brings: tier T2 where they have
//! labels, tier T1 where they have none.
//!
//! The backbone is not run: the embeddings are the input of the head, computed once by the user, and since a
//! removal at the head leaves the encoder as it was, they are the same before and after. Nothing here is
//! filled in from synthetic data, and nothing here decides about a release: the gate is `verify`.

mod across;
mod answered;
mod beside;
mod changed;
mod cholesky;
mod compared;
mod data;
mod double_head;
mod experiment;
mod few_shot;
mod figures;
mod layers;
mod lbfgs;
mod logistic;
mod metrics;
mod observe;
mod pair;
mod report;
mod retrained;

pub use across::across;
pub use changed::{Answer, Changed};
pub use compared::{Compared, compare};
pub use data::{Data, Labelled, Part, Truth};
pub use layers::{Drawn, Layer, Layers, Products};
pub use metrics::DEFINITIONS;
pub use pair::Pair;
pub use report::{Evaluation, Record};
pub use retrained::Retrained;

use experiment::Experiment;

use crate::error::Error;

/// Measures both heads on the user's embeddings. `seed` addresses all draws (shots, splits, balancing).
///
/// # Errors
/// [`Error::Embeddings`] if the embeddings do not fit the heads, or a forgotten class or all retained ones
/// have none; [`Error::Compute`] if the arithmetic fails.
pub fn evaluate(pair: &Pair, data: &Data, seed: u64) -> Result<Evaluation, Error> {
    let experiment = Experiment::observe(pair, data, seed)?;
    let measured = metrics::all(&experiment)?;
    Ok(Evaluation::of(&experiment, measured))
}
