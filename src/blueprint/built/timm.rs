//! Models of timm, by the architecture that their configuration names.
//!
//! Extents are those of the tensors; what they do not say follows from the name, and from arguments that the
//! configuration states beside it.

use serde_json::{Map, Value, json};

use super::{
    convnext, inverted,
    maker::{Maker, Parts},
    resnet,
    settings::{Made, Settings},
    swin,
    vit::state_dict::{self, Stated},
};

/// Arguments that change nothing that is computed, or nothing that the tensors do not say.
const SAID: &[&str] = &[
    "attn_drop_rate",
    "depth",
    "depths",
    "dims",
    "drop_path_rate",
    "drop_rate",
    "embed_dim",
    "fc_norm",
    "in_chans",
    "init_values",
    "mlp_ratio",
    "no_embed_class",
    "num_classes",
    "patch_drop_rate",
    "pos_drop_rate",
    "proj_drop_rate",
    "qkv_bias",
    "weight_init",
];

/// A configuration of timm.
struct Stating<'a> {
    whole: Settings<'a>,
    /// What is stated of weights that the model began with.
    pretrained: Settings<'a>,
    arguments: Option<&'a Map<String, Value>>,
}

/// The family of a configuration and what came of it; none if it is of no family.
pub(super) fn build(config: &Value, maker: Maker<'_>) -> Option<(&'static str, Made<Parts>)> {
    let name = config.get("architecture").and_then(Value::as_str)?;
    let stating = Stating {
        whole: Settings(config),
        pretrained: Settings(config.get("pretrained_cfg").unwrap_or(config)),
        arguments: config.get("model_args").and_then(Value::as_object),
    };
    let stating = &stating;
    if let Some(heads) = vit_heads(name) {
        return Some(("timm ViT", stating.vit(heads, maker)));
    }
    if is_resnet(name) {
        let made = stating.arguments_but(&[]).and_then(|()| resnet::build_state_dict(maker));
        return Some(("timm ResNet", stating.pooled("avg").and(made)));
    }
    if is_convnext(name) {
        let made = stating.arguments_but(&[]).and_then(|()| convnext::timm(maker));
        return Some(("timm ConvNeXt", stating.pooled("avg").and(made)));
    }
    if is_mobilenet(name) {
        let made = stating.arguments_but(&[]).and_then(|()| inverted::timm_mobilenet(maker));
        return Some(("timm MobileNetV2", stating.pooled("avg").and(made)));
    }
    if let Some(by_tensorflow) = is_efficientnet(name) {
        let made =
            stating.arguments_but(&[]).and_then(|()| inverted::timm_efficientnet(maker, by_tensorflow));
        return Some(("timm EfficientNet", stating.pooled("avg").and(made)));
    }
    if is_swin(name) {
        return Some(("timm Swin", stating.swin(maker)));
    }
    None
}

impl Stating<'_> {
    fn argument(&self, key: &str) -> Option<&Value> {
        self.arguments.and_then(|arguments| arguments.get(key)).filter(|value| !value.is_null())
    }

    /// That all arguments are read here, or change nothing.
    fn arguments_but(&self, read: &[&str]) -> Made<()> {
        let unread = |key: &&String| !SAID.contains(&key.as_str()) && !read.contains(&key.as_str());
        let keys = self.arguments.into_iter().flat_map(Map::keys);
        let keys = keys.filter(|key| self.argument(key).is_some());
        match keys.filter(|key| *key != "global_pool").find(unread) {
            Some(key) => Err(format!("model_args.{} is not built", key.escape_debug())),
            None => Ok(()),
        }
    }

    /// How the map is pooled, which is stated in several places.
    fn pooling(&self, default: &'static str) -> Made<&str> {
        let argument = self.argument("global_pool").and_then(Value::as_str);
        let stated = argument.map_or_else(|| self.pretrained.text("global_pool", default), Ok)?;
        match self.whole.text("global_pool", stated)? {
            said if said == stated => Ok(stated),
            said => Err(format!(
                "global_pool `{}` is stated, and `{}`",
                stated.escape_debug(),
                said.escape_debug()
            )),
        }
    }

    /// That it is pooled like this.
    fn pooled(&self, how: &'static str) -> Made<()> {
        let stated = self.pooling(how)?;
        if stated == how {
            Ok(())
        } else {
            Err(format!("global_pool `{}` is not built", stated.escape_debug()))
        }
    }

    /// The size of images.
    fn image(&self) -> Made<[usize; 2]> {
        if self.argument("img_size").is_some() {
            let arguments = self.whole.0.get("model_args").unwrap_or(&Value::Null);
            return Settings(arguments).pair("img_size", 224);
        }
        match self.pretrained.list("input_size", &[3, 224, 224])?.as_slice() {
            [_, height, width] if *height > 0 && *width > 0 => Ok([*height, *width]),
            other => Err(format!("input_size `{other:?}` is not built")),
        }
    }

    fn vit(&self, heads: usize, maker: Maker<'_>) -> Made<Parts> {
        self.arguments_but(&["img_size", "num_heads", "patch_size", "class_token"])?;
        let by_mean = match self.pooling("token")? {
            "token" => false,
            "avg" => true,
            other => return Err(format!("global_pool `{}` is not built", other.escape_debug())),
        };
        let arguments = self.whole.0.get("model_args").cloned().unwrap_or_else(|| json!({}));
        let heads = Settings(&arguments).extent("num_heads", heads)?;
        if !by_mean && !maker.has("cls_token") {
            return Err("`cls_token` is missing".to_owned());
        }
        state_dict::timm(maker, &Stated { heads, by_mean, image: Some(self.image()?) })
    }

    fn swin(&self, maker: Maker<'_>) -> Made<Parts> {
        self.arguments_but(&["img_size", "num_heads", "patch_size", "window_size"])?;
        self.pooled("avg")?;
        swin::timm(self.image()?, maker)
    }
}

/// The heads of a plain ViT or DeiT by its name, such as `vit_tiny_patch16_224`.
fn vit_heads(name: &str) -> Option<usize> {
    let (family, rest) = name.split_once('_')?;
    let (size, rest) = rest.split_once('_')?;
    let rest = if family == "deit" { rest.strip_prefix("distilled_").unwrap_or(rest) } else { rest };
    let rest = if family == "vit" { rest.strip_suffix("_in21k").unwrap_or(rest) } else { rest };
    let (patch, image) = rest.strip_prefix("patch")?.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(patch) || !is_number(image) {
        return None;
    }
    match (family, size) {
        ("vit" | "deit", "tiny") => Some(3),
        ("vit" | "deit" | "deit3", "small") => Some(6),
        ("deit3", "medium") => Some(8),
        ("vit" | "deit" | "deit3", "base") => Some(12),
        ("vit" | "deit3", "large" | "huge") => Some(16),
        _ => None,
    }
}

/// Plain ones, whose tensors have torchvision's names and strides.
fn is_resnet(name: &str) -> bool {
    let plain = ["resnet18", "resnet26", "resnet34", "resnet50", "resnet101", "resnet152"];
    let wide = ["wide_resnet50_2", "wide_resnet101_2"];
    let many =
        ["resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_32x16d", "resnext101_64x4d"];
    plain.contains(&name) || wide.contains(&name) || many.contains(&name)
}

/// Both versions, without the variants that have another stem.
fn is_convnext(name: &str) -> bool {
    let sizes = ["atto", "femto", "pico", "nano", "tiny", "small", "base", "large", "xlarge", "huge"];
    let size = name.strip_prefix("convnextv2_").or_else(|| name.strip_prefix("convnext_"));
    size.is_some_and(|size| sizes.contains(&size))
}

/// Those of all widths, and of more blocks.
fn is_mobilenet(name: &str) -> bool {
    let sizes = ["035", "050", "075", "100", "110d", "120d", "140"];
    name.strip_prefix("mobilenetv2_").is_some_and(|size| sizes.contains(&size))
}

/// The first version in its sizes, and whether its weights come from TensorFlow.
fn is_efficientnet(name: &str) -> Option<bool> {
    let own = name.strip_prefix("tf_");
    let size = own.unwrap_or(name).strip_prefix("efficientnet_b")?;
    matches!(size, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8").then_some(own.is_some())
}

/// The first version in its four sizes, such as `swin_tiny_patch4_window7_224`.
fn is_swin(name: &str) -> bool {
    let sizes = ["tiny", "small", "base", "large"];
    let rest = name.strip_prefix("swin_").and_then(|rest| rest.split_once('_'));
    rest.is_some_and(|(size, rest)| {
        sizes.contains(&size) && matches!(rest, "patch4_window7_224" | "patch4_window12_384")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_plain_models() {
        assert_eq!(vit_heads("vit_tiny_patch16_224"), Some(3));
        assert_eq!(vit_heads("deit_base_distilled_patch16_384"), Some(12));
        for other in
            ["vit_base_patch16_224_miil", "vit_base_patch16_siglip_224", "vit_small_patch16_18x2_224", "vit"]
        {
            assert_eq!(vit_heads(other), None, "{other}");
        }
        assert!(is_swin("swin_base_patch4_window12_384") && !is_swin("swin_s3_tiny_224"));
        assert!(is_resnet("resnet50") && !is_resnet("resnet50d"));
    }
}
