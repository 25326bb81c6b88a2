//! A block of wav2vec2.

use super::super::{
    attention::{Attention, head_width},
    maker::Maker,
    settings::{Made, Settings},
};

/// What all blocks have in common.
pub(super) struct Encoder<'s> {
    pub(super) width: usize,
    pub(super) epsilon: f64,
    /// Whether norms stand in front of attention and layers, and not behind what was added.
    pub(super) is_early: bool,
    heads: usize,
    inner: usize,
    activation: &'s str,
}

impl<'s> Encoder<'s> {
    pub(super) fn read(settings: Settings<'s>) -> Made<Self> {
        Ok(Self {
            width: settings.extent("hidden_size", 768)?,
            epsilon: settings.number("layer_norm_eps", 1e-5)?,
            is_early: settings.flag("do_stable_layer_norm", false)?,
            heads: settings.extent("num_attention_heads", 12)?,
            inner: settings.extent("intermediate_size", 3072)?,
            activation: settings.text("hidden_act", "gelu")?,
        })
    }

    /// The norm before all blocks, or behind them.
    pub(super) fn norm(&self, maker: &mut Maker<'_>, x: &str) -> Made<String> {
        maker.layer_norm(x, "wav2vec2.encoder.layer_norm", self.width, self.epsilon)
    }

    /// From `[N, L, width]` to the same.
    pub(super) fn add(&self, maker: &mut Maker<'_>, x: &str, layer: &str) -> Made<String> {
        let norms = ["layer_norm", "final_layer_norm"].map(|part| format!("{layer}.{part}"));
        if self.is_early {
            let normed = maker.layer_norm(x, &norms[0], self.width, self.epsilon)?;
            let mixed = self.attend(maker, &normed, layer)?;
            let x = maker.add(x, &mixed);
            let normed = maker.layer_norm(&x, &norms[1], self.width, self.epsilon)?;
            let made = self.layers(maker, &normed, layer)?;
            return Ok(maker.add(&x, &made));
        }
        let mixed = self.attend(maker, x, layer)?;
        let sum = maker.add(x, &mixed);
        let x = maker.layer_norm(&sum, &norms[0], self.width, self.epsilon)?;
        let made = self.layers(maker, &x, layer)?;
        let sum = maker.add(&x, &made);
        maker.layer_norm(&sum, &norms[1], self.width, self.epsilon)
    }

    fn attend(&self, maker: &mut Maker<'_>, x: &str, layer: &str) -> Made<String> {
        let whole = [self.width; 2];
        let part = |part: &str| format!("{layer}.attention.{part}");
        let queries = maker.linear(x, &part("q_proj"), whole, true)?;
        let keys = maker.linear(x, &part("k_proj"), whole, true)?;
        let values = maker.linear(x, &part("v_proj"), whole, true)?;
        let width = head_width(self.width, self.heads)?;
        let scale = (width as f64).powf(-0.5);
        let how = Attention { heads: self.heads, width, scale, added: None, windows: None };
        let mixed = maker.attend([&queries, &keys, &values], &how);
        maker.linear(&mixed, &part("out_proj"), whole, true)
    }

    fn layers(&self, maker: &mut Maker<'_>, x: &str, layer: &str) -> Made<String> {
        let part = |part: &str| format!("{layer}.feed_forward.{part}");
        let made = maker.linear(x, &part("intermediate_dense"), [self.width, self.inner], true)?;
        let made = maker.activation(&made, "hidden_act", self.activation)?;
        maker.linear(&made, &part("output_dense"), [self.inner, self.width], true)
    }
}
