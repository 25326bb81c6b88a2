//! Models of the transformers library, by the class that their configuration names.

use serde_json::{Value, json};

use super::{
    bert, convnext, deberta, inverted,
    maker::{Maker, Parts},
    modernbert, resnet, segformer,
    settings::{Made, Settings},
    swin, vit, wav2vec2,
};
use vit::transformers::Kind;

/// The family of a configuration and what came of it; none if it is of no family.
pub(super) fn build(config: &Value, maker: Maker<'_>) -> Option<(&'static str, Made<Parts>)> {
    let classes = config.get("architectures").and_then(Value::as_array)?;
    let [class] = classes.as_slice() else { return None };
    let settings = Settings(config);
    let vit = |kind: Kind, maker: Maker<'_>| {
        common(settings).and_then(|()| vit::transformers::build(kind, settings, maker))
    };
    Some(match class.as_str()? {
        "ViTForImageClassification" => ("ViT", vit(Kind::Vit, maker)),
        "DeiTForImageClassification" => ("DeiT", vit(Kind::Deit, maker)),
        "DeiTForImageClassificationWithTeacher" => ("DeiT", vit(Kind::DeitWithTeacher, maker)),
        "BeitForImageClassification" => ("BEiT", vit(Kind::Beit, maker)),
        "Dinov2ForImageClassification" => ("DINOv2", vit(Kind::Dinov2, maker)),
        "Dinov2WithRegistersForImageClassification" => ("DINOv2", vit(Kind::Dinov2WithRegisters, maker)),
        "ResNetForImageClassification" => {
            ("ResNet", common(settings).and_then(|()| resnet::build_transformers(settings, maker)))
        }
        "SwinForImageClassification" => {
            ("Swin", common(settings).and_then(|()| swin::transformers(settings, maker)))
        }
        "ConvNextForImageClassification" => {
            ("ConvNeXt", common(settings).and_then(|()| convnext::transformers("convnext", settings, maker)))
        }
        "ConvNextV2ForImageClassification" => (
            "ConvNeXtV2",
            common(settings).and_then(|()| convnext::transformers("convnextv2", settings, maker)),
        ),
        "MobileNetV2ForImageClassification" => {
            ("MobileNetV2", common(settings).and_then(|()| inverted::mobilenet(settings, maker)))
        }
        "EfficientNetForImageClassification" => {
            ("EfficientNet", common(settings).and_then(|()| inverted::efficientnet(settings, maker)))
        }
        "SegformerForImageClassification" => {
            ("SegFormer", common(settings).and_then(|()| segformer::build(settings, maker)))
        }
        "SegformerForSemanticSegmentation" => {
            ("SegFormer", common(settings).and_then(|()| segformer::build_pixels(settings, maker)))
        }
        "DebertaV2ForSequenceClassification" => {
            ("DeBERTa-v2", common(settings).and_then(|()| deberta::build(settings, maker)))
        }
        "ModernBertForSequenceClassification" => {
            ("ModernBERT", common(settings).and_then(|()| modernbert::build(settings, maker)))
        }
        "Wav2Vec2ForSequenceClassification" => {
            ("wav2vec2", common(settings).and_then(|()| wav2vec2::build(settings, maker)))
        }
        "DebertaV2ForTokenClassification" => {
            ("DeBERTa-v2", common(settings).and_then(|()| deberta::build_tokens(settings, maker)))
        }
        "ModernBertForTokenClassification" => {
            ("ModernBERT", common(settings).and_then(|()| modernbert::build_tokens(settings, maker)))
        }
        class => {
            let stem = |task: &str| class.strip_suffix(task);
            let (stem, build): (_, fn(_, Settings<'_>, Maker<'_>) -> Made<Parts>) =
                match (stem("ForSequenceClassification"), stem("ForTokenClassification")) {
                    (Some(stem), _) => (stem, bert::build),
                    (None, Some(stem)) => (stem, bert::build_tokens),
                    (None, None) => return None,
                };
            let (family, kind) = text(stem)?;
            (family, common(settings).and_then(|()| build(kind, settings, maker)))
        }
    })
}

/// BERT and its kin.
fn text(model: &str) -> Option<(&'static str, bert::Kind)> {
    Some(match model {
        "Bert" => ("BERT", bert::Kind::Bert),
        "Roberta" => ("RoBERTa", bert::Kind::Roberta),
        "XLMRoberta" => ("XLM-RoBERTa", bert::Kind::Roberta),
        "Camembert" => ("CamemBERT", bert::Kind::Roberta),
        "Electra" => ("ELECTRA", bert::Kind::Electra),
        "DistilBert" => ("DistilBERT", bert::Kind::DistilBert),
        _ => return None,
    })
}

/// What no configuration may say: code of its own, numbers in a code, heads that were taken out.
fn common(settings: Settings<'_>) -> Made<()> {
    for key in ["auto_map", "quantization_config", "pruned_heads"] {
        settings.only(key, &[json!({}), json!([])])?;
    }
    Ok(())
}
