//! Judging a head in training on strata of synthetic embeddings, apart from those that it trains on.

use candle_core::{D, Device, Result, Tensor};
use rayon::prelude::*;

use super::course::Epoch;
use crate::{
    classes::Forgotten,
    embeddings::{Embeddings, Strata, Stratum},
    error::Error,
    evidence::thresholds::ENOUGH,
    tail::Weights,
};

/// How far, in nats, a forgotten logit must lie below the largest retained one for an embedding to count as
/// forgotten; never farther than it lay above in the original, which near the origin of a head without bias
/// is next to nothing.
///
/// Real embeddings lie a little outside of every stratum: stopped at 0, random labels left 12 % of one class
/// of the fixtures' real test embeddings recognised; stopped at 1/2, no method left any of any class.
const STOP_MARGIN: f32 = 0.5;

/// How far below the retained logits a forgotten one must come to lie that lay so far above in the original.
pub(super) fn required(gap: f32) -> f32 {
    gap.clamp(0.0, STOP_MARGIN)
}

/// Whether an embedding counts as forgotten whose forgotten logits exceed the retained ones by so much.
///
/// A gap that is not a number counts as recognised: a head that overflowed has forgotten nothing.
pub(super) fn is_gone(gap: f32, required: f32) -> bool {
    gap < 0.0 && gap <= -required
}

/// What the original head makes of the strata, and what training is held against.
pub(super) struct Judge<'a> {
    strata: &'a Strata,
    original: Weights,
    classes: usize,
    /// Embeddings of the forgotten classes `[m, r]`, stratum after stratum, and how many each stratum has.
    to_forget: Tensor,
    counts: Vec<(Stratum, usize)>,
    /// How far below the retained logits each of them must come to lie.
    required: Vec<f32>,
    forgotten: Tensor,
    retained: Tensor,
    is_forgotten: Vec<bool>,
}

/// What became of the retained classes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retained {
    /// Share of the embeddings that keep their class, over all of them.
    pub(super) agreement: f64,
    /// The same for the class that fares worst, among those with enough embeddings to tell.
    pub(super) worst_class: f64,
    /// Mean divergence from the original head over the retained classes, in nats.
    pub(super) divergence: f64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        original: Weights,
        strata: &'a Strata,
        forgotten: &Forgotten,
        device: &Device,
    ) -> std::result::Result<Self, Error> {
        let mut to_forget = Embeddings { width: original.width(), ..Default::default() };
        let mut counts: Vec<(Stratum, usize)> = Vec::new();
        strata.each(|stratum, piece, _| {
            let before = to_forget.len();
            for (row, &label) in piece.values.chunks_exact(piece.width).zip(&piece.labels) {
                if forgotten.contains(label as usize) {
                    to_forget.push(row, label);
                }
            }
            let added = to_forget.len() - before;
            match counts.last_mut() {
                Some((last, count)) if *last == stratum => *count += added,
                _ => counts.push((stratum, added)),
            }
            Ok(())
        })?;
        let judge = || -> Result<Self> {
            let columns = |classes: Vec<u32>| Tensor::new(classes, device);
            let mut judge = Self {
                strata,
                classes: forgotten.classes(),
                to_forget: to_forget.to_device(device)?,
                counts,
                required: Vec::new(),
                forgotten: columns(forgotten.indices().map(|class| class as u32).collect())?,
                retained: columns(forgotten.retained().map(|class| class as u32).collect())?,
                is_forgotten: (0..forgotten.classes()).map(|class| forgotten.contains(class)).collect(),
                original,
            };
            let gaps = judge.gaps(&judge.original)?;
            judge.required = gaps.into_iter().map(required).collect();
            Ok(judge)
        };
        judge().map_err(Error::compute("unlearning"))
    }

    /// The strata in their order.
    pub(super) fn strata(&self) -> impl Iterator<Item = Stratum> + '_ {
        self.counts.iter().map(|(stratum, _)| *stratum)
    }

    /// How many embeddings an epoch is judged on.
    pub(super) fn embeddings(&self) -> usize {
        self.required.len()
    }

    /// How far the forgetting has got: the share of each stratum's embeddings whose forgotten logit does not
    /// lie below the retained ones by the margin, and by how much the worst of them misses it.
    pub(super) fn progress(&self, weights: &Weights) -> Result<Epoch> {
        let gaps = self.gaps(weights)?;
        let misses = gaps.iter().zip(&self.required).map(|(gap, required)| gap + required);
        let shortfall =
            misses.fold(0.0f32, |worst, miss| if miss > worst || miss.is_nan() { miss } else { worst });
        let is_forgotten: Vec<bool> =
            gaps.iter().zip(&self.required).map(|(&gap, &required)| is_gone(gap, required)).collect();
        let mut rest = is_forgotten.as_slice();
        let share = |(_, count): &(Stratum, usize)| {
            let (stratum, tail) = rest.split_at(*count);
            rest = tail;
            stratum.iter().filter(|forgotten| !**forgotten).count() as f64 / (*count).max(1) as f64
        };
        Ok(Epoch { recognised: self.counts.iter().map(share).collect(), shortfall })
    }

    /// By how much the largest forgotten logit exceeds the largest retained one, for each embedding to
    /// forget.
    fn gaps(&self, weights: &Weights) -> Result<Vec<f32>> {
        if self.to_forget.dims()[0] == 0 {
            return Ok(Vec::new());
        }
        let forgotten = weights.columns(&self.forgotten)?.logits(&self.to_forget)?.max(D::Minus1)?;
        let retained = weights.columns(&self.retained)?.logits(&self.to_forget)?.max(D::Minus1)?;
        (forgotten - retained)?.to_vec1()
    }

    /// How the retained embeddings of all strata fare.
    pub(super) fn retained(&self, weights: &Weights) -> std::result::Result<Retained, Error> {
        let mut classes = vec![(0u64, 0u64); self.classes];
        let mut divergence = 0.0;
        self.strata.each(|_, piece, _| {
            let piece = piece.filter(|class| !self.is_forgotten[class]);
            if piece.is_empty() {
                return Ok(());
            }
            let (same, nats) = self.compare(weights, &piece).map_err(Error::compute("unlearning"))?;
            for (&label, &same) in piece.labels.iter().zip(&same) {
                let (count, kept) = &mut classes[label as usize];
                *count += 1;
                *kept += u64::from(same);
            }
            divergence += nats.iter().map(|&x| f64::from(x)).sum::<f64>();
            Ok(())
        })?;
        let (count, kept) = classes.iter().fold((0, 0), |(n, k), (count, kept)| (n + count, k + kept));
        let share = |count: u64, kept: u64| kept as f64 / count.max(1) as f64;
        let worst = classes.iter().filter(|(count, _)| *count >= ENOUGH).map(|(n, k)| share(*n, *k));
        Ok(Retained {
            agreement: share(count, kept),
            worst_class: worst.fold(1.0, f64::min),
            divergence: divergence / count.max(1) as f64,
        })
    }

    /// Whether each embedding keeps its class among the retained ones, and its divergence.
    fn compare(&self, weights: &Weights, piece: &Embeddings) -> Result<(Vec<u8>, Vec<f32>)> {
        let rows = piece.to_device(self.to_forget.device())?;
        let logits = |weights: &Weights| weights.columns(&self.retained)?.logits(&rows);
        let (before, after) = (logits(&self.original)?, logits(weights)?);
        let (count, classes) = before.dims2()?;
        // On a GPU all at once. On the CPU in parts so small that the library's threads do not wait for each other
        // (`tail::elementwise`); a row is computed on its own in both.
        let at_once = if rows.device().is_cpu() { (PART / classes).max(1) } else { count };
        let parts: Vec<usize> = (0..count).step_by(at_once).collect();
        let part = |from: &usize| {
            let length = at_once.min(count - from);
            differences(&before.narrow(0, *from, length)?, &after.narrow(0, *from, length)?)
        };
        let parts = parts.par_iter().map(part).collect::<Result<Vec<_>>>()?;
        let (same, nats): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        Ok((same.concat(), nats.concat()))
    }
}

/// Logits that are compared at a time: fewer than those for which candle starts its threads.
const PART: usize = 1 << 15;

/// Whether each embedding keeps its top class, and its divergence, from logits before and after.
fn differences(before: &Tensor, after: &Tensor) -> Result<(Vec<u8>, Vec<f32>)> {
    let log = |logits: &Tensor| candle_nn::ops::log_softmax(logits, D::Minus1);
    let (before, after) = (log(before)?, log(after)?);
    let nats = (before.exp()? * (&before - &after)?)?.sum(D::Minus1)?.to_vec1::<f32>()?;
    let same = after.argmax(D::Minus1)?.eq(&before.argmax(D::Minus1)?)?.to_vec1::<u8>()?;
    Ok((same, nats))
}
