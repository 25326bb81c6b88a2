//! Independent standard normal draws of one class, however many classes there are.
//!
//! In coordinates found by Gram-Schmidt with the class's own row first, its logit needs one coordinate, and
//! the logit of the `k`-th rival needs `k + 1`. So the coordinates are drawn one by one and a draw is given
//! up at the first rival that wins: with `C` classes after about `ln C` coordinates instead of `C` logits of
//! `D` products. What survives the strongest rivals is completed and meets the others; the result is plain
//! rejection, only cheaper.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::Distribution;
use crate::head::{LinearHead, dot, norm};

/// Rivals that a draw meets before it is completed.
const RIVALS: usize = 128;

/// The sampler of one class.
pub(super) struct Sequential<'a> {
    head: &'a LinearHead,
    class: usize,
    /// Rivals that only a completed draw meets, strongest first.
    rest: Vec<usize>,
    /// Row `k` of a triangular matrix: a logit's products with the first coordinates. The class's own comes
    /// first.
    logits: Vec<Logit>,
    /// Orthonormal, one row of `width` per coordinate.
    basis: Vec<Vec<f32>>,
}

/// What a logit comes to in the sampler's coordinates.
struct Logit {
    class: usize,
    products: Vec<f32>,
    bias: f32,
}

impl<'a> Sequential<'a> {
    pub(super) fn new(head: &'a LinearHead, class: usize) -> Self {
        let mut rivals = strongest_first(head, class);
        let rest = rivals.split_off(RIVALS.min(rivals.len()));
        let mut sampler = Self { head, class, rest, logits: Vec::new(), basis: Vec::new() };
        let mut exact: Vec<Vec<f64>> = Vec::new();
        for rival in std::iter::once(class).chain(rivals) {
            sampler.add(rival, &mut exact);
        }
        sampler.basis = exact.iter().map(|axis| axis.iter().map(|&x| x as f32).collect()).collect();
        sampler
    }

    fn add(&mut self, class: usize, basis: &mut Vec<Vec<f64>>) {
        let row = self.head.row(class);
        let mut rest: Vec<f64> = row.iter().map(|&w| f64::from(w)).collect();
        let mut products = vec![0.0; basis.len()];
        for _ in 0..2 {
            for (axis, product) in basis.iter().zip(&mut products) {
                let along = dot(axis, &rest);
                *product += along;
                rest.iter_mut().zip(axis).for_each(|(v, a)| *v -= along * a);
            }
        }
        let length = norm(&rest);
        if basis.len() < self.head.width && length > 1e-6 * norm(row) {
            products.push(length);
            basis.push(rest.into_iter().map(|v| v / length).collect());
        }
        let products = products.into_iter().map(|x| x as f32).collect();
        self.logits.push(Logit { class, products, bias: self.head.bias[class] });
    }

    /// Makes so many tries, fewer if `most` succeed, and returns the completed survivors, one embedding of
    /// `width` coordinates after the other.
    pub(super) fn survivors(&self, tries: u64, most: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut survivors = Vec::new();
        let mut drawn = Vec::with_capacity(self.basis.len());
        for _ in 0..tries {
            drawn.clear();
            if self.survives(&mut drawn, rng) {
                let point = self.complete(&drawn, rng);
                if self.wins(&point) {
                    survivors.extend(point);
                }
            }
            if survivors.len() >= most.saturating_mul(self.head.width) {
                break;
            }
        }
        survivors
    }

    fn survives(&self, drawn: &mut Vec<f32>, rng: &mut ChaCha8Rng) -> bool {
        let mut own = f32::INFINITY;
        for Logit { class, products, bias } in &self.logits {
            while drawn.len() < products.len() {
                drawn.push(StandardNormal.sample(rng));
            }
            let logit = bias + short_dot(products, drawn);
            if *class == self.class {
                own = logit;
            } else if self.loses(own, *class, logit) {
                return false;
            }
        }
        drawn.resize_with(self.basis.len(), || StandardNormal.sample(rng));
        true
    }

    /// The embedding with the drawn coordinates, and fresh ones in all directions that no logit has looked
    /// at.
    fn complete(&self, drawn: &[f32], rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut point = vec![0.0f32; self.head.width];
        if self.basis.len() < self.head.width {
            Distribution::Gaussian.fill(rng, &mut point);
        }
        for (axis, &coordinate) in self.basis.iter().zip(drawn) {
            let move_by = coordinate - short_dot(axis, &point);
            point.iter_mut().zip(axis).for_each(|(x, a)| *x += move_by * a);
        }
        point
    }

    /// Whether the class exceeds the rivals that a draw has not met yet.
    fn wins(&self, point: &[f32]) -> bool {
        let logit = |class: usize| short_dot(self.head.row(class), point) + self.head.bias[class];
        let own = logit(self.class);
        !self.rest.iter().any(|&rival| self.loses(own, rival, logit(rival)))
    }

    /// Whether a rival's logit makes it the top class: of equal ones the first counts.
    fn loses(&self, own: f32, rival: usize, logit: f32) -> bool {
        logit > own || (logit == own && rival < self.class)
    }
}

/// The rivals, in the order in which they are likely to win a draw: by their bias plus the level that the
/// largest of `C` normal numbers reaches, times the length of their row.
fn strongest_first(head: &LinearHead, class: usize) -> Vec<usize> {
    let level = (2.0 * (head.classes as f64).ln()).sqrt();
    let mut rivals: Vec<(f64, usize)> = (0..head.classes)
        .filter(|&rival| rival != class)
        .map(|rival| (f64::from(head.bias[rival]) + level * norm(head.row(rival)), rival))
        .collect();
    rivals.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    rivals.into_iter().map(|(_, rival)| rival).collect()
}

/// In single precision with a few sums side by side; as exact as the labelling of plain draws.
fn short_dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
