//! Taking directions out of every row of a head: `W' = W (I - Q Qᵀ)`, for orthonormal directions `Q`.

use crate::head::{LinearHead, dot, norm};

/// Directions shorter than this share of the vector that they were left over from are nothing but rounding.
const NULL: f64 = 1e-3;

/// An orthonormal set of directions.
#[derive(Debug, Default)]
pub(super) struct Directions(Vec<Vec<f64>>);

impl Directions {
    /// Adds what a vector has beyond the directions, if that is anything.
    pub(super) fn add(&mut self, vector: &[f64]) {
        let rest = self.beyond(vector);
        let length = norm(&rest);
        if length > NULL * norm(vector) {
            self.0.push(rest.into_iter().map(|x| x / length).collect());
        }
    }

    /// A vector less its component along the directions.
    fn beyond(&self, vector: &[f64]) -> Vec<f64> {
        let mut rest = vector.to_vec();
        for _ in 0..2 {
            for direction in &self.0 {
                let along = dot(direction, &rest);
                rest.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
            }
        }
        rest
    }

    /// The head with its component along the directions taken off every row.
    pub(super) fn take_off(&self, head: &LinearHead) -> LinearHead {
        let mut projected = head.clone();
        for class in 0..head.classes {
            let row: Vec<f64> = head.row(class).iter().map(|&w| f64::from(w)).collect();
            projected.row_mut(class).iter_mut().zip(self.beyond(&row)).for_each(|(w, rest)| *w = rest as f32);
        }
        projected
    }
}
