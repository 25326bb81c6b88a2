//! Weights in panels.

use candle_core::Tensor;

use super::{
    Fault,
    host::{is_single, with},
    matrix::{Panels, ROWS, View, columns},
};

/// An operand that is the same in every run, as its products read it.
#[derive(Debug)]
pub(super) struct Packed {
    /// Its shape as an operand.
    pub(super) shape: Vec<usize>,
    /// One set of panels for each group of kernels, or one alone.
    pub(super) panels: Vec<Panels>,
}

impl Packed {
    /// The right operand of products: a matrix, or one that is turned round.
    pub(super) fn right(tensor: &Tensor, turned: bool) -> Result<Option<Self>, Fault> {
        if tensor.rank() != 2 || !is_single(tensor) {
            return Ok(None);
        }
        let matrix = if turned { tensor.t()? } else { tensor.clone() };
        let panels =
            with(&matrix, |values| Panels::of(&right(values, matrix.dims(), matrix.stride()), columns()))?;
        Ok(Some(Self { shape: matrix.dims().to_vec(), panels: vec![panels] }))
    }

    /// Kernels of convolutions, in so many groups.
    pub(super) fn kernels(tensor: &Tensor, groups: usize) -> Result<Option<Self>, Fault> {
        let shape = tensor.dims().to_vec();
        let fits = (3..=4).contains(&shape.len())
            && is_single(tensor)
            && groups > 0
            && shape[0].is_multiple_of(groups);
        // Where each channel has a kernel of its own there is no product.
        if !fits || (groups > 1 && shape[1] == 1) {
            return Ok(None);
        }
        let (lines, depth) = (shape[0] / groups, shape[1..].iter().product::<usize>());
        let kernels = tensor.contiguous()?;
        let panels = with(&kernels, |values| {
            let of = |group: usize| {
                let values = &values[group * lines * depth..][..lines * depth];
                Panels::of(&View { values, lines, line_step: depth, depth, depth_step: 1 }, ROWS)
            };
            (0..groups).map(of).collect()
        })?;
        Ok(Some(Self { shape, panels }))
    }
}

/// The columns of a matrix.
pub(super) fn right<'m>(values: &'m [f32], shape: &[usize], steps: &[usize]) -> View<'m> {
    View { values, lines: shape[1], line_step: steps[1], depth: shape[0], depth_step: steps[0] }
}
