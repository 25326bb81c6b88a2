//! Coordinates for embeddings.
//!
//! Logits see only the component of an embedding in the row space of the head's weights. For draws whose
//! distribution is isotropic (the Gaussian) the coordinates in an orthonormal basis of that space are
//! themselves standard Gaussian, so one may draw, label and train in `rank(W) <= C` dimensions instead of
//! `D`, exactly.

use candle_core::{DType, Device, Result, Tensor};

use crate::head::{dot, norm};
use crate::{error::Error, head::LinearHead};

/// A linear subspace of the embedding space with an orthonormal basis, or the whole space.
#[derive(Clone, Debug)]
pub struct Space {
    full_width: usize,
    /// `[rank, D]`, in double precision; `None` for the whole space.
    basis: Option<Tensor>,
    width: usize,
}

impl Space {
    /// The whole embedding space of `width` dimensions, in its own coordinates.
    #[must_use]
    pub fn whole(width: usize) -> Self {
        Self { full_width: width, basis: None, width }
    }

    /// The space spanned by the weight rows of all given heads (of one embedding width and number of
    /// classes).
    ///
    /// It is the whole space where the rows span that.
    ///
    /// # Errors
    /// [`Error::Compute`] if there is no memory for the basis.
    pub fn spanned_by(heads: &[&LinearHead]) -> std::result::Result<Self, Error> {
        let full_width = heads.first().map_or(0, |head| head.width);
        let mut rows: Vec<&[f32]> = Vec::new();
        for (i, head) in heads.iter().enumerate() {
            // A row that an earlier head has, too, adds nothing.
            let is_new = |class: &usize| heads[..i].iter().all(|other| other.row(*class) != head.row(*class));
            rows.extend((0..head.classes).filter(is_new).map(|class| head.row(class)));
        }
        let basis =
            orthonormal(&rows, full_width).map_err(Error::compute("finding the row space of the head"))?;
        Ok(match basis {
            Some(basis) => {
                let width = basis.dims()[0];
                Self { full_width, basis: Some(basis), width }
            }
            None => Self::whole(full_width),
        })
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
    ///
    /// # Errors
    /// [`Error::Compute`] if there is no memory for it.
    pub fn restrict(&self, head: &LinearHead) -> std::result::Result<LinearHead, Error> {
        let weight = self.coordinates(&head.weight)?;
        Ok(LinearHead { width: self.width, weight, bias: head.bias.clone(), ..*head })
    }

    /// The coordinates of the components of some vectors in this space, one vector after the other.
    ///
    /// # Errors
    /// [`Error::Compute`] if there is no memory for them.
    pub fn coordinates(&self, vectors: &[f32]) -> std::result::Result<Vec<f32>, Error> {
        let Some(basis) = &self.basis else { return Ok(vectors.to_vec()) };
        let project = || -> Result<Vec<f32>> {
            let mut coordinates = Vec::with_capacity(vectors.len() / self.full_width * self.width);
            for block in vectors.chunks(BLOCK * self.full_width) {
                let block = double(block, self.full_width)?.matmul(&basis.t()?)?;
                coordinates.extend(block.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?);
            }
            Ok(coordinates)
        };
        project().map_err(Error::compute("projecting onto the row space of the head"))
    }

    /// Moves `head` by the difference of two restricted heads: `W + (after - before)·basis`, `b + (after - before)`.
    ///
    /// Rows that did not move keep their exact values.
    ///
    /// # Errors
    /// [`Error::Compute`] if there is no memory for it.
    pub fn lift(
        &self,
        head: &LinearHead,
        before: &LinearHead,
        after: &LinearHead,
    ) -> std::result::Result<LinearHead, Error> {
        let mut lifted = head.clone();
        for class in 0..head.classes {
            lifted.bias[class] += after.bias[class] - before.bias[class];
        }
        let moved: Vec<usize> = (0..head.classes).filter(|&c| after.row(c) != before.row(c)).collect();
        for classes in moved.chunks(BLOCK) {
            let step = |&class: &usize| after.row(class).iter().zip(before.row(class)).map(|(a, b)| a - b);
            let steps: Vec<f32> = classes.iter().flat_map(step).collect();
            let steps = self.vectors(&steps).map_err(Error::compute("lifting the head"))?;
            for (&class, step) in classes.iter().zip(steps.chunks_exact(self.full_width)) {
                let row = lifted.row_mut(class);
                row.iter_mut().zip(step).for_each(|(w, step)| *w = (f64::from(*w) + step) as f32);
            }
        }
        Ok(lifted)
    }

    /// The vectors with these coordinates, in the whole space.
    fn vectors(&self, coordinates: &[f32]) -> Result<Vec<f64>> {
        match &self.basis {
            None => Ok(coordinates.iter().map(|&x| f64::from(x)).collect()),
            Some(basis) => double(coordinates, self.width)?.matmul(basis)?.flatten_all()?.to_vec1(),
        }
    }
}

/// Rows that are worked on at a time: enough for fast matrix products, few enough to need little memory.
const BLOCK: usize = 64;

/// Some rows of a length as a matrix in double precision.
fn double(rows: &[f32], length: usize) -> Result<Tensor> {
    Tensor::from_slice(rows, (rows.len() / length, length), &Device::Cpu)?.to_dtype(DType::F64)
}

/// Gram-Schmidt in double precision, block by block, every vector orthogonalised twice; vectors that add
/// nothing beyond rounding are left out. `None` if the rows span everything, or nothing (embeddings must
/// still have coordinates).
fn orthonormal(rows: &[&[f32]], length: usize) -> Result<Option<Tensor>> {
    let mut basis: Option<Tensor> = None;
    for block in rows.chunks(BLOCK) {
        let lengths: Vec<f64> = block.iter().map(|row| norm(row)).collect();
        let mut rest = double(&block.concat(), length)?;
        if let Some(basis) = &basis {
            for _ in 0..2 {
                rest = (&rest - rest.matmul(&basis.t()?)?.matmul(basis)?)?;
            }
        }
        let rest = rest.flatten_all()?.to_vec1::<f64>()?;
        let fresh = within(rest.chunks_exact(length), &lengths);
        if fresh.is_empty() {
            continue;
        }
        let fresh = Tensor::from_vec(fresh.concat(), (fresh.len(), length), &Device::Cpu)?;
        let grown = match basis {
            Some(basis) => Tensor::cat(&[basis, fresh], 0)?,
            None => fresh,
        };
        if grown.dims()[0] >= length {
            return Ok(None);
        }
        basis = Some(grown);
    }
    Ok(basis)
}

/// Gram-Schmidt among the vectors of one block, given how long they were before anything was taken off them.
fn within<'a>(vectors: impl Iterator<Item = &'a [f64]>, lengths: &[f64]) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for (vector, &length) in vectors.zip(lengths) {
        let mut vector = vector.to_vec();
        for _ in 0..2 {
            for axis in &basis {
                let along = dot(axis, &vector);
                vector.iter_mut().zip(axis).for_each(|(v, a)| *v -= along * a);
            }
        }
        let rest = norm(&vector);
        if rest > NOTHING * length {
            vector.iter_mut().for_each(|v| *v /= rest);
            basis.push(vector);
        }
    }
    basis
}

/// What is left of a vector, relative to its length, when only the rounding of single precision is left.
const NOTHING: f64 = 1e-6;

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
        let space = Space::spanned_by(&[&head]).unwrap();
        assert_eq!(space.width(), 2, "row 2 is twice row 0");
        let z = [0.3, -1.2, 2.0, 0.7];
        let reduced = logits(&space.restrict(&head).unwrap(), &space.coordinates(&z).unwrap());
        for (a, b) in logits(&head, &z).iter().zip(reduced) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn lifting_a_step_moves_logits_as_it_does_in_the_space() {
        let head = head();
        let space = Space::spanned_by(&[&head]).unwrap();
        let before = space.restrict(&head).unwrap();
        let mut after = before.clone();
        after.row_mut(1)[0] += 0.25;
        after.bias[1] -= 1.0;
        let lifted = space.lift(&head, &before, &after).unwrap();
        assert_eq!(lifted.row(0), head.row(0), "an untouched row keeps its bits");
        let z = [0.3, -1.2, 2.0, 0.7];
        let expected = logits(&after, &space.coordinates(&z).unwrap());
        for (a, b) in logits(&lifted, &z).iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
