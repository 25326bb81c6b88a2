//! Both heads on the same synthetic embeddings, stratum by stratum.

use std::collections::BTreeMap;

use candle_core::Device;
use rayon::prelude::*;

use super::recognition::{Recognition, top};
use crate::{
    classes::Forgotten,
    embeddings::{Embeddings, Most, Strata, Stratum, allot},
    error::Error,
    evidence::Change,
    head::LinearHead,
    rng::{Address, Purpose},
    space::Space,
    tail::Weights,
};

/// Wanted per forgotten class and stratum: none recognised of so many means at most 0.1 %, with 95 %
/// confidence. And for all of them together.
const FORGOTTEN: usize = 3000;
const FORGOTTEN_IN_ALL: usize = 100_000;
/// Wanted per retained class and stratum, for all of them together (a tenth if none of their weights moved,
/// for then only the forgotten slot could win from them).
const RETAINED: usize = 1000;
const RETAINED_IN_ALL: usize = 20_000;

/// What both heads make of all strata, in tallies.
pub(super) struct Behaviour {
    pub(super) strata: Vec<(Stratum, Tally)>,
    /// Forgotten classes some of whose Gaussian draws are ends of Markov chains, and how many.
    pub(super) chained: Vec<(usize, usize)>,
}

/// What was counted on one population.
#[derive(Clone, Default)]
pub(super) struct Tally {
    /// Per forgotten class: embeddings that the original gives it, and those among them that the candidate
    /// still gives a forgotten class.
    pub(super) forgotten: BTreeMap<usize, (u64, u64)>,
    /// Per forgotten class: how many of the embeddings that the original gives it the candidate gives each class.
    pub(super) routing: BTreeMap<usize, BTreeMap<usize, u64>>,
    /// Per class: embeddings that the original gives this retained class, and those that the candidate does
    /// too.
    pub(super) retained: Vec<(u64, u64)>,
    /// Divergence of each retained embedding, in nats, over the retained classes.
    pub(super) divergence: Vec<f32>,
    /// Largest change of any retained logit.
    pub(super) logit_change: f32,
}

impl Behaviour {
    /// Draws the strata and evaluates both heads on them; `moved` are the retained classes with other
    /// weights.
    pub(super) fn measure(
        heads: &Change<LinearHead>,
        recognition: Recognition<'_>,
        seed: u64,
        moved: &[usize],
        device: &Device,
    ) -> Result<Self, Error> {
        let Change { before: original, after: candidate } = heads;
        let forgotten = recognition.forgotten;
        let space = Space::spanned_by(&[original, candidate])?;
        let retained = if moved.is_empty() { RETAINED_IN_ALL / 10 } else { RETAINED_IN_ALL };
        let of_forgotten = Most { in_all: FORGOTTEN_IN_ALL, each: FORGOTTEN };
        let of_retained = Most { in_all: retained, each: RETAINED };
        let per_class = allot(forgotten, space.width(), of_forgotten, of_retained);
        let insist = |class| forgotten.contains(class);
        let address = Address { seed, purpose: Purpose::Verification };
        let strata = Strata::draw(original, &space, per_class, insist, address, device)?;
        let part = if moved.is_empty() { rows(candidate, forgotten) } else { candidate.clone() };
        let candidate = Weights::of(&space.restrict(&part)?, device)?;
        let retained = forgotten.retained().collect();
        let pair = Pair { candidate, is_unmoved: moved.is_empty(), recognition, retained };
        let mut behaviour = Self { strata: Vec::new(), chained: strata.chained().to_vec() };
        strata.each(|stratum, piece, logits| {
            let tally = pair.tally(piece, logits).map_err(Error::compute("verifying"))?;
            match behaviour.strata.last_mut() {
                Some((last, sum)) if *last == stratum => sum.add(tally),
                _ => behaviour.strata.push((stratum, tally)),
            }
            Ok(())
        })?;
        Ok(behaviour)
    }

    /// All strata together. They share draws: the scaled ones are the Gaussian ones, longer.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.strata.iter().for_each(|(_, tally)| total.add(tally.clone()));
        total
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (class, (count, recognised)) in other.forgotten {
            let mine = self.forgotten.entry(class).or_default();
            *mine = (mine.0 + count, mine.1 + recognised);
        }
        for (class, hits) in other.routing {
            let mine = self.routing.entry(class).or_default();
            hits.into_iter().for_each(|(to, hits)| *mine.entry(to).or_default() += hits);
        }
        self.retained.resize(self.retained.len().max(other.retained.len()), (0, 0));
        for (mine, theirs) in self.retained.iter_mut().zip(&other.retained) {
            *mine = (mine.0 + theirs.0, mine.1 + theirs.1);
        }
        self.divergence.extend(other.divergence);
        self.logit_change = self.logit_change.max(other.logit_change);
    }
}

/// The part of a head that makes the logits of the forgotten classes.
fn rows(head: &LinearHead, forgotten: &Forgotten) -> LinearHead {
    let classes: Vec<usize> = forgotten.indices().collect();
    LinearHead {
        classes: classes.len(),
        weight: classes.iter().flat_map(|&class| head.row(class)).copied().collect(),
        bias: classes.iter().map(|&class| head.bias[class]).collect(),
        ..*head
    }
}

struct Pair<'a> {
    /// What of the candidate has other logits: all of it, or the forgotten classes where no retained weight moved, in
    /// which case the logits of the others are the original's to the last bit.
    candidate: Weights,
    is_unmoved: bool,
    recognition: Recognition<'a>,
    retained: Vec<usize>,
}

impl Pair<'_> {
    /// The candidate's logits of embeddings whose logits in the original are `before`.
    fn logits(&self, piece: &Embeddings, before: &[f32]) -> candle_core::Result<Vec<f32>> {
        let rows = piece.to_device(self.candidate.weight.device())?;
        let own = self.candidate.logits(&rows)?.flatten_all()?.to_vec1::<f32>()?;
        if !self.is_unmoved {
            return Ok(own);
        }
        let forgotten: Vec<usize> = self.recognition.forgotten.indices().collect();
        let mut after = before.to_vec();
        let rows = after.chunks_exact_mut(self.recognition.forgotten.classes());
        for (row, own) in rows.zip(own.chunks_exact(forgotten.len())) {
            forgotten.iter().zip(own).for_each(|(&class, &logit)| row[class] = logit);
        }
        Ok(after)
    }

    /// What the candidate makes of a piece whose logits in the original are `before`.
    fn tally(&self, piece: &Embeddings, before: &[f32]) -> candle_core::Result<Tally> {
        let classes = self.recognition.forgotten.classes();
        let after = self.logits(piece, before)?;
        // Fixed parts in a fixed order, so that the sums do not depend on the number of threads.
        let part = PART * classes;
        let tallies: Vec<Tally> = before
            .par_chunks(part)
            .zip(after.par_chunks(part))
            .zip(piece.labels.par_chunks(PART))
            .map(|((before, after), labels)| {
                let mut tally = Tally { retained: vec![(0, 0); classes], ..Tally::default() };
                let rows = before.chunks_exact(classes).zip(after.chunks_exact(classes)).zip(labels);
                rows.for_each(|((before, after), &label)| {
                    self.row(before, after, label as usize, &mut tally)
                });
                tally
            })
            .collect();
        let mut sum = Tally::default();
        tallies.into_iter().for_each(|tally| sum.add(tally));
        Ok(sum)
    }

    fn row(&self, before: &[f32], after: &[f32], label: usize, tally: &mut Tally) {
        let keeps = self.recognition.keeps(after, label);
        if self.recognition.forgotten.contains(label) {
            let (count, recognised) = tally.forgotten.entry(label).or_default();
            *count += 1;
            *recognised += u64::from(keeps);
            *tally.routing.entry(label).or_default().entry(top(after)).or_default() += 1;
            return;
        }
        let (count, kept) = &mut tally.retained[label];
        *count += 1;
        *kept += u64::from(keeps);
        if self.is_unmoved {
            // The same numbers on both sides of every difference.
            tally.divergence.push(0.0);
            return;
        }
        tally.divergence.push(divergence(before, after, &self.retained) as f32);
        for &class in &self.retained {
            tally.logit_change = tally.logit_change.max((after[class] - before[class]).abs());
        }
    }
}

/// Rows that one thread looks at.
const PART: usize = 256;

/// `KL(before || after)` with both softmaxes over the retained classes only.
fn divergence(before: &[f32], after: &[f32], retained: &[usize]) -> f64 {
    let log_sum = |logits: &[f32]| {
        let top = retained.iter().map(|&class| logits[class]).fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = retained.iter().map(|&class| f64::from(logits[class] - top).exp()).sum();
        f64::from(top) + sum.ln()
    };
    let (before_sum, after_sum) = (log_sum(before), log_sum(after));
    let term = |&class: &usize| {
        let (p, q) = (f64::from(before[class]) - before_sum, f64::from(after[class]) - after_sum);
        p.exp() * (p - q)
    };
    retained.iter().map(term).sum::<f64>().max(0.0)
}
