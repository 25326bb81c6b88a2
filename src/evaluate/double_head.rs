//! A linear classifier in double precision, applied to rows in batches.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::Labelled;
use crate::head::LinearHead;

/// Most logits held at a time, and most rows.
const LOGITS: usize = 4 << 20;
const ROWS: usize = 1024;

/// Weights and biases, ready to be multiplied with.
pub(super) struct DoubleHead {
    transposed: Tensor,
    bias: Vec<f64>,
    width: usize,
}

impl DoubleHead {
    /// From `W`, row-major, `C x D`, and `b`.
    pub(super) fn new(weight: Vec<f64>, bias: Vec<f64>, width: usize) -> Result<Self> {
        let weight = Tensor::from_vec(weight, (bias.len(), width), &Device::Cpu)?;
        Ok(Self { transposed: weight.t()?.contiguous()?, bias, width })
    }

    pub(super) fn of(head: &LinearHead) -> Result<Self> {
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Self::new(wide(&head.weight), wide(&head.bias), head.width)
    }

    /// How many rows to give to [`logits`](Self::logits) at a time.
    pub(super) fn batch(&self) -> usize {
        (LOGITS / self.bias.len().max(1)).clamp(1, ROWS)
    }

    /// Logits of some rows, row-major, `rows x C`.
    pub(super) fn logits(&self, embeddings: &[f32]) -> Result<Vec<f64>> {
        let batch: Vec<f64> = embeddings.iter().map(|&x| f64::from(x)).collect();
        let batch = Tensor::from_vec(batch, (embeddings.len() / self.width, self.width), &Device::Cpu)?;
        let mut logits: Vec<f64> = batch.matmul(&self.transposed)?.flatten_all()?.to_vec1()?;
        for row in logits.chunks_mut(self.bias.len()) {
            row.iter_mut().zip(&self.bias).for_each(|(logit, bias)| *logit += bias);
        }
        Ok(logits)
    }

    /// The top class of each of the chosen rows; of equal ones the first.
    pub(super) fn top(&self, data: &Labelled, rows: &[usize]) -> Result<Vec<usize>> {
        let mut tops = Vec::with_capacity(rows.len());
        for chosen in rows.chunks(self.batch()) {
            let embeddings: Vec<f32> = chosen.iter().flat_map(|&row| data.row(row)).copied().collect();
            let logits = self.logits(&embeddings)?;
            tops.extend(logits.par_chunks(self.bias.len()).map(largest).collect::<Vec<_>>());
        }
        Ok(tops)
    }
}

fn largest(logits: &[f64]) -> usize {
    let best = logits.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(0, |(class, _)| class)
}
