//! Rejection sampling: draw, label, keep what a class still lacks. It ends, whatever the head.
//!
//! A class whose region holds little of the distribution's mass fills slowly or never (a Bernoulli draw never
//! reaches some classes of real heads); the budget bounds the search and the report says who starved.

use candle_core::Device;
use rayon::prelude::*;
use serde::Serialize;

use super::{Distribution, Embeddings};
use crate::{
    error::Error,
    linear::LinearHead,
    progress::{Progress, Step},
    rng::{self, Purpose},
};

/// How many embeddings each class shall get, and how long to try.
#[derive(Clone, Debug)]
pub struct Quota {
    /// Wanted per class.
    pub per_class: Vec<usize>,
    /// Most draws in all.
    pub max_draws: u64,
}

impl Quota {
    /// Draws that may be spent per wanted embedding before a class is given up.
    const DRAWS_PER_SAMPLE: u64 = 50;

    /// So many of each class, with a budget in proportion.
    #[must_use]
    pub fn new(per_class: Vec<usize>) -> Self {
        let wanted: u64 = per_class.iter().map(|&n| n as u64).sum();
        Self { per_class, max_draws: wanted.saturating_mul(Self::DRAWS_PER_SAMPLE).max(100_000) }
    }
}

/// How the sampling went.
#[derive(Clone, Debug, Serialize)]
pub struct Sampling {
    /// What was drawn from.
    pub distribution: &'static str,
    /// Draws made until the last quota was full or the budget spent.
    pub draws: u64,
    /// Kept per class.
    pub accepted: Vec<usize>,
    /// Wanted per class.
    pub wanted: Vec<usize>,
}

impl Sampling {
    /// Classes that got fewer than they wanted.
    pub fn starved(&self) -> impl Iterator<Item = usize> + '_ {
        let short = |&(_, (got, want)): &(usize, (&usize, &usize))| got < want;
        self.accepted.iter().zip(&self.wanted).enumerate().filter(short).map(|(class, _)| class)
    }

    /// Draws per kept embedding.
    #[must_use]
    pub fn overhead(&self) -> f64 {
        self.draws as f64 / self.accepted.iter().sum::<usize>().max(1) as f64
    }
}

/// Draws embeddings in the coordinates of `head` until every quota is full or the budget is spent; the result is
/// ordered by class.
///
/// What is drawn depends on the seed and the purpose only, not on the number of threads: batches have their
/// own streams and are looked at in order.
///
/// # Errors
/// [`Error::Compute`] if the device fails.
pub fn draw(
    head: &LinearHead,
    distribution: Distribution,
    quota: &Quota,
    (seed, purpose): (u64, Purpose),
    device: &Device,
    progress: &dyn Progress,
) -> Result<(Embeddings, Sampling), Error> {
    let rows = rows_per_batch(head.width.max(head.classes));
    let max_draws = quota.max_draws.min(affordable(head));
    let mut bins = Bins::new(&quota.per_class, head.width);
    progress.begin(Step::Sampling, bins.wanted() as u64);
    let mut draws = 0;
    let hopeless = HOPELESS.max(HOPELESS_PER_CLASS * head.classes as u64);
    let mut next = 0..max_draws.div_ceil(rows as u64).max(1);
    let is_over = |bins: &Bins<'_>, draws| bins.full() || (draws > hopeless && bins.untouched());
    while !is_over(&bins, draws) && !next.is_empty() {
        let round: Vec<u64> = next.by_ref().take(rayon::current_num_threads()).collect();
        let batches: Vec<_> = round
            .into_par_iter()
            .map(|batch| {
                let mut values = vec![0.0; rows * head.width];
                distribution.fill(&mut rng::stream(seed, purpose, batch), &mut values);
                Embeddings::labelled(values, head, device)
            })
            .collect();
        for batch in batches {
            if !is_over(&bins, draws) {
                draws += rows as u64;
                progress.advance(Step::Sampling, bins.take(&batch?) as u64);
            }
        }
    }
    progress.end(Step::Sampling);
    let wanted = quota.per_class.clone();
    let accepted = bins.counts();
    Ok((bins.into_embeddings(), Sampling { distribution: distribution.name(), draws, accepted, wanted }))
}

/// Draws, in all and per class, after which classes that were never hit are given up, if no other class is wanted.
const HOPELESS: u64 = 20_000;
const HOPELESS_PER_CLASS: u64 = 200;
/// Most multiplications that one sampling may cost: some seconds. Heads so large that this leaves too few draws for a
/// class need another sampler than rejection.
const MOST_WORK: u64 = 400_000_000_000;

/// Draws that cost no more than [`MOST_WORK`].
fn affordable(head: &LinearHead) -> u64 {
    // Looking for the largest logit costs about as much as eight more coordinates.
    MOST_WORK / (head.classes as u64 * (head.width as u64 + 8)).max(1)
}

/// Rows of one batch: many for narrow embeddings and logits, so that a batch is worth a task, but never much memory.
fn rows_per_batch(width: usize) -> usize {
    ((1 << 20) / width.max(1)).clamp(64, 4096)
}

/// The kept embeddings, class by class.
struct Bins<'a> {
    quota: &'a [usize],
    width: usize,
    kept: Vec<Vec<f32>>,
    missing: usize,
}

impl<'a> Bins<'a> {
    fn new(quota: &'a [usize], width: usize) -> Self {
        Self { quota, width, kept: vec![Vec::new(); quota.len()], missing: quota.iter().sum() }
    }

    fn wanted(&self) -> usize {
        self.quota.iter().sum()
    }

    fn full(&self) -> bool {
        self.missing == 0
    }

    /// Whether no class that still lacks embeddings has got any.
    fn untouched(&self) -> bool {
        let lacks = |(bin, &quota): (&Vec<f32>, &usize)| bin.len() < quota * self.width;
        let mut lacking = self.kept.iter().zip(self.quota).filter(|pair| lacks((pair.0, pair.1)));
        lacking.all(|(bin, _)| bin.is_empty())
    }

    /// Takes what is still wanted of a batch and says how much that was.
    fn take(&mut self, batch: &Embeddings) -> usize {
        let before = self.missing;
        for (row, &label) in batch.values.chunks_exact(self.width).zip(&batch.labels) {
            let bin = &mut self.kept[label as usize];
            if bin.len() < self.quota[label as usize] * self.width {
                bin.extend_from_slice(row);
                self.missing -= 1;
            }
        }
        before - self.missing
    }

    fn counts(&self) -> Vec<usize> {
        self.kept.iter().map(|bin| bin.len() / self.width).collect()
    }

    fn into_embeddings(self) -> Embeddings {
        let labels = self
            .counts()
            .into_iter()
            .enumerate()
            .flat_map(|(class, count)| std::iter::repeat_n(class as u32, count))
            .collect();
        Embeddings { width: self.width, values: self.kept.concat(), labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    /// Class 0 is the top class where the sum of two coordinates exceeds a threshold, class 1 elsewhere.
    fn head(threshold: f32) -> LinearHead {
        LinearHead {
            classes: 2,
            width: 2,
            weight: vec![1.0, 1.0, 0.0, 0.0],
            bias: vec![-threshold, 0.0],
            has_bias: true,
        }
    }

    fn drawn(threshold: f32, distribution: Distribution, quota: &Quota) -> (Embeddings, Sampling) {
        let address = (1, Purpose::Training);
        draw(&head(threshold), distribution, quota, address, &Device::Cpu, &Silent).unwrap()
    }

    #[test]
    fn quotas_are_filled_class_by_class_with_what_the_head_says() {
        let (embeddings, sampling) = drawn(1.0, Distribution::Gaussian, &Quota::new(vec![3000; 2]));
        assert_eq!(sampling.accepted, [3000, 3000]);
        assert_eq!(sampling.starved().count(), 0);
        for (row, &label) in embeddings.values.chunks_exact(2).zip(&embeddings.labels) {
            assert_eq!(label, u32::from(row[0] + row[1] - 1.0 <= 0.0));
        }
        // P(x + y > 1) = 0.24, so 3000 take about 12 500 draws, in whole batches.
        assert!((12_000..=16_384).contains(&sampling.draws), "{}", sampling.draws);
    }

    #[test]
    fn a_class_that_no_draw_reaches_ends_with_the_budget() {
        let quota = Quota { per_class: vec![10, 10], max_draws: 100_000 };
        let (_, sampling) = drawn(3.0, Distribution::Bernoulli, &quota);
        assert_eq!(sampling.accepted, [0, 10]);
        assert_eq!(sampling.starved().collect::<Vec<_>>(), [0]);
        assert_eq!(sampling.draws, 20_480, "five batches without a single hit are enough to give up");
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| drawn(2.0, Distribution::Laplace, &Quota::new(vec![4000; 2])))
        };
        let ((one, first), (three, second)) = (with(1), with(3));
        assert_eq!((one.values, one.labels, first.draws), (three.values, three.labels, second.draws));
    }
}
