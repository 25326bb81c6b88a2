//! Exact confidence bounds of a rate (Clopper and Pearson 1934), one-sided, 95 %.

use statrs::distribution::{Beta, ContinuousCDF};

/// Chance that a bound does not hold.
const RISK: f64 = 0.05;

/// The rate that `hits` of `n` stays below with 95 % confidence; 1 if there are no samples.
#[must_use]
pub fn upper_bound(hits: u64, n: u64) -> f64 {
    upper_bound_among(hits, n, 1)
}

/// The same, so that all bounds of so many rates hold together with 95 % confidence (Bonferroni): what one may say of the
/// worst of several rates.
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
}
