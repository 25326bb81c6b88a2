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
        "DebertaV2ForSequenceClassification" => {
            ("DeBERTa-v2", common(settings).and_then(|()| deberta::build(settings, maker)))
        }
        "ModernBertForSequenceClassification" => {
            ("ModernBERT", common(settings).and_then(|()| modernbert::build(settings, maker)))
        }
        "Wav2Vec2ForSequenceClassification" => {
            ("wav2vec2", common(settings).and_then(|()| wav2vec2::build(settings, maker)))
        }
        class => match text(class) {
            Some((family, kind)) => {
                (family, common(settings).and_then(|()| bert::build(kind, settings, maker)))
            }
            None => return None,
        },
    })
}

/// BERT and its kin.
fn text(class: &str) -> Option<(&'static str, bert::Kind)> {
    Some(match class {
        "BertForSequenceClassification" => ("BERT", bert::Kind::Bert),
        "RobertaForSequenceClassification" => ("RoBERTa", bert::Kind::Roberta),
        "XLMRobertaForSequenceClassification" => ("XLM-RoBERTa", bert::Kind::Roberta),
        "CamembertForSequenceClassification" => ("CamemBERT", bert::Kind::Roberta),
        "ElectraForSequenceClassification" => ("ELECTRA", bert::Kind::Electra),
        "DistilBertForSequenceClassification" => ("DistilBERT", bert::Kind::DistilBert),
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
