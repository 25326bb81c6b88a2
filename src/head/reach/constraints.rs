//! The half-spaces in which a class exceeds its rivals.

use rayon::prelude::*;

use super::{Contest, Region, least_squares};
use crate::head::{dot, norm};

/// Pieces that are looked at; whatever the last one gives is a proof.
const MOST_PIECES: usize = 30;

/// `g_i·z >= h_i`, one per rival. The rows are made from the head when they are needed: all of them would be
/// a second head in double precision.
#[derive(Clone)]
pub(super) struct Constraints<'a> {
    contest: &'a Contest<'a>,
    levels: Vec<f64>,
    /// The coordinates that count, if not all of them.
    coordinates: Option<Vec<bool>>,
}

impl<'a> Constraints<'a> {
    pub(super) fn new(contest: &'a Contest<'a>) -> Self {
        let mut constraints = Self { contest, levels: Vec::new(), coordinates: None };
        let bias = |class: usize| f64::from(contest.head.bias[class]);
        let level = |(i, &rival): (usize, &usize)| {
            let tie = bias(rival) - bias(contest.class);
            if contest.clearance > 0.0 { tie + contest.clearance * norm(&constraints.row(i)) } else { tie }
        };
        constraints.levels = contest.rivals.iter().enumerate().map(level).collect();
        constraints
    }

    /// `w_f - w_r`, zero in coordinates that do not count.
    fn row(&self, i: usize) -> Vec<f64> {
        let mut row: Vec<f64> = self.differences(i).collect();
        if let Some(counts) = &self.coordinates {
            row.iter_mut().zip(counts).filter(|(_, counts)| !**counts).for_each(|(x, _)| *x = 0.0);
        }
        row
    }

    fn differences(&self, i: usize) -> impl Iterator<Item = f64> {
        let Contest { head, class, rivals, .. } = self.contest;
        let pairs = head.row(*class).iter().zip(head.row(rivals[i]));
        pairs.map(|(&f, &r)| f64::from(f) - f64::from(r))
    }

    /// `Σ u_i g_i`, or what is positive of it if only that counts, and `Σ u_i h_i`.
    pub(super) fn combine(&self, weights: &[(usize, f64)]) -> (Vec<f64>, f64) {
        let (mut pull, mut level) = (vec![0.0; self.contest.head.width], 0.0);
        for &(i, weight) in weights {
            pull.iter_mut().zip(self.differences(i)).for_each(|(sum, x)| *sum += weight * x);
            level += weight * self.levels[i];
        }
        if self.contest.region == Region::NonNegative {
            pull.iter_mut().for_each(|x| *x = x.max(0.0));
        }
        (pull, level)
    }

    /// The radius that weights with the sum 1 prove, at least: what the arithmetic here may get wrong, and
    /// what the head's numbers may be off, is held against the proof. Only a row that is a single rival's bit
    /// for bit proves all of the space.
    pub(super) fn proven(&self, weights: &[(usize, f64)]) -> f64 {
        let Contest { head, class, rivals, rounding, .. } = *self.contest;
        let (pull, level) = self.combine(weights);
        let distance = norm(&pull);
        let error = (weights.len() as f64 + 3.0) * f64::EPSILON + rounding;
        let size = |class: usize| f64::from(head.bias[class]).abs();
        let sizes: f64 = weights.iter().map(|&(i, weight)| weight * (size(rivals[i]) + size(class))).sum();
        // Biases of parallel heads may cancel: what is left of them is no measure of their own rounding.
        let level = level - error * sizes - 2.0 * rounding;
        if level <= 0.0 {
            return 0.0;
        }
        if weights.len() == 1 && distance == 0.0 && rounding == 0.0 {
            return f64::INFINITY;
        }
        let classes = weights.iter().map(|&(i, _)| rivals[i]).chain([class]);
        let entries = classes.flat_map(|class| head.row(class));
        let largest = f64::from(entries.fold(0.0f32, |largest, w| largest.max(w.abs())));
        let width = head.width as f64;
        level / (distance * (1.0 + width * f64::EPSILON) + 2.0 * largest * error * width.sqrt())
    }

    /// The multipliers that are not zero.
    pub(super) fn solve(&self) -> Vec<(usize, f64)> {
        match self.contest.region {
            Region::Everywhere => self.least_squares(),
            Region::NonNegative => self.piecewise(),
        }
    }

    /// Piece after piece, each step no longer than it lowers the function; convex, so that it ends at the
    /// least.
    fn piecewise(&self) -> Vec<(usize, f64)> {
        let mut weights = vec![0.0; self.levels.len()];
        let mut positive = vec![true; self.contest.head.width];
        for _ in 0..MOST_PIECES {
            let mut target = vec![0.0; weights.len()];
            let piece = Self { coordinates: Some(positive.clone()), ..self.clone() };
            for (i, u) in piece.least_squares() {
                target[i] = u;
            }
            let Some(next) = self.descend(&weights, &target) else { break };
            weights = next;
            let signs: Vec<bool> = self.combine(&sparse(&weights)).0.iter().map(|&x| x > 0.0).collect();
            if signs == positive {
                break;
            }
            positive = signs;
        }
        sparse(&weights)
    }

    /// The first of the target, half of the way there, a quarter, .. that lowers the function.
    fn descend(&self, from: &[f64], target: &[f64]) -> Option<Vec<f64>> {
        let value = |weights: &[f64]| {
            let (pull, level) = self.combine(&sparse(weights));
            dot(&pull, &pull) + (level - 1.0).powi(2)
        };
        let start = value(from);
        (0..20).map(|halvings| 0.5f64.powi(halvings)).find_map(|step| {
            let next: Vec<f64> = from.iter().zip(target).map(|(a, b)| a + step * (b - a)).collect();
            (value(&next) < start * (1.0 - 1e-12)).then_some(next)
        })
    }

    fn least_squares(&self) -> Vec<(usize, f64)> {
        let rank = self.levels.len().min(self.contest.head.width + 1);
        least_squares::solve(&self.levels, rank, |i| self.products(i))
    }

    /// Products of one column of `E`, with all of them.
    fn products(&self, i: usize) -> Vec<f64> {
        let own = self.row(i);
        let Contest { head, class, rivals, .. } = self.contest;
        let (winner, level) = (head.row(*class), self.levels[i]);
        let product = |j: usize| along(&own, winner, head.row(rivals[j])) + level * self.levels[j];
        (0..self.levels.len()).into_par_iter().map(product).collect()
    }
}

/// `own · (winner - rival)`, with a few sums side by side.
fn along(own: &[f64], winner: &[f32], rival: &[f32]) -> f64 {
    const SUMS: usize = 8;
    let mut sums = [0.0f64; SUMS];
    for ((own, winner), rival) in own.chunks(SUMS).zip(winner.chunks(SUMS)).zip(rival.chunks(SUMS)) {
        let products =
            own.iter().zip(winner).zip(rival).map(|((o, f), r)| o * (f64::from(*f) - f64::from(*r)));
        sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
    }
    sums.into_iter().sum()
}

/// The weights that are not zero, with their places.
fn sparse(weights: &[f64]) -> Vec<(usize, f64)> {
    weights.iter().copied().enumerate().filter(|(_, u)| *u > 0.0).collect()
}
