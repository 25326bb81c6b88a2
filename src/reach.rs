//! The shortest embedding at which a class can be the top class, with a proof that there is no shorter one.
//!
//! Class `f` wins (or ties) at `z` iff `g_r·z >= h_r` for every rival `r`, with `g_r = w_f - w_r` and `h_r = b_r - b_f`.
//! The shortest such `z` is a least-distance problem, solved through non-negative least squares (Lawson and Hanson, "Solving
//! Least Squares Problems", chapter 23): `min |E u - e|, u >= 0`, with the columns `(g_r, h_r)` of `E` and `e = (0, .., 0, 1)`.
//!
//! Whatever the solver did, its multipliers are a proof that anybody can check: with `λ = u / Σu`, every `z` at which `f`
//! wins has `Σ λ_r (g_r·z - h_r) >= 0`, hence `|z| >= Σ λ_r h_r / |Σ λ_r g_r|`.
//!
//! Where embeddings are known to be non-negative (behind a ReLU), each coordinate is one more constraint `z_j >= 0`, with a multiplier
//! `v_j` and a unit column of its own. The best `v` for a given `u` cancels what is negative of `Σ u_r g_r`, which leaves
//! `min |(Σ u_r g_r)_+|² + (Σ u_r h_r - 1)², u >= 0`, and the proof `|z| >= Σ λ_r h_r / |(Σ λ_r g_r)_+|`. That is piecewise quadratic:
//! each piece is solved as above, with the coordinates left out that are negative there, until the piece stays the same.

use crate::{
    linear::LinearHead,
    space::{dot, norm},
};

/// How far away a class starts to win.
#[derive(Clone, Debug)]
pub struct Reach {
    /// No embedding of a smaller norm makes the class the top class; proven by `multipliers`, in exact arithmetic on the
    /// weights given. Infinite if none does at all.
    pub radius: f64,
    /// Weights `λ` on rivals that prove it; they sum to 1. Empty if nothing had to be proven (the radius is 0).
    pub multipliers: Vec<(usize, f64)>,
    /// An embedding at which the class wins or all but wins, and is no longer than it must be; none was found if the
    /// class is out of reach.
    pub witness: Option<Vec<f64>>,
}

/// Where embeddings can lie.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Region {
    /// Anywhere.
    #[default]
    Everywhere,
    /// Where no coordinate is negative.
    NonNegative,
}

/// Finds the shortest embedding at which `class` exceeds each of the rivals by `clearance` times the distance of their
/// rows (0 for a tie).
#[must_use]
pub fn reach(head: &LinearHead, class: usize, rivals: &[usize], clearance: f64) -> Reach {
    found(&Constraints::new(head, class, rivals, clearance), rivals)
}

/// The same among embeddings of a region, for a tie.
#[must_use]
pub fn reach_within(head: &LinearHead, class: usize, rivals: &[usize], region: Region) -> Reach {
    found(&Constraints { region, ..Constraints::new(head, class, rivals, 0.0) }, rivals)
}

fn found(constraints: &Constraints, rivals: &[usize]) -> Reach {
    let multipliers = constraints.solve();
    let total: f64 = multipliers.iter().map(|(_, u)| u).sum();
    let proof: Vec<(usize, f64)> = multipliers.iter().map(|&(i, u)| (i, u / total)).collect();
    let radius = if total > 0.0 { constraints.proven(&proof) } else { 0.0 };
    let (pull, level) = constraints.combine(&multipliers);
    let slack = 1.0 - level;
    let witness: Option<Vec<f64>> =
        (slack > UNREACHABLE).then(|| pull.iter().map(|x| x / slack).collect::<Vec<_>>());
    let multipliers = proof.into_iter().map(|(i, lambda)| (rivals[i], lambda)).collect();
    Reach { radius, multipliers, witness }
}

/// The radius that weights `λ` on some classes prove for `class`, in the same sense; 0 if they prove nothing.
#[must_use]
pub fn proven_radius(head: &LinearHead, class: usize, weights: &[(usize, f64)]) -> f64 {
    let rivals: Vec<usize> = weights.iter().map(|&(rival, _)| rival).collect();
    let indexed: Vec<(usize, f64)> =
        weights.iter().enumerate().map(|(i, &(_, lambda))| (i, lambda)).collect();
    Constraints::new(head, class, &rivals, 0.0).proven(&indexed)
}

/// What is left of the unit target when the class is out of reach, up to the rounding of the solver.
const UNREACHABLE: f64 = 1e-12;

/// Pieces that are looked at; whatever the last one gives is a proof.
const MOST_PIECES: usize = 30;

/// The weights that are not zero, with their places.
fn sparse(weights: &[f64]) -> Vec<(usize, f64)> {
    weights.iter().copied().enumerate().filter(|(_, u)| *u > 0.0).collect()
}

/// `g_r·z >= h_r`, row by row.
#[derive(Clone)]
struct Constraints {
    region: Region,
    width: usize,
    rows: Vec<f64>,
    levels: Vec<f64>,
    /// Bound of the rounding error of one entry of a sum of rows with weights that sum to 1.
    rounding: f64,
}

impl Constraints {
    fn new(head: &LinearHead, class: usize, rivals: &[usize], clearance: f64) -> Self {
        let mut rows = Vec::with_capacity(rivals.len() * head.width);
        let mut levels = Vec::with_capacity(rivals.len());
        let mut largest = 0.0f64;
        for &rival in rivals {
            let own = head.row(class).iter().zip(head.row(rival));
            rows.extend(own.map(|(&f, &r)| f64::from(f) - f64::from(r)));
            let row = &rows[rows.len() - head.width..];
            largest = row.iter().fold(largest, |largest, x| largest.max(x.abs()));
            let distance = if clearance > 0.0 { clearance * norm(row) } else { 0.0 };
            levels.push(f64::from(head.bias[rival]) - f64::from(head.bias[class]) + distance);
        }
        let rounding = largest * f64::EPSILON * (rivals.len() as f64 + 2.0);
        Self { region: Region::Everywhere, width: head.width, rows, levels, rounding }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.width..(i + 1) * self.width]
    }

    /// `Σ u_i g_i`, or what is positive of it if only that counts, and `Σ u_i h_i`.
    fn combine(&self, weights: &[(usize, f64)]) -> (Vec<f64>, f64) {
        let (mut pull, mut level) = (vec![0.0; self.width], 0.0);
        for &(i, weight) in weights {
            pull.iter_mut().zip(self.row(i)).for_each(|(sum, x)| *sum += weight * x);
            level += weight * self.levels[i];
        }
        if self.region == Region::NonNegative {
            pull.iter_mut().for_each(|x| *x = x.max(0.0));
        }
        (pull, level)
    }

    /// The radius that weights summing to 1 prove. A combined row that differs from zero by less than the arithmetic
    /// here can tell is taken at the most it may be; only one that is zero bit for bit proves all of the space.
    fn proven(&self, weights: &[(usize, f64)]) -> f64 {
        let (pull, level) = self.combine(weights);
        if level <= 0.0 {
            return 0.0;
        }
        let distance = norm(&pull);
        let exact = weights.len() == 1 && distance == 0.0;
        if exact { f64::INFINITY } else { level / (distance + self.rounding * (self.width as f64).sqrt()) }
    }

    /// The multipliers that are not zero.
    fn solve(&self) -> Vec<(usize, f64)> {
        match self.region {
            Region::Everywhere => self.least_squares(),
            Region::NonNegative => self.piecewise(),
        }
    }

    /// Piece after piece, each step no longer than it lowers the function; convex, so that it ends at the least.
    fn piecewise(&self) -> Vec<(usize, f64)> {
        let mut weights = vec![0.0; self.levels.len()];
        let mut positive = vec![true; self.width];
        for _ in 0..MOST_PIECES {
            let mut target = vec![0.0; weights.len()];
            for (i, u) in self.restricted_to(&positive).least_squares() {
                target[i] = u;
            }
            let Some(next) = self.descend(&weights, &target) else { break };
            weights = next;
            let piece: Vec<bool> = self.combine(&sparse(&weights)).0.iter().map(|&x| x > 0.0).collect();
            if piece == positive {
                break;
            }
            positive = piece;
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

    /// The same constraints on some coordinates only, which may be of either sign.
    fn restricted_to(&self, coordinates: &[bool]) -> Self {
        let mut restricted = Self { region: Region::Everywhere, ..self.clone() };
        for row in restricted.rows.chunks_exact_mut(self.width.max(1)) {
            row.iter_mut().zip(coordinates).filter(|(_, stays)| !**stays).for_each(|(x, _)| *x = 0.0);
        }
        restricted
    }

    /// Non-negative least squares by active sets; the multipliers that are not zero.
    fn least_squares(&self) -> Vec<(usize, f64)> {
        let scale = self.levels.iter().fold(0.0f64, |most, h| most.max(h.abs())).max(f64::MIN_POSITIVE);
        let mut passive = Passive::default();
        let mut banned = vec![false; self.levels.len()];
        // Each round adds one constraint; the bound is generous and only there so that rounding cannot loop.
        for _ in 0..3 * self.levels.len().min(self.width + 1) + 50 {
            let gradient = self.gradient(&passive);
            let free = |i: &usize| !banned[*i] && !passive.members.contains(i);
            let steepest =
                (0..gradient.len()).filter(free).max_by(|&a, &b| gradient[a].total_cmp(&gradient[b]));
            let Some(next) = steepest.filter(|&i| gradient[i] > 1e-11 * scale) else { break };
            if !passive.push(next, self.gram(next)) {
                // It depends on those already there, up to rounding.
                banned[next] = true;
                continue;
            }
            passive.settle(&self.levels);
        }
        passive.members.into_iter().zip(passive.values).filter(|(_, u)| *u > 0.0).collect()
    }

    /// `Eᵀ(e - E u)`.
    fn gradient(&self, passive: &Passive) -> Vec<f64> {
        let mut gradient = self.levels.clone();
        for (column, u) in passive.grams.iter().zip(&passive.values) {
            gradient.iter_mut().zip(column).for_each(|(g, k)| *g -= u * k);
        }
        gradient
    }

    /// Products of one column of `E` with all of them.
    fn gram(&self, j: usize) -> Vec<f64> {
        use rayon::prelude::*;
        let own = self.row(j);
        let product = |i: usize| dot(own, self.row(i)) + self.levels[j] * self.levels[i];
        (0..self.levels.len()).into_par_iter().map(product).collect()
    }
}

/// The constraints that hold the solution, with the Cholesky factor of their Gram matrix.
#[derive(Default)]
struct Passive {
    members: Vec<usize>,
    values: Vec<f64>,
    grams: Vec<Vec<f64>>,
    factor: Vec<Vec<f64>>,
}

impl Passive {
    /// Adds a constraint, unless it depends on the others.
    fn push(&mut self, member: usize, gram: Vec<f64>) -> bool {
        let mut row: Vec<f64> = Vec::with_capacity(self.members.len() + 1);
        for (other, factor) in self.members.iter().zip(&self.factor) {
            let known: f64 = row.iter().zip(factor).map(|(a, b)| a * b).sum();
            row.push((gram[*other] - known) / factor[row.len()]);
        }
        let rest = gram[member] - row.iter().map(|x| x * x).sum::<f64>();
        if rest <= 1e-13 * gram[member] {
            return false;
        }
        row.push(rest.sqrt());
        self.members.push(member);
        self.values.push(0.0);
        self.grams.push(gram);
        self.factor.push(row);
        true
    }

    /// Moves to the least-squares solution over the members, dropping those that would become negative on the way.
    fn settle(&mut self, levels: &[f64]) {
        while !self.members.is_empty() {
            let target = self.least_squares(levels);
            let step =
                |(&value, &target): (&f64, &f64)| if target <= 0.0 { value / (value - target) } else { 1.0 };
            let steps: Vec<f64> = self.values.iter().zip(&target).map(step).collect();
            let shortest = steps.iter().copied().fold(1.0, f64::min);
            if target.iter().all(|&u| u > 0.0) {
                self.values = target;
                return;
            }
            self.values.iter_mut().zip(&target).for_each(|(u, t)| *u += shortest * (t - *u));
            let stays: Vec<bool> =
                steps.iter().zip(&target).map(|(s, t)| *t > 0.0 || *s > shortest).collect();
            self.keep(&stays);
        }
    }

    fn keep(&mut self, stays: &[bool]) {
        let old = std::mem::take(self);
        let rows = old.members.into_iter().zip(old.values).zip(old.grams);
        for (((member, value), gram), _) in rows.zip(stays).filter(|(_, stays)| **stays) {
            if self.push(member, gram) {
                *self.values.last_mut().unwrap_or(&mut 0.0) = value;
            }
        }
    }

    /// Solves `K x = h` over the members by the factor.
    fn least_squares(&self, levels: &[f64]) -> Vec<f64> {
        let n = self.members.len();
        let mut x: Vec<f64> = Vec::with_capacity(n);
        for (&member, row) in self.members.iter().zip(&self.factor) {
            let known: f64 = row.iter().zip(&x).map(|(a, b)| a * b).sum();
            x.push((levels[member] - known) / row[x.len()]);
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|j| self.factor[j][i] * x[j]).sum();
            x[i] = (x[i] - known) / self.factor[i][i];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(weight: Vec<f32>, bias: Vec<f32>) -> LinearHead {
        let (classes, width) = (bias.len(), weight.len() / bias.len());
        LinearHead { classes, width, weight, bias, has_bias: true }
    }

    #[test]
    fn a_corner_of_two_rivals_is_the_nearest_point() {
        // f wins where x >= 3 and y >= 4.
        let head = head(vec![0.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![0.0, 3.0, 4.0]);
        let reach = reach(&head, 0, &[1, 2], 0.0);
        assert!((reach.radius - 5.0).abs() < 1e-9, "{reach:?}");
        let witness = reach.witness.unwrap();
        assert!((witness[0] - 3.0).abs() < 1e-9 && (witness[1] - 4.0).abs() < 1e-9);
        assert!((proven_radius(&head, 0, &reach.multipliers) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn only_the_rival_in_the_way_counts() {
        let head = head(vec![0.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![0.0, 3.0, -4.0]);
        let reach = reach(&head, 0, &[1, 2], 0.0);
        assert!((reach.radius - 3.0).abs() < 1e-9);
        assert_eq!(reach.multipliers, [(1, 1.0)]);
    }

    #[test]
    fn a_class_that_wins_at_the_origin_needs_no_norm() {
        let head = head(vec![1.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![1.0, 0.0, 0.5]);
        let reach = reach(&head, 0, &[1, 2], 0.0);
        assert_eq!((reach.radius, reach.witness), (0.0, Some(vec![0.0, 0.0])));
    }

    #[test]
    fn a_row_that_is_the_mean_of_its_rivals_is_out_of_reach() {
        let head = head(vec![0.5, 0.5, 1.0, 0.0, 0.0, 1.0], vec![-30.0, 0.0, 0.0]);
        let reach = reach(&head, 0, &[1, 2], 0.0);
        assert!(reach.radius > 1e12 && reach.witness.is_none(), "{reach:?}");
    }

    /// Every rival of a random head of more classes than dimensions is met or beaten at the witness, at the proven norm.
    #[test]
    fn proof_and_witness_agree_on_a_random_head() {
        let mut rng = crate::rng::stream(5, crate::rng::Purpose::Training, 0);
        let mut weight = vec![0.0; 60 * 20];
        crate::embeddings::Distribution::Gaussian.fill(&mut rng, &mut weight);
        let mut bias = vec![0.0; 60];
        crate::embeddings::Distribution::Gaussian.fill(&mut rng, &mut bias);
        let head = head(weight, bias);
        for class in 0..60 {
            let rivals: Vec<usize> = (0..60).filter(|&r| r != class).collect();
            let reach = reach(&head, class, &rivals, 0.0);
            let Some(z) = &reach.witness else { panic!("class {class}: {reach:?}") };
            assert!((norm(z) - reach.radius).abs() < 1e-6 * (1.0 + reach.radius), "class {class}");
            let logit = |c: usize| dot(head.row(c), z) + f64::from(head.bias[c]);
            assert!(rivals.iter().all(|&r| logit(class) > logit(r) - 1e-7), "class {class}");
        }
    }
}
