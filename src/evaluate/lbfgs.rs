//! Minimises a smooth convex function by L-BFGS (Liu and Nocedal 1989) with backtracking, from zero, deterministically.

use std::collections::VecDeque;

use candle_core::Result;

/// Steps remembered for the curvature.
const MEMORY: usize = 10;
/// Share of the decrease promised by the slope that a step must bring.
const ARMIJO: f64 = 1e-4;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest element of the gradient that counts as none.
    pub(super) gradient: f64,
    /// Most steps.
    pub(super) steps: usize,
}

/// The place where `value` (which gives value and gradient) is smallest, and whether the limit on the gradient was met.
pub(super) fn minimise(
    dimensions: usize,
    limits: Limits,
    mut value: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
) -> Result<(Vec<f64>, bool)> {
    let mut place = vec![0.0; dimensions];
    let (mut height, mut gradient) = value(&place)?;
    let mut past: VecDeque<Step> = VecDeque::new();
    for _ in 0..limits.steps {
        if gradient.iter().all(|slope| slope.abs() <= limits.gradient) {
            return Ok((place, true));
        }
        let direction = descent(&gradient, &past);
        let slope = dot(&gradient, &direction);
        let mut length = if past.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt() } else { 1.0 };
        let (next, next_height, next_gradient) = loop {
            let next: Vec<f64> = place.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let (next_height, next_gradient) = value(&next)?;
            if next_height <= height + ARMIJO * length * slope {
                break (next, next_height, next_gradient);
            }
            length /= 2.0;
            if length < 1e-12 {
                return Ok((place, false));
            }
        };
        let step = Step { moved: less(&next, &place), bent: less(&next_gradient, &gradient) };
        (place, height, gradient) = (next, next_height, next_gradient);
        if dot(&step.moved, &step.bent) > 0.0 {
            past.push_back(step);
        }
        if past.len() > MEMORY {
            past.pop_front();
        }
    }
    Ok((place, false))
}

/// How far a step went, and how the gradient changed over it.
struct Step {
    moved: Vec<f64>,
    bent: Vec<f64>,
}

/// Minus the gradient times the inverse curvature that past steps suggest (the two-loop recursion).
fn descent(gradient: &[f64], past: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(past.len());
    for step in past.iter().rev() {
        let share = dot(&step.moved, &direction) / dot(&step.moved, &step.bent);
        add(&mut direction, -share, &step.bent);
        shares.push(share);
    }
    if let Some(last) = past.back() {
        let scale = dot(&last.moved, &last.bent) / dot(&last.bent, &last.bent);
        direction.iter_mut().for_each(|x| *x *= scale);
    }
    for (step, share) in past.iter().zip(shares.into_iter().rev()) {
        let back = dot(&step.bent, &direction) / dot(&step.moved, &step.bent);
        add(&mut direction, share - back, &step.moved);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn less(a: &[f64], b: &[f64]) -> Vec<f64> {
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
            Ok((less(x, &target).iter().zip(&gradient).map(|(d, g)| d * g / 2.0).sum(), gradient))
        };
        let (found, met) = minimise(8, Limits { gradient: 1e-9, steps: 200 }, valley).unwrap();
        assert!(met);
        assert!(found.iter().zip(&target).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}");
    }
}
