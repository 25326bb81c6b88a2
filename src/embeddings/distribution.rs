//! What synthetic embeddings are drawn from, coordinate by coordinate.

use std::{fmt, str::FromStr};

use rand_chacha::rand_core::RngCore;
use rand_distr::{Distribution as _, Gumbel, StandardNormal};

/// A distribution of independent coordinates.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Distribution {
    /// 0 or 1 with equal chance.
    Bernoulli,
    /// Standard normal.
    #[default]
    Gaussian,
    /// Gumbel with location 0 and scale 1.
    Gumbel,
    /// Laplace with location 0 and scale 1.
    Laplace,
    /// Uniform on [-1, 1].
    Uniform,
}

impl Distribution {
    /// Every distribution, in the order in which help lists them.
    pub const ALL: [Self; 5] = [Self::Gaussian, Self::Uniform, Self::Laplace, Self::Bernoulli, Self::Gumbel];

    /// The name on the command line and in the claim.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bernoulli => "bernoulli",
            Self::Gaussian => "gaussian",
            Self::Gumbel => "gumbel",
            Self::Laplace => "laplace",
            Self::Uniform => "uniform",
        }
    }

    /// Whether every orthonormal basis sees the same distribution, so that one may draw coordinates in a
    /// subspace directly.
    #[must_use]
    pub fn is_isotropic(self) -> bool {
        matches!(self, Self::Gaussian)
    }

    /// Fills a buffer with independent draws.
    pub fn fill(self, rng: &mut impl RngCore, out: &mut [f32]) {
        match self {
            Self::Bernoulli => out.iter_mut().for_each(|x| *x = (rng.next_u32() >> 31) as f32),
            Self::Gaussian => out.iter_mut().for_each(|x| *x = StandardNormal.sample(rng)),
            Self::Gumbel => {
                let gumbel = Gumbel::new(0.0f32, 1.0).unwrap_or_else(|_| unreachable!("constant parameters"));
                out.iter_mut().for_each(|x| *x = gumbel.sample(rng));
            }
            Self::Laplace => out.iter_mut().for_each(|x| *x = laplace(rng)),
            Self::Uniform => out.iter_mut().for_each(|x| *x = symmetric(rng) as f32),
        }
    }
}

/// By inversion: `-sign(u) ln(1 - |u|)` for `u` uniform on (-1, 1).
fn laplace(rng: &mut impl RngCore) -> f32 {
    let u = symmetric(rng);
    (-u.signum() * (-u.abs()).ln_1p()) as f32
}

/// Uniform on (-1, 1), symmetric about 0, never an end point.
fn symmetric(rng: &mut impl RngCore) -> f64 {
    let steps = f64::from(1u32 << 31);
    (f64::from(rng.next_u32()) + 0.5) / steps - 1.0
}

impl FromStr for Distribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|d| d.name() == text)
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};

    /// Mean and variance of 200 000 draws, against the textbook values.
    #[test]
    fn moments_are_those_of_the_textbook() {
        let euler_gamma = 0.577_216;
        let expected = [(0.0, 1.0), (0.0, 1.0 / 3.0), (0.0, 2.0), (0.5, 0.25), (euler_gamma, 1.644_934)];
        for (distribution, (mean, variance)) in Distribution::ALL.into_iter().zip(expected) {
            let mut draws = vec![0.0; 200_000];
            distribution.fill(&mut stream(3, Purpose::Training, 0), &mut draws);
            let n = draws.len() as f64;
            let m = draws.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let v = draws.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / n;
            assert!((m - mean).abs() < 0.015, "{distribution}: mean {m}");
            assert!((v - variance).abs() < 0.03, "{distribution}: variance {v}");
        }
    }
}
