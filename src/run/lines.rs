//! What is computed of a whole line, the last axis, on the host and without derivatives.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use pulp::{Simd, WithSimd};

use super::lanes::{self, decay};

/// `(x - mean) / sqrt(variance + epsilon) * scale + shift` over the last axis.
pub(super) fn normalised(x: &Tensor, scale: &Tensor, shift: Option<&Tensor>, epsilon: f64) -> Result<Tensor> {
    let (scale, shift) = (scale.to_vec1::<f32>()?, shift.map(Tensor::to_vec1::<f32>).transpose()?);
    x.contiguous()?.apply_op1_no_bwd(&Lines(Normalised { scale, shift, epsilon: epsilon as f32 }))
}

/// `e^x` over the sum of it along the last axis.
pub(super) fn probabilities(x: &Tensor) -> Result<Tensor> {
    if x.dtype() != candle_core::DType::F32 {
        return candle_nn::ops::softmax(x, candle_core::D::Minus1);
    }
    x.contiguous()?.apply_op1_no_bwd(&Lines(Probabilities))
}

/// What becomes of a line. Always inlined: only so it uses wide instructions.
trait Line {
    fn line(&self, from: &[f32], to: &mut [f32]);
}

struct Normalised {
    scale: Vec<f32>,
    shift: Option<Vec<f32>>,
    epsilon: f32,
}

impl Line for Normalised {
    #[inline(always)]
    fn line(&self, from: &[f32], to: &mut [f32]) {
        let mean = sum(from, 0.0, itself) / from.len() as f32;
        let variance = sum(from, mean, squared) / from.len() as f32;
        let factor = 1.0 / (variance + self.epsilon).sqrt();
        for ((to, from), scale) in to.iter_mut().zip(from).zip(&self.scale) {
            *to = (from - mean) * factor * scale;
        }
        if let Some(shift) = &self.shift {
            for (to, shift) in to.iter_mut().zip(shift) {
                *to += shift;
            }
        }
    }
}

struct Probabilities;

impl Line for Probabilities {
    #[inline(always)]
    fn line(&self, from: &[f32], to: &mut [f32]) {
        let largest = largest(from);
        for (to, from) in to.iter_mut().zip(from) {
            *to = decay(from - largest);
        }
        let factor = 1.0 / sum(to, 0.0, itself);
        for to in to {
            *to *= factor;
        }
    }
}

#[inline(always)]
fn itself(_: f32, x: f32) -> f32 {
    x
}

#[inline(always)]
fn squared(mean: f32, x: f32) -> f32 {
    (x - mean) * (x - mean)
}

/// In many sums next to each other, which is faster and more exact than one.
#[inline(always)]
fn sum(line: &[f32], mean: f32, of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; 32];
    let (blocks, left) = line.as_chunks::<32>();
    for block in blocks {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += of(mean, *x);
        }
    }
    let mut rest = 0.0;
    for x in left {
        rest += of(mean, *x);
    }
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
fn largest(line: &[f32]) -> f32 {
    let mut found = [f32::NEG_INFINITY; 32];
    let (blocks, left) = line.as_chunks::<32>();
    for block in blocks {
        for (found, x) in found.iter_mut().zip(block) {
            *found = if *x > *found { *x } else { *found };
        }
    }
    let mut most = f32::NEG_INFINITY;
    for x in left.iter().chain(&found) {
        most = most.max(*x);
    }
    most
}

/// All lines.
struct All<'a, L> {
    of: &'a L,
    width: usize,
    values: &'a [f32],
    made: &'a mut [f32],
}

impl<L: Line> WithSimd for All<'_, L> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (from, to) in self.values.chunks_exact(self.width).zip(self.made.chunks_exact_mut(self.width)) {
            self.of.line(from, to);
        }
    }
}

/// A function of each line.
struct Lines<L>(L);

impl<L: Line> CustomOp1 for Lines<L> {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (CpuStorage::F32(values), Some((first, end))) = (storage, layout.contiguous_offsets()) else {
            bail!("lines of another type, or that are not in a row")
        };
        let width = layout.dims().last().copied().unwrap_or(1).max(1);
        let mut made = vec![0.0; end - first];
        lanes::with(All { of: &self.0, width, values: &values[first..end], made: &mut made });
        Ok((CpuStorage::F32(made), layout.shape().clone()))
    }
}
