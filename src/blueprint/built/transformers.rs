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

/// Builds the graph of a network from its settings and tensors.
type Build = fn(Settings<'_>, Maker<'_>) -> Made<Parts>;

/// Classes that are built by themselves, each with its family.
static KNOWN: [(&str, &str, Build); 19] = [
    ("ViTForImageClassification", "ViT", |it, maker| vit::transformers::build(Kind::Vit, it, maker)),
    ("DeiTForImageClassification", "DeiT", |it, maker| vit::transformers::build(Kind::Deit, it, maker)),
    ("DeiTForImageClassificationWithTeacher", "DeiT", |it, maker| {
        vit::transformers::build(Kind::DeitWithTeacher, it, maker)
    }),
    ("BeitForImageClassification", "BEiT", |it, maker| vit::transformers::build(Kind::Beit, it, maker)),
    ("Dinov2ForImageClassification", "DINOv2", |it, maker| vit::transformers::build(Kind::Dinov2, it, maker)),
    ("Dinov2WithRegistersForImageClassification", "DINOv2", |it, maker| {
        vit::transformers::build(Kind::Dinov2WithRegisters, it, maker)
    }),
    ("ResNetForImageClassification", "ResNet", resnet::build_transformers),
    ("SwinForImageClassification", "Swin", swin::transformers),
    ("ConvNextForImageClassification", "ConvNeXt", |it, maker| convnext::transformers("convnext", it, maker)),
    ("ConvNextV2ForImageClassification", "ConvNeXtV2", |it, maker| {
        convnext::transformers("convnextv2", it, maker)
    }),
    ("MobileNetV2ForImageClassification", "MobileNetV2", inverted::mobilenet),
    ("EfficientNetForImageClassification", "EfficientNet", inverted::efficientnet),
    ("SegformerForImageClassification", "SegFormer", segformer::build),
    ("SegformerForSemanticSegmentation", "SegFormer", segformer::build_pixels),
    ("DebertaV2ForSequenceClassification", "DeBERTa-v2", deberta::build),
    ("DebertaV2ForTokenClassification", "DeBERTa-v2", deberta::build_tokens),
    ("ModernBertForSequenceClassification", "ModernBERT", modernbert::build),
    ("ModernBertForTokenClassification", "ModernBERT", modernbert::build_tokens),
    ("Wav2Vec2ForSequenceClassification", "wav2vec2", wav2vec2::build),
];

/// BERT and its kin, by what their classes begin with.
static TEXT: [(&str, &str, bert::Kind); 6] = [
    ("Bert", "BERT", bert::Kind::Bert),
    ("Roberta", "RoBERTa", bert::Kind::Roberta),
    ("XLMRoberta", "XLM-RoBERTa", bert::Kind::Roberta),
    ("Camembert", "CamemBERT", bert::Kind::Roberta),
    ("Electra", "ELECTRA", bert::Kind::Electra),
    ("DistilBert", "DistilBERT", bert::Kind::DistilBert),
];

/// Builds a network of BERT's kin.
type BuildText = fn(bert::Kind, Settings<'_>, Maker<'_>) -> Made<Parts>;

/// What such classes end with.
static TASKS: [(&str, BuildText); 2] =
    [("ForSequenceClassification", bert::build), ("ForTokenClassification", bert::build_tokens)];

/// The family of a configuration and what came of it; none if it is of no family.
pub(super) fn build(config: &Value, maker: Maker<'_>) -> Option<(&'static str, Made<Parts>)> {
    let classes = config.get("architectures").and_then(Value::as_array)?;
    let [class] = classes.as_slice() else { return None };
    let (class, settings) = (class.as_str()?, Settings(config));
    if let Some((_, family, build)) = KNOWN.iter().find(|(known, ..)| *known == class) {
        return Some((family, common(settings).and_then(|()| build(settings, maker))));
    }
    let (stem, build) = TASKS.iter().find_map(|(task, build)| Some((class.strip_suffix(task)?, build)))?;
    let (_, family, kind) = TEXT.iter().find(|(known, ..)| *known == stem)?;
    Some((family, common(settings).and_then(|()| build(*kind, settings, maker))))
}

/// Every family with its classes.
pub(super) fn families() -> Vec<(&'static str, Vec<String>)> {
    let known = KNOWN.iter().map(|(class, family, _)| (*family, (*class).to_owned()));
    let text = TEXT
        .iter()
        .flat_map(|(stem, family, _)| TASKS.iter().map(move |(task, _)| (*family, format!("{stem}{task}"))));
    let mut families: Vec<(&str, Vec<String>)> = Vec::new();
    for (family, class) in known.chain(text) {
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, classes)) => classes.push(class),
            None => families.push((family, vec![class])),
        }
    }
    families
}

/// What no configuration may say: code of its own, numbers in a code, heads that were taken out.
fn common(settings: Settings<'_>) -> Made<()> {
    for key in ["auto_map", "quantization_config", "pruned_heads"] {
        settings.only(key, &[json!({}), json!([])])?;
    }
    Ok(())
}
