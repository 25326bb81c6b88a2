//! One attempt at one learning rate: stochastic gradient descent with momentum, stopped by the strata.

use candle_core::{D, Device, Result, Tensor};

use super::{Material, Options, train::Summary};
use crate::{
    classes::Forgotten,
    linear::LinearHead,
    methods::Batch,
    progress::{Progress, Step},
    rng::{self, Purpose},
};

/// Samples per step, and momentum, as in the paper.
const BATCH: usize = 1024;
const MOMENTUM: f64 = 0.9;

/// How far, in nats, a forgotten logit must lie below the largest retained one for an embedding to count as forgotten.
/// Real embeddings lie a little outside of every stratum: stopped at 0, random labels left 12 % of one class of the
/// fixtures' real test embeddings recognised; stopped at 1/2, no method left any of any class.
const STOP_MARGIN: f32 = 0.5;

/// The outcome of one attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The head in the coordinates of the material's space.
    pub head: LinearHead,
    /// The attempt in figures.
    pub summary: Summary,
}

/// Everything that all attempts share, on the device.
pub(super) struct Bench<'a> {
    forgotten: &'a Forgotten,
    start: LinearHead,
    device: Device,
    /// Training embeddings of the forgotten classes `[n, r]`, their labels, and the original logits `[n, C]`.
    samples: Tensor,
    labels: Vec<u32>,
    original: Tensor,
    /// Embeddings of the forgotten classes `[m, r]`, stratum after stratum, and how many each stratum has.
    to_forget: Tensor,
    strata: Vec<usize>,
    /// Embeddings of the retained classes `[k, r]`, all strata together, and the original log-probabilities over
    /// the retained classes `[k, R]`.
    to_retain: Tensor,
    original_log: Tensor,
    forgotten_columns: Tensor,
    retained_columns: Tensor,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        head: &LinearHead,
        material: &Material,
        forgotten: &'a Forgotten,
        device: &Device,
    ) -> Result<Self> {
        let start = material.space.restrict(head);
        let training = material.training.filter(|class| forgotten.contains(class));
        let samples = training.to_device(device)?;
        let mut to_forget = crate::embeddings::Embeddings { width: start.width, ..Default::default() };
        let mut to_retain = to_forget.clone();
        let mut strata = Vec::new();
        for (_, embeddings) in &material.strata.0 {
            let before = to_forget.len();
            for (row, &label) in embeddings.values.chunks_exact(start.width).zip(&embeddings.labels) {
                let side = if forgotten.contains(label as usize) { &mut to_forget } else { &mut to_retain };
                side.push(row, label);
            }
            strata.push(to_forget.len() - before);
        }
        let columns = |classes: Vec<u32>| Tensor::new(classes, device);
        let forgotten_columns = columns(forgotten.indices().map(|class| class as u32).collect())?;
        let retained_columns = columns(forgotten.retained().map(|class| class as u32).collect())?;
        let weights = Weights::of(&start, device)?;
        let to_retain = to_retain.to_device(device)?;
        let original_log =
            candle_nn::ops::log_softmax(&weights.columns(&retained_columns)?.logits(&to_retain)?, D::Minus1)?;
        Ok(Self {
            forgotten,
            device: device.clone(),
            original: weights.logits(&samples)?,
            samples,
            labels: training.labels,
            to_forget: to_forget.to_device(device)?,
            strata,
            to_retain,
            original_log,
            forgotten_columns,
            retained_columns,
            start,
        })
    }

    /// Largest share of any stratum's embeddings whose forgotten logit still reaches the margin below the retained ones.
    fn worst_stratum(&self, weights: &Weights) -> Result<f64> {
        let forgotten = weights.columns(&self.forgotten_columns)?.logits(&self.to_forget)?.max(D::Minus1)?;
        let retained = weights.columns(&self.retained_columns)?.logits(&self.to_forget)?.max(D::Minus1)?;
        let gap = (forgotten - retained)?.to_vec1::<f32>()?;
        let mut rest = gap.as_slice();
        let mut worst = 0.0f64;
        for &count in &self.strata {
            let (stratum, tail) = rest.split_at(count);
            rest = tail;
            // A gap that is not a number counts as recognised: a head that overflowed has forgotten nothing.
            let unrecognised = stratum.iter().filter(|gap| **gap < -STOP_MARGIN).count();
            worst = worst.max((count - unrecognised) as f64 / count.max(1) as f64);
        }
        Ok(worst)
    }

    /// Agreement with the original head on retained embeddings, and the mean divergence from it.
    fn retained(&self, weights: &Weights) -> Result<(f64, f64)> {
        let log = candle_nn::ops::log_softmax(
            &weights.columns(&self.retained_columns)?.logits(&self.to_retain)?,
            D::Minus1,
        )?;
        let kl =
            (self.original_log.exp()? * (&self.original_log - &log)?)?.sum(D::Minus1)?.to_vec1::<f32>()?;
        let same = log.argmax(D::Minus1)?.eq(&self.original_log.argmax(D::Minus1)?)?.to_vec1::<u8>()?;
        let mean = |sum: f64| sum / kl.len().max(1) as f64;
        let agreeing = same.iter().filter(|&&same| same == 1).count();
        Ok((mean(agreeing as f64), mean(kl.iter().map(|&x| f64::from(x)).sum())))
    }
}

/// Trains from the original head until no stratum recognises a forgotten class, or for all epochs.
pub(super) fn run(
    bench: &Bench<'_>,
    gradient: fn(&mut Batch<'_>) -> Result<Tensor>,
    learning_rate: f64,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Attempt> {
    let mut weights = Weights::of(&bench.start, &bench.device)?;
    let mut velocity = Weights::of(&bench.start, &bench.device)?.scaled(0.0)?;
    let mut worst = bench.worst_stratum(&weights)?;
    let mut epochs = 0;
    while worst > 0.0 && epochs < options.epochs {
        let mut order_rng = rng::stream(options.seed, Purpose::Shuffle, epochs as u64);
        let order = rng::permutation(bench.labels.len(), &mut order_rng);
        let mut targets = rng::stream(options.seed, Purpose::Targets, epochs as u64);
        for batch in order.chunks(BATCH) {
            let rows = Tensor::new(batch, &bench.device)?;
            let samples = bench.samples.index_select(&rows, 0)?;
            let labels: Vec<u32> = batch.iter().map(|&row| bench.labels[row as usize]).collect();
            let g = gradient(&mut Batch {
                logits: &weights.logits(&samples)?,
                original: &bench.original.index_select(&rows, 0)?,
                labels: &labels,
                forgotten: bench.forgotten,
                rng: &mut targets,
            })?;
            let g = (g / batch.len() as f64)?;
            let step = Weights { weight: g.t()?.matmul(&samples)?, bias: g.sum(0)? };
            velocity = velocity.scaled(MOMENTUM)?.plus(&step, 1.0)?;
            weights = weights.plus(&velocity, -learning_rate)?;
            if !bench.start.has_bias {
                weights.bias = weights.bias.zeros_like()?;
            }
        }
        epochs += 1;
        worst = bench.worst_stratum(&weights)?;
        progress.advance(Step::Unlearning, 1);
    }
    let (retained_agreement, retained_kl) = bench.retained(&weights)?;
    let summary = Summary { learning_rate, epochs, worst_stratum: worst, retained_agreement, retained_kl };
    Ok(Attempt { head: weights.to_head(&bench.start)?, summary })
}

/// Weights and biases of a head, or a change of them.
struct Weights {
    weight: Tensor,
    bias: Tensor,
}

impl Weights {
    fn of(head: &LinearHead, device: &Device) -> Result<Self> {
        let weight = Tensor::from_slice(&head.weight, (head.classes, head.width), device)?;
        Ok(Self { weight, bias: Tensor::from_slice(&head.bias, head.classes, device)? })
    }

    fn logits(&self, embeddings: &Tensor) -> Result<Tensor> {
        embeddings.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }

    /// The part that makes the logits of some classes.
    fn columns(&self, classes: &Tensor) -> Result<Self> {
        Ok(Self { weight: self.weight.index_select(classes, 0)?, bias: self.bias.index_select(classes, 0)? })
    }

    fn scaled(&self, factor: f64) -> Result<Self> {
        Ok(Self { weight: (&self.weight * factor)?, bias: (&self.bias * factor)? })
    }

    fn plus(&self, other: &Self, factor: f64) -> Result<Self> {
        let other = other.scaled(factor)?;
        Ok(Self { weight: (&self.weight + other.weight)?, bias: (&self.bias + other.bias)? })
    }

    fn to_head(&self, like: &LinearHead) -> Result<LinearHead> {
        let weight = self.weight.flatten_all()?.to_vec1()?;
        Ok(LinearHead { weight, bias: self.bias.to_vec1()?, ..*like })
    }
}
