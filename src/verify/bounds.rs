//! Exact confidence bounds of a rate (Clopper and Pearson 1934), one-sided.

use statrs::distribution::{Beta, ContinuousCDF};

/// Confidence of every bound.
const CONFIDENCE: f64 = 0.95;

/// The rate that `hits` of `n` stays below with 95 % confidence; 1 if there are no samples.
#[must_use]
pub fn upper_bound(hits: u64, n: u64) -> f64 {
    if hits >= n {
        return 1.0;
    }
    if hits == 0 {
        return 1.0 - (1.0 - CONFIDENCE).powf(1.0 / n as f64);
    }
    quantile(hits as f64 + 1.0, (n - hits) as f64, CONFIDENCE)
}

/// The rate that `hits` of `n` stays above with 95 % confidence; 0 if there are no samples.
#[must_use]
pub fn lower_bound(hits: u64, n: u64) -> f64 {
    1.0 - upper_bound(n - hits.min(n), n)
}

fn quantile(a: f64, b: f64, p: f64) -> f64 {
    Beta::new(a, b).map_or(1.0, |beta| beta.inverse_cdf(p))
}
