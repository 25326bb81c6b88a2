//! The shortest embedding at which a class can be the top class, with a proof that there is no shorter one.
//!
//! Class `f` wins (or ties) at `z` iff `g_r·z >= h_r` for every rival `r`, with `g_r = w_f - w_r` and `h_r = b_r - b_f`.
//! The shortest such `z` is a least-distance problem, solved through non-negative least squares (Lawson and Hanson, "Solving
//! Least Squares Problems", chapter 23): `min |E u - e|, u >= 0`, with the columns `(g_r, h_r)` of `E` and `e = (0, .., 0, 1)`.
//!
//! Whatever the solver did, its multipliers are a proof that anybody can check: with `λ = u / Σu`, every `z`
//! at which `f` wins has `Σ λ_r (g_r·z - h_r) >= 0`, hence `|z| >= Σ λ_r h_r / |Σ λ_r g_r|`.
//!
//! Where embeddings are known to be non-negative (behind a ReLU), each coordinate is one more constraint `z_j >= 0`, with a multiplier
//! `v_j` and a unit column of its own. The best `v` for a given `u` cancels what is negative of `Σ u_r g_r`, which leaves
//! `min |(Σ u_r g_r)_+|² + (Σ u_r h_r - 1)², u >= 0`, and the proof `|z| >= Σ λ_r h_r / |(Σ λ_r g_r)_+|`. That is piecewise quadratic:
//! each piece is solved as above, with the coordinates left out that are negative there, until the piece stays the same.

mod constraints;
mod least_squares;
mod runtime;

use super::LinearHead;
use constraints::Constraints;

/// A class and the rivals that it has to exceed.
#[derive(Clone, Copy, Debug)]
pub struct Contest<'a> {
    /// The head that decides.
    pub head: &'a LinearHead,
    /// The class that is to win.
    pub class: usize,
    /// The classes that it has to exceed.
    pub rivals: &'a [usize],
    /// Where embeddings can lie.
    pub region: Region,
    /// By how much it has to exceed each rival: so many times the distance of their rows; 0 for a tie.
    pub clearance: f64,
    /// Largest relative error of the head's numbers against those of the model, as
    /// [`crate::cut::Head::rounding`] gives it.
    pub rounding: f64,
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

/// How far away a class starts to win.
#[derive(Clone, Debug)]
pub struct Reach {
    /// No embedding of a smaller norm makes the class the top class; proven by `multipliers`, in exact
    /// arithmetic on the weights given. Infinite if none does at all.
    pub radius: f64,
    /// Weights `λ` on rivals that prove it; they sum to 1. Empty if nothing had to be proven (the radius is
    /// 0).
    pub multipliers: Vec<(usize, f64)>,
    /// An embedding at which the class wins or all but wins, and is no longer than it must be; none was found
    /// if the class is out of reach.
    pub witness: Option<Vec<f64>>,
}

/// What is left of the unit target when the class is out of reach, up to the rounding of the solver.
const UNREACHABLE: f64 = 1e-12;

impl<'a> Contest<'a> {
    /// For a tie anywhere, of numbers that are the model's own.
    #[must_use]
    pub fn new(head: &'a LinearHead, class: usize, rivals: &'a [usize]) -> Self {
        Self { head, class, rivals, region: Region::Everywhere, clearance: 0.0, rounding: 0.0 }
    }

    /// Finds the shortest embedding at which the class wins.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let constraints = Constraints::new(self);
        let multipliers = constraints.solve();
        let total: f64 = multipliers.iter().map(|(_, u)| u).sum();
        let proof: Vec<(usize, f64)> = multipliers.iter().map(|&(i, u)| (i, u / total)).collect();
        let radius = if total > 0.0 { constraints.proven(&proof) } else { 0.0 };
        let (pull, level) = constraints.combine(&multipliers);
        let slack = 1.0 - level;
        let witness: Option<Vec<f64>> =
            (slack > UNREACHABLE).then(|| pull.iter().map(|x| x / slack).collect::<Vec<_>>());
        let multipliers = proof.into_iter().map(|(i, lambda)| (self.rivals[i], lambda)).collect();
        Reach { radius, multipliers, witness }
    }

    /// The radius that equal weights on all rivals prove: nearly all there is where the class has their mean
    /// row.
    #[must_use]
    pub fn radius_of_the_mean(&self) -> f64 {
        let share = 1.0 / self.rivals.len() as f64;
        let equal: Vec<(usize, f64)> = (0..self.rivals.len()).map(|i| (i, share)).collect();
        Constraints::new(self).proven(&equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{dot, norm};

    fn head(weight: Vec<f32>, bias: Vec<f32>) -> LinearHead {
        let (classes, width) = (bias.len(), weight.len() / bias.len());
        LinearHead { classes, width, weight, bias, has_bias: true }
    }

    #[test]
    fn a_corner_of_two_rivals_is_the_nearest_point() {
        // f wins where x >= 3 and y >= 4.
        let head = head(vec![0.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![0.0, 3.0, 4.0]);
        let reach = Contest::new(&head, 0, &[1, 2]).reach();
        assert!((reach.radius - 5.0).abs() < 1e-9, "{reach:?}");
        let witness = reach.witness.unwrap();
        assert!((witness[0] - 3.0).abs() < 1e-9 && (witness[1] - 4.0).abs() < 1e-9);
    }

    #[test]
    fn only_the_rival_in_the_way_counts() {
        let head = head(vec![0.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![0.0, 3.0, -4.0]);
        let reach = Contest::new(&head, 0, &[1, 2]).reach();
        assert!((reach.radius - 3.0).abs() < 1e-9);
        assert_eq!(reach.multipliers, [(1, 1.0)]);
    }

    #[test]
    fn a_class_that_wins_at_the_origin_needs_no_norm() {
        let head = head(vec![1.0, 0.0, -1.0, 0.0, 0.0, -1.0], vec![1.0, 0.0, 0.5]);
        let reach = Contest::new(&head, 0, &[1, 2]).reach();
        assert_eq!((reach.radius, reach.witness), (0.0, Some(vec![0.0, 0.0])));
    }

    #[test]
    fn a_row_that_is_the_mean_of_its_rivals_is_out_of_reach() {
        let head = head(vec![0.5, 0.5, 1.0, 0.0, 0.0, 1.0], vec![-30.0, 0.0, 0.0]);
        let reach = Contest::new(&head, 0, &[1, 2]).reach();
        assert!(reach.radius > 1e12 && reach.witness.is_none(), "{reach:?}");
    }

    #[test]
    fn equal_weights_prove_what_a_mean_row_is_worth_and_rounding_counts_against_it() {
        // The mean of the rivals is (1, 0); row 0 differs from it by (0, 2); their mean bias is 1, its own
        // -5.
        let near = head(vec![1.0, 2.0, 2.0, 1.0, 0.0, -1.0], vec![-5.0, 2.0, 0.0]);
        let radius = |head: &LinearHead, rounding| {
            Contest { rounding, ..Contest::new(head, 0, &[1, 2]) }.radius_of_the_mean()
        };
        let exact = radius(&near, 0.0);
        assert!(exact < 3.0 && exact > 3.0 - 1e-12, "{exact}");
        // Levels lose 1e-3 (1 + 5) + 2e-3; rows gain 2 * 2 * 1e-3 * sqrt(2).
        let rounded = radius(&near, 1e-3);
        assert!((rounded - (6.0 - 8e-3) / (2.0 + 4e-3 * 2f64.sqrt())).abs() < 1e-9, "{rounded}");
        let mean = head(vec![1.0, 0.0, 2.0, 1.0, 0.0, -1.0], vec![-30.0, 0.0, 0.0]);
        assert!((1e14..1e17).contains(&radius(&mean, 0.0)), "{}", radius(&mean, 0.0));
        let raised = head(vec![1.0, 0.0, 2.0, 1.0, 0.0, -1.0], vec![0.0; 3]);
        assert_eq!(radius(&raised, 0.0), 0.0);
    }

    #[test]
    fn the_row_of_the_only_rival_with_a_lower_bias_never_wins() {
        let head = head(vec![0.3, 0.1, 0.3, 0.1], vec![-30.0, 0.0]);
        assert_eq!(Contest::new(&head, 0, &[1]).reach().radius, f64::INFINITY);
        assert!(Contest { rounding: 1e-7, ..Contest::new(&head, 0, &[1]) }.reach().radius < 1e10);
    }

    /// Every rival of a random head of more classes than dimensions is met or beaten at the witness, at the
    /// proven norm.
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
            let reach = Contest::new(&head, class, &rivals).reach();
            let Some(z) = &reach.witness else { panic!("class {class}: {reach:?}") };
            assert!((norm(z) - reach.radius).abs() < 1e-6 * (1.0 + reach.radius), "class {class}");
            let logit = |c: usize| dot(head.row(c), z) + f64::from(head.bias[c]);
            assert!(rivals.iter().all(|&r| logit(class) > logit(r) - 1e-7), "class {class}");
        }
    }
}
