//! One attempt at one learning rate: stochastic gradient descent with momentum, stopped by the strata.

use candle_core::{Device, Result, Tensor};
use rand_chacha::ChaCha8Rng;

use super::{
    Material,
    course::{Epoch, Summary},
    judge::Judge,
};
use crate::{
    classes::Forgotten,
    embeddings::Embeddings,
    error::Error,
    head::LinearHead,
    methods::{Batch, ClosedForm, Data, Formula, Gradient, Settings},
    progress::{Progress, Step},
    removal::Removal,
    rng::{self, Purpose},
    tail::{Weights, elementwise},
};

/// Samples per step, and momentum, as in the paper.
const BATCH: usize = 1024;
const MOMENTUM: f64 = 0.9;

/// The outcome of one attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The head in the coordinates of the material's space.
    pub(super) head: LinearHead,
    /// The attempt in figures.
    pub(super) summary: Summary,
}

/// Everything that all attempts share, on the device.
pub(super) struct Bench<'a> {
    forgotten: &'a Forgotten,
    start: LinearHead,
    original: Weights,
    device: Device,
    /// What the method trains on: the forgotten side, the retained side, or both.
    sides: Vec<Side>,
    /// The largest factor by which training embeddings were stretched.
    stretch: f32,
    pub(super) judge: Judge<'a>,
}

/// Training embeddings of the forgotten or of the retained classes.
struct Side {
    /// `[n, r]`.
    samples: Tensor,
    labels: Vec<u32>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        start: LinearHead,
        material: &'a Material,
        forgotten: &'a Forgotten,
        data: Data,
        device: &Device,
    ) -> std::result::Result<Self, Error> {
        let original = Weights::of(&start, device)?;
        let judge = Judge::new(original.clone(), &material.strata, forgotten, device)?;
        let (device, sides) = (device.clone(), Vec::new());
        let mut bench = Self { forgotten, device, sides, stretch: 1.0, judge, original, start };
        bench.train_on(&material.training, data)?;
        Ok(bench)
    }

    /// Adds the training embeddings once more, so many times as long: what they are made of is known for
    /// every length.
    pub(super) fn stretch(
        &mut self,
        material: &Material,
        data: Data,
        factors: &[f32],
    ) -> std::result::Result<(), Error> {
        let mut all = material.training.clone();
        for &factor in factors {
            let values = material.training.values.iter().map(|x| x * factor).collect();
            all.append(Embeddings::labelled(values, &self.original)?);
            self.stretch = self.stretch.max(factor);
        }
        self.train_on(&all, data)
    }

    /// Multiplications of one step of an epoch: a batch, or a look at what is to be forgotten.
    pub(super) fn work(&self) -> usize {
        let batch: usize = self.sides.iter().map(|side| side.labels.len().min(BATCH)).sum();
        batch.max(self.judge.embeddings()).saturating_mul(self.start.classes * self.start.width)
    }

    fn train_on(&mut self, training: &Embeddings, data: Data) -> std::result::Result<(), Error> {
        let side = |of_forgotten| {
            let rows = training.filter(|class| self.forgotten.contains(class) == of_forgotten);
            let samples = rows.to_device(&self.device).map_err(Error::compute("unlearning"))?;
            Ok(Side { samples, labels: rows.labels })
        };
        let sides = [(data.has_forgotten(), true), (data.has_retained(), false)];
        let sides = sides.into_iter().filter(|(used, _)| *used).map(|(_, forgotten)| side(forgotten));
        self.sides = sides.collect::<std::result::Result<_, Error>>()?;
        Ok(())
    }

    /// The rows of every batch of an epoch, side by side: as many batches as the larger side has, while the
    /// smaller side starts over.
    fn batches(&self, seed: u64, epoch: usize) -> Vec<Vec<Vec<u32>>> {
        let mut rng = rng::stream(seed, Purpose::Shuffle, epoch as u64);
        let orders: Vec<Vec<u32>> =
            self.sides.iter().map(|side| rng::permutation(side.labels.len(), &mut rng)).collect();
        let steps = orders.iter().map(|order| order.len().div_ceil(BATCH)).max().unwrap_or(0);
        let part = |order: &Vec<u32>, step: usize| {
            let parts = order.len().div_ceil(BATCH).max(1);
            order.chunks(BATCH).nth(step % parts).map(<[u32]>::to_vec).unwrap_or_default()
        };
        (0..steps).map(|step| orders.iter().map(|order| part(order, step)).collect()).collect()
    }

    fn batch(&self, rows: &[Vec<u32>]) -> Result<Batched> {
        let mut samples = Vec::new();
        let (mut labels, mut scale) = (Vec::new(), Vec::new());
        for (side, rows) in self.sides.iter().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
            let index = Tensor::new(rows.as_slice(), &self.device)?;
            samples.push(side.samples.index_select(&index, 0)?);
            labels.extend(rows.iter().map(|&row| side.labels[row as usize]));
            scale.extend(rows.iter().map(|_| 1.0 / rows.len() as f32));
        }
        let scale = Tensor::from_vec(scale, (labels.len(), 1), &self.device)?;
        let samples = Tensor::cat(&samples, 0)?;
        Ok(Batched { original: self.original.logits(&samples)?, samples, labels, scale })
    }

    /// The gradient of the loss with respect to weights and biases.
    fn step(
        &self,
        weights: &Weights,
        descent: &Descent<'_>,
        batch: &Batched,
        rng: &mut ChaCha8Rng,
    ) -> Result<Weights> {
        let g = (descent.gradient)(&mut Batch {
            logits: &weights.logits(&batch.samples)?,
            original: &batch.original,
            labels: &batch.labels,
            forgotten: self.forgotten,
            settings: descent.settings,
            rng,
        })?;
        let g = elementwise::times_column(&g, &batch.scale)?;
        let bias = g.sum(0)?;
        let bias = if self.start.has_bias { bias } else { bias.zeros_like()? };
        Ok(Weights { weight: g.t()?.matmul(&batch.samples)?, bias })
    }

    /// The attempt that ended with these weights.
    fn conclude(
        &self,
        weights: &Weights,
        learning_rate: Option<f64>,
        trace: Vec<Epoch>,
    ) -> std::result::Result<Attempt, Error> {
        let retained = self.judge.retained(weights)?;
        let summary = Summary {
            learning_rate,
            stretch: self.stretch,
            epochs: trace.len() - 1,
            worst_stratum: trace.last().map_or(1.0, Epoch::worst),
            retained_agreement: retained.agreement,
            worst_class: retained.worst_class,
            retained_kl: retained.divergence,
            reached: None,
            trace,
        };
        let head = weights.to_head(&self.start).map_err(Error::compute("unlearning"))?;
        Ok(Attempt { head, summary })
    }

    /// One pass over the training samples.
    ///
    /// Momentum as in the paper: the velocity is a decaying sum of gradients, `v <- m v + g` and `w <- w - rate v`. The
    /// targets that a method draws have one stream per epoch, read batch after batch; the order of the samples has another,
    /// so that a method without targets sees the same batches.
    fn epoch(
        &self,
        weights: &mut Weights,
        velocity: &mut Weights,
        descent: &Descent<'_>,
        epoch: usize,
    ) -> Result<()> {
        let mut targets = rng::stream(descent.seed, Purpose::Targets, epoch as u64);
        for rows in self.batches(descent.seed, epoch) {
            let gradient = self.step(weights, descent, &self.batch(&rows)?, &mut targets)?;
            *velocity = velocity.scaled(MOMENTUM)?.plus(&gradient, 1.0)?;
            *weights = weights.plus(velocity, -descent.learning_rate)?;
        }
        Ok(())
    }
}

/// How an attempt goes down.
struct Descent<'a> {
    gradient: Gradient,
    settings: &'a Settings,
    learning_rate: f64,
    seed: u64,
}

/// Trains from the original head until no stratum recognises a forgotten class, or for all epochs.
pub(super) fn run(
    bench: &Bench<'_>,
    gradient: Gradient,
    learning_rate: f64,
    removal: &Removal,
    progress: &dyn Progress,
) -> std::result::Result<Attempt, Error> {
    let failed = || Error::compute("unlearning");
    let descent = Descent { gradient, settings: removal.settings(), learning_rate, seed: removal.seed() };
    let mut weights = bench.original.clone();
    let mut velocity = weights.scaled(0.0).map_err(failed())?;
    // The state before the first epoch comes first: where nothing is recognised from the start, nothing is
    // trained.
    let mut trace = vec![bench.judge.progress(&weights).map_err(failed())?];
    while goes_on(&trace, removal.epochs()) {
        bench.epoch(&mut weights, &mut velocity, &descent, trace.len() - 1).map_err(failed())?;
        trace.push(bench.judge.progress(&weights).map_err(failed())?);
        progress.advance(Step::Unlearning, 1);
    }
    bench.conclude(&weights, Some(learning_rate), trace)
}

/// Applies a closed form and judges it as training is judged.
pub(super) fn close(
    bench: &Bench<'_>,
    formula: Formula,
    settings: &Settings,
) -> std::result::Result<Attempt, Error> {
    let head = formula(&ClosedForm { head: &bench.start, forgotten: bench.forgotten, settings })?;
    let weights = Weights::of(&head, &bench.device)?;
    let state = bench.judge.progress(&weights).map_err(Error::compute("unlearning"))?;
    bench.conclude(&weights, None, vec![state])
}

/// Epochs after which an attempt that is too slow is given up.
const PATIENCE: usize = 30;

/// Whether something is still recognised, and going on may yet change that.
fn goes_on(trace: &[Epoch], most: usize) -> bool {
    let (epochs, now) = (trace.len() - 1, &trace[trace.len() - 1]);
    // Losses of a softmax slow down as they are met, so going on in a straight line is the best that can be
    // hoped for, of the most stubborn embedding or of the share that is still recognised.
    let arrives = |start: f64, now: f64| (start - now) / epochs.max(1) as f64 * (most - epochs) as f64 >= now;
    let hopeful = epochs < PATIENCE
        || arrives(trace[0].shortfall.into(), now.shortfall.into())
        || arrives(trace[0].worst(), now.worst());
    now.worst() > 0.0 && epochs < most && hopeful
}

/// What one step trains on: rows of every side, forgotten ones first.
struct Batched {
    samples: Tensor,
    original: Tensor,
    labels: Vec<u32>,
    /// One over the number of rows of its side, for each row.
    scale: Tensor,
}
