//! Tokens as vectors, with their places and segments added.

use declass_formats::Dtype;

use super::{
    super::{
        layers::long,
        maker::Maker,
        settings::{Made, Settings},
    },
    Kind,
    encoder::Encoder,
};
use crate::net::ops::nodes::{self, Plain};

/// The tables.
pub(super) struct Words {
    kind: Kind,
    words: usize,
    places: usize,
    /// Segments of a text; none of DistilBERT.
    segments: usize,
    width: usize,
    epsilon: f64,
    /// The token that stands for nothing.
    padding: i64,
}

impl Words {
    pub(super) fn read(kind: Kind, settings: Settings<'_>, encoder: &Encoder<'_>) -> Made<Self> {
        let narrow =
            if kind == Kind::Electra { settings.extent("embedding_size", 128)? } else { encoder.width };
        let words = if kind == Kind::Roberta { 50_265 } else { 30_522 };
        let segments = if kind == Kind::DistilBert { 0 } else { settings.extent("type_vocab_size", 2)? };
        Ok(Self {
            kind,
            words: settings.extent("vocab_size", words)?,
            places: settings.extent("max_position_embeddings", 512)?,
            segments,
            width: narrow,
            epsilon: encoder.epsilon,
            padding: long(settings.count("pad_token_id", if kind == Kind::Roberta { 1 } else { 0 })?),
        })
    }

    /// `[N, L]` tokens to `[N, L, width]`.
    pub(super) fn embedded(&self, maker: &mut Maker<'_>, ids: &str) -> Made<String> {
        let base = format!("{}.embeddings", self.kind.base());
        let words = maker.weight(&format!("{base}.word_embeddings.weight"), &[self.words, self.width])?;
        let mut x = maker.node(nodes::gather(0), &[&words, ids]);
        if self.segments > 0 {
            let name = format!("{base}.token_type_embeddings.weight");
            let table = maker.weight(&name, &[self.segments, self.width])?;
            // With one segment there is nothing to say.
            let segment = if self.segments == 1 {
                maker.entry(&table, 0, 0)
            } else {
                let dims = [("batch", None), ("length", None)];
                let types = maker.input("token_type_ids", Dtype::I64, &dims);
                maker.node(nodes::gather(0), &[&table, &types])
            };
            x = maker.add(&x, &segment);
        }
        let name = format!("{base}.position_embeddings.weight");
        let places = maker.weight(&name, &[self.places, self.width])?;
        let places = if self.kind == Kind::Roberta {
            let at = self.places_of(maker, ids);
            maker.node(nodes::gather(0), &[&places, &at])
        } else {
            let [from, axis] = [maker.ints(&[0]), maker.ints(&[0])];
            let to = maker.extent(ids, 1);
            maker.plain(Plain::Slice, &[&places, &from, &to, &axis])
        };
        let x = maker.add(&x, &places);
        maker.layer_norm(&x, &format!("{base}.LayerNorm"), self.width, self.epsilon)
    }

    /// RoBERTa counts tokens that are not padding, from behind the padding's own number on.
    fn places_of(&self, maker: &mut Maker<'_>, ids: &str) -> String {
        let padding = maker.int(self.padding);
        let is_padding = maker.plain(Plain::Equal, &[ids, &padding]);
        let counts = maker.plain(Plain::Not, &[&is_padding]);
        let counts = maker.node(nodes::cast(7), &[&counts]);
        let axis = maker.int(1);
        let sums = maker.plain(Plain::CumulativeSum, &[&counts, &axis]);
        let sums = maker.multiply(&sums, &counts);
        maker.add(&sums, &padding)
    }
}
