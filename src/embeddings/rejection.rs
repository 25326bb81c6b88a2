//! Rejection sampling: draw, label, keep what a class still lacks. It ends, whatever the head.
//!
//! A class whose region holds little of the distribution's mass fills slowly or never (a Bernoulli draw never
//! reaches some classes of real heads). Where another sampler can take over, rejection ends as soon as that
//! is cheaper; elsewhere the work is bounded, and the report says who starved.

use candle_core::Device;
use rayon::prelude::*;

use super::{Distribution, Embeddings, quota::Bins};
use crate::{
    error::Error,
    head::LinearHead,
    progress::{Progress, Step},
    rng::Address,
    tail::Weights,
};

/// Draws in the coordinates of `head` until every bin is full or going on does not pay; returns the number of
/// draws.
///
/// What is drawn depends on the seed and the purpose only, not on the number of threads: batches have their
/// own streams and are looked at in order.
pub(super) fn fill(
    bins: &mut Bins<'_>,
    head: &LinearHead,
    distribution: Distribution,
    address: Address,
    device: &Device,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    let weights = Weights::of(head, device)?;
    let rows = rows_per_batch(head.width.max(head.classes));
    let limits = Limits::new(head, distribution);
    let mut draws = 0;
    for round in 0.. {
        let batches: Vec<_> = (round * ROUND..(round + 1) * ROUND)
            .into_par_iter()
            .map(|batch| {
                let mut values = vec![0.0; rows * head.width];
                distribution.fill(&mut address.stream(batch), &mut values);
                Embeddings::labelled(values, &weights)
            })
            .collect();
        let mut kept = 0;
        for batch in batches {
            if bins.full() {
                return Ok(draws);
            }
            draws += rows as u64;
            let taken = bins.take(&batch?);
            progress.advance(Step::Sampling, taken as u64);
            kept += taken;
        }
        if bins.full() || limits.end(bins, draws, kept as f64 / (ROUND * rows as u64) as f64) {
            break;
        }
    }
    Ok(draws)
}

/// Batches between two looks at whether to go on.
const ROUND: u64 = 8;

/// When to stop.
struct Limits {
    /// Most draws, so that sampling costs some seconds at most.
    draws: u64,
    /// The same, if no class that lacks embeddings is to be filled whatever it takes.
    content: u64,
    /// Draws after which classes that were never hit are given up, if no other class is wanted.
    hopeless: u64,
    /// Share of kept draws below which another sampler is cheaper; 0 if there is none.
    worthwhile: f64,
}

/// Most multiplications that one sampling may cost, and one that only classes want that are content with what
/// they get.
const MOST_WORK: u64 = 1_200_000_000_000;
const CONTENT_WORK: u64 = 60_000_000_000;

impl Limits {
    fn new(head: &LinearHead, distribution: Distribution) -> Self {
        // Looking for the largest logit costs about as much as eight more coordinates.
        let work = (head.classes * (head.width + 8)).max(1) as u64;
        // A sequential try costs about 2000 multiplications; a class that starves here takes some five tries
        // more for every class there is.
        let worthwhile = (head.width as f64 + 100.0) / 10_000.0;
        Self {
            draws: MOST_WORK / work,
            content: CONTENT_WORK / work,
            hopeless: 20_000.max(200 * head.classes as u64),
            worthwhile: if distribution.is_isotropic() { worthwhile } else { 0.0 },
        }
    }

    fn end(&self, bins: &Bins<'_>, draws: u64, kept: f64) -> bool {
        draws >= self.draws
            || (draws >= self.content && !bins.must_go_on())
            || kept < self.worthwhile
            || (draws > self.hopeless && bins.untouched())
    }
}

/// Rows of one batch: many for narrow embeddings and logits, so that a batch is worth a task, but never much
/// memory.
fn rows_per_batch(width: usize) -> usize {
    ((1 << 20) / width.max(1)).clamp(64, 4096)
}
