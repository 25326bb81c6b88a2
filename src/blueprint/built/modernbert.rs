//! ModernBERT as transformers has it: places turn queries and keys, and most blocks see near tokens only.

use declass_formats::Dtype;
use serde_json::{Value, json};

use super::{
    attention::{Attention, head_width},
    layers::{UNSEEN, long},
    maker::{Maker, Parts},
    settings::{DEEPEST, Made, Settings, unknown},
};
use crate::net::ops::nodes::{self, Plain};

/// What all blocks have in common.
struct Encoder<'s> {
    width: usize,
    heads: usize,
    head: usize,
    inner: usize,
    epsilon: f64,
    activation: &'s str,
    /// Whether norms, attentions and layers have a bias.
    biased: [bool; 3],
}

/// What blocks that see all tokens read, or those that see near ones.
struct Sight {
    /// Cosines and sines of each place: `[L, head]`.
    turns: [String; 2],
    /// What is added to agreements.
    hidden: String,
}

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let encoder = Encoder::read(settings)?;
    let (x, mask) = encoded(settings, &encoder, &mut maker)?;
    let pooled = match settings.text("classifier_pooling", "cls")? {
        "cls" => maker.entry(&x, 1, 0),
        "mean" => mean(&mut maker, &x, &mask),
        other => return Err(format!("classifier_pooling `{}` is not built", other.escape_debug())),
    };
    let made = before_the_head(settings, &encoder, &mut maker, &pooled)?;
    let (logits, classes) = maker.head(&made, "classifier", encoder.width)?;
    maker.finish(&logits, classes)
}

/// The graph of a network that decides for every token.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build_tokens(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let encoder = Encoder::read(settings)?;
    let (x, _) = encoded(settings, &encoder, &mut maker)?;
    let made = before_the_head(settings, &encoder, &mut maker, &x)?;
    let (logits, classes) = maker.head_of_tokens(&made, "classifier", encoder.width)?;
    maker.finish_tokens(&logits, classes)
}

/// What the last block makes, `[N, L, width]`, and the mask.
fn encoded(settings: Settings<'_>, encoder: &Encoder<'_>, maker: &mut Maker<'_>) -> Made<(String, String)> {
    settings.only("rope_scaling", &[])?;
    let width = encoder.width;
    let dims = [("batch", None), ("length", None)];
    let ids = maker.input("input_ids", Dtype::I64, &dims);
    let mask = maker.input("attention_mask", Dtype::I64, &dims);
    let words = [settings.extent("vocab_size", 50_368)?, width];
    let words = maker.weight("model.embeddings.tok_embeddings.weight", &words)?;
    let x = maker.node(nodes::gather(0), &[&words, &ids]);
    let mut x = encoder.norm(maker, &x, "model.embeddings.norm")?;
    let places = places(maker, &ids);
    let hidden = maker.hidden_keys(&mask);
    let near = near(maker, &places, &hidden, settings.count("local_attention", 128)? / 2);
    let thetas = thetas(settings)?;
    let sights = [
        Sight { turns: turns(maker, &places, thetas[0], encoder.head), hidden },
        Sight { turns: turns(maker, &places, thetas[1], encoder.head), hidden: near },
    ];
    for (layer, is_near) in kinds(settings)?.into_iter().enumerate() {
        x = encoder.add(maker, &x, &sights[usize::from(is_near)], layer)?;
    }
    Ok((encoder.norm(maker, &x, "model.final_norm")?, mask))
}

/// A layer, its activation and a norm.
fn before_the_head(
    settings: Settings<'_>,
    encoder: &Encoder<'_>,
    maker: &mut Maker<'_>,
    x: &str,
) -> Made<String> {
    let biased = settings.flag("classifier_bias", false)?;
    let made = maker.linear(x, "head.dense", [encoder.width; 2], biased)?;
    let activation = settings.text("classifier_activation", "gelu")?;
    let made = maker.activation(&made, "classifier_activation", activation)?;
    encoder.norm(maker, &made, "head.norm")
}

/// For each block whether it sees near tokens only.
fn kinds(settings: Settings<'_>) -> Made<Vec<bool>> {
    let count = settings.extent("num_hidden_layers", 22)?;
    if count > DEEPEST {
        return Err(format!("num_hidden_layers `{count}` is not built"));
    }
    let every = settings.extent("global_attn_every_n_layers", 3)?;
    let Some(stated) = settings.0.get("layer_types").filter(|value| !value.is_null()) else {
        return Ok((0..count).map(|layer| layer % every != 0).collect());
    };
    let kind = |kind: &Value| match kind.as_str() {
        Some("full_attention") => Ok(false),
        Some("sliding_attention") => Ok(true),
        _ => Err(unknown("layer_types", kind)),
    };
    let list =
        stated.as_array().filter(|list| list.len() == count).ok_or_else(|| unknown("layer_types", stated))?;
    list.iter().map(kind).collect()
}

/// The bases of the angles, where all tokens are seen and where near ones are.
fn thetas(settings: Settings<'_>) -> Made<[f64; 2]> {
    let whole = settings.number("global_rope_theta", 160_000.0)?;
    let defaults = [whole, settings.number("local_rope_theta", 10_000.0)?];
    let nothing = json!({});
    // Versions of the library take these for different things.
    if settings.0.get("local_rope_theta").is_some_and(Value::is_null) {
        return Err(unknown("local_rope_theta", &Value::Null));
    }
    let kinds = ["full_attention", "sliding_attention"];
    if let Some(stated) = settings.0.get("rope_parameters").filter(|value| !value.is_null())
        && !kinds.iter().all(|kind| stated.get(*kind).is_some_and(Value::is_object))
    {
        return Err(unknown("rope_parameters", stated));
    }
    let stated = Settings(settings.0.get("rope_parameters").unwrap_or(&nothing));
    let mut thetas = defaults;
    for (theta, key) in thetas.iter_mut().zip(kinds) {
        let own = Settings(stated.0.get(key).unwrap_or(&nothing));
        own.only("rope_type", &[json!("default")])?;
        *theta = own.number("rope_theta", *theta)?;
    }
    if thetas.iter().any(|theta| *theta <= 0.0) {
        return Err(format!("rope_theta `{thetas:?}` is not built"));
    }
    Ok(thetas)
}

/// The place of each token, `[L]`.
fn places(maker: &mut Maker<'_>, ids: &str) -> String {
    let [from, step] = [0, 1].map(|it| maker.int(it));
    let length = maker.extent(ids, 1);
    let axes = maker.ints(&[0]);
    let length = maker.plain(Plain::Squeeze, &[&length, &axes]);
    maker.plain(Plain::Range, &[&from, &length, &step])
}

/// What is added to agreements where keys are hidden, or further than this: `[N, 1, L, L]`.
fn near(maker: &mut Maker<'_>, places: &str, hidden: &str, furthest: usize) -> String {
    let [queries, keys] = [1, 0].map(|axis| {
        let axes = maker.ints(&[axis]);
        maker.plain(Plain::Unsqueeze, &[places, &axes])
    });
    let apart = maker.plain(Plain::Subtract, &[&queries, &keys]);
    let apart = maker.plain(Plain::Absolute, &[&apart]);
    let furthest = maker.int(long(furthest));
    let is_near = maker.plain(Plain::LessOrEqual, &[&apart, &furthest]);
    let unseen = maker.number(UNSEEN);
    maker.plain(Plain::Where, &[&is_near, hidden, &unseen])
}

/// Cosines and sines of the angles of each place, twice side by side.
fn turns(maker: &mut Maker<'_>, places: &str, theta: f64, head: usize) -> [String; 2] {
    let frequency = |at: usize| 1.0 / (theta as f32).powf((2 * at) as f32 / head as f32);
    let frequencies: Vec<f32> = (0..head / 2).map(frequency).collect();
    let frequencies = maker.numbers(&[1, head / 2], &frequencies);
    let places = maker.node(nodes::cast(1), &[places]);
    let axes = maker.ints(&[1]);
    let places = maker.plain(Plain::Unsqueeze, &[&places, &axes]);
    let angles = maker.multiply(&places, &frequencies);
    let angles = maker.join(1, &[&angles, &angles]);
    [Plain::Cosine, Plain::Sine].map(|what| maker.plain(what, &[&angles]))
}

/// The mean of the tokens that the mask shows.
fn mean(maker: &mut Maker<'_>, x: &str, mask: &str) -> String {
    let mask = maker.node(nodes::cast(1), &[mask]);
    let axes = maker.ints(&[2]);
    let each = maker.plain(Plain::Unsqueeze, &[&mask, &axes]);
    let shown = maker.multiply(x, &each);
    let axes = maker.ints(&[1]);
    let sum = maker.node(nodes::sum(false), &[&shown, &axes]);
    let count = maker.node(nodes::sum(true), &[&mask, &axes]);
    maker.plain(Plain::Division, &[&sum, &count])
}

impl<'s> Encoder<'s> {
    fn read(settings: Settings<'s>) -> Made<Self> {
        let width = settings.extent("hidden_size", 768)?;
        let heads = settings.extent("num_attention_heads", 12)?;
        let head = head_width(width, heads)?;
        settings.only("head_dim", &[json!(head)])?;
        if !head.is_multiple_of(2) {
            return Err(format!("heads of {head} numbers are not built"));
        }
        let flag = |key: &str| settings.flag(key, false);
        Ok(Self {
            width,
            heads,
            head,
            inner: settings.extent("intermediate_size", 1152)?,
            epsilon: settings.number("norm_eps", 1e-5)?,
            activation: settings.text("hidden_activation", "gelu")?,
            biased: [flag("norm_bias")?, flag("attention_bias")?, flag("mlp_bias")?],
        })
    }

    fn norm(&self, maker: &mut Maker<'_>, x: &str, name: &str) -> Made<String> {
        if self.biased[0] {
            return maker.layer_norm(x, name, self.width, self.epsilon);
        }
        let weight = maker.weight(&format!("{name}.weight"), &[self.width])?;
        Ok(maker.node(nodes::layer_normalisation(-1, self.epsilon as f32), &[x, &weight]))
    }

    /// From `[N, L, width]` to the same.
    fn add(&self, maker: &mut Maker<'_>, x: &str, sight: &Sight, layer: usize) -> Made<String> {
        let part = |part: &str| format!("model.layers.{layer}.{part}");
        let [_, in_attention, in_layers] = self.biased;
        // The first block reads what was normalised already.
        let normed = if layer == 0 { x.to_owned() } else { self.norm(maker, x, &part("attn_norm"))? };
        let packed = maker.linear(&normed, &part("attn.Wqkv"), [self.width, 3 * self.width], in_attention)?;
        let parts = maker.several(nodes::split(-1, 3), &[&packed], 3);
        let divided: Vec<String> =
            parts.iter().map(|part| maker.divided(part, self.heads, self.head)).collect();
        let queries = turned(maker, &divided[0], sight);
        let keys = turned(maker, &divided[1], sight);
        let scale = (self.head as f64).powf(-0.5);
        let added = Some(sight.hidden.as_str());
        let how = Attention { heads: self.heads, width: self.head, scale, added, windows: None };
        let mixed = maker.attend_divided([&queries, &keys, &divided[2]], &how);
        let mixed = maker.linear(&mixed, &part("attn.Wo"), [self.width; 2], in_attention)?;
        let x = maker.add(x, &mixed);
        let normed = self.norm(maker, &x, &part("mlp_norm"))?;
        let made = maker.linear(&normed, &part("mlp.Wi"), [self.width, 2 * self.inner], in_layers)?;
        let parts = maker.several(nodes::split(-1, 2), &[&made], 2);
        let active = maker.activation(&parts[0], "hidden_activation", self.activation)?;
        let gated = maker.multiply(&active, &parts[1]);
        let made = maker.linear(&gated, &part("mlp.Wo"), [self.inner, self.width], in_layers)?;
        Ok(maker.add(&x, &made))
    }
}

/// Each pair of numbers, one of either half, turned by the angle of the place.
fn turned(maker: &mut Maker<'_>, x: &str, sight: &Sight) -> String {
    let halves = maker.several(nodes::split(-1, 2), &[x], 2);
    let negative = maker.plain(Plain::Negative, &[&halves[1]]);
    let across = maker.join(-1, &[&negative, &halves[0]]);
    let along = maker.multiply(x, &sight.turns[0]);
    let across = maker.multiply(&across, &sight.turns[1]);
    maker.add(&along, &across)
}
