//! What two networks make of the same inputs in front of their heads, as inner products of every input with every other: all
//! that a comparison of layers needs, however wide they are.

use candle_core::{Device, Result as Computed, Tensor};

use super::{Data, Labelled, Pair};
use crate::{
    error::Error,
    rng::{self, Purpose},
};

/// Inputs of forgotten, and of retained classes, that layers are held against each other on, at most.
const MOST: [usize; 2] = [100, 100];
/// The same where examples of a class are looked for among others.
const MOST_SOUGHT: [usize; 2] = [200, 400];
/// Features that are multiplied at a time.
const COLUMNS: usize = 1 << 13;

/// Inner products of inputs, `n x n`, of which neither number nor order of the features is left.
#[derive(Clone, Debug)]
pub struct Products {
    rows: usize,
    width: usize,
    values: Vec<f64>,
}

/// Test rows that layers are looked at on, in their order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drawn {
    /// Those on which all numbers of a layer are held against each other.
    pub whole: Vec<usize>,
    /// Those, and more, among which a class is looked for.
    pub sought: Vec<usize>,
}

/// One layer of an original, and the same of a retrained model.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is called.
    pub name: String,
    /// Inner products of all its numbers, of [`Drawn::whole`].
    pub whole: [Products; 2],
    /// Inner products of its channels, their mean over all places, of [`Drawn::sought`].
    pub channels: [Products; 2],
}

/// Layers of an original, with the same layers of a retrained model.
#[derive(Clone, Debug)]
pub struct Layers {
    /// Which of the test rows the inputs are.
    pub rows: Drawn,
    /// The layers from the inputs on.
    pub layers: Vec<Layer>,
}

impl Products {
    /// Of the features of each input, all equally many.
    ///
    /// # Errors
    /// [`Error::Compute`] if the arithmetic fails.
    pub fn of(features: &[&[f32]]) -> Result<Self, Error> {
        let values = products(features).map_err(Error::compute("comparing layers"))?;
        Ok(Self {
            rows: features.len(),
            width: features.iter().map(|row| row.len()).min().unwrap_or(0),
            values,
        })
    }

    /// How many inputs there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many features each has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The product of two inputs.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.rows + column]
    }

    /// All of them, row by row.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
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
        let values = || chosen.iter().flat_map(|&row| chosen.iter().map(move |&column| self.at(row, column)));
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

impl Labelled {
    /// Inner products of some of its embeddings.
    pub(super) fn products(&self, rows: &[usize]) -> Result<Products, Error> {
        Products::of(&rows.iter().map(|&row| self.row(row)).collect::<Vec<_>>())
    }
}

impl Data {
    /// The test rows that layers are looked at on: of forgotten classes, and of retained ones, at most a hundred each,
    /// and where a class is looked for at most 200 and 400, drawn by `seed`.
    #[must_use]
    pub fn drawn(&self, pair: &Pair, seed: u64) -> Drawn {
        let (forgotten, retained): (Vec<usize>, Vec<usize>) =
            (0..self.test.labels.len()).partition(|&row| pair.forgotten.contains(self.test.labels[row]));
        let mut drawn = Drawn { whole: Vec::new(), sought: Vec::new() };
        for (kind, rows) in [forgotten, retained].into_iter().enumerate() {
            let order = rng::permutation(rows.len(), &mut rng::stream(seed, Purpose::Layers, kind as u64));
            let first = |most: usize| order.iter().take(most).map(|at| rows[*at as usize]);
            drawn.whole.extend(first(MOST[kind]));
            drawn.sought.extend(first(MOST_SOUGHT[kind]));
        }
        drawn.whole.sort_unstable();
        drawn.sought.sort_unstable();
        drawn
    }
}
