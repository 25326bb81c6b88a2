//! SegFormer as transformers has it: patches that overlap, and keys and values of smaller maps. Its classifier reads the
//! last map, its segmenter all of them.

use declass_formats::Dtype;
use serde_json::json;

use super::{
    attention::{Attention, head_width},
    layers::{Square, long},
    maker::{Maker, Parts},
    patches::listed,
    settings::{Made, Settings},
};
use crate::net::ops::nodes::{self, Plain};

/// What its norms add to variances, whatever the configuration says.
const EPSILON: f64 = 1e-5;

/// Blocks of the same width.
struct Stage<'s> {
    /// What the names of its blocks begin with.
    name: String,
    width: usize,
    heads: usize,
    inner: usize,
    depth: usize,
    /// By how much keys and values are fewer along both sides.
    ratio: usize,
    activation: &'s str,
}

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let (stages, encoded) = encoded(settings, &mut maker)?;
    let (Some(stage), Some(encoded)) = (stages.last(), encoded.last()) else {
        return Err("a network without blocks is not built".into());
    };
    let mean = maker.mean(&encoded.list, &[1]);
    let (logits, classes) = maker.head(&mean, "classifier", stage.width)?;
    maker.finish(&logits, classes)
}

/// The graph of a network that decides for every pixel, of maps a quarter as large along both sides.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build_pixels(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    settings.only("reshape_last_stage", &[json!(true)])?;
    let (stages, encoded) = encoded(settings, &mut maker)?;
    let width = settings.extent("decoder_hidden_size", 256)?;
    let mut maps = Vec::new();
    let mut target = None;
    for (at, (stage, encoded)) in stages.iter().zip(&encoded).enumerate() {
        let name = format!("decode_head.linear_c.{at}.proj");
        let made = maker.linear(&encoded.list, &name, [stage.width, width], true)?;
        let map = mapped(&mut maker, &made, width, &encoded.sides);
        // All as large as the first.
        let target = target.get_or_insert_with(|| maker.node(nodes::shape(0, 4), &[&map])).clone();
        maps.insert(0, maker.node(nodes::resize_linear(), &[&map, "", "", &target]));
    }
    let maps: Vec<&str> = maps.iter().map(String::as_str).collect();
    let joined = maker.join(1, &maps);
    let wide = width.checked_mul(stages.len()).ok_or("decoder_hidden_size is too large")?;
    let fused =
        maker.convolution(&joined, "decode_head.linear_fuse", [wide, width], Square::same(1, 1), false)?;
    let normed = maker.batch_norm(&fused, "decode_head.batch_norm", width, EPSILON)?;
    let x = maker.activation(&normed, "hidden_act", "relu")?;
    let [classes, ..] = maker.extents::<4>("decode_head.classifier.weight")?;
    let logits =
        maker.convolution(&x, "decode_head.classifier", [width, classes], Square::same(1, 1), true)?;
    maker.finish_pixels(&logits, classes)
}

/// What a stage makes: a list `[N, rows * columns, width]`, and the sides of the map that it is.
struct Encoded {
    list: String,
    sides: String,
}

/// What every stage makes.
fn encoded<'s>(settings: Settings<'s>, maker: &mut Maker<'_>) -> Made<(Vec<Stage<'s>>, Vec<Encoded>)> {
    let channels = settings.extent("num_channels", 3)?;
    let list = |key: &str, default: [usize; 4]| settings.list(key, &default);
    let (sides, strides) = (list("patch_sizes", [7, 3, 3, 3])?, list("strides", [4, 2, 2, 2])?);
    let stages = stages(settings)?;
    if sides.len() < stages.len() || strides.len() < stages.len() || strides.contains(&0) {
        return Err(format!("strides `{strides:?}` with patch_sizes `{sides:?}` is not built"));
    }
    let dims = [("batch", None), ("channels", Some(channels)), ("height", None), ("width", None)];
    let mut map = maker.input("pixel_values", Dtype::F32, &dims);
    let (mut before, mut made) = (channels, Vec::new());
    for (at, stage) in stages.iter().enumerate() {
        let name = format!("segformer.encoder.patch_embeddings.{at}");
        let square = Square::same(sides[at], strides[at]);
        map = maker.convolution(&map, &format!("{name}.proj"), [before, stage.width], square, true)?;
        // The sides of all maps of the stage.
        let sides = maker.node(nodes::shape(2, 4), &[&map]);
        let list = listed(maker, &map);
        let mut x = maker.layer_norm(&list, &format!("{name}.layer_norm"), stage.width, EPSILON)?;
        for block in 0..stage.depth {
            x = stage.block(maker, &x, &sides, block)?;
        }
        x = maker.layer_norm(&x, &format!("segformer.encoder.layer_norm.{at}"), stage.width, EPSILON)?;
        map = mapped(maker, &x, stage.width, &sides);
        before = stage.width;
        made.push(Encoded { list: x, sides });
    }
    Ok((stages, made))
}

fn stages(settings: Settings<'_>) -> Made<Vec<Stage<'_>>> {
    let list = |key: &str, default: [usize; 4]| settings.list(key, &default);
    let widths = list("hidden_sizes", [32, 64, 160, 256])?;
    let heads = list("num_attention_heads", [1, 2, 5, 8])?;
    let ratios = list("sr_ratios", [8, 4, 2, 1])?;
    let depths = settings.depths(&[2, 2, 2, 2])?;
    let wide = list("mlp_ratios", [4, 4, 4, 4])?;
    let activation = settings.text("hidden_act", "gelu")?;
    let count = settings.extent("num_encoder_blocks", 4)?;
    if [&widths, &heads, &ratios, &depths, &wide].iter().any(|list| list.len() < count) || ratios.contains(&0)
    {
        return Err(format!("num_encoder_blocks `{count}` beside shorter lists is not built"));
    }
    let stage = |at: usize| Stage {
        name: format!("segformer.encoder.block.{at}"),
        width: widths[at],
        heads: heads[at],
        inner: widths[at] * wide[at],
        depth: depths[at],
        ratio: ratios[at],
        activation,
    };
    Ok((0..count).map(stage).collect())
}

impl Stage<'_> {
    fn block(&self, maker: &mut Maker<'_>, x: &str, sides: &str, block: usize) -> Made<String> {
        let part = |part: &str| format!("{}.{block}.{part}", self.name);
        let whole = [self.width; 2];
        let normed = maker.layer_norm(x, &part("layer_norm_1"), self.width, EPSILON)?;
        let queries = maker.linear(&normed, &part("attention.self.query"), whole, true)?;
        let read = if self.ratio > 1 {
            let map = mapped(maker, &normed, self.width, sides);
            let square = Square::apart(self.ratio);
            let fewer = maker.convolution(&map, &part("attention.self.sr"), whole, square, true)?;
            let fewer = listed(maker, &fewer);
            maker.layer_norm(&fewer, &part("attention.self.layer_norm"), self.width, EPSILON)?
        } else {
            normed
        };
        let keys = maker.linear(&read, &part("attention.self.key"), whole, true)?;
        let values = maker.linear(&read, &part("attention.self.value"), whole, true)?;
        let width = head_width(self.width, self.heads)?;
        let scale = (width as f64).powf(-0.5);
        let how = Attention { heads: self.heads, width, scale, added: None, windows: None };
        let mixed = maker.attend([&queries, &keys, &values], &how);
        let mixed = maker.linear(&mixed, &part("attention.output.dense"), whole, true)?;
        let x = maker.add(x, &mixed);
        let made = maker.layer_norm(&x, &part("layer_norm_2"), self.width, EPSILON)?;
        let made = maker.linear(&made, &part("mlp.dense1"), [self.width, self.inner], true)?;
        let map = mapped(maker, &made, self.inner, sides);
        let each = Square { groups: self.inner.max(1), ..Square::same(3, 1) };
        let made = maker.convolution(&map, &part("mlp.dwconv.dwconv"), [self.inner; 2], each, true)?;
        let made = listed(maker, &made);
        let made = maker.activation(&made, "hidden_act", self.activation)?;
        let made = maker.linear(&made, &part("mlp.dense2"), [self.inner, self.width], true)?;
        Ok(maker.add(&x, &made))
    }
}

/// A list `[N, rows * columns, width]` as a map.
fn mapped(maker: &mut Maker<'_>, list: &str, width: usize, sides: &str) -> String {
    let turned = maker.transpose(list, &[0, 2, 1]);
    let before = maker.ints(&[0, long(width)]);
    let shape = maker.join(0, &[&before, sides]);
    maker.plain(Plain::Reshape, &[&turned, &shape])
}
