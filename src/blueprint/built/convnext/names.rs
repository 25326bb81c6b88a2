//! What the libraries call the parts of ConvNeXt.

use super::{
    super::{
        maker::{Maker, Parts},
        settings::{Made, Settings},
    },
    EPSILON, Names, Network, Stage,
};

/// More blocks than there are.
const MOST: usize = 256;

/// ConvNeXt as transformers has it; `base` is what the names of its tensors begin with.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn transformers(base: &str, settings: Settings<'_>, maker: Maker<'_>) -> Made<Parts> {
    let widths = settings.list("hidden_sizes", &[96, 192, 384, 768])?;
    let depths = settings.depths(&[3, 3, 9, 3])?;
    if widths.len() != depths.len() || widths.len() != settings.extent("num_stages", 4)? {
        return Err(format!("depths {depths:?} with hidden_sizes {widths:?} is not built"));
    }
    let is_second = base == "convnextv2";
    let is_scaled = !is_second && settings.number("layer_scale_init_value", 1e-6)? > 0.0;
    let stage = |(at, (width, depth)): (usize, (&usize, &usize))| {
        let name = format!("{base}.encoder.stages.{at}");
        let block = |block: usize| {
            let part = |part: &str| format!("{name}.layers.{block}.{part}");
            Names {
                convolution: part("dwconv"),
                norm: part("layernorm"),
                layers: [part("pwconv1"), part("pwconv2")],
                scale: is_scaled.then(|| part("layer_scale_parameter")),
                responses: is_second.then(|| part("grn")),
            }
        };
        let halved = [0, 1].map(|part| format!("{name}.downsampling_layer.{part}"));
        let blocks = (0..*depth).map(block).collect();
        Stage { width: *width, halved: (at > 0).then_some(halved), blocks }
    };
    let stages = widths.iter().zip(&depths).enumerate().map(stage).collect();
    let [patch, other] = settings.pair("patch_size", 4)?;
    if patch != other {
        return Err(format!("patch_size `[{patch}, {other}]` is not built"));
    }
    let network = Network {
        channels: settings.extent("num_channels", 3)?,
        patch,
        stem: ["patch_embeddings", "layernorm"].map(|part| format!("{base}.embeddings.{part}")),
        stages,
        norm: (format!("{base}.layernorm"), settings.number("layer_norm_eps", 1e-12)?),
        activation: ("hidden_act", settings.text("hidden_act", "gelu")?),
        head: "classifier",
    };
    network.build(maker)
}

/// Whether the tensors have torchvision's names.
pub(in super::super) fn is_torchvision(maker: &Maker<'_>) -> bool {
    ["features.0.0.weight", "features.1.0.layer_scale", "classifier.2.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// ConvNeXt as torchvision has it.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn torchvision(maker: Maker<'_>) -> Made<Parts> {
    let block = |stage: usize, at: usize| {
        let part = |part: &str| format!("features.{}.{at}.{part}", 2 * stage + 1);
        Names {
            convolution: part("block.0"),
            norm: part("block.2"),
            layers: [part("block.3"), part("block.5")],
            scale: Some(part("layer_scale")),
            responses: None,
        }
    };
    let halved = |stage: usize| [0, 1].map(|part| format!("features.{}.{part}", 2 * stage));
    let stem = ["features.0.0", "features.0.1"];
    state(&maker, stem, block, halved, "classifier.0", "classifier.2")?.build(maker)
}

/// ConvNeXt as timm has it.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn timm(maker: Maker<'_>) -> Made<Parts> {
    let block = |stage: usize, at: usize| {
        let part = |part: &str| format!("stages.{stage}.blocks.{at}.{part}");
        let (scale, responses) = (part("gamma"), part("mlp.grn"));
        Names {
            convolution: part("conv_dw"),
            norm: part("norm"),
            layers: [part("mlp.fc1"), part("mlp.fc2")],
            scale: maker.has(&scale).then_some(scale),
            responses: maker.has(&format!("{responses}.weight")).then_some(responses),
        }
    };
    let halved = |stage: usize| [0, 1].map(|part| format!("stages.{stage}.downsample.{part}"));
    state(&maker, ["stem.0", "stem.1"], block, halved, "head.norm", "head.fc")?.build(maker)
}

/// A network of four stages, whose tensors say everything.
fn state(
    maker: &Maker<'_>,
    stem: [&str; 2],
    block: impl Fn(usize, usize) -> Names,
    halved: impl Fn(usize) -> [String; 2],
    norm: &str,
    head: &'static str,
) -> Made<Network<'static>> {
    let [_, channels, patch, _] = maker.extents(&format!("{}.weight", stem[0]))?;
    let mut stages = Vec::new();
    for stage in 0..4 {
        let [width, ..] = maker.extents::<4>(&format!("{}.weight", block(stage, 0).convolution))?;
        let blocks = (0..MOST).map(|at| block(stage, at));
        let blocks = blocks.take_while(|names| maker.has(&format!("{}.weight", names.convolution))).collect();
        stages.push(Stage { width, halved: (stage > 0).then(|| halved(stage)), blocks });
    }
    Ok(Network {
        channels,
        patch: patch.max(1),
        stem: stem.map(str::to_owned),
        stages,
        norm: (norm.to_owned(), EPSILON),
        activation: ("act_layer", "gelu"),
        head,
    })
}
