//! MobileNetV2 as transformers has it.

use super::{
    super::{
        layers::Square,
        maker::{Maker, Parts},
        settings::{Made, Settings},
        unit::Unit,
    },
    Block, Network, rounded,
};

const WIDTHS: [usize; 17] = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320];
const STRIDES: [usize; 16] = [2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1];

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn build(settings: Settings<'_>, maker: Maker<'_>) -> Made<Parts> {
    let by_tensorflow = settings.flag("tf_padding", true)?;
    let square = |side: usize, stride: usize, groups: usize, dilation: usize| Square {
        side,
        stride,
        pads: (!by_tensorflow).then_some([(side - 1) / 2 * dilation; 4]),
        groups,
        dilation,
    };
    let (divisor, least) = (settings.extent("depth_divisible_by", 8)?, settings.count("min_depth", 8)?);
    let factor = settings.number("depth_multiplier", 1.0)?;
    let ratio = settings.number("expand_ratio", 6.0)?;
    if !(0.0..64.0).contains(&factor) || !(0.0..64.0).contains(&ratio) {
        return Err(format!("depth_multiplier `{factor}` with expand_ratio `{ratio}` is not built"));
    }
    let width = |channels: usize| rounded((channels as f64 * factor).round_ties_even(), divisor, least);
    let unit = |name: String, channels: [usize; 2], square: Square| Unit {
        convolution: format!("{name}.convolution"),
        norm: format!("{name}.normalization"),
        channels,
        square,
    };
    let block =
        |name: &str, [inputs, inner, outputs]: [usize; 3], stride: usize, dilation: usize, wide: bool| {
            Block {
                wide: wide.then(|| unit(format!("{name}.expand_1x1"), [inputs, inner], square(1, 1, 1, 1))),
                each: unit(format!("{name}.conv_3x3"), [inner; 2], square(3, stride, inner, dilation)),
                gate: None,
                narrow: unit(format!("{name}.reduce_1x1"), [inner, outputs], square(1, 1, 1, 1)),
                is_beside: stride == 1 && inputs == outputs && inputs != inner,
            }
        };
    let channels = settings.extent("num_channels", 3)?;
    let embedded = width(32);
    let stem = "mobilenet_v2.conv_stem";
    let wide = !settings.flag("first_layer_is_expansion", true)?;
    let mut first = block(stem, [embedded, embedded, width(WIDTHS[0])], 1, 1, wide);
    first.is_beside = false;
    let mut blocks = vec![first];
    for (at, Step { stride, dilation }) in
        steps(settings.extent("output_stride", 32)?).into_iter().enumerate()
    {
        let [inputs, outputs] = [WIDTHS[at], WIDTHS[at + 1]].map(width);
        let inner = rounded((inputs as f64 * ratio).round_ties_even(), divisor, least);
        let name = format!("mobilenet_v2.layer.{at}");
        let mut block = block(&name, [inputs, inner, outputs], stride, dilation, true);
        block.is_beside = stride == 1 && inputs == outputs;
        blocks.push(block);
    }
    let is_fine = settings.flag("finegrained_output", true)? && factor < 1.0;
    let last = if is_fine { 1280 } else { width(1280) };
    let network = Network {
        channels,
        stem: unit(format!("{stem}.first_conv"), [channels, embedded], square(3, 2, 1, 1)),
        blocks,
        last: unit("mobilenet_v2.conv_1x1".to_owned(), [width(WIDTHS[16]), last], square(1, 1, 1, 1)),
        epsilon: settings.number("layer_norm_eps", 0.001)?,
        activation: ("hidden_act", settings.text("hidden_act", "relu6")?),
        by_largest: false,
        head: "classifier",
    };
    network.build(maker)
}

/// How far the windows of a block are apart, and how far they reach.
#[derive(Clone, Copy)]
struct Step {
    stride: usize,
    dilation: usize,
}

/// Where the map shall not become smaller than by `most`, windows reach further from the next block on instead.
fn steps(most: usize) -> [Step; STRIDES.len()] {
    let (mut reached, mut dilation) = (2, 1);
    STRIDES.map(|stride| {
        if reached == most {
            let step = Step { stride: 1, dilation };
            dilation *= stride;
            step
        } else {
            reached *= stride;
            Step { stride, dilation: 1 }
        }
    })
}
