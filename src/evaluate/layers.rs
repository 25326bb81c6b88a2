//! What two networks make of the same inputs in front of their heads, as inner products of every input with every other: all
//! that a comparison of layers needs, however wide they are.

use candle_core::{Device, Result as Computed, Tensor};

use super::{Data, Pair};
use crate::{
    error::Error,
    rng::{self, Purpose},
};

/// Inputs of forgotten, and of retained classes, that layers are held against each other on, at most.
const MOST: usize = 100;
/// Features that are multiplied at a time.
const COLUMNS: usize = 1 << 13;

/// Inner products of inputs, `n x n`, of which neither number nor order of the features is left.
#[derive(Clone, Debug)]
pub struct Products {
    rows: usize,
    values: Vec<f64>,
}

/// Layers of an original, with the same layers of a retrained model.
#[derive(Clone, Debug)]
pub struct Layers {
    /// Which of the test rows the inputs are.
    pub rows: Vec<usize>,
    /// What each layer is called, from the inputs on, with the original's products and those of the other.
    pub layers: Vec<(String, [Products; 2])>,
}

impl Products {
    /// Of the features of each input, all equally many.
    ///
    /// # Errors
    /// [`Error::Compute`] if the arithmetic fails.
    pub fn of(features: &[&[f32]]) -> Result<Self, Error> {
        let values = products(features).map_err(Error::compute("comparing layers"))?;
        Ok(Self { rows: features.len(), values })
    }

    /// How alike the features of some inputs are in two layers, from 0 to 1: `‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖)` of centred
    /// features, where `pairs` says which input of the second goes with which of the first. None where all inputs have the
    /// same features.
    pub(super) fn alignment(&self, other: &Self, pairs: &[(usize, usize)]) -> Option<f64> {
        let own = self.centred(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>())?;
        let other = other.centred(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>())?;
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let alignment = dot(&own, &other) / (dot(&own, &own).sqrt() * dot(&other, &other).sqrt());
        alignment.is_finite().then_some(alignment)
    }

    /// The products of some inputs less their mean.
    fn centred(&self, chosen: &[usize]) -> Option<Vec<f64>> {
        let is_there = chosen.iter().all(|row| *row < self.rows);
        let n = chosen.len();
        let at = |row: usize, column: usize| self.values[row * self.rows + column];
        let values = || chosen.iter().flat_map(|&row| chosen.iter().map(move |&column| at(row, column)));
        let mut values: Vec<f64> = is_there.then(|| values().collect())?;
        let means: Vec<f64> = values.chunks(n.max(1)).map(|row| row.iter().sum::<f64>() / n as f64).collect();
        let mean = means.iter().sum::<f64>() / n as f64;
        for (row, values) in values.chunks_mut(n.max(1)).enumerate() {
            values.iter_mut().zip(&means).for_each(|(value, column)| *value += mean - means[row] - column);
        }
        Some(values)
    }
}

fn products(features: &[&[f32]]) -> Computed<Vec<f64>> {
    let (rows, width) = (features.len(), features.iter().map(|row| row.len()).min().unwrap_or(0));
    let mut sum = Tensor::zeros((rows, rows), candle_core::DType::F64, &Device::Cpu)?;
    for from in (0..width).step_by(COLUMNS) {
        let to = width.min(from + COLUMNS);
        let part: Vec<f64> = features.iter().flat_map(|row| &row[from..to]).map(|&x| f64::from(x)).collect();
        let part = Tensor::from_vec(part, (rows, to - from), &Device::Cpu)?;
        sum = (sum + part.matmul(&part.t()?)?)?;
    }
    sum.flatten_all()?.to_vec1()
}

impl Data {
    /// The test rows that layers are held against each other on: of forgotten classes, and of retained ones, at most a
    /// hundred each, drawn by `seed`, in their order.
    #[must_use]
    pub fn drawn(&self, pair: &Pair, seed: u64) -> Vec<usize> {
        let (forgotten, retained): (Vec<usize>, Vec<usize>) =
            (0..self.test.labels.len()).partition(|&row| pair.forgotten.contains(self.test.labels[row]));
        let mut drawn: Vec<usize> = Vec::new();
        for (stream, rows) in [forgotten, retained].into_iter().enumerate() {
            let order = rng::permutation(rows.len(), &mut rng::stream(seed, Purpose::Layers, stream as u64));
            drawn.extend(order.into_iter().take(MOST).map(|at| rows[at as usize]));
        }
        drawn.sort_unstable();
        drawn
    }
}
