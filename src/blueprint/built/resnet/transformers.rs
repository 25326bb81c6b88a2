//! ResNet as transformers has it.

use super::{
    super::{
        layers::Square,
        maker::{Maker, Parts},
        settings::{Made, Settings},
        unit::Unit,
    },
    Block, Network,
};

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn build(settings: Settings<'_>, maker: Maker<'_>) -> Made<Parts> {
    let widths = settings.list("hidden_sizes", &[256, 512, 1024, 2048])?;
    let depths = settings.depths(&[3, 4, 6, 3])?;
    if widths.len() != depths.len() || widths.contains(&0) || widths.is_empty() {
        return Err(format!("depths {depths:?} with hidden_sizes {widths:?} is not built"));
    }
    let is_deep = match settings.text("layer_type", "bottleneck")? {
        "basic" => false,
        "bottleneck" => true,
        other => return Err(format!("layer_type `{}` is not built", other.escape_debug())),
    };
    let early = settings.flag("downsample_in_bottleneck", false)?;
    let channels = settings.extent("num_channels", 3)?;
    let embedded = settings.extent("embedding_size", 64)?;
    let mut blocks = Vec::new();
    let mut before = embedded;
    for (stage, (width, depth)) in widths.iter().zip(&depths).enumerate() {
        for layer in 0..*depth {
            let halves = layer == 0 && (stage > 0 || settings.flag("downsample_in_first_stage", false)?);
            let stride = if halves { 2 } else { 1 };
            let name = format!("resnet.encoder.stages.{stage}.layers.{layer}");
            blocks.push(block(&name, [before, *width], stride, is_deep, early));
            before = *width;
        }
    }
    let network = Network {
        channels,
        stem: unit("resnet.embedder.embedder", [channels, embedded], 7, 2),
        blocks,
        activation: ("hidden_act", settings.text("hidden_act", "relu")?),
        head: "classifier.1",
        width: before,
    };
    network.build(maker)
}

fn block(name: &str, [inputs, outputs]: [usize; 2], stride: usize, is_deep: bool, early: bool) -> Block {
    let layer = |at: usize, channels: [usize; 2], side: usize, stride: usize| {
        unit(&format!("{name}.layer.{at}"), channels, side, stride)
    };
    let inner = outputs / 4;
    let units = if is_deep {
        let (first, second) = if early { (stride, 1) } else { (1, stride) };
        vec![
            layer(0, [inputs, inner], 1, first),
            layer(1, [inner, inner], 3, second),
            layer(2, [inner, outputs], 1, 1),
        ]
    } else {
        vec![layer(0, [inputs, outputs], 3, stride), layer(1, [outputs, outputs], 3, 1)]
    };
    let is_needed = inputs != outputs || stride != 1;
    let shortcut = is_needed.then(|| unit(&format!("{name}.shortcut"), [inputs, outputs], 1, stride));
    Block { units, shortcut }
}

fn unit(name: &str, channels: [usize; 2], side: usize, stride: usize) -> Unit {
    let (convolution, norm) = (format!("{name}.convolution"), format!("{name}.normalization"));
    Unit { convolution, norm, channels, square: Square::same(side, stride) }
}
