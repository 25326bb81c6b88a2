//! ViT and DeiT as timm and torchvision have them: the tensors say all but the heads and the pooling.

use super::super::{
    block::{Block, Names, Projections},
    layers::long,
    maker::{Maker, Parts},
    patches::{Patches, listed, with_tokens},
    settings::Made,
};

/// More blocks than there are.
const MOST: usize = 256;
/// What both libraries add to variances.
const EPSILON: f64 = 1e-6;

/// What the tensors do not say.
pub(in super::super) struct Stated {
    pub(in super::super) heads: usize,
    /// Whether the mean of the patches is classified, and not the first token.
    pub(in super::super) by_mean: bool,
    /// The size of images; none if as many rows as columns of patches have places.
    pub(in super::super) image: Option<[usize; 2]>,
}

/// Names that differ.
struct Library {
    patches: &'static str,
    tokens: &'static [&'static str],
    places: &'static str,
    blocks: &'static str,
    norms: [&'static str; 2],
    weights: [&'static str; 2],
    out: &'static str,
    layers: [&'static str; 2],
    norm: &'static str,
    head: &'static str,
}

const TIMM: Library = Library {
    patches: "patch_embed.proj",
    tokens: &["cls_token", "dist_token"],
    places: "pos_embed",
    blocks: "blocks.",
    norms: ["norm1", "norm2"],
    weights: ["attn.qkv.weight", "attn.qkv.bias"],
    out: "attn.proj",
    layers: ["mlp.fc1", "mlp.fc2"],
    norm: "norm",
    head: "head",
};

const TORCHVISION: Library = Library {
    patches: "conv_proj",
    tokens: &["class_token"],
    places: "encoder.pos_embedding",
    blocks: "encoder.layers.encoder_layer_",
    norms: ["ln_1", "ln_2"],
    weights: ["self_attention.in_proj_weight", "self_attention.in_proj_bias"],
    out: "self_attention.out_proj",
    layers: ["mlp.0", "mlp.3"],
    norm: "encoder.ln",
    head: "heads.head",
};

/// Whether the tensors have torchvision's names.
pub(in super::super) fn is_torchvision(maker: &Maker<'_>) -> bool {
    ["conv_proj.weight", "class_token", "encoder.pos_embedding", "heads.head.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// ViT as torchvision has it, in the widths that it has.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn torchvision(maker: Maker<'_>) -> Made<Parts> {
    let [width, ..] = maker.extents::<4>("conv_proj.weight")?;
    let heads = match width {
        768 => 12,
        1024 | 1280 => 16,
        other => {
            return Err(format!(
                "a width of {other}, of which no model of torchvision says the heads, is not built"
            ));
        }
    };
    TORCHVISION.build(maker, &Stated { heads, by_mean: false, image: None })
}

/// ViT and DeiT as timm has them.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn timm(maker: Maker<'_>, stated: &Stated) -> Made<Parts> {
    TIMM.build(maker, stated)
}

impl Library {
    fn build(&self, mut maker: Maker<'_>, stated: &Stated) -> Made<Parts> {
        let [width, channels, rows, columns] = maker.extents(&format!("{}.weight", self.patches))?;
        let patch = [rows.max(1), columns.max(1)];
        let tokens: Vec<&str> = self.tokens.iter().filter(|token| maker.has(token)).copied().collect();
        let [_, count, _] = maker.extents(self.places)?;
        let image = stated.image.unwrap_or_else(|| {
            let side = count.saturating_sub(tokens.len()).isqrt();
            patch.map(|extent| side.saturating_mul(extent))
        });
        let patches = Patches { name: self.patches.to_owned(), channels, image: Some(image), patch, width };
        let map = patches.map(&mut maker, true)?;
        let list = listed(&mut maker, &map);
        let [rows, columns] = patches.grid(image);
        let mut x = placed(&mut maker, &list, self.places, &tokens, [rows * columns, count, width])?;
        let blocks: Vec<String> = (0..MOST)
            .map(|at| format!("{}{at}", self.blocks))
            .take_while(|block| maker.has(&format!("{block}.{}.weight", self.norms[0])))
            .collect();
        for name in &blocks {
            let [inner, _] = maker.extents(&format!("{name}.{}.weight", self.layers[0]))?;
            let block = Block {
                width,
                heads: stated.heads,
                inner,
                epsilon: EPSILON,
                activation: ("act_layer", "gelu"),
                is_gated: false,
                added: None,
                windows: None,
            };
            let names = self.names(&maker, name);
            x = block.add(&mut maker, &x, &names)?;
        }
        let (logits, classes) = self.classified(&mut maker, &x, stated, &tokens, width)?;
        maker.finish(&logits, classes)
    }

    fn names(&self, maker: &Maker<'_>, block: &str) -> Names {
        let name = |part: &str| format!("{block}.{part}");
        let bias = name(self.weights[1]);
        let scales = ["ls1.gamma", "ls2.gamma"].map(name);
        Names {
            norms: self.norms.map(name),
            projections: Projections::Packed {
                weight: name(self.weights[0]),
                bias: maker.has(&bias).then_some(bias),
            },
            out: name(self.out),
            scales: maker.has(&scales[0]).then_some(scales),
            layers: self.layers.map(name),
        }
    }

    fn classified(
        &self,
        maker: &mut Maker<'_>,
        x: &str,
        stated: &Stated,
        tokens: &[&str],
        width: usize,
    ) -> Made<(String, usize)> {
        let mut x = x.to_owned();
        if maker.has(&format!("{}.weight", self.norm)) {
            x = maker.layer_norm(&x, self.norm, width, EPSILON)?;
        }
        if tokens.len() == 2 {
            let (first, second) = (maker.entry(&x, 1, 0), maker.entry(&x, 1, 1));
            let (a, classes) = maker.head(&first, self.head, width)?;
            let (b, others) = maker.head(&second, "head_dist", width)?;
            if classes != others {
                return Err("`head_dist.weight` has other classes".to_owned());
            }
            return Ok((maker.halved(&a, &b), classes));
        }
        let mut pooled = if stated.by_mean {
            let patches = maker.slice(&x, 1, long(tokens.len()), i64::MAX);
            maker.mean(&patches, &[1])
        } else {
            maker.entry(&x, 1, 0)
        };
        if maker.has("fc_norm.weight") {
            pooled = maker.layer_norm(&pooled, "fc_norm", width, EPSILON)?;
        }
        maker.head(&pooled, self.head, width)
    }
}

/// A list with tokens before it and places added: to all, or to the patches alone if there are no more.
fn placed(
    maker: &mut Maker<'_>,
    list: &str,
    places: &str,
    tokens: &[&str],
    [patches, count, width]: [usize; 3],
) -> Made<String> {
    let of_all = count == patches + tokens.len();
    if !of_all && count != patches {
        return Err(format!("`{places}` has {count} places for {patches} patches"));
    }
    let places = maker.weight(places, &[1, count, width])?;
    let list = if of_all { list.to_owned() } else { maker.add(list, &places) };
    let mut read = Vec::new();
    for token in tokens {
        read.push(maker.weight(token, &[1, 1, width])?);
    }
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    let list = if read.is_empty() { list } else { with_tokens(maker, &read, &list) };
    Ok(if of_all { maker.add(&list, &places) } else { list })
}
