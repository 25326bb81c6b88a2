//! Coordinates for embeddings.
//!
//! Logits see only the component of an embedding in the row space of the head's weights. For draws whose
//! distribution is isotropic (the Gaussian) the coordinates in an orthonormal basis of that space are themselves
//! standard Gaussian, so one may draw, label and train in `rank(W) <= C` dimensions instead of `D`, exactly.

use crate::linear::LinearHead;

/// A linear subspace of the embedding space with an orthonormal basis, or the whole space.
#[derive(Clone, Debug)]
pub struct Space {
    full_width: usize,
    /// Row-major `rank x D`; `None` for the whole space.
    basis: Option<Vec<f32>>,
    width: usize,
}

impl Space {
    /// The whole embedding space of `width` dimensions, in its own coordinates.
    #[must_use]
    pub fn whole(width: usize) -> Self {
        Self { full_width: width, basis: None, width }
    }

    /// The space spanned by the weight rows of all given heads (of one embedding width).
    ///
    /// Falls back to the whole space where that is no larger.
    #[must_use]
    pub fn spanned_by(heads: &[&LinearHead]) -> Self {
        let full_width = heads.first().map_or(0, |head| head.width);
        if heads.iter().map(|head| head.classes).sum::<usize>() >= full_width {
            return Self::whole(full_width);
        }
        let rows = heads.iter().flat_map(|head| (0..head.classes).map(|class| head.row(class)));
        let basis = orthonormal(rows);
        let width = basis.len();
        if width == 0 {
            // Constant logits; embeddings must still have coordinates.
            return Self::whole(full_width);
        }
        let basis = basis.into_iter().flatten().map(|x| x as f32).collect();
        Self { full_width, basis: Some(basis), width }
    }

    /// Number of coordinates.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of coordinates of the whole embedding space.
    #[must_use]
    pub fn full_width(&self) -> usize {
        self.full_width
    }

    /// The head as a map from coordinates in this space.
    #[must_use]
    pub fn restrict(&self, head: &LinearHead) -> LinearHead {
        let weight = (0..head.classes).flat_map(|class| self.coordinates(head.row(class))).collect();
        LinearHead { width: self.width, weight, bias: head.bias.clone(), ..*head }
    }

    /// The coordinates of a vector's component in this space.
    #[must_use]
    pub fn coordinates(&self, vector: &[f32]) -> Vec<f32> {
        match &self.basis {
            None => vector.to_vec(),
            Some(basis) => basis.chunks_exact(self.full_width).map(|axis| dot(axis, vector) as f32).collect(),
        }
    }

    /// Moves `head` by the difference of two restricted heads: `W + (after - before)·basis`, `b + (after - before)`.
    ///
    /// Rows that did not move keep their exact values.
    #[must_use]
    pub fn lift(&self, head: &LinearHead, before: &LinearHead, after: &LinearHead) -> LinearHead {
        let mut lifted = head.clone();
        for class in 0..head.classes {
            let step: Vec<f32> = after.row(class).iter().zip(before.row(class)).map(|(a, b)| a - b).collect();
            self.add_to(&step, lifted.row_mut(class));
            lifted.bias[class] += after.bias[class] - before.bias[class];
        }
        lifted
    }

    /// Adds the vector with these coordinates to `target`, which is in the whole space.
    fn add_to(&self, coordinates: &[f32], target: &mut [f32]) {
        let Some(basis) = &self.basis else {
            target.iter_mut().zip(coordinates).for_each(|(t, c)| *t += c);
            return;
        };
        for (axis, &c) in basis.chunks_exact(self.full_width).zip(coordinates) {
            if c != 0.0 {
                target.iter_mut().zip(axis).for_each(|(t, a)| *t += c * a);
            }
        }
    }
}

/// Gram-Schmidt in double precision, every vector orthogonalised twice; vectors that add nothing beyond
/// rounding are left out.
fn orthonormal<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let mut vector: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
        let length = norm(&vector);
        for _ in 0..2 {
            for axis in &basis {
                let along = dot(axis, &vector);
                vector.iter_mut().zip(axis).for_each(|(v, a)| *v -= along * a);
            }
        }
        let rest = norm(&vector);
        if rest > 1e-6 * length {
            vector.iter_mut().for_each(|v| *v /= rest);
            basis.push(vector);
        }
    }
    basis
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

/// In double precision, with several sums in a fixed order: one sum alone would wait for every addition.
fn dot<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    const SUMS: usize = 8;
    let (a, a_rest) = a.as_chunks::<SUMS>();
    let (b, b_rest) = b.as_chunks::<SUMS>();
    let mut sums = [0.0f64; SUMS];
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (&a, &b))| *sum += a.into() * b.into());
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| a.into() * b.into());
    sums.into_iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> LinearHead {
        let weight = vec![1.0, 2.0, 0.0, 1.0, -1.0, 0.5, 2.0, 0.0, 2.0, 4.0, 0.0, 2.0];
        LinearHead { classes: 3, width: 4, weight, bias: vec![0.5, 0.0, -1.0], has_bias: true }
    }

    fn logits(head: &LinearHead, z: &[f32]) -> Vec<f64> {
        (0..head.classes).map(|c| dot(head.row(c), z) + f64::from(head.bias[c])).collect()
    }

    #[test]
    fn a_dependent_row_adds_no_dimension_and_logits_survive() {
        let head = head();
        let space = Space::spanned_by(&[&head]);
        assert_eq!(space.width(), 2, "row 2 is twice row 0");
        let z = [0.3, -1.2, 2.0, 0.7];
        let reduced = logits(&space.restrict(&head), &space.coordinates(&z));
        for (a, b) in logits(&head, &z).iter().zip(reduced) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn lifting_a_step_moves_logits_as_it_does_in_the_space() {
        let head = head();
        let space = Space::spanned_by(&[&head]);
        let before = space.restrict(&head);
        let mut after = before.clone();
        after.row_mut(1)[0] += 0.25;
        after.bias[1] -= 1.0;
        let lifted = space.lift(&head, &before, &after);
        assert_eq!(lifted.row(0), head.row(0), "an untouched row keeps its bits");
        let z = [0.3, -1.2, 2.0, 0.7];
        let expected = logits(&after, &space.coordinates(&z));
        for (a, b) in logits(&lifted, &z).iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
