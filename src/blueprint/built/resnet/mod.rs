//! Residual networks: one builder, and for each library how it calls and strides its convolutions.

mod state_dict;
mod transformers;

pub(super) use state_dict::{build as build_state_dict, is_one};
pub(super) use transformers::build as build_transformers;

use declass_formats::Dtype;

use super::{
    layers::Square,
    maker::{Maker, Parts},
    settings::Made,
    unit::Unit,
};
use crate::net::ops::nodes;

/// Units in a row, beside a way round them.
struct Block {
    units: Vec<Unit>,
    shortcut: Option<Unit>,
}

/// A whole network.
struct Network<'s> {
    channels: usize,
    stem: Unit,
    blocks: Vec<Block>,
    /// Where the configuration names the activation, and the name.
    activation: (&'s str, &'s str),
    head: &'s str,
    width: usize,
}

/// What is added to spreads before their root is taken: PyTorch's default, which none of the libraries changes.
const EPSILON: f64 = 1e-5;

impl Network<'_> {
    fn build(&self, mut maker: Maker<'_>) -> Made<Parts> {
        let (key, name) = self.activation;
        let dims = [("batch", None), ("channels", Some(self.channels)), ("height", None), ("width", None)];
        let pixels = maker.input("pixel_values", Dtype::F32, &dims);
        let x = self.stem.add(&mut maker, &pixels, EPSILON)?;
        let x = maker.activation(&x, key, name)?;
        let mut x = maker.node(nodes::largest(&Square::same(3, 2).window()), &[&x]);
        for block in &self.blocks {
            let around = match &block.shortcut {
                Some(shortcut) => shortcut.add(&mut maker, &x, EPSILON)?,
                None => x.clone(),
            };
            for (at, unit) in block.units.iter().enumerate() {
                x = unit.add(&mut maker, &x, EPSILON)?;
                // Inside a block it is this one, whatever the configuration names.
                if at + 1 < block.units.len() {
                    x = maker.activation(&x, key, "relu")?;
                }
            }
            x = maker.add(&x, &around);
            x = maker.activation(&x, key, name)?;
        }
        let pooled = maker.pooled(&x);
        let (logits, classes) = maker.head(&pooled, self.head, self.width)?;
        maker.finish(&logits, classes)
    }
}
