//! EfficientNet as transformers has it.

use super::{
    super::{
        layers::Square,
        maker::{Maker, Parts},
        settings::{Made, Settings},
        unit::Unit,
    },
    Block, Gate, Network, rounded,
};

/// The blocks of one stage of the configuration.
struct Stage {
    channels: [usize; 2],
    stride: usize,
    side: usize,
    ratio: usize,
    repeats: usize,
}

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn build(settings: Settings<'_>, maker: Maker<'_>) -> Made<Parts> {
    let divisor = settings.extent("depth_divisor", 8)?;
    let factor = settings.number("width_coefficient", 2.0)?;
    if !(0.0..64.0).contains(&factor) {
        return Err(format!("width_coefficient `{factor}` is not built"));
    }
    let width = |channels: usize| rounded(channels as f64 * factor, divisor, divisor);
    let squeezed = settings.number("squeeze_expansion_ratio", 0.25)?;
    let centred = settings.list("depthwise_padding", &[])?;
    let mut blocks: Vec<Block> = Vec::new();
    for stage in stages(settings)? {
        for at in 0..stage.repeats {
            let outputs = width(stage.channels[1]);
            let inputs = if at == 0 { width(stage.channels[0]) } else { outputs };
            let stride = if at == 0 { stage.stride } else { 1 };
            let square = depthwise(stage.side, stride, !centred.contains(&blocks.len()))?;
            let name = format!("efficientnet.encoder.blocks.{}", blocks.len());
            let mut block = block(&name, [inputs, outputs], stage.ratio, square, squeezed);
            block.is_beside = at > 0;
            blocks.push(block);
        }
    }
    let by_largest = match settings.text("pooling_type", "mean")? {
        "mean" => false,
        "max" => true,
        other => return Err(format!("pooling_type `{}` is not built", other.escape_debug())),
    };
    let channels = settings.extent("num_channels", 3)?;
    let wide = settings.extent("hidden_dim", 2560)?;
    let before = blocks.last().map_or(0, |block| block.narrow.channels[1]);
    let stem = Square { pads: Some([0, 0, 1, 1]), ..Square::same(3, 2) };
    let network = Network {
        channels,
        stem: unit(
            "efficientnet.embeddings.convolution",
            "efficientnet.embeddings.batchnorm",
            [channels, width(32)],
            stem,
        ),
        blocks,
        last: unit(
            "efficientnet.encoder.top_conv",
            "efficientnet.encoder.top_bn",
            [before, wide],
            Square::same(1, 1),
        ),
        epsilon: settings.number("batch_norm_eps", 0.001)?,
        activation: ("hidden_act", settings.text("hidden_act", "swish")?),
        by_largest,
        head: "classifier",
    };
    network.build(maker)
}

fn stages(settings: Settings<'_>) -> Made<Vec<Stage>> {
    let list = |key: &str, default: [usize; 7]| settings.list(key, &default);
    let inputs = list("in_channels", [32, 16, 24, 40, 80, 112, 192])?;
    let outputs = list("out_channels", [16, 24, 40, 80, 112, 192, 320])?;
    let sides = list("kernel_sizes", [3, 3, 5, 3, 5, 5, 3])?;
    let strides = list("strides", [1, 2, 2, 2, 1, 2, 1])?;
    let repeats = list("num_block_repeats", [1, 2, 2, 3, 3, 4, 1])?;
    let ratios = list("expand_ratios", [1, 6, 6, 6, 6, 6, 6])?;
    let deep = settings.number("depth_coefficient", 3.1)?;
    if [&outputs, &sides, &strides, &repeats, &ratios].iter().any(|list| list.len() != inputs.len()) {
        return Err(format!("in_channels `{inputs:?}` beside lists of another length is not built"));
    }
    let stage = |at: usize| {
        let repeats = (deep * repeats[at] as f64).ceil();
        let known = (1.0..256.0).contains(&repeats) && sides[at] % 2 == 1 && (1..=2).contains(&strides[at]);
        let stage = Stage {
            channels: [inputs[at], outputs[at]],
            stride: strides[at],
            side: sides[at],
            ratio: ratios[at],
            repeats: repeats as usize,
        };
        (known && ratios[at] > 0)
            .then_some(stage)
            .ok_or_else(|| format!("stage {at} of in_channels is not built"))
    };
    (0..inputs.len()).map(stage).collect()
}

/// Where it halves the map, it is padded more behind than before, but for some blocks.
fn depthwise(side: usize, stride: usize, is_adjusted: bool) -> Made<Square> {
    let half = side / 2;
    let before = if stride == 2 && is_adjusted { half.checked_sub(1) } else { Some(half) };
    let before = before.ok_or_else(|| format!("kernel_sizes `{side}` is not built"))?;
    Ok(Square { pads: Some([before, before, half, half]), ..Square::same(side, stride) })
}

fn block(name: &str, [inputs, outputs]: [usize; 2], ratio: usize, square: Square, squeezed: f64) -> Block {
    let inner = inputs * ratio;
    let one = Square::same(1, 1);
    let part = |part: &str| format!("{name}.{part}");
    let wide = || unit(&part("expansion.expand_conv"), &part("expansion.expand_bn"), [inputs, inner], one);
    let each = Square { groups: inner, ..square };
    Block {
        wide: (ratio != 1).then(wide),
        each: unit(
            &part("depthwise_conv.depthwise_conv"),
            &part("depthwise_conv.depthwise_norm"),
            [inner; 2],
            each,
        ),
        gate: Some(Gate {
            narrow: part("squeeze_excite.reduce"),
            wide: part("squeeze_excite.expand"),
            width: inner,
            inner: ((inputs as f64 * squeezed) as usize).max(1),
        }),
        narrow: unit(&part("projection.project_conv"), &part("projection.project_bn"), [inner, outputs], one),
        is_beside: false,
    }
}

fn unit(convolution: &str, norm: &str, channels: [usize; 2], square: Square) -> Unit {
    Unit { convolution: convolution.to_owned(), norm: norm.to_owned(), channels, square }
}
