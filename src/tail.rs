//! The head on a device: what sampling, training and verification multiply embeddings with.

mod crew;
pub mod elementwise;

pub use crew::with_crew;

use candle_core::{Device, Result, Tensor};

use crate::{error::Error, head::LinearHead};

/// Weights and biases of a head on a device, or a change of them.
#[derive(Clone, Debug)]
pub struct Weights {
    /// `[C, D]`.
    pub weight: Tensor,
    /// `[C]`.
    pub bias: Tensor,
}

impl Weights {
    /// Uploads a head.
    ///
    /// # Errors
    /// [`Error::Compute`] if the device has no room.
    pub fn of(head: &LinearHead, device: &Device) -> std::result::Result<Self, Error> {
        let upload = || -> Result<Self> {
            let weight = Tensor::from_slice(&head.weight, (head.classes, head.width), device)?;
            Ok(Self { weight, bias: Tensor::from_slice(&head.bias, head.classes, device)? })
        };
        upload().map_err(Error::compute("loading the head"))
    }

    /// Number of classes `C`.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.weight.dims()[0]
    }

    /// Number of coordinates `D`.
    #[must_use]
    pub fn width(&self) -> usize {
        self.weight.dims()[1]
    }

    /// Logits `[n, C]` of embeddings `[n, D]`.
    ///
    /// # Errors
    /// What the device says.
    pub fn logits(&self, embeddings: &Tensor) -> Result<Tensor> {
        elementwise::plus_row(&embeddings.matmul(&self.weight.t()?)?, &self.bias)
    }

    /// The part that makes the logits of some classes.
    ///
    /// # Errors
    /// What the device says.
    pub fn columns(&self, classes: &Tensor) -> Result<Self> {
        Ok(Self { weight: self.weight.index_select(classes, 0)?, bias: self.bias.index_select(classes, 0)? })
    }

    /// All of it times a factor.
    ///
    /// # Errors
    /// What the device says.
    pub fn scaled(&self, factor: f64) -> Result<Self> {
        Ok(Self { weight: (&self.weight * factor)?, bias: (&self.bias * factor)? })
    }

    /// The sum with another one times a factor.
    ///
    /// # Errors
    /// What the device says.
    pub fn plus(&self, other: &Self, factor: f64) -> Result<Self> {
        let plus = |mine, other| elementwise::plus_scaled(mine, other, factor);
        Ok(Self { weight: plus(&self.weight, &other.weight)?, bias: plus(&self.bias, &other.bias)? })
    }

    /// Downloads it as a head of the shape of another.
    ///
    /// # Errors
    /// What the device says.
    pub fn to_head(&self, like: &LinearHead) -> Result<LinearHead> {
        let weight = self.weight.flatten_all()?.to_vec1()?;
        Ok(LinearHead { weight, bias: self.bias.to_vec1()?, ..*like })
    }
}
