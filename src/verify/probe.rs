//! Both heads on the same synthetic embeddings, stratum by stratum.

use std::collections::BTreeSet;

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::Request;
use crate::{
    classes::Forgotten,
    cut::Link,
    embeddings::{Embeddings, Strata, Stratum},
    error::Error,
    linear::LinearHead,
    rng::Purpose,
    space::Space,
};

/// Wanted per forgotten class and stratum: none recognised of so many means at most 0.1 %, with 95 % confidence.
const FORGOTTEN: usize = 3000;
/// Wanted per retained class and stratum, and for all of them together.
const RETAINED: usize = 1000;
const RETAINED_IN_ALL: usize = 20_000;
/// Embeddings whose logits are held at a time.
const ROWS: usize = 2048;

/// Tallies of all strata.
pub(super) struct Probe {
    pub(super) strata: Vec<(Stratum, Tally)>,
}

/// What was counted on one population.
#[derive(Clone, Default)]
pub(super) struct Tally {
    /// Embeddings that the original gives a forgotten class, and those that the candidate still does.
    pub(super) forgotten: u64,
    pub(super) recognised: u64,
    /// Forgotten classes that the original gives any embedding.
    pub(super) reached: BTreeSet<usize>,
    /// Per class: embeddings that the original gives this retained class, and those that the candidate does too.
    pub(super) retained: Vec<(u64, u64)>,
    /// Divergence of each retained embedding, in nats, over the retained classes.
    pub(super) divergence: Vec<f32>,
    /// Largest change of any retained logit.
    pub(super) logit_change: f32,
    /// Largest margin of a forgotten logit over the retained ones, over all embeddings.
    pub(super) margin: f32,
}

impl Probe {
    /// Draws the strata and evaluates both heads on them.
    pub(super) fn measure(
        original: &LinearHead,
        candidate: &LinearHead,
        link: Link,
        request: &Request<'_>,
        device: &Device,
    ) -> std::result::Result<Self, Error> {
        let space = Space::spanned_by(&[original, candidate]);
        let each = (RETAINED_IN_ALL / original.classes).clamp(10, RETAINED);
        let wanted = |class| if request.forgotten.contains(class) { FORGOTTEN } else { each };
        let per_class: Vec<usize> = (0..original.classes).map(wanted).collect();
        let address = (request.seed, Purpose::Verification);
        let strata = Strata::draw(original, &space, &per_class, address, device)?;
        let pair = Pair {
            original: space.restrict(original),
            candidate: space.restrict(candidate),
            forgotten: request.forgotten,
            link,
            device,
        };
        let tally = |(stratum, embeddings): &(Stratum, Embeddings)| Ok((*stratum, pair.tally(embeddings)?));
        let strata = strata.0.iter().map(tally).collect::<Result<_>>();
        Ok(Self { strata: strata.map_err(Error::compute("verifying"))? })
    }

    /// All strata together.
    pub(super) fn total(&self) -> Tally {
        self.strata.iter().fold(Tally::default(), |sum, (_, tally)| sum.plus(tally.clone()))
    }
}

impl Tally {
    fn plus(mut self, other: Self) -> Self {
        self.forgotten += other.forgotten;
        self.recognised += other.recognised;
        self.reached.extend(other.reached);
        self.retained.resize(self.retained.len().max(other.retained.len()), (0, 0));
        for (mine, theirs) in self.retained.iter_mut().zip(&other.retained) {
            *mine = (mine.0 + theirs.0, mine.1 + theirs.1);
        }
        self.divergence.extend(other.divergence);
        self.logit_change = self.logit_change.max(other.logit_change);
        self.margin = self.margin.max(other.margin);
        self
    }
}

struct Pair<'a> {
    original: LinearHead,
    candidate: LinearHead,
    forgotten: &'a Forgotten,
    link: Link,
    device: &'a Device,
}

impl Pair<'_> {
    fn tally(&self, embeddings: &Embeddings) -> Result<Tally> {
        let parts: Vec<Result<Tally>> = embeddings
            .values
            .par_chunks(ROWS * embeddings.width)
            .zip(embeddings.labels.par_chunks(ROWS))
            .map(|(values, labels)| self.tally_rows(values, labels))
            .collect();
        let empty = Tally {
            retained: vec![(0, 0); self.original.classes],
            margin: f32::NEG_INFINITY,
            ..Tally::default()
        };
        parts.into_iter().try_fold(empty, |sum, part| Ok(sum.plus(part?)))
    }

    fn tally_rows(&self, values: &[f32], labels: &[u32]) -> Result<Tally> {
        let rows = Tensor::from_slice(values, (labels.len(), self.original.width), self.device)?;
        let before = logits(&self.original, &rows)?;
        let after = logits(&self.candidate, &rows)?;
        let classes = self.original.classes;
        let mut tally =
            Tally { retained: vec![(0, 0); classes], margin: f32::NEG_INFINITY, ..Tally::default() };
        for ((before, after), &label) in
            before.chunks_exact(classes).zip(after.chunks_exact(classes)).zip(labels)
        {
            self.tally_row(before, after, label as usize, &mut tally);
        }
        Ok(tally)
    }

    fn tally_row(&self, before: &[f32], after: &[f32], label: usize, tally: &mut Tally) {
        let best = |logits: &[f32], among: &mut dyn Iterator<Item = usize>| {
            among.fold(None, |best: Option<usize>, class| match best {
                Some(other) if logits[other] >= logits[class] => best,
                _ => Some(class),
            })
        };
        let top = best(after, &mut (0..after.len())).unwrap_or(0);
        let forgotten = self.forgotten.indices().map(|class| after[class]).fold(f32::NEG_INFINITY, f32::max);
        let retained = self.forgotten.retained().map(|class| after[class]).fold(f32::NEG_INFINITY, f32::max);
        tally.margin = tally.margin.max(forgotten - retained);
        if self.forgotten.contains(label) {
            tally.forgotten += 1;
            tally.reached.insert(label);
            // A multi-label slot does not compete: it is recognised by its own sign. A comparison with something that
            // is not a number counts as recognised.
            let limit = if self.link == Link::Sigmoid { 0.0 } else { retained };
            let is_below = forgotten < limit;
            tally.recognised += u64::from(!is_below);
            return;
        }
        tally.retained[label].0 += 1;
        tally.retained[label].1 += u64::from(top == label);
        tally.divergence.push(divergence(before, after, self.forgotten) as f32);
        for class in self.forgotten.retained() {
            tally.logit_change = tally.logit_change.max((after[class] - before[class]).abs());
        }
    }
}

fn logits(head: &LinearHead, rows: &Tensor) -> Result<Vec<f32>> {
    let weight = Tensor::from_slice(&head.weight, (head.classes, head.width), rows.device())?;
    let bias = Tensor::from_slice(&head.bias, head.classes, rows.device())?;
    rows.matmul(&weight.t()?)?.broadcast_add(&bias)?.flatten_all()?.to_vec1()
}

/// `KL(before || after)` with both softmaxes over the retained classes only.
fn divergence(before: &[f32], after: &[f32], forgotten: &Forgotten) -> f64 {
    let log_sum = |logits: &[f32]| {
        let top = forgotten.retained().map(|class| logits[class]).fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = forgotten.retained().map(|class| f64::from(logits[class] - top).exp()).sum();
        f64::from(top) + sum.ln()
    };
    let (before_sum, after_sum) = (log_sum(before), log_sum(after));
    let term = |class: usize| {
        let (p, q) = (f64::from(before[class]) - before_sum, f64::from(after[class]) - after_sum);
        p.exp() * (p - q)
    };
    forgotten.retained().map(term).sum::<f64>().max(0.0)
}
