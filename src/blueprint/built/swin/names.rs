//! What the libraries call the parts of Swin, and what they leave to the configuration.

use super::{
    super::{
        block::{Names, Projections},
        maker::{Maker, Parts},
        patches::Patches,
        settings::{Made, Settings},
    },
    Network, Stage,
};

/// More blocks and stages than there are.
const MOST: usize = 256;

/// Swin as transformers has it.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn transformers(settings: Settings<'_>, maker: Maker<'_>) -> Made<Parts> {
    let width = settings.extent("embed_dim", 96)?;
    let depths = settings.depths(&[2, 2, 6, 2])?;
    let heads = settings.list("num_heads", &[3, 6, 12, 24])?;
    if depths.len() != heads.len() || depths.is_empty() || depths.len() > 8 {
        return Err(format!("depths {depths:?} with num_heads {heads:?} is not built"));
    }
    let ratio = settings.number("mlp_ratio", 4.0)?;
    let biased = settings.flag("qkv_bias", true)?;
    let mut stages = Vec::new();
    for (stage, (depth, heads)) in depths.iter().zip(heads).enumerate() {
        let before = stage.checked_sub(1).map(|before| format!("swin.encoder.layers.{before}.downsample"));
        let blocks = (0..*depth)
            .map(|at| of_transformers(&format!("swin.encoder.layers.{stage}.blocks.{at}"), biased));
        let inner = (ratio * (width << stage) as f64) as usize;
        stages.push(Stage { heads, inner, blocks: blocks.collect(), halved: before });
    }
    let image = settings.pair("image_size", 224)?;
    let places = settings.flag("use_absolute_embeddings", false)?;
    let network = Network {
        patches: Patches {
            name: "swin.embeddings.patch_embeddings.projection".to_owned(),
            channels: settings.extent("num_channels", 3)?,
            image: Some(image),
            patch: settings.pair("patch_size", 4)?,
            width,
        },
        image,
        places: places.then(|| "swin.embeddings.position_embeddings".to_owned()),
        norms: ["swin.embeddings.norm", "swin.layernorm"].map(str::to_owned),
        stages,
        side: settings.extent("window_size", 7)?,
        is_fixed: false,
        epsilon: settings.number("layer_norm_eps", 1e-5)?,
        activation: ("hidden_act", settings.text("hidden_act", "gelu")?),
        head: "classifier",
    };
    network.build(maker)
}

fn of_transformers(block: &str, biased: bool) -> (Names, String) {
    let name = |part: &str| format!("{block}.{part}");
    let projection = |part: &str| (name(&format!("attention.self.{part}")), biased);
    let names = Names {
        norms: ["layernorm_before", "layernorm_after"].map(name),
        projections: Projections::Apart(["query", "key", "value"].map(projection)),
        out: name("attention.output.dense"),
        scales: None,
        layers: ["intermediate.dense", "output.dense"].map(name),
    };
    (names, name("attention.self.relative_position_bias_table"))
}

/// Whether the tensors have torchvision's names.
pub(in super::super) fn is_torchvision(maker: &Maker<'_>) -> bool {
    ["features.0.0.weight", "features.1.0.attn.relative_position_bias_table", "head.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// Swin as torchvision has it, for images of the size that it is made for.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn torchvision(maker: Maker<'_>) -> Made<Parts> {
    let stage = |stage: usize| format!("features.{}", 2 * stage + 1);
    let halved = |stage: usize| format!("features.{}", 2 * stage);
    let names = State {
        patches: "features.0.0",
        norms: ["features.0.2", "norm"],
        layers: ["mlp.0", "mlp.3"],
        head: "head",
    };
    names.network(&maker, [224; 2], stage, halved, "", true)?.build(maker)
}

/// Swin as timm has it, for images of one size.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn timm(image: [usize; 2], maker: Maker<'_>) -> Made<Parts> {
    let stage = |stage: usize| format!("layers.{stage}.blocks");
    let halved = |stage: usize| format!("layers.{stage}.downsample");
    let names = State {
        patches: "patch_embed.proj",
        norms: ["patch_embed.norm", "norm"],
        layers: ["mlp.fc1", "mlp.fc2"],
        head: "head.fc",
    };
    names.network(&maker, image, stage, halved, "", false)?.build(maker)
}

/// Names of those whose tensors say everything but the size of images.
struct State<'n> {
    patches: &'n str,
    norms: [&'n str; 2],
    layers: [&'n str; 2],
    head: &'static str,
}

impl State<'_> {
    fn network(
        &self,
        maker: &Maker<'_>,
        image: [usize; 2],
        stage: impl Fn(usize) -> String,
        halved: impl Fn(usize) -> String,
        prefix: &str,
        is_fixed: bool,
    ) -> Made<Network<'static>> {
        let table = |block: &str| format!("{block}.attn.relative_position_bias_table");
        let [width, channels, rows, columns] = maker.extents(&format!("{}.weight", self.patches))?;
        let mut stages = Vec::new();
        let mut side = 0;
        for at in 0..8 {
            let blocks: Vec<String> = (0..MOST)
                .map(|block| format!("{prefix}{}.{block}", stage(at)))
                .take_while(|block| maker.has(&table(block)))
                .collect();
            let Some(first) = blocks.first() else { break };
            let [distances, heads] = maker.extents(&table(first))?;
            side = side.max(distances.isqrt().div_ceil(2));
            let [inner, _] = maker.extents(&format!("{first}.{}.weight", self.layers[0]))?;
            let blocks = blocks.iter().map(|block| (self.names(maker, block), table(block))).collect();
            stages.push(Stage { heads, inner, blocks, halved: (at > 0).then(|| halved(at)) });
        }
        Ok(Network {
            patches: Patches {
                name: self.patches.to_owned(),
                channels,
                image: Some(image),
                patch: [rows.max(1), columns.max(1)],
                width,
            },
            image,
            places: None,
            norms: self.norms.map(str::to_owned),
            stages,
            side: side.max(1),
            is_fixed,
            epsilon: super::EPSILON,
            activation: ("act_layer", "gelu"),
            head: self.head,
        })
    }

    fn names(&self, maker: &Maker<'_>, block: &str) -> Names {
        let name = |part: &str| format!("{block}.{part}");
        let bias = name("attn.qkv.bias");
        Names {
            norms: ["norm1", "norm2"].map(name),
            projections: Projections::Packed {
                weight: name("attn.qkv.weight"),
                bias: maker.has(&bias).then_some(bias),
            },
            out: name("attn.proj"),
            scales: None,
            layers: self.layers.map(name),
        }
    }
}
