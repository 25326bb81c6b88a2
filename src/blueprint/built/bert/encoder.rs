//! A block of BERT: attention and two layers, each added to what it reads and normalised.

use super::super::{
    attention::{Attention, head_width},
    maker::Maker,
    settings::Made,
};

/// What all blocks have in common.
pub(super) struct Encoder<'s> {
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) epsilon: f64,
    /// Where the configuration names the activation, and the name.
    pub(super) activation: (&'s str, &'s str),
}

/// Names of what one block reads.
pub(super) struct Names {
    /// Of queries, keys and values.
    pub(super) projections: [String; 3],
    pub(super) out: String,
    pub(super) norms: [String; 2],
    pub(super) layers: [String; 2],
}

impl Encoder<'_> {
    /// From `[N, L, width]` to the same; `hidden` is added where keys are not to be seen.
    pub(super) fn add(&self, maker: &mut Maker<'_>, x: &str, hidden: &str, names: &Names) -> Made<String> {
        let whole = [self.width; 2];
        let [queries, keys, values] = &names.projections;
        let mut project = |name: &str| maker.linear(x, name, whole, true);
        let (queries, keys, values) = (project(queries)?, project(keys)?, project(values)?);
        let width = head_width(self.width, self.heads)?;
        let scale = (width as f64).powf(-0.5);
        let how = Attention { heads: self.heads, width, scale, added: Some(hidden), windows: None };
        let mixed = maker.attend([&queries, &keys, &values], &how);
        let mixed = maker.linear(&mixed, &names.out, whole, true)?;
        let sum = maker.add(x, &mixed);
        let x = maker.layer_norm(&sum, &names.norms[0], self.width, self.epsilon)?;
        let made = maker.linear(&x, &names.layers[0], [self.width, self.inner], true)?;
        let made = maker.activation(&made, self.activation.0, self.activation.1)?;
        let made = maker.linear(&made, &names.layers[1], [self.inner, self.width], true)?;
        let sum = maker.add(&x, &made);
        maker.layer_norm(&sum, &names.norms[1], self.width, self.epsilon)
    }
}
