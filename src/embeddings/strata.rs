//! Strata: several populations of synthetic embeddings on which a head is judged.
//!
//! Fresh standard normal draws lie at smaller margins than real embeddings do, so a head can forget all of them
//! and still recognise real inputs. Scaled draws, draws around a class direction and non-negative draws cover
//! larger margins and other regions; a claim about forgetting is made on the worst of them.

use candle_core::Device;
use serde::Serialize;

use super::{Distribution, Embeddings, Quota, draw};
use crate::{
    error::Error,
    linear::LinearHead,
    progress::Silent,
    rng::{self, Purpose},
    space::Space,
};

/// One population.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stratum {
    /// Around each class's direction (its weights less the mean of all), at half and at full typical norm,
    /// with normal noise of deviation 1/2.
    ClassDirection,
    /// Standard normal.
    Gaussian,
    /// Absolute values of standard normal draws, like embeddings behind a ReLU.
    HalfNormal,
    /// The Gaussian ones, twice as long.
    Scaled2,
    /// The Gaussian ones, four times as long.
    Scaled4,
}

impl Stratum {
    /// The name in reports and claims.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassDirection => "class-direction",
            Self::Gaussian => "gaussian",
            Self::HalfNormal => "half-normal",
            Self::Scaled2 => "scaled-2x",
            Self::Scaled4 => "scaled-4x",
        }
    }
}

/// Embeddings of all strata, labelled by the original head, in the coordinates of a [`Space`].
#[derive(Clone, Debug)]
pub struct Strata(pub Vec<(Stratum, Embeddings)>);

impl Strata {
    /// Draws about `per_class[c]` embeddings of each class `c` and stratum (what the budget reaches; the half-normal
    /// stratum takes what falls into it).
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails.
    pub fn draw(
        original: &LinearHead,
        space: &Space,
        per_class: &[usize],
        (seed, purpose): (u64, Purpose),
        device: &Device,
    ) -> Result<Self, Error> {
        let head = space.restrict(original);
        let quota = Quota::new(per_class.to_vec());
        let (gaussian, _) = draw(&head, Distribution::Gaussian, &quota, (seed, purpose), device, &Silent)?;
        let scaled = |factor: f32| {
            let values = gaussian.values.iter().map(|x| x * factor).collect();
            Embeddings::labelled(values, &head, device)
        };
        let (twice, fourfold) = (scaled(2.0)?, scaled(4.0)?);
        let around = Embeddings::labelled(
            class_directions(original, space, per_class, (seed, purpose)),
            &head,
            device,
        )?;
        let half = Embeddings::labelled(half_normal(space, (seed, purpose)), &head, device)?;
        Ok(Self(vec![
            (Stratum::Gaussian, gaussian),
            (Stratum::Scaled2, twice),
            (Stratum::Scaled4, fourfold),
            (Stratum::ClassDirection, around),
            (Stratum::HalfNormal, half),
        ]))
    }
}

/// Streams beyond any batch of draws, one per use.
const CLASS_DIRECTION_STREAM: u64 = 1 << 40;
const HALF_NORMAL_STREAM: u64 = 1 << 41;

fn class_directions(
    original: &LinearHead,
    space: &Space,
    per_class: &[usize],
    (seed, purpose): (u64, Purpose),
) -> Vec<f32> {
    let typical = (original.width as f32).sqrt();
    let centre = centre(original);
    let mut values = Vec::new();
    for (class, &count) in per_class.iter().enumerate() {
        let offset: Vec<f32> = original.row(class).iter().zip(&centre).map(|(w, c)| w - c).collect();
        let direction = space.coordinates(&offset);
        let length = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        let mut noise = vec![0.0; count * space.width()];
        let mut stream = rng::stream(seed, purpose, CLASS_DIRECTION_STREAM + class as u64);
        Distribution::Gaussian.fill(&mut stream, &mut noise);
        for (i, row) in noise.chunks_exact_mut(space.width()).enumerate() {
            let norm = if i % 2 == 0 { typical } else { typical / 2.0 };
            row.iter_mut().zip(&direction).for_each(|(x, d)| *x = *x / 2.0 + norm * d / length);
        }
        values.extend(noise);
    }
    values
}

/// Mean of the weight rows, of length `D`.
fn centre(head: &LinearHead) -> Vec<f32> {
    let mut sums = vec![0.0f64; head.width];
    for row in head.weight.chunks_exact(head.width) {
        sums.iter_mut().zip(row).for_each(|(s, &w)| *s += f64::from(w));
    }
    sums.into_iter().map(|s| (s / head.classes as f64) as f32).collect()
}

fn half_normal(space: &Space, (seed, purpose): (u64, Purpose)) -> Vec<f32> {
    // Every draw is made in all dimensions and then projected.
    let count = ((1 << 31) / (space.full_width() * space.width()).max(1)).clamp(256, 8192);
    let mut rng = rng::stream(seed, purpose, HALF_NORMAL_STREAM);
    let mut row = vec![0.0; space.full_width()];
    let mut values = Vec::with_capacity(count * space.width());
    for _ in 0..count {
        Distribution::Gaussian.fill(&mut rng, &mut row);
        row.iter_mut().for_each(|x| *x = x.abs());
        values.extend(space.coordinates(&row));
    }
    values
}
