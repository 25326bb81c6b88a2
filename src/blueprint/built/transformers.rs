//! Models of the transformers library, by the class that their configuration names.

use serde_json::{Value, json};

use super::{
    bert,
    maker::{Maker, Parts},
    resnet,
    settings::{Made, Settings},
    swin, vit,
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
