//! DeBERTa-v2 and -v3 as transformers has them: what tokens say and where they stand agree apart from each other.

mod encoder;
mod positions;

use declass_formats::Dtype;
use serde_json::{Value, json};

use super::{
    layers::long,
    maker::{Maker, Parts},
    settings::{Made, Settings, unknown},
};
use crate::net::ops::nodes::{self, Plain, Window};
use encoder::Encoder;
use positions::Positions;

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let (x, width) = encoded(settings, &mut maker)?;
    let token = maker.entry(&x, 1, 0);
    let pooled = settings.extent("pooler_hidden_size", width)?;
    let made = maker.linear(&token, "pooler.dense", [width, pooled], true)?;
    let made = maker.activation(&made, "pooler_hidden_act", settings.text("pooler_hidden_act", "gelu")?)?;
    let (logits, classes) = maker.head(&made, "classifier", pooled)?;
    maker.finish(&logits, classes)
}

/// The graph of a network that decides for every token.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build_tokens(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let (x, width) = encoded(settings, &mut maker)?;
    let (logits, classes) = maker.head_of_tokens(&x, "classifier", width)?;
    maker.finish_tokens(&logits, classes)
}

/// What the last block makes, `[N, L, width]`, and its width.
fn encoded(settings: Settings<'_>, maker: &mut Maker<'_>) -> Made<(String, usize)> {
    let mut encoder = Encoder::read(settings, kinds(settings)?)?;
    let (width, epsilon) = (encoder.width, encoder.epsilon);
    settings.only("attention_head_size", &[json!(encoder.head)])?;
    let dims = [("batch", None), ("length", None)];
    let ids = maker.input("input_ids", Dtype::I64, &dims);
    let mask = maker.input("attention_mask", Dtype::I64, &dims);
    let embedded = embedded(settings, maker, &ids, &mask, width, epsilon)?;
    encoder.positions = Positions::read(settings, maker, &ids, width, epsilon)?;
    let seen = seen(maker, &mask);
    let mut x = embedded.clone();
    for layer in 0..settings.extent("num_hidden_layers", 24)? {
        x = encoder.add(maker, &x, &seen, &format!("deberta.encoder.layer.{layer}"))?;
        let side = settings.count("conv_kernel_size", 0)?;
        if layer == 0 && side > 0 {
            x = convolved(settings, maker, &embedded, &x, &mask, [side, width], epsilon)?;
        }
    }
    maker.ignore(|name| name == "deberta.embeddings.position_ids");
    Ok((x, width))
}

/// Whether tokens agree with places, and places with tokens.
fn kinds(settings: Settings<'_>) -> Made<[bool; 2]> {
    let value = settings.0.get("pos_att_type").unwrap_or(&Value::Null);
    let stated: Vec<&str> = match value {
        Value::Null => Vec::new(),
        Value::String(text) => text.split('|').map(str::trim).filter(|kind| !kind.is_empty()).collect(),
        Value::Array(list) => list.iter().map(|kind| kind.as_str().unwrap_or("?")).collect(),
        other => return Err(unknown("pos_att_type", other)),
    };
    if stated.iter().any(|kind| !["c2p", "p2c"].contains(kind)) {
        return Err(unknown("pos_att_type", value));
    }
    Ok(["c2p", "p2c"].map(|kind| stated.contains(&kind)))
}

/// `[N, L]` tokens to `[N, L, width]`; nothing where the mask hides one.
fn embedded(
    settings: Settings<'_>,
    maker: &mut Maker<'_>,
    ids: &str,
    mask: &str,
    width: usize,
    epsilon: f64,
) -> Made<String> {
    let narrow = settings.extent("embedding_size", width)?;
    let base = "deberta.embeddings";
    let words = [settings.extent("vocab_size", 128_100)?, narrow];
    let words = maker.weight(&format!("{base}.word_embeddings.weight"), &words)?;
    let mut x = maker.node(nodes::gather(0), &[&words, ids]);
    if settings.flag("position_biased_input", true)? {
        let places = [settings.extent("max_position_embeddings", 512)?, narrow];
        let places = maker.weight(&format!("{base}.position_embeddings.weight"), &places)?;
        let [from, axis] = [maker.ints(&[0]), maker.ints(&[0])];
        let to = maker.extent(ids, 1);
        let places = maker.plain(Plain::Slice, &[&places, &from, &to, &axis]);
        x = maker.add(&x, &places);
    }
    let segments = settings.count("type_vocab_size", 0)?;
    if segments > 0 {
        let table = maker.weight(&format!("{base}.token_type_embeddings.weight"), &[segments, narrow])?;
        let dims = [("batch", None), ("length", None)];
        let types = maker.input("token_type_ids", Dtype::I64, &dims);
        let segment = maker.node(nodes::gather(0), &[&table, &types]);
        x = maker.add(&x, &segment);
    }
    if narrow != width {
        x = maker.linear(&x, &format!("{base}.embed_proj"), [narrow, width], false)?;
    }
    let x = maker.layer_norm(&x, &format!("{base}.LayerNorm"), width, epsilon)?;
    Ok(masked(maker, &x, mask))
}

/// Nothing where a mask `[N, L]` hides a token of a list.
fn masked(maker: &mut Maker<'_>, list: &str, mask: &str) -> String {
    let mask = maker.node(nodes::cast(1), &[mask]);
    let axes = maker.ints(&[2]);
    let mask = maker.plain(Plain::Unsqueeze, &[&mask, &axes]);
    maker.multiply(list, &mask)
}

/// Which pairs of a query and a key are both seen: `[N, 1, L, L]`.
fn seen(maker: &mut Maker<'_>, mask: &str) -> String {
    let mask = maker.node(nodes::cast(9), &[mask]);
    let [keys, queries] = [[1, 2], [1, 3]].map(|axes| {
        let axes = maker.ints(&axes);
        maker.plain(Plain::Unsqueeze, &[&mask, &axes])
    });
    maker.plain(Plain::And, &[&keys, &queries])
}

/// A convolution over the tokens, added behind the first block.
fn convolved(
    settings: Settings<'_>,
    maker: &mut Maker<'_>,
    embedded: &str,
    x: &str,
    mask: &str,
    [side, width]: [usize; 2],
    epsilon: f64,
) -> Made<String> {
    let groups = settings.extent("conv_groups", 1)?;
    if !width.is_multiple_of(groups) || side.is_multiple_of(2) {
        return Err(format!("conv_kernel_size `{side}` with conv_groups `{groups}` is not built"));
    }
    let name = "deberta.encoder.conv";
    let weight = maker.weight(&format!("{name}.conv.weight"), &[width, width / groups, side])?;
    let bias = maker.weight(&format!("{name}.conv.bias"), &[width])?;
    let window = Window {
        kernel: vec![long(side)],
        strides: vec![1],
        pads: vec![long((side - 1) / 2); 2],
        dilations: Vec::new(),
        groups: long(groups),
    };
    let turned = maker.transpose(embedded, &[0, 2, 1]);
    let made = maker.node(nodes::convolution(&window), &[&turned, &weight, &bias]);
    let made = maker.transpose(&made, &[0, 2, 1]);
    let made = masked(maker, &made, mask);
    let made = maker.activation(&made, "conv_act", settings.text("conv_act", "tanh")?)?;
    let sum = maker.add(x, &made);
    let normed = maker.layer_norm(&sum, &format!("{name}.LayerNorm"), width, epsilon)?;
    Ok(masked(maker, &normed, mask))
}
