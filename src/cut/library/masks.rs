//! What classes of the transformers library call their heads that decide for every mask.

use serde_json::Value;

use super::super::refuse::architectures;

/// How a class of the library tells what a mask is.
pub(in crate::cut) struct Segmenter {
    /// The module whose results are its logits: the classes, and no object behind them.
    pub(in crate::cut) module: &'static str,
    /// Why its rows stay, if something else counts the classes, too.
    pub(in crate::cut) kept: Option<&'static str>,
}

/// A value per class, and one for no object, by which a loss is weighted in training.
pub(in crate::cut) const LOSS: &str = "criterion.empty_weight";

const IN_PROCESSOR: &str = "`metadata` of the library's `preprocessor_config.json` names the classes, and says by their numbers which are things";

pub(super) const SEGMENTERS: [(&str, Segmenter); 5] = [
    ("DetrForSegmentation", Segmenter { module: "detr.class_labels_classifier", kept: None }),
    ("EomtForUniversalSegmentation", Segmenter { module: "class_predictor", kept: None }),
    ("Mask2FormerForUniversalSegmentation", Segmenter { module: "class_predictor", kept: None }),
    ("MaskFormerForInstanceSegmentation", Segmenter { module: "class_predictor", kept: None }),
    (
        "OneFormerForUniversalSegmentation",
        Segmenter { module: "model.transformer_module.decoder.class_embed", kept: Some(IN_PROCESSOR) },
    ),
];

/// The class that a configuration names, and what is known of it.
pub(in crate::cut) fn segmenter(config: Option<&Value>) -> Option<(&'static str, &'static Segmenter)> {
    // Code that comes with a model may do anything under any name.
    match architectures(config.filter(|config| config.get("auto_map").is_none())?).as_slice() {
        [only] => SEGMENTERS.iter().find(|(class, _)| class == only).map(|(class, it)| (*class, it)),
        _ => None,
    }
}
