//! Synthetic embeddings: drawn at the input of the head, labelled by the whole located head.
//!
//! Nothing here was ever seen by the encoder. A draw's label says which class the *head* gives it, which is
//! all that unlearning a head needs and all that verifying it on such draws can show.

mod distribution;
mod draw;
mod elliptical;
mod quota;
mod rejection;
mod sequential;
mod strata;

pub use distribution::Distribution;
pub use draw::draw;
pub use quota::{Quota, Rare, Sampler, Sampling};
pub use strata::{Most, Strata, Stratum, allot};

use candle_core::{Device, Tensor};

use crate::{error::Error, tail::Weights};

/// Embeddings with the class that the original head gives each of them.
#[derive(Clone, Debug, Default)]
pub struct Embeddings {
    /// Number of coordinates of each.
    pub width: usize,
    /// Row-major, one row per embedding.
    pub values: Vec<f32>,
    /// One class per row.
    pub labels: Vec<u32>,
}

impl Embeddings {
    /// Number of embeddings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Labels the rows of `values` by the largest logit of a head; ties go to the lower class.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device fails.
    pub fn labelled(values: Vec<f32>, head: &Weights) -> Result<Self, Error> {
        let labels = label(&values, head).map_err(Error::compute("labelling synthetic embeddings"))?;
        Ok(Self { width: head.width(), values, labels })
    }

    /// Those whose class passes the test.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut kept = Self { width: self.width, ..Self::default() };
        for (row, &label) in self.values.chunks_exact(self.width).zip(&self.labels) {
            if keep(label as usize) {
                kept.push(row, label);
            }
        }
        kept
    }

    /// Adds one embedding of `width` coordinates.
    pub fn push(&mut self, row: &[f32], label: u32) {
        debug_assert_eq!(row.len(), self.width);
        self.values.extend_from_slice(row);
        self.labels.push(label);
    }

    /// Adds all of others of the same width.
    pub fn append(&mut self, other: Self) {
        debug_assert_eq!(other.width, self.width);
        self.values.extend(other.values);
        self.labels.extend(other.labels);
    }

    /// The values as a tensor of shape `[len, width]`.
    ///
    /// # Errors
    /// What the device says.
    pub fn to_device(&self, device: &Device) -> candle_core::Result<Tensor> {
        Tensor::from_slice(&self.values, (self.len(), self.width), device)
    }
}

/// Most rows that are labelled at a time, and most logits that are held for them.
const ROWS_AT_ONCE: usize = 16_384;
const LOGITS_AT_ONCE: usize = 1 << 24;

fn label(values: &[f32], head: &Weights) -> candle_core::Result<Vec<u32>> {
    let (width, classes) = (head.width(), head.classes());
    let mut labels = Vec::with_capacity(values.len() / width.max(1));
    let rows_at_once = (LOGITS_AT_ONCE / classes).clamp(1, ROWS_AT_ONCE);
    for rows in values.chunks(rows_at_once * width) {
        labels.extend(tops(&logits(rows, head)?, classes));
    }
    Ok(labels)
}

/// Logits of the embeddings in `values`, row-major.
fn logits(values: &[f32], head: &Weights) -> candle_core::Result<Vec<f32>> {
    let rows = (values.len() / head.width(), head.width());
    head.logits(&Tensor::from_slice(values, rows, head.weight.device())?)?.flatten_all()?.to_vec1()
}

/// Index of the largest logit of each row, the first of equals.
fn tops(logits: &[f32], classes: usize) -> impl Iterator<Item = u32> {
    let top = move |row: &[f32]| {
        (0..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best })
    };
    logits.chunks_exact(classes).map(move |row| top(row) as u32)
}
