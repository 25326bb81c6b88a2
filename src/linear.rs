//! The classifier head as numbers: the one value that sampling, unlearning and verifying share.

use candle_core::{Device, Tensor};

use crate::{classes::Forgotten, error::Error};

/// A linear classifier head: `logits = W·z + b` for an embedding `z`.
///
/// For parallel heads the embedding is the concatenation of theirs and `W` holds their weights side by
/// side, with every constant factor between the heads and the logits folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearHead {
    /// Number of classes `C` (rows of `W`).
    pub classes: usize,
    /// Width `D` of the embedding (columns of `W`).
    pub width: usize,
    /// `W`, row-major, `C x D`.
    pub weight: Vec<f32>,
    /// `b`, one per class; zeros where the model has no bias.
    pub bias: Vec<f32>,
    /// Whether the model has a place to store a bias.
    pub has_bias: bool,
}

impl LinearHead {
    /// The weights of one class.
    #[must_use]
    pub fn row(&self, class: usize) -> &[f32] {
        &self.weight[class * self.width..(class + 1) * self.width]
    }

    /// The weights of one class, to be changed.
    pub fn row_mut(&mut self, class: usize) -> &mut [f32] {
        &mut self.weight[class * self.width..(class + 1) * self.width]
    }

    /// `W` and `b` on a device, as tensors of shape `[C, D]` and `[C]`.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device has no room.
    pub fn to_device(&self, device: &Device) -> Result<(Tensor, Tensor), Error> {
        let upload = || -> candle_core::Result<_> {
            let weight = Tensor::from_slice(&self.weight, (self.classes, self.width), device)?;
            Ok((weight, Tensor::from_slice(&self.bias, self.classes, device)?))
        };
        upload().map_err(Error::compute("loading the head"))
    }

    /// The same head over the original classes after its forgotten slots were dropped: their logits are
    /// minus infinity, so they have no probability at all.
    #[must_use]
    pub fn with_dropped(&self, forgotten: &Forgotten) -> Self {
        let classes = forgotten.classes();
        let mut full = Self {
            classes,
            width: self.width,
            weight: vec![0.0; classes * self.width],
            bias: vec![f32::NEG_INFINITY; classes],
            has_bias: self.has_bias,
        };
        for (class, slot) in forgotten.retained().zip(0..) {
            full.row_mut(class).copy_from_slice(self.row(slot));
            full.bias[class] = self.bias[slot];
        }
        full
    }
}
