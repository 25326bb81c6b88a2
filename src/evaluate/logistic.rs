//! Multinomial logistic regression on standardised embeddings, as scikit-learn's default: an L2 penalty with
//! C = 1 on the weights, none on the biases.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::{
    Labelled,
    double_head::DoubleHead,
    lbfgs::{Limits, minimise},
};

/// Ten times finer than scikit-learn's default.
const LIMITS: Limits = Limits { gradient: 1e-5, steps: 1000 };

/// A fitted regression.
pub(super) struct Logistic {
    /// Standardisation folded in: it takes embeddings as they are.
    pub(super) classifier: DoubleHead,
    /// Whether the solver met its tolerance.
    pub(super) converged: bool,
}

/// Fits the chosen rows; `classes` gives each of them a number in `0..count`.
pub(super) fn fit(data: &Labelled, rows: &[usize], classes: &[usize], count: usize) -> Result<Logistic> {
    let (n, width) = (rows.len(), data.width);
    let scale = Scale::of(data, rows);
    let inputs: Vec<f64> = rows.iter().flat_map(|&row| scale.apply(data.row(row))).collect();
    let inputs = Tensor::from_vec(inputs, (n, width), &Device::Cpu)?;
    let transposed = inputs.t()?.contiguous()?;
    // Parameters: weights of shape [width, count], then one bias per class.
    let size = width * count;
    let (found, converged) = minimise(size + count, LIMITS, |parameters| {
        let (weight, bias) = parameters.split_at(size);
        let logits = inputs.matmul(&Tensor::from_slice(weight, (width, count), &Device::Cpu)?)?;
        let mut rows: Vec<f64> = logits.flatten_all()?.to_vec1()?;
        let losses: Vec<f64> = rows
            .par_chunks_mut(count)
            .zip(classes)
            .map(|(row, &class)| loss_and_residual(row, bias, class))
            .collect();
        let by_class = rows.chunks(count).fold(vec![0.0; count], |mut sum, row| {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            sum
        });
        let residual = Tensor::from_vec(rows, (n, count), &Device::Cpu)?;
        let mut gradient: Vec<f64> = transposed.matmul(&residual)?.flatten_all()?.to_vec1()?;
        gradient.iter_mut().zip(weight).for_each(|(slope, w)| *slope += w);
        gradient.extend(by_class);
        gradient.iter_mut().for_each(|slope| *slope /= n as f64);
        let penalty = weight.iter().map(|w| w * w).sum::<f64>() / 2.0;
        Ok(((losses.iter().sum::<f64>() + penalty) / n as f64, gradient))
    })?;
    Ok(Logistic { classifier: scale.fold(&found, count)?, converged })
}

/// The cross-entropy of one row, whose logits become the gradient with respect to them.
fn loss_and_residual(row: &mut [f64], bias: &[f64], class: usize) -> f64 {
    row.iter_mut().zip(bias).for_each(|(logit, b)| *logit += b);
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum = top + row.iter().map(|logit| (logit - top).exp()).sum::<f64>().ln();
    let loss = sum - row[class];
    row.iter_mut().for_each(|logit| *logit = (*logit - sum).exp());
    row[class] -= 1.0;
    loss
}

/// Mean and standard deviation of each coordinate; a constant one is only centred.
struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    fn of(data: &Labelled, rows: &[usize]) -> Self {
        let average = |value: &dyn Fn(f64, usize) -> f64| -> Vec<f64> {
            let mut sum = vec![0.0; data.width];
            for &row in rows {
                let values = data.row(row).iter().enumerate();
                values.for_each(|(at, &x)| sum[at] += value(f64::from(x), at));
            }
            sum.into_iter().map(|sum| sum / rows.len() as f64).collect()
        };
        let mean = average(&|x, _| x);
        let variance = average(&|x, at| (x - mean[at]).powi(2));
        let deviation = variance.into_iter().map(|v| if v > 0.0 { v.sqrt() } else { 1.0 }).collect();
        Self { mean, deviation }
    }

    fn apply<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        row.iter()
            .zip(self.mean.iter().zip(&self.deviation))
            .map(|(&x, (mean, by))| (f64::from(x) - mean) / by)
    }

    /// The classifier of unscaled rows that does the same; parameters as in [`fit`].
    fn fold(&self, parameters: &[f64], count: usize) -> Result<DoubleHead> {
        let width = self.mean.len();
        let (weight, bias) = parameters.split_at(width * count);
        let mut rows = vec![0.0; width * count];
        let mut shifted = bias.to_vec();
        for class in 0..count {
            for at in 0..width {
                let scaled = weight[at * count + class] / self.deviation[at];
                rows[class * width + at] = scaled;
                shifted[class] -= scaled * self.mean[at];
            }
        }
        DoubleHead::new(rows, shifted, width)
    }
}
