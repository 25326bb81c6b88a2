//! A waveform as a list of vectors.

use declass_formats::Dtype;

use super::super::{
    layers::long,
    maker::Maker,
    settings::{Made, Settings},
};
use crate::net::ops::nodes::{self, Plain, Window};

/// What PyTorch adds to variances where nothing else is said.
const EPSILON: f64 = 1e-5;

/// Convolutions over the waveform, and a layer: `[N, L, width]`.
pub(super) fn heard(
    settings: Settings<'_>,
    maker: &mut Maker<'_>,
    width: usize,
    epsilon: f64,
) -> Made<String> {
    let channels = settings.list("conv_dim", &[512; 7])?;
    let strides = settings.list("conv_stride", &[5, 2, 2, 2, 2, 2, 2])?;
    let sides = settings.list("conv_kernel", &[10, 3, 3, 3, 3, 2, 2])?;
    if channels.len() != strides.len() || channels.len() != sides.len() || strides.contains(&0) {
        return Err(format!("conv_dim `{channels:?}` with conv_stride `{strides:?}` is not built"));
    }
    let biased = settings.flag("conv_bias", false)?;
    let activation = settings.text("feat_extract_activation", "gelu")?;
    let each = match settings.text("feat_extract_norm", "group")? {
        "group" => false,
        "layer" => true,
        other => return Err(format!("feat_extract_norm `{}` is not built", other.escape_debug())),
    };
    let wave = maker.input("input_values", Dtype::F32, &[("batch", None), ("samples", None)]);
    let axes = maker.ints(&[1]);
    let mut x = maker.plain(Plain::Unsqueeze, &[&wave, &axes]);
    let mut before = 1;
    for (at, outputs) in channels.iter().copied().enumerate() {
        let name = format!("wav2vec2.feature_extractor.conv_layers.{at}");
        let window = Window {
            kernel: vec![long(sides[at])],
            strides: vec![long(strides[at])],
            pads: vec![0; 2],
            dilations: Vec::new(),
            groups: 1,
        };
        let weight = maker.weight(&format!("{name}.conv.weight"), &[outputs, before, sides[at]])?;
        let bias = biased.then(|| maker.weight(&format!("{name}.conv.bias"), &[outputs])).transpose()?;
        let operands: Vec<&str> = [Some(&*x), Some(&weight), bias.as_deref()].into_iter().flatten().collect();
        x = maker.node(nodes::convolution(&window), &operands);
        if each {
            let turned = maker.transpose(&x, &[0, 2, 1]);
            let normed = maker.layer_norm(&turned, &format!("{name}.layer_norm"), outputs, EPSILON)?;
            x = maker.transpose(&normed, &[0, 2, 1]);
        } else if at == 0 {
            let scale = maker.weight(&format!("{name}.layer_norm.weight"), &[outputs])?;
            let shift = maker.weight(&format!("{name}.layer_norm.bias"), &[outputs])?;
            x = maker.node(nodes::instance_normalisation(EPSILON as f32), &[&x, &scale, &shift]);
        }
        x = maker.activation(&x, "feat_extract_activation", activation)?;
        before = outputs;
    }
    let list = maker.transpose(&x, &[0, 2, 1]);
    let normed = maker.layer_norm(&list, "wav2vec2.feature_projection.layer_norm", before, epsilon)?;
    maker.linear(&normed, "wav2vec2.feature_projection.projection", [before, width], true)
}

/// With a wide convolution added, which says where each vector stands.
pub(super) fn placed(
    settings: Settings<'_>,
    maker: &mut Maker<'_>,
    list: &str,
    width: usize,
) -> Made<String> {
    let side = settings.extent("num_conv_pos_embeddings", 128)?;
    let groups = settings.extent("num_conv_pos_embedding_groups", 16)?;
    if !width.is_multiple_of(groups) {
        return Err(format!("num_conv_pos_embedding_groups `{groups}` is not built"));
    }
    let name = "wav2vec2.encoder.pos_conv_embed.conv";
    let weight = normed_weight(maker, name, [width, width / groups, side])?;
    let bias = maker.weight(&format!("{name}.bias"), &[width])?;
    let window = Window {
        kernel: vec![long(side)],
        strides: vec![1],
        pads: vec![long(side / 2); 2],
        dilations: Vec::new(),
        groups: long(groups),
    };
    let turned = maker.transpose(list, &[0, 2, 1]);
    let mut made = maker.node(nodes::convolution(&window), &[&turned, &weight, &bias]);
    if side.is_multiple_of(2) {
        // One vector too many.
        made = maker.slice(&made, 2, 0, -1);
    }
    let activation = settings.text("feat_extract_activation", "gelu")?;
    let made = maker.activation(&made, "feat_extract_activation", activation)?;
    let made = maker.transpose(&made, &[0, 2, 1]);
    Ok(maker.add(list, &made))
}

/// A weight that is stored as a direction and a length for each element of the window.
fn normed_weight(maker: &mut Maker<'_>, name: &str, shape: [usize; 3]) -> Made<String> {
    let older = [format!("{name}.weight_g"), format!("{name}.weight_v")];
    let newer = [0, 1].map(|part| format!("{name}.parametrizations.weight.original{part}"));
    let [length, direction] = if maker.has(&older[0]) { older } else { newer };
    let length = maker.weight(&length, &[1, 1, shape[2]])?;
    let direction = maker.weight(&direction, &shape)?;
    let axes = maker.ints(&[0, 1]);
    let norm = maker.node(nodes::norm(true), &[&direction, &axes]);
    let factor = maker.plain(Plain::Division, &[&length, &norm]);
    Ok(maker.multiply(&direction, &factor))
}
