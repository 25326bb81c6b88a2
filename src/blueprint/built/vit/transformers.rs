//! ViT, DeiT, BEiT and DINOv2 as transformers has them.

use serde_json::json;

use super::super::{
    block::{Block, Names, Projections},
    layers::{MOST, long},
    maker::{Maker, Parts},
    patches::{Patches, listed, resized_places, with_tokens},
    settings::{Made, Settings},
};
use crate::net::ops::nodes;

/// What distinguishes these from each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Kind {
    Vit,
    Deit,
    DeitWithTeacher,
    Beit,
    Dinov2,
    Dinov2WithRegisters,
}

impl Kind {
    fn base(self) -> &'static str {
        match self {
            Self::Vit => "vit",
            Self::Deit | Self::DeitWithTeacher => "deit",
            Self::Beit => "beit",
            Self::Dinov2 => "dinov2",
            Self::Dinov2WithRegisters => "dinov2_with_registers",
        }
    }

    fn is_dino(self) -> bool {
        matches!(self, Self::Dinov2 | Self::Dinov2WithRegisters)
    }

    /// Tokens before the patches, and whether places are added to them.
    fn tokens(self) -> &'static [&'static str] {
        match self {
            Self::Deit | Self::DeitWithTeacher => &["cls_token", "distillation_token"],
            _ => &["cls_token"],
        }
    }
}

struct Network<'s> {
    kind: Kind,
    settings: Settings<'s>,
    patches: Patches,
    image: [usize; 2],
    layers: usize,
    biased: bool,
    block: Block<'s>,
}

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(in super::super) fn build(kind: Kind, settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let mut network = Network::read(kind, settings)?;
    let base = kind.base();
    let map = network.patches.map(&mut maker, true)?;
    let mut x = network.embedded(&mut maker, &map)?;
    let shared = network.shared_bias(&mut maker)?;
    for layer in 0..network.layers {
        let name = format!("{base}.encoder.layer.{layer}");
        network.block.added = match &shared {
            Some(shared) => Some(shared.clone()),
            None => network.own_bias(&mut maker, &name)?,
        };
        let names = network.names(&name)?;
        x = network.block.add(&mut maker, &x, &names)?;
    }
    let mask = format!("{base}.embeddings.mask_token");
    maker.ignore(|name| name == mask || name.ends_with("relative_position_index"));
    // A model that was saved with a pooler: the classifier does not read it.
    let pooler = format!("{base}.pooler.dense.");
    maker.ignore(|name| kind != Kind::Beit && name.starts_with(&pooler));
    let (logits, classes) = network.classified(&mut maker, &x)?;
    maker.finish(&logits, classes)
}

impl<'s> Network<'s> {
    fn read(kind: Kind, settings: Settings<'s>) -> Made<Self> {
        let width = settings.extent("hidden_size", 768)?;
        let is_dino = kind.is_dino();
        let patch = settings.pair("patch_size", if is_dino { 14 } else { 16 })?;
        let image = settings.pair("image_size", 224)?;
        let epsilon = settings.number("layer_norm_eps", if is_dino { 1e-6 } else { 1e-12 })?;
        let is_gated = is_dino && settings.flag("use_swiglu_ffn", false)?;
        let inner = match (is_dino, is_gated) {
            (false, _) => settings.extent("intermediate_size", 3072)?,
            (true, false) => width * settings.extent("mlp_ratio", 4)?,
            // Two thirds, up to a multiple of eight.
            (true, true) => (width * settings.extent("mlp_ratio", 4)? * 2 / 3).div_ceil(8) * 8,
        };
        let activation = if is_gated { "silu" } else { settings.text("hidden_act", "gelu")? };
        settings.only("head_dim", &[json!(width / settings.extent("num_attention_heads", 12)?)])?;
        let any = kind == Kind::Dinov2;
        let channels = settings.extent("num_channels", 3)?;
        Ok(Self {
            kind,
            settings,
            patches: Patches {
                name: format!("{}.embeddings.patch_embeddings.projection", kind.base()),
                channels,
                image: (!any).then_some(image),
                patch,
                width,
            },
            image,
            layers: settings.extent("num_hidden_layers", 12)?,
            biased: settings.flag("qkv_bias", true)?,
            block: Block {
                width,
                heads: settings.extent("num_attention_heads", 12)?,
                inner,
                epsilon,
                activation: ("hidden_act", activation),
                is_gated,
                added: None,
                windows: None,
            },
        })
    }

    /// Patches with tokens and places, `[N, L, width]`.
    fn embedded(&self, maker: &mut Maker<'_>, map: &str) -> Made<String> {
        let (base, width) = (self.kind.base(), self.block.width);
        let name = |part: &str| format!("{base}.embeddings.{part}");
        let list = listed(maker, map);
        let mut tokens = Vec::new();
        for token in self.kind.tokens() {
            tokens.push(maker.weight(&name(token), &[1, 1, width])?);
        }
        let names: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let list = with_tokens(maker, &names, &list);
        let [rows, columns] = self.patches.grid(self.image);
        let count = rows * columns + tokens.len();
        if self.kind == Kind::Beit && !self.settings.flag("use_absolute_position_embeddings", false)? {
            return Ok(list);
        }
        let places = maker.weight(&name("position_embeddings"), &[1, count, width])?;
        let places = match self.kind {
            Kind::Dinov2 if rows == columns => resized_places(maker, &places, rows, width, map),
            Kind::Dinov2 => return Err(format!("image_size {:?} is not built", self.image)),
            _ => places,
        };
        let list = maker.add(&list, &places);
        if self.kind != Kind::Dinov2WithRegisters {
            return Ok(list);
        }
        // Registers have no place; they stand behind the first token.
        let count = self.settings.extent("num_register_tokens", 4)?;
        let registers = maker.weight(&name("register_tokens"), &[1, count, width])?;
        let (first, rest) = (maker.slice(&list, 1, 0, 1), maker.slice(&list, 1, 1, i64::MAX));
        let rest = with_tokens(maker, &[&registers], &rest);
        Ok(maker.join(1, &[&first, &rest]))
    }

    fn names(&self, layer: &str) -> Made<Names> {
        let name = |part: &str| format!("{layer}.{part}");
        let is_dino = self.kind.is_dino();
        let norms = if is_dino { ["norm1", "norm2"] } else { ["layernorm_before", "layernorm_after"] };
        let has_bias = |part: &str| if self.kind == Kind::Beit { part != "key" } else { self.biased };
        let projection = |part: &str| (name(&format!("attention.attention.{part}")), has_bias(part));
        let layers = match (is_dino, self.block.is_gated) {
            (false, _) => ["intermediate.dense", "output.dense"],
            (true, false) => ["mlp.fc1", "mlp.fc2"],
            (true, true) => ["mlp.weights_in", "mlp.weights_out"],
        };
        let scales = match self.kind {
            Kind::Beit if self.settings.number("layer_scale_init_value", 0.1)? > 0.0 => {
                Some(["lambda_1", "lambda_2"])
            }
            Kind::Dinov2 | Kind::Dinov2WithRegisters => {
                Some(["layer_scale1.lambda1", "layer_scale2.lambda1"])
            }
            _ => None,
        };
        Ok(Names {
            norms: norms.map(name),
            projections: Projections::Apart(["query", "key", "value"].map(projection)),
            out: name("attention.output.dense"),
            scales: scales.map(|scales| scales.map(name)),
            layers: layers.map(name),
        })
    }

    /// What BEiT adds to the agreements of all layers.
    fn shared_bias(&self, maker: &mut Maker<'_>) -> Made<Option<String>> {
        let is_shared =
            self.kind == Kind::Beit && self.settings.flag("use_shared_relative_position_bias", false)?;
        let name = "beit.encoder.relative_position_bias.relative_position_bias_table";
        is_shared.then(|| self.bias(maker, name)).transpose()
    }

    /// What BEiT adds to those of one layer.
    fn own_bias(&self, maker: &mut Maker<'_>, layer: &str) -> Made<Option<String>> {
        let has = self.kind == Kind::Beit && self.settings.flag("use_relative_position_bias", false)?;
        let name = format!("{layer}.attention.attention.relative_position_bias.relative_position_bias_table");
        has.then(|| self.bias(maker, &name)).transpose()
    }

    /// A learnt number for each distance of two patches, and three for the token: `[1, heads, L, L]`.
    fn bias(&self, maker: &mut Maker<'_>, name: &str) -> Made<String> {
        let [rows, columns] = self.patches.grid(self.image);
        let pairs = rows.saturating_mul(columns).saturating_add(1).saturating_pow(2);
        if rows != columns || rows == 0 || pairs > MOST {
            return Err(format!("image_size {:?} with relative positions is not built", self.image));
        }
        let distances = (2 * rows - 1) * (2 * columns - 1);
        let table = maker.weight(name, &[distances + 3, self.block.heads])?;
        let patches = rows * columns;
        let index = |query: usize, key: usize| match (query, key) {
            (0, 0) => distances + 2,
            (0, _) => distances,
            (_, 0) => distances + 1,
            (query, key) => {
                let apart = |a: usize, b: usize, extent: usize| a + extent - 1 - b;
                let [(a, b), (c, d)] = [query - 1, key - 1].map(|at| (at / columns, at % columns));
                apart(a, c, rows) * (2 * columns - 1) + apart(b, d, columns)
            }
        };
        let pairs = (0..=patches).flat_map(|query| (0..=patches).map(move |key| (query, key)));
        let indices: Vec<i64> = pairs.map(|(query, key)| long(index(query, key))).collect();
        let indices = maker.integers(&[patches + 1, patches + 1], &indices);
        let bias = maker.node(nodes::gather(0), &[&table, &indices]);
        let bias = maker.transpose(&bias, &[2, 0, 1]);
        Ok(maker.reshape(&bias, &[1, long(self.block.heads), long(patches + 1), long(patches + 1)]))
    }

    /// Logits of the last list.
    fn classified(&self, maker: &mut Maker<'_>, x: &str) -> Made<(String, usize)> {
        let (base, width, epsilon) = (self.kind.base(), self.block.width, self.block.epsilon);
        if self.kind == Kind::Beit && self.settings.flag("use_mean_pooling", true)? {
            let patches = maker.slice(x, 1, 1, i64::MAX);
            let mean = maker.mean(&patches, &[1]);
            let normed = maker.layer_norm(&mean, "beit.pooler.layernorm", width, epsilon)?;
            return maker.head(&normed, "classifier", width);
        }
        let normed = maker.layer_norm(x, &format!("{base}.layernorm"), width, epsilon)?;
        let token = maker.entry(&normed, 1, 0);
        match self.kind {
            Kind::DeitWithTeacher => {
                let second = maker.entry(&normed, 1, 1);
                let (a, classes) = maker.head(&token, "cls_classifier", width)?;
                let (b, others) = maker.head(&second, "distillation_classifier", width)?;
                if classes != others {
                    return Err("`distillation_classifier.weight` has other classes".to_owned());
                }
                Ok((maker.halved(&a, &b), classes))
            }
            Kind::Dinov2 | Kind::Dinov2WithRegisters => {
                let before = match self.kind {
                    Kind::Dinov2 => 1,
                    _ => 1 + self.settings.extent("num_register_tokens", 4)?,
                };
                let patches = maker.slice(&normed, 1, long(before), i64::MAX);
                let mean = maker.mean(&patches, &[1]);
                let both = maker.join(1, &[&token, &mean]);
                maker.head(&both, "classifier", 2 * width)
            }
            _ => maker.head(&token, "classifier", width),
        }
    }
}
