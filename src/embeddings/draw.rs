//! Filling a quota: rejection for what is common, samplers of their own for rare classes.

use candle_core::Device;
use rayon::prelude::*;

use super::{
    Distribution, Embeddings, Quota, Sampling,
    elliptical::{Elliptical, inside},
    quota::{Bins, Rare, Sampler},
    rejection,
    sequential::Sequential,
};
use crate::{
    error::Error,
    head::LinearHead,
    progress::{Progress, Step},
    rng::{self, Address},
    tail::Weights,
};

/// Draws embeddings in the coordinates of `head` until every quota is full, a class is found to be out of
/// reach, or the work has grown out of proportion; the result is ordered by class.
///
/// Only the Gaussian has samplers for rare classes: other distributions end with what rejection reached.
///
/// # Errors
/// [`Error::Compute`] if the device fails.
pub fn draw(
    head: &LinearHead,
    distribution: Distribution,
    quota: &Quota,
    address: Address,
    device: &Device,
    progress: &dyn Progress,
) -> Result<(Embeddings, Sampling), Error> {
    let mut bins = Bins::new(quota, head.width);
    progress.begin(Step::Sampling, quota.total() as u64);
    let draws = rejection::fill(&mut bins, head, distribution, address, device, progress)?;
    let mut rare = Vec::new();
    if distribution.is_isotropic() {
        let (weights, shadowed) = (Weights::of(head, device)?, head.shadowed());
        let starved = (0..head.classes).filter(|&class| quota.insists_on(class) && bins.lacks(class) > 0);
        for class in starved.collect::<Vec<_>>() {
            let found = if shadowed[class] {
                vec![Rare { class, sampler: Sampler::OutOfReach, made: 0, tries: 0 }]
            } else {
                fill(&mut bins, head, class, address, &weights)?
            };
            progress.advance(Step::Sampling, found.iter().map(|rare| rare.made as u64).sum());
            rare.extend(found);
        }
    }
    progress.end(Step::Sampling);
    let (wanted, accepted) = (quota.per_class.clone(), bins.counts());
    let sampling = Sampling { distribution: distribution.name(), draws, accepted, wanted, rare };
    Ok((bins.into_embeddings(), sampling))
}

/// Fills the bin of one rare class: independently while that is no dearer than a Markov chain, then by one.
fn fill(
    bins: &mut Bins<'_>,
    head: &LinearHead,
    class: usize,
    address: Address,
    weights: &Weights,
) -> Result<Vec<Rare>, Error> {
    let mut done = vec![sequentially(bins, head, class, address, weights)?];
    let missing = bins.lacks(class);
    if missing > 0 {
        let starts =
            if bins.of(class).is_empty() { inside(head, class) } else { Some(bins.of(class).to_vec()) };
        done.push(match starts {
            None => Rare { class, sampler: Sampler::OutOfReach, made: 0, tries: 0 },
            Some(starts) => {
                let affordable = (MOST_WORK / Elliptical::cost(head)).max(1) as usize;
                let ends = Elliptical { head, class, starts }.draw(missing.min(affordable), address, weights);
                let ends = ends.map_err(Error::compute("sampling a rare class"))?;
                let made = bins.take_only(class, &Embeddings::labelled(ends, weights)?);
                Rare { class, sampler: Sampler::EllipticalSlice, made, tries: 0 }
            }
        });
    }
    done.retain(|rare| rare.made > 0 || rare.sampler == Sampler::OutOfReach);
    Ok(done)
}

/// Most multiplications that the Markov chains of one class may cost.
const MOST_WORK: u64 = 1_000_000_000_000;
const KIND: u8 = 1;
/// Tries of one stream, and streams that are run side by side.
const TRIES: u64 = 50_000;
const ROUND: u64 = 8;

fn sequentially(
    bins: &mut Bins<'_>,
    head: &LinearHead,
    class: usize,
    address: Address,
    weights: &Weights,
) -> Result<Rare, Error> {
    let sampler = Sequential::new(head, class);
    let mut rare = Rare { class, sampler: Sampler::Sequential, made: 0, tries: 0 };
    let limit = affordable(head, bins.lacks(class));
    for round in 0.. {
        let (streams, wanted) = (round * ROUND..(round + 1) * ROUND, bins.lacks(class));
        let survivors: Vec<Vec<f32>> = streams
            .into_par_iter()
            .map(|part| {
                let mut rng = address.stream(rng::index(KIND, class, part));
                sampler.survivors(TRIES, wanted, &mut rng)
            })
            .collect();
        rare.tries += ROUND * TRIES;
        rare.made += bins.take_only(class, &Embeddings::labelled(survivors.concat(), weights)?);
        let missing = bins.lacks(class) as u64;
        let left = missing.saturating_mul(rare.tries) / (rare.made as u64).max(1);
        if missing == 0 || rare.tries + left > limit {
            break;
        }
    }
    Ok(rare)
}

/// What a try costs, in the multiplications that a chain costs: most tries end at the first rival, after some
/// products and draws of numbers.
const WORK_OF_A_TRY: u64 = 2000;
/// Independent draws are worth some seconds even where chains would be cheap, and no more than some minutes.
const FEWEST_TRIES: u64 = 1_000_000;
const MOST_TRIES: u64 = 200_000_000;

/// Tries that cost about as much as Markov chains would.
fn affordable(head: &LinearHead, wanted: usize) -> u64 {
    let chains = wanted as u64 * Elliptical::cost(head);
    (chains / WORK_OF_A_TRY).clamp(FEWEST_TRIES, MOST_TRIES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::rng::Purpose;

    /// Class 0 is the top class where the sum of two coordinates exceeds a threshold, class 1 elsewhere.
    fn half_plane(threshold: f32) -> LinearHead {
        let weight = vec![1.0, 1.0, 0.0, 0.0];
        LinearHead { classes: 2, width: 2, weight, bias: vec![-threshold, 0.0], has_bias: true }
    }

    fn drawn(head: &LinearHead, distribution: Distribution, quota: &Quota) -> (Embeddings, Sampling) {
        draw(
            head,
            distribution,
            quota,
            Address { seed: 1, purpose: Purpose::Training },
            &Device::Cpu,
            &Silent,
        )
        .unwrap()
    }

    #[test]
    fn quotas_are_filled_class_by_class_with_what_the_head_says() {
        let quota = Quota::new(vec![3000; 2]);
        let (embeddings, sampling) = drawn(&half_plane(1.0), Distribution::Gaussian, &quota);
        assert_eq!(sampling.accepted, [3000, 3000]);
        assert_eq!((sampling.starved().count(), sampling.rare.len()), (0, 0));
        for (row, &label) in embeddings.values.chunks_exact(2).zip(&embeddings.labels) {
            assert_eq!(label, u32::from(row[0] + row[1] - 1.0 <= 0.0));
        }
        // P(x + y > 1) = 0.24, so 3000 take about 12 500 draws, in whole batches.
        assert!((12_000..=16_384).contains(&sampling.draws), "{}", sampling.draws);
    }

    #[test]
    fn a_class_that_no_bernoulli_draw_reaches_ends_the_search() {
        let quota = Quota::new(vec![10, 10]);
        let (_, sampling) = drawn(&half_plane(3.0), Distribution::Bernoulli, &quota);
        assert_eq!(sampling.accepted, [0, 10]);
        assert_eq!(sampling.starved().collect::<Vec<_>>(), [0]);
        assert_eq!(sampling.draws, 32_768, "one round without a single hit is enough to give up");
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let head = half_plane(5.0);
        for distribution in [Distribution::Laplace, Distribution::Gaussian] {
            let with = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| drawn(&head, distribution, &Quota::new(vec![4000; 2])))
            };
            let ((one, first), (three, second)) = (with(1), with(3));
            assert_eq!((one.values, one.labels, first.draws), (three.values, three.labels, second.draws));
        }
    }

    #[test]
    fn a_region_far_from_every_draw_is_out_of_reach_and_a_content_class_stays_short() {
        let quota = Quota::new(vec![100; 2]);
        let (_, sampling) = drawn(&half_plane(500.0), Distribution::Gaussian, &quota);
        assert_eq!(sampling.accepted, [0, 100]);
        assert_eq!(sampling.rare.last().unwrap().sampler, Sampler::OutOfReach);
        let content = quota.content_for(|class| class == 0);
        let (_, sampling) = drawn(&half_plane(4.5), Distribution::Gaussian, &content);
        assert!(sampling.accepted[0] < 100 && sampling.rare.is_empty(), "{sampling:?}");
    }

    #[test]
    fn of_equal_classes_the_first_gets_everything() {
        let head =
            LinearHead { classes: 3, width: 2, weight: vec![1.0; 6], bias: vec![0.0; 3], has_bias: true };
        let (_, sampling) = drawn(&head, Distribution::Gaussian, &Quota::new(vec![10; 3]));
        assert_eq!(sampling.accepted, [10, 0, 0]);
        assert!(sampling.rare.iter().all(|rare| rare.sampler == Sampler::OutOfReach && rare.tries == 0));
        let rng = || rng::stream(3, Purpose::Training, 0);
        assert!(Sequential::new(&head, 1).survivors(1000, 10, &mut rng()).is_empty());
        assert_eq!(Sequential::new(&head, 0).survivors(1000, 10, &mut rng()).len(), 20);
    }

    /// Means and mean squares of norm, top logit and margin, with their standard errors.
    fn statistics(embeddings: &Embeddings, head: &LinearHead) -> Vec<(f64, f64)> {
        let mut columns = vec![Vec::new(); 6];
        for row in embeddings.values.chunks_exact(head.width) {
            let logit = |c: usize| crate::head::dot(head.row(c), row) + f64::from(head.bias[c]);
            let rival = (1..head.classes).map(logit).fold(f64::NEG_INFINITY, f64::max);
            let values = [crate::head::norm(row), logit(0), logit(0) - rival];
            for (i, value) in values.into_iter().enumerate() {
                columns[i].push(value);
                columns[i + 3].push(value * value);
            }
        }
        let summary = |values: &Vec<f64>| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
            (mean, (variance / n).sqrt())
        };
        columns.iter().map(summary).collect()
    }

    fn agree(a: &[(f64, f64)], b: &[(f64, f64)], what: &str) {
        for (a, b) in a.iter().zip(b) {
            let error = (a.1 * a.1 + b.1 * b.1).sqrt();
            assert!((a.0 - b.0).abs() < 3.0 * error, "{what}: {a:?} {b:?}");
        }
    }

    /// Three samplers of one distribution: a class that one draw in a few thousand reaches, of a head with as
    /// many classes as dimensions.
    #[test]
    fn all_samplers_draw_from_the_same_distribution() {
        let (classes, width, class) = (40, 24, 0);
        let mut weight = vec![0.0; classes * width];
        let mut rng = rng::stream(11, Purpose::Training, 0);
        Distribution::Gaussian.fill(&mut rng, &mut weight);
        weight[..width].iter_mut().for_each(|w| *w *= 0.8);
        let head = LinearHead { classes, width, weight, bias: vec![0.0; classes], has_bias: true };
        let (address, weights) =
            (Address { seed: 2, purpose: Purpose::Training }, Weights::of(&head, &Device::Cpu).unwrap());
        let mut values = vec![0.0; 4_000_000 * width / 4];
        Distribution::Gaussian.fill(&mut rng, &mut values);
        let plain = Embeddings::labelled(values, &weights).unwrap().filter(|c| c == class);
        assert!((300..20_000).contains(&plain.len()), "{}", plain.len());
        let plain = statistics(&plain, &head);
        let own = |values| Embeddings::labelled(values, &weights).unwrap().filter(|c| c == class);
        let survivors = Sequential::new(&head, class).survivors(
            1_000_000,
            usize::MAX,
            &mut rng::stream(3, Purpose::Training, 0),
        );
        agree(&plain, &statistics(&own(survivors), &head), "sequential");
        let starts = inside(&head, class).unwrap();
        let chains = Elliptical { head: &head, class, starts }.draw(3000, address, &weights).unwrap();
        agree(&plain, &statistics(&own(chains), &head), "elliptical");
    }
}
