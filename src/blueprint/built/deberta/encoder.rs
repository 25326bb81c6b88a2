//! A block of DeBERTa.

use super::{
    super::{
        attention::head_width,
        layers::{UNSEEN, long},
        maker::Maker,
        settings::{Made, Settings},
    },
    positions::Positions,
};
use crate::net::ops::nodes::{self, Plain};

/// What all blocks have in common.
pub(super) struct Encoder<'s> {
    pub(super) width: usize,
    pub(super) head: usize,
    pub(super) epsilon: f64,
    pub(super) positions: Option<Positions>,
    heads: usize,
    inner: usize,
    activation: &'s str,
    /// Whether tokens agree with places, and places with tokens.
    kinds: [bool; 2],
    /// Whether places go through the layers of tokens.
    is_shared: bool,
}

impl<'s> Encoder<'s> {
    pub(super) fn read(settings: Settings<'s>, kinds: [bool; 2]) -> Made<Self> {
        let width = settings.extent("hidden_size", 1536)?;
        let heads = settings.extent("num_attention_heads", 24)?;
        Ok(Self {
            width,
            head: head_width(width, heads)?,
            epsilon: settings.number("layer_norm_eps", 1e-7)?,
            positions: None,
            heads,
            inner: settings.extent("intermediate_size", 6144)?,
            activation: settings.text("hidden_act", "gelu")?,
            kinds,
            is_shared: settings.flag("share_att_key", false)?,
        })
    }

    /// From `[N, L, width]` to the same.
    pub(super) fn add(&self, maker: &mut Maker<'_>, x: &str, seen: &str, layer: &str) -> Made<String> {
        let part = |part: &str| format!("{layer}.{part}");
        let whole = [self.width; 2];
        let mixed = self.attend(maker, x, seen, &part("attention.self"))?;
        let mixed = maker.linear(&mixed, &part("attention.output.dense"), whole, true)?;
        let sum = maker.add(x, &mixed);
        let x = maker.layer_norm(&sum, &part("attention.output.LayerNorm"), self.width, self.epsilon)?;
        let made = maker.linear(&x, &part("intermediate.dense"), [self.width, self.inner], true)?;
        let made = maker.activation(&made, "hidden_act", self.activation)?;
        let made = maker.linear(&made, &part("output.dense"), [self.inner, self.width], true)?;
        let sum = maker.add(&x, &made);
        maker.layer_norm(&sum, &part("output.LayerNorm"), self.width, self.epsilon)
    }

    fn attend(&self, maker: &mut Maker<'_>, x: &str, seen: &str, name: &str) -> Made<String> {
        let projected = |maker: &mut Maker<'_>, x: &str, part: &str| -> Made<String> {
            let made = maker.linear(x, &format!("{name}.{part}"), [self.width; 2], true)?;
            Ok(maker.divided(&made, self.heads, self.head))
        };
        let queries = projected(maker, x, "query_proj")?;
        let keys = projected(maker, x, "key_proj")?;
        let values = projected(maker, x, "value_proj")?;
        // The more is added up, the less each counts.
        let terms = 1 + self.kinds.iter().filter(|kind| **kind).count();
        let scale = maker.number(1.0 / ((self.head * terms) as f32).sqrt());
        let mut agreement = agreement(maker, &queries, &keys);
        if let Some(positions) = &self.positions {
            let names =
                if self.is_shared { ["key_proj", "query_proj"] } else { ["pos_key_proj", "pos_query_proj"] };
            if self.kinds[0] {
                let places = projected(maker, &positions.table, names[0])?;
                let each = self::agreement(maker, &queries, &places);
                let picked = picked(maker, &each, &positions.indices[0], &agreement);
                agreement = maker.add(&agreement, &picked);
            }
            if self.kinds[1] {
                let places = projected(maker, &positions.table, names[1])?;
                let each = self::agreement(maker, &keys, &places);
                let picked = picked(maker, &each, &positions.indices[1], &agreement);
                let turned = maker.transpose(&picked, &[0, 1, 3, 2]);
                agreement = maker.add(&agreement, &turned);
            }
        }
        let agreement = maker.multiply(&agreement, &scale);
        let hidden = maker.number(UNSEEN);
        let agreement = maker.plain(Plain::Where, &[seen, &agreement, &hidden]);
        let weights = maker.node(nodes::softmax(-1), &[&agreement]);
        let mixed = maker.plain(Plain::MatMul, &[&weights, &values]);
        let mixed = maker.transpose(&mixed, &[0, 2, 1, 3]);
        Ok(maker.reshape(&mixed, &[0, 0, long(self.width)]))
    }
}

fn agreement(maker: &mut Maker<'_>, a: &str, b: &str) -> String {
    let turned = maker.transpose(b, &[0, 1, 3, 2]);
    maker.plain(Plain::MatMul, &[a, &turned])
}

/// Of each row the entries that a list of its own says, for each sample and head.
fn picked(maker: &mut Maker<'_>, each: &str, indices: &str, like: &str) -> String {
    let shape = maker.node(nodes::shape(0, 4), &[like]);
    let indices = maker.plain(Plain::Expand, &[indices, &shape]);
    maker.node(nodes::gather_elements(3), &[each, &indices])
}
