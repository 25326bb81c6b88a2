//! A block of a vision transformer: attention, then two layers for each patch, both beside what they read.

use super::{
    attention::{Attention, head_width},
    maker::Maker,
    settings::Made,
    windows::Windows,
};
use crate::net::ops::nodes::{self, Plain};

/// What all blocks of a network have in common.
pub(super) struct Block<'v> {
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) epsilon: f64,
    /// Where the configuration names the activation, and the name.
    pub(super) activation: (&'v str, &'v str),
    /// Whether the first of the two layers has a gate for each value it makes.
    pub(super) is_gated: bool,
    /// What is added to agreements, if anything.
    pub(super) added: Option<String>,
    /// The windows within which patches see each other; none if all do.
    pub(super) windows: Option<Windows>,
}

/// Names of what one block reads.
pub(super) struct Names {
    pub(super) norms: [String; 2],
    pub(super) projections: Projections,
    pub(super) out: String,
    /// Factors of what is added, per channel.
    pub(super) scales: Option<[String; 2]>,
    pub(super) layers: [String; 2],
}

/// Where queries, keys and values come from.
pub(super) enum Projections {
    /// Three layers, each with a bias or not.
    Apart([(String, bool); 3]),
    /// One weight and one bias for all three, one after the other.
    Packed { weight: String, bias: Option<String> },
}

impl Block<'_> {
    /// From `[N, L, width]` to the same.
    pub(super) fn add(&self, maker: &mut Maker<'_>, x: &str, names: &Names) -> Made<String> {
        let normed = maker.layer_norm(x, &names.norms[0], self.width, self.epsilon)?;
        let read = match &self.windows {
            Some(windows) => windows.divided(maker, &normed),
            None => normed,
        };
        let [queries, keys, values] = self.projected(maker, &read, &names.projections)?;
        let width = head_width(self.width, self.heads)?;
        let scale = (width as f64).powf(-0.5);
        let windows = self.windows.filter(Windows::is_shifted).map(|windows| windows.count());
        let how = Attention { heads: self.heads, width, scale, added: self.added.as_deref(), windows };
        let mixed = maker.attend([&queries, &keys, &values], &how);
        let mixed = maker.linear(&mixed, &names.out, [self.width; 2], true)?;
        let mixed = match &self.windows {
            Some(windows) => windows.joined(maker, &mixed),
            None => mixed,
        };
        let x = self.beside(maker, x, &mixed, names, 0)?;
        let normed = maker.layer_norm(&x, &names.norms[1], self.width, self.epsilon)?;
        let made = self.layers(maker, &normed, &names.layers)?;
        self.beside(maker, &x, &made, names, 1)
    }

    fn beside(&self, maker: &mut Maker<'_>, x: &str, made: &str, names: &Names, at: usize) -> Made<String> {
        let Some(scales) = &names.scales else { return Ok(maker.add(x, made)) };
        let scale = maker.weight(&scales[at], &[self.width])?;
        let scaled = maker.multiply(made, &scale);
        Ok(maker.add(x, &scaled))
    }

    fn projected(&self, maker: &mut Maker<'_>, x: &str, projections: &Projections) -> Made<[String; 3]> {
        match projections {
            Projections::Apart([queries, keys, values]) => {
                let mut one =
                    |(name, biased): &(String, bool)| maker.linear(x, name, [self.width; 2], *biased);
                Ok([one(queries)?, one(keys)?, one(values)?])
            }
            Projections::Packed { weight, bias } => {
                let weight = maker.weight(weight, &[3 * self.width, self.width])?;
                let bias = bias.as_ref().map(|bias| maker.weight(bias, &[3 * self.width])).transpose()?;
                let packed = maker.product(x, &weight, bias.as_deref());
                let parts = maker.several(nodes::split(-1, 3), &[&packed], 3);
                parts.try_into().map_err(|_| "three parts".to_owned())
            }
        }
    }

    fn layers(&self, maker: &mut Maker<'_>, x: &str, [first, second]: &[String; 2]) -> Made<String> {
        let (key, name) = self.activation;
        let inner = if self.is_gated { 2 * self.inner } else { self.inner };
        let made = maker.linear(x, first, [self.width, inner], true)?;
        let made = if self.is_gated {
            let parts = maker.several(nodes::split(-1, 2), &[&made], 2);
            let gate = maker.activation(&parts[0], key, name)?;
            maker.plain(Plain::Multiply, &[&gate, &parts[1]])
        } else {
            maker.activation(&made, key, name)?
        };
        maker.linear(&made, second, [self.inner, self.width], true)
    }
}
