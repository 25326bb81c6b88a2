//! A convolution, what normalises it by learnt means and spreads, and what follows.

use super::{layers::Square, maker::Maker, settings::Made};

/// A convolution and the normalisation behind it.
pub(super) struct Unit {
    pub(super) convolution: String,
    pub(super) norm: String,
    pub(super) channels: [usize; 2],
    pub(super) square: Square,
}

impl Unit {
    /// With what is added to spreads before their root is taken.
    pub(super) fn add(&self, maker: &mut Maker<'_>, x: &str, epsilon: f64) -> Made<String> {
        let x = maker.convolution(x, &self.convolution, self.channels, self.square, false)?;
        maker.batch_norm(&x, &self.norm, self.channels[1], epsilon)
    }
}
