//! One attempt at one learning rate: stochastic gradient descent with momentum, stopped by the strata.

use candle_core::{D, Device, Result, Tensor};
use rand_chacha::ChaCha8Rng;

use super::{Material, Options, train::Summary};
use crate::{
    classes::Forgotten,
    linear::LinearHead,
    methods::{Batch, Data, Gradient},
    progress::{Progress, Step},
    rng::{self, Purpose},
};

/// Samples per step, and momentum, as in the paper.
const BATCH: usize = 1024;
const MOMENTUM: f64 = 0.9;

/// How far, in nats, a forgotten logit must lie below the largest retained one for an embedding to count as forgotten;
/// never farther than it lay above in the original, which near the origin of a head without bias is next to nothing. Real embeddings lie a little outside of every stratum: stopped at 0, random labels left 12 % of one class of the
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
    /// What the method trains on: the forgotten side, the retained side, or both.
    sides: Vec<Side>,
    /// Embeddings of the forgotten classes `[m, r]`, stratum after stratum, and how many each stratum has.
    to_forget: Tensor,
    strata: Vec<usize>,
    /// How far below the retained logits each of them must come to lie.
    required: Vec<f32>,
    /// Embeddings of the retained classes `[k, r]`, all strata together, and the original log-probabilities over
    /// the retained classes `[k, R]`.
    to_retain: Tensor,
    to_retain_labels: Vec<u32>,
    original_log: Tensor,
    forgotten_columns: Tensor,
    retained_columns: Tensor,
}

/// Training embeddings of the forgotten or of the retained classes.
struct Side {
    /// `[n, r]`.
    samples: Tensor,
    labels: Vec<u32>,
    /// Logits of the original head, `[n, C]`.
    original: Tensor,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        head: &LinearHead,
        material: &Material,
        forgotten: &'a Forgotten,
        data: Data,
        device: &Device,
    ) -> Result<Self> {
        let start = material.space.restrict(head);
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
        let side = |of_forgotten| {
            let rows = material.training.filter(|class| forgotten.contains(class) == of_forgotten);
            let samples = rows.to_device(device)?;
            Ok(Side { original: weights.logits(&samples)?, samples, labels: rows.labels })
        };
        let sides = [(data.has_forgotten(), true), (data.has_retained(), false)];
        let sides = sides.into_iter().filter(|(used, _)| *used).map(|(_, forgotten)| side(forgotten));
        let (to_retain, to_retain_labels) = (to_retain.to_device(device)?, to_retain.labels);
        let original_log =
            candle_nn::ops::log_softmax(&weights.columns(&retained_columns)?.logits(&to_retain)?, D::Minus1)?;
        let mut bench = Self {
            forgotten,
            device: device.clone(),
            sides: sides.collect::<Result<_>>()?,
            to_forget: to_forget.to_device(device)?,
            strata,
            to_retain,
            to_retain_labels,
            original_log,
            forgotten_columns,
            retained_columns,
            start,
            required: Vec::new(),
        };
        bench.required = bench.gaps(&weights)?.into_iter().map(|gap| gap.clamp(0.0, STOP_MARGIN)).collect();
        Ok(bench)
    }

    /// The batches of an epoch: as many as the larger side has, while the smaller side starts over.
    fn batches(&self, seed: u64, epoch: usize) -> Result<Vec<Batched>> {
        let mut rng = rng::stream(seed, Purpose::Shuffle, epoch as u64);
        let orders: Vec<Vec<u32>> =
            self.sides.iter().map(|side| rng::permutation(side.labels.len(), &mut rng)).collect();
        let steps = orders.iter().map(|order| order.len().div_ceil(BATCH)).max().unwrap_or(0);
        let part = |order: &Vec<u32>, step: usize| {
            let parts = order.len().div_ceil(BATCH).max(1);
            order.chunks(BATCH).nth(step % parts).map(<[u32]>::to_vec).unwrap_or_default()
        };
        let rows = |step| orders.iter().map(|order| part(order, step)).collect::<Vec<_>>();
        (0..steps).map(|step| self.batch(&rows(step))).collect()
    }

    fn batch(&self, rows: &[Vec<u32>]) -> Result<Batched> {
        let (mut samples, mut original) = (Vec::new(), Vec::new());
        let (mut labels, mut scale) = (Vec::new(), Vec::new());
        for (side, rows) in self.sides.iter().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
            let index = Tensor::new(rows.as_slice(), &self.device)?;
            samples.push(side.samples.index_select(&index, 0)?);
            original.push(side.original.index_select(&index, 0)?);
            labels.extend(rows.iter().map(|&row| side.labels[row as usize]));
            scale.extend(rows.iter().map(|_| 1.0 / rows.len() as f32));
        }
        let scale = Tensor::from_vec(scale, (labels.len(), 1), &self.device)?;
        Ok(Batched {
            samples: Tensor::cat(&samples, 0)?,
            original: Tensor::cat(&original, 0)?,
            labels,
            scale,
        })
    }

    /// The gradient of the loss with respect to weights and biases.
    fn step(
        &self,
        weights: &Weights,
        gradient: Gradient,
        batch: &Batched,
        rng: &mut ChaCha8Rng,
    ) -> Result<Weights> {
        let g = gradient(&mut Batch {
            logits: &weights.logits(&batch.samples)?,
            original: &batch.original,
            labels: &batch.labels,
            forgotten: self.forgotten,
            rng,
        })?;
        let g = g.broadcast_mul(&batch.scale)?;
        let bias = g.sum(0)?;
        let bias = if self.start.has_bias { bias } else { bias.zeros_like()? };
        Ok(Weights { weight: g.t()?.matmul(&batch.samples)?, bias })
    }

    /// Largest share of any stratum's embeddings whose forgotten logit still reaches the margin below the retained ones.
    fn worst_stratum(&self, weights: &Weights) -> Result<f64> {
        let gaps = self.gaps(weights)?;
        // A gap that is not a number counts as recognised: a head that overflowed has forgotten nothing.
        let is_forgotten: Vec<bool> =
            gaps.iter().zip(&self.required).map(|(gap, required)| *gap < 0.0 && *gap <= -required).collect();
        let mut rest = is_forgotten.as_slice();
        let mut worst = 0.0f64;
        for &count in &self.strata {
            let (stratum, tail) = rest.split_at(count);
            rest = tail;
            let recognised = stratum.iter().filter(|forgotten| !**forgotten).count();
            worst = worst.max(recognised as f64 / count.max(1) as f64);
        }
        Ok(worst)
    }

    /// By how much the largest forgotten logit exceeds the largest retained one, for each embedding to forget.
    fn gaps(&self, weights: &Weights) -> Result<Vec<f32>> {
        let forgotten = weights.columns(&self.forgotten_columns)?.logits(&self.to_forget)?.max(D::Minus1)?;
        let retained = weights.columns(&self.retained_columns)?.logits(&self.to_forget)?.max(D::Minus1)?;
        (forgotten - retained)?.to_vec1()
    }

    /// How the retained embeddings fare: agreement with the original head, over all and for the worst class, and the
    /// mean divergence from it.
    fn retained(&self, weights: &Weights) -> Result<(f64, f64, f64)> {
        let logits = weights.columns(&self.retained_columns)?.logits(&self.to_retain)?;
        let log = candle_nn::ops::log_softmax(&logits, D::Minus1)?;
        let kl =
            (self.original_log.exp()? * (&self.original_log - &log)?)?.sum(D::Minus1)?.to_vec1::<f32>()?;
        let same = log.argmax(D::Minus1)?.eq(&self.original_log.argmax(D::Minus1)?)?.to_vec1::<u8>()?;
        let mut classes = vec![(0u32, 0u32); self.start.classes];
        for (&label, &same) in self.to_retain_labels.iter().zip(&same) {
            let (count, kept) = &mut classes[label as usize];
            *count += 1;
            *kept += u32::from(same);
        }
        let share = |(count, kept): &(u32, u32)| f64::from(*kept) / f64::from(*count);
        let worst = classes.iter().filter(|(count, _)| *count > 0).map(share).fold(1.0, f64::min);
        let mean = |sum: f64| sum / kl.len().max(1) as f64;
        let agreeing = same.iter().map(|&same| f64::from(same)).sum();
        Ok((mean(agreeing), worst, mean(kl.iter().map(|&x| f64::from(x)).sum())))
    }
}

/// Trains from the original head until no stratum recognises a forgotten class, or for all epochs.
pub(super) fn run(
    bench: &Bench<'_>,
    gradient: Gradient,
    learning_rate: f64,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Attempt> {
    let mut weights = Weights::of(&bench.start, &bench.device)?;
    let mut velocity = weights.scaled(0.0)?;
    let mut worst = bench.worst_stratum(&weights)?;
    let mut epochs = 0;
    while worst > 0.0 && epochs < options.epochs {
        let mut targets = rng::stream(options.seed, Purpose::Targets, epochs as u64);
        for batch in bench.batches(options.seed, epochs)? {
            let step = bench.step(&weights, gradient, &batch, &mut targets)?;
            velocity = velocity.scaled(MOMENTUM)?.plus(&step, 1.0)?;
            weights = weights.plus(&velocity, -learning_rate)?;
        }
        epochs += 1;
        worst = bench.worst_stratum(&weights)?;
        progress.advance(Step::Unlearning, 1);
    }
    let (retained_agreement, worst_class, retained_kl) = bench.retained(&weights)?;
    let worst_stratum = worst;
    let summary =
        Summary { learning_rate, epochs, worst_stratum, retained_agreement, worst_class, retained_kl };
    Ok(Attempt { head: weights.to_head(&bench.start)?, summary })
}

/// What one step trains on: rows of every side, forgotten ones first.
struct Batched {
    samples: Tensor,
    original: Tensor,
    labels: Vec<u32>,
    /// One over the number of rows of its side, for each row.
    scale: Tensor,
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
