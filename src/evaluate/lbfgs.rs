//! Minimises a smooth convex function by L-BFGS (Liu and Nocedal 1989) with backtracking, from zero,
//! deterministically.

use std::collections::VecDeque;

use candle_core::Result;

/// Steps remembered for the curvature.
const MEMORY: usize = 10;
/// Share of the decrease promised by the slope that a step must bring.
const ARMIJO: f64 = 1e-4;

/// Shortest part of a step that is tried.
const SHORTEST: f64 = 1e-12;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest element of the gradient that counts as none.
    pub(super) gradient: f64,
    /// Most steps.
    pub(super) steps: usize,
}

/// The `x` at which `f` (which gives value and gradient) is smallest, and whether the limit on the gradient
/// was met.
pub(super) fn minimise(
    dimensions: usize,
    limits: Limits,
    mut f: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
) -> Result<(Vec<f64>, bool)> {
    let mut x = vec![0.0; dimensions];
    let (mut fx, mut gradient) = f(&x)?;
    let mut past: VecDeque<Step> = VecDeque::new();
    for _ in 0..limits.steps {
        if gradient.iter().all(|slope| slope.abs() <= limits.gradient) {
            return Ok((x, true));
        }
        let direction = descent(&gradient, &past);
        let slope = dot(&gradient, &direction);
        // Without curvature, a first step of length 1 along the gradient.
        let mut length = if past.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt() } else { 1.0 };
        let (next, f_next, gradient_next) = loop {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let (f_next, gradient_next) = f(&next)?;
            if f_next <= fx + ARMIJO * length * slope {
                break (next, f_next, gradient_next);
            }
            length /= 2.0;
            if length < SHORTEST {
                return Ok((x, false));
            }
        };
        let step = Step { s: difference(&next, &x), y: difference(&gradient_next, &gradient) };
        (x, fx, gradient) = (next, f_next, gradient_next);
        // Only where the curvature along the step is positive does the approximation stay positive definite.
        if dot(&step.s, &step.y) > 0.0 {
            past.push_back(step);
        }
        if past.len() > MEMORY {
            past.pop_front();
        }
    }
    Ok((x, false))
}

/// What one step tells of the curvature, in the names of the literature.
struct Step {
    /// How far it went: `x_{k+1} - x_k`.
    s: Vec<f64>,
    /// How the gradient changed over it.
    y: Vec<f64>,
}

/// Minus the gradient times the inverse curvature that past steps suggest: the two-loop recursion, with
/// `alpha` and `beta` as Nocedal and Wright call them.
fn descent(gradient: &[f64], past: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut alphas = Vec::with_capacity(past.len());
    for Step { s, y } in past.iter().rev() {
        let alpha = dot(s, &direction) / dot(s, y);
        add(&mut direction, -alpha, y);
        alphas.push(alpha);
    }
    // The first guess at the inverse curvature: that of the latest step.
    if let Some(Step { s, y }) = past.back() {
        let scale = dot(s, y) / dot(y, y);
        direction.iter_mut().for_each(|x| *x *= scale);
    }
    for (Step { s, y }, alpha) in past.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(y, &direction) / dot(s, y);
        add(&mut direction, alpha - beta, s);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(target: &mut [f64], factor: f64, other: &[f64]) {
    target.iter_mut().zip(other).for_each(|(x, y)| *x += factor * y);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_narrow_valley() {
        let target: Vec<f64> = (0..8).map(f64::from).collect();
        let valley = |x: &[f64]| {
            let steep = |i: usize| 10f64.powi(i as i32 % 4);
            let gradient: Vec<f64> = (0..8).map(|i| steep(i) * (x[i] - target[i])).collect();
            Ok((difference(x, &target).iter().zip(&gradient).map(|(d, g)| d * g / 2.0).sum(), gradient))
        };
        let (found, met) = minimise(8, Limits { gradient: 1e-9, steps: 200 }, valley).unwrap();
        assert!(met);
        assert!(found.iter().zip(&target).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}");
    }
}
