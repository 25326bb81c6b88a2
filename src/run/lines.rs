//! What is computed of a whole line, the last axis, on the host and without derivatives.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::lanes::{exponential, wide};

/// `(x - mean) / sqrt(variance + epsilon) * scale + shift` over the last axis.
pub(super) fn normalised(x: &Tensor, scale: &Tensor, shift: Option<&Tensor>, epsilon: f64) -> Result<Tensor> {
    let (scale, shift) = (scale.to_vec1::<f32>()?, shift.map(Tensor::to_vec1::<f32>).transpose()?);
    let epsilon = epsilon as f32;
    let line = |from: &[f32], to: &mut [f32]| {
        let mean = sum(from, |x| x) / from.len() as f32;
        let variance = sum(from, |x| (x - mean) * (x - mean)) / from.len() as f32;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((to, from), scale) in to.iter_mut().zip(from).zip(&scale) {
            *to = (from - mean) * factor * scale;
        }
        if let Some(shift) = &shift {
            to.iter_mut().zip(shift).for_each(|(to, shift)| *to += shift);
        }
    };
    x.contiguous()?.apply_op1_no_bwd(&Lines(line))
}

/// `e^x` over the sum of it along the last axis.
pub(super) fn probabilities(x: &Tensor) -> Result<Tensor> {
    if x.dtype() != candle_core::DType::F32 {
        return candle_nn::ops::softmax(x, candle_core::D::Minus1);
    }
    let line = |from: &[f32], to: &mut [f32]| {
        let largest = largest(from);
        to.iter_mut().zip(from).for_each(|(to, from)| *to = exponential(from - largest));
        let factor = 1.0 / sum(to, |x| x);
        to.iter_mut().for_each(|to| *to *= factor);
    };
    x.contiguous()?.apply_op1_no_bwd(&Lines(line))
}

/// In many sums next to each other, which is faster and more exact than one.
#[inline(always)]
fn sum(line: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; 32];
    let blocks = line.chunks_exact(32);
    let rest: f32 = blocks.remainder().iter().map(|x| of(*x)).sum();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += of(*x));
    }
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
fn largest(line: &[f32]) -> f32 {
    let mut found = [f32::NEG_INFINITY; 32];
    let blocks = line.chunks_exact(32);
    let rest = blocks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for block in blocks {
        found.iter_mut().zip(block).for_each(|(found, x)| *found = if *x > *found { *x } else { *found });
    }
    found.iter().copied().fold(rest, f32::max)
}

/// A function of each line.
struct Lines<F>(F);

impl<F: Fn(&[f32], &mut [f32])> CustomOp1 for Lines<F> {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (CpuStorage::F32(values), Some((first, end))) = (storage, layout.contiguous_offsets()) else {
            bail!("lines of another type, or that are not in a row")
        };
        let width = layout.dims().last().copied().unwrap_or(1).max(1);
        let mut made = vec![0.0; end - first];
        wide(|| {
            let lines = values[first..end].chunks_exact(width).zip(made.chunks_exact_mut(width));
            lines.for_each(|(from, to)| (self.0)(from, to));
        });
        Ok((CpuStorage::F32(made), layout.shape().clone()))
    }
}
