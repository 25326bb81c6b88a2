//! Standard normal embeddings restricted to the region of one class, at a cost that does not depend on how
//! rare it is.
//!
//! Elliptical slice sampling (Murray, Adams, MacKay 2010) with the indicator of the region as the likelihood:
//! from a point `x` inside, draw `v` and move to `x cos t + v sin t` for the first `t` inside, shrinking the
//! bracket around 0. The logits along the ellipse are `Wx cos t + Wv sin t + b`, so a step costs one product
//! however often it shrinks.

use std::f32::consts::TAU;

use candle_core::{Result, Tensor};
use rand_chacha::{ChaCha8Rng, rand_core::RngCore};
use rayon::prelude::*;

use super::Distribution;
use crate::{
    head::{LinearHead, norm, reach::Contest},
    rng::{self, Address},
    tail::Weights,
};

/// Steps from the start to the sample that is kept: 40 were enough for the statistics of a real head of 214
/// classes.
const STEPS: usize = 60;
/// Chains that are advanced together.
const BLOCK: usize = 64;
const KIND: u8 = 2;

/// Chains of one class, all started inside its region.
pub(super) struct Elliptical<'a> {
    pub(super) head: &'a LinearHead,
    pub(super) class: usize,
    /// Points inside the region, one after the other; chains start at them in turn.
    pub(super) starts: Vec<f32>,
}

impl Elliptical<'_> {
    /// Multiplications of one chain.
    pub(super) fn cost(head: &LinearHead) -> u64 {
        (2 * STEPS * head.classes * head.width) as u64
    }

    /// Runs so many chains and returns where each of them ends.
    pub(super) fn draw(&self, count: usize, address: Address, weights: &Weights) -> Result<Vec<f32>> {
        let blocks: Vec<Result<Vec<f32>>> = (0..count.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let chains = block * BLOCK..((block + 1) * BLOCK).min(count);
                let mut rng = address.stream(rng::index(KIND, self.class, block as u64));
                self.run(chains, &mut rng, weights)
            })
            .collect();
        Ok(blocks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    fn run(
        &self,
        chains: std::ops::Range<usize>,
        rng: &mut ChaCha8Rng,
        weights: &Weights,
    ) -> Result<Vec<f32>> {
        let (width, classes) = (self.head.width, self.head.classes);
        let weight = weights.weight.t()?;
        let products = |points: &[f32]| {
            let points = Tensor::from_slice(points, (chains.len(), width), weights.weight.device())?;
            points.matmul(&weight)?.flatten_all()?.to_vec1::<f32>()
        };
        let starts = self.starts.len() / width;
        let start = |chain| &self.starts[chain % starts * width..][..width];
        let mut points: Vec<f32> = chains.clone().flat_map(start).copied().collect();
        let mut fresh = vec![0.0; points.len()];
        for _ in 0..STEPS {
            Distribution::Gaussian.fill(rng, &mut fresh);
            // Recomputed at every step, so that no rounding accumulates.
            let (here, there) = (products(&points)?, products(&fresh)?);
            let logits = here.chunks_exact(classes).zip(there.chunks_exact(classes));
            let moves = points.chunks_exact_mut(width).zip(fresh.chunks_exact(width)).zip(logits);
            for ((point, fresh), (here, there)) in moves {
                let (sin, cos) = self.angle(here, there, rng).sin_cos();
                point.iter_mut().zip(fresh).for_each(|(x, v)| *x = *x * cos + v * sin);
            }
        }
        Ok(points)
    }

    /// An angle at which the class is the top class; 0 if the bracket closed without one.
    fn angle(&self, here: &[f32], there: &[f32], rng: &mut ChaCha8Rng) -> f32 {
        let mut angle = unit(rng) * TAU;
        let (mut least, mut most) = (angle - TAU, angle);
        // Every rejection shrinks the bracket; 0 is inside, so this ends long before.
        for _ in 0..200 {
            if self.wins(here, there, angle) {
                return angle;
            }
            if angle < 0.0 {
                least = angle
            } else {
                most = angle
            }
            angle = least + unit(rng) * (most - least);
        }
        0.0
    }

    fn wins(&self, here: &[f32], there: &[f32], angle: f32) -> bool {
        let (sin, cos) = angle.sin_cos();
        let own = here[self.class] * cos + there[self.class] * sin + self.head.bias[self.class];
        let rivals = here.iter().zip(there).zip(&self.head.bias).enumerate();
        rivals.into_iter().all(|(class, ((h, t), b))| class == self.class || h * cos + t * sin + b < own)
    }
}

/// Uniform on [0, 1).
fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1u32 << 24) as f32
}

/// A point inside the region of a class, as near to the typical norm of a draw as the region allows; `None`
/// if the class is the top class nowhere near where draws lie.
pub(super) fn inside(head: &LinearHead, class: usize) -> Option<Vec<f32>> {
    let rivals: Vec<usize> = (0..head.classes).filter(|&rival| rival != class).collect();
    let typical = (head.width as f64).sqrt();
    let within = |clearance: f64| {
        let near = Contest { clearance, ..Contest::new(head, class, &rivals) }.reach().witness?;
        (norm(&near) <= FARTHEST * (typical + 6.0)).then_some(near)
    };
    let point = CLEARANCES.into_iter().find_map(within)?;
    let scale = typical / norm(&point).max(f64::MIN_POSITIVE);
    let scaled = |factor: f64| point.iter().map(|x| (x * factor) as f32).collect::<Vec<f32>>();
    // Biases may forbid the typical norm; half-way points are tried before the nearest one is taken.
    let candidates = [scale, (1.0 + scale) / 2.0, 1.0].map(scaled);
    candidates.into_iter().find(|z| is_inside(head, class, z))
}

/// Distances to the borders of the region that are asked for, in turn.
const CLEARANCES: [f64; 4] = [0.5, 0.1, 0.01, 1e-4];
/// Regions farther from the origin than this many typical norms count as out of reach; strata reach four
/// times that norm.
const FARTHEST: f64 = 8.0;

fn is_inside(head: &LinearHead, class: usize, point: &[f32]) -> bool {
    let logit = |class: usize| crate::head::dot(head.row(class), point) as f32 + head.bias[class];
    let own = logit(class);
    (0..head.classes).all(|rival| rival == class || logit(rival) < own)
}
