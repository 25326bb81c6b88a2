//! Rates with exact confidence bounds (Clopper and Pearson 1934, one-sided, 95 %), quantiles, and how well
//! scores separate.

use statrs::distribution::{Beta, ContinuousCDF};

/// Chance that a bound does not hold.
const RISK: f64 = 0.05;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Rate {
    /// How many did.
    pub hits: u64,
    /// How many could.
    pub n: u64,
}

impl Rate {
    /// Counts how many of some outcomes are true.
    #[must_use]
    pub fn count(outcomes: impl IntoIterator<Item = bool>) -> Self {
        outcomes
            .into_iter()
            .fold(Self::default(), |sum, hit| Self { hits: sum.hits + u64::from(hit), n: sum.n + 1 })
    }

    /// The share; 0 of none.
    #[must_use]
    pub fn value(self) -> f64 {
        self.hits as f64 / self.n.max(1) as f64
    }
}

/// The rate that `hits` of `n` stays below with 95 % confidence; 1 if there are no samples.
#[must_use]
pub fn upper_bound(hits: u64, n: u64) -> f64 {
    upper_bound_among(hits, n, 1)
}

/// The same, so that all bounds of so many rates hold together with 95 % confidence (Bonferroni): what one
/// may say of the worst of several rates.
#[must_use]
pub fn upper_bound_among(hits: u64, n: u64, rates: usize) -> f64 {
    let risk = RISK / rates.max(1) as f64;
    if hits >= n {
        return 1.0;
    }
    if hits == 0 {
        return 1.0 - risk.powf(1.0 / n as f64);
    }
    Beta::new(hits as f64 + 1.0, (n - hits) as f64).map_or(1.0, |beta| beta.inverse_cdf(1.0 - risk))
}

/// The rate that `hits` of `n` stays above with 95 % confidence; 0 if there are no samples.
#[must_use]
pub fn lower_bound(hits: u64, n: u64) -> f64 {
    1.0 - upper_bound(n - hits.min(n), n)
}

/// Arithmetic mean; 0 of none.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The value below which a share `p` of the values lies, interpolated between neighbours; 0 of none.
#[must_use]
pub fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = p.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64;
    let (low, high) = (sorted.get(at.floor() as usize), sorted.get(at.ceil() as usize));
    match (low, high) {
        (Some(low), Some(high)) if low < high => low + (high - low) * at.fract(),
        (Some(low), _) => *low,
        _ => 0.0,
    }
}

/// How well a score tells positives (larger) from negatives, whatever the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// Area under the ROC curve: how often a positive scores above a negative, ties counted half.
    pub area: f64,
    /// Most positives found by a threshold that no more than the allowed share of negatives passes.
    pub found: Rate,
}

/// Compares two sets of scores; thresholds may let through a share `allowed` of the negatives.
#[must_use]
pub fn separation(positives: &[f64], negatives: &[f64], allowed: f64) -> Separation {
    let tag = |scores: &[f64], positive| scores.iter().map(move |&s| (s, positive)).collect::<Vec<_>>();
    let mut all = [tag(positives, true), tag(negatives, false)].concat();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let limit = (allowed * negatives.len() as f64).floor() as u64;
    let (mut above, mut passed, mut found, mut wins) = (0_u64, 0_u64, 0_u64, 0.0);
    // A threshold cannot come between equal scores: each group passes as a whole.
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let hits = group.iter().filter(|(_, positive)| *positive).count() as u64;
        let misses = group.len() as u64 - hits;
        wins += misses as f64 * (above as f64 + hits as f64 / 2.0);
        (above, passed) = (above + hits, passed + misses);
        if passed <= limit {
            found = above;
        }
    }
    let pairs = (positives.len() * negatives.len()).max(1) as f64;
    Separation { area: wins / pairs, found: Rate { hits: found, n: positives.len() as u64 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `scipy.stats.beta.ppf`.
    #[test]
    fn bounds_are_those_of_the_beta_distribution() {
        for (hits, n, rates, expected) in
            [(0, 3000, 1, 9.980_797e-4), (3, 200, 1, 0.038_309_71), (3, 200, 5, 0.049_348_31)]
        {
            let bound = upper_bound_among(hits, n, rates);
            assert!((bound / expected - 1.0).abs() < 1e-5, "{hits} of {n}: {bound}");
        }
        assert_eq!((upper_bound(0, 0), upper_bound(5, 5), lower_bound(0, 7)), (1.0, 1.0, 0.0));
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
        assert_eq!(quantile(&[1.0], 0.99), 1.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(quantile(&[f64::NEG_INFINITY, f64::NEG_INFINITY], 0.5), f64::NEG_INFINITY);
    }

    #[test]
    fn equal_scores_tell_nothing_and_pass_together() {
        let same = separation(&[f64::NEG_INFINITY; 3], &[f64::NEG_INFINITY; 5], 0.01);
        assert_eq!(same, Separation { area: 0.5, found: Rate { hits: 0, n: 3 } });
        let apart = separation(&[2.0, 1.0, 0.0], &[1.0, -1.0], 0.0);
        assert_eq!(apart, Separation { area: (1.0 + 0.75 + 0.5) / 3.0, found: Rate { hits: 1, n: 3 } });
    }
}
