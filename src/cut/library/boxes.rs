//! What classes of the transformers library call their heads that decide for every box.

/// How a class of the library tells what a box is.
pub(in crate::cut) struct Detector {
    /// The module whose results are its logits, or all that have a copy for each layer of the decoder.
    modules: Modules,
    /// What becomes of the logits.
    pub(in crate::cut) scores: Scores,
}

enum Modules {
    One(&'static str),
    /// Names that end with this and a number: the results of the last one are the logits.
    Numbered(&'static str),
}

/// What the library makes of a box's logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cut) enum Scores {
    /// Independent probabilities.
    Independent,
    /// Independent probabilities once a number was added that is the same for all classes of a box: of a sealed class
    /// only how far it stays below the others is known.
    Shifted,
    /// Probabilities that add up to one with that of no object, the last row or, of the background, the first.
    WithNoObject,
}

/// The label of the first row of a detector where that is the background, if no list of labels has it.
pub(in crate::cut) const BACKGROUND: &str = "(background)";

/// The label of the last row of a detector where that is no object: configurations do not list it.
pub const NO_OBJECT: &str = "(no object)";

pub(super) const DETECTORS: [(&[&str], Detector); 6] = [
    (
        &["DetrForObjectDetection", "TableTransformerForObjectDetection"],
        Detector { modules: Modules::One("class_labels_classifier"), scores: Scores::WithNoObject },
    ),
    (
        &["YolosForObjectDetection"],
        Detector { modules: Modules::One("class_labels_classifier.layers.2"), scores: Scores::WithNoObject },
    ),
    (
        &["ConditionalDetrForObjectDetection"],
        Detector { modules: Modules::One("class_labels_classifier"), scores: Scores::Independent },
    ),
    (
        &["DeformableDetrForObjectDetection"],
        Detector { modules: Modules::Numbered("class_embed"), scores: Scores::Independent },
    ),
    (
        &["DFineForObjectDetection"],
        Detector { modules: Modules::Numbered("decoder.class_embed"), scores: Scores::Shifted },
    ),
    (
        &["RTDetrForObjectDetection", "RTDetrV2ForObjectDetection"],
        Detector { modules: Modules::Numbered("decoder.class_embed"), scores: Scores::Independent },
    ),
];

/// What is known of a class of the library.
pub(in crate::cut) fn detector(class: &str) -> Option<&'static Detector> {
    DETECTORS.iter().find(|(classes, _)| classes.contains(&class)).map(|(_, detector)| detector)
}

impl Detector {
    /// Which of its places a module is, counted from the first layer of the decoder.
    pub(in crate::cut) fn place(&self, module: &str) -> Option<u32> {
        match self.modules {
            Modules::One(name) => (module == name).then_some(0),
            Modules::Numbered(stem) => {
                let (before, number) = module.rsplit_once('.')?;
                let is_own =
                    before.strip_suffix(stem).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                number.parse().ok().filter(|_| is_own)
            }
        }
    }

    /// Why its rows stay, if something else of the model counts the classes, too.
    pub(in crate::cut) fn kept(&self, has_two_stages: bool) -> Option<&'static str> {
        match (self.scores, &self.modules) {
            _ if has_two_stages => Some(
                "the copy of the head by which the second stage begins has a row per class, too, and stays",
            ),
            (Scores::WithNoObject, _) => {
                Some("the last row is that of no object, and the library counts the labels to find it")
            }
            (_, Modules::Numbered("decoder.class_embed")) => Some(
                "`enc_score_head`, by which the model chooses where to look, and what it is trained with have a row per \
                 class, too",
            ),
            _ => None,
        }
    }

    /// Its module, or the name that all have whose copies are numbered.
    pub(super) fn title(&self) -> String {
        match self.modules {
            Modules::One(name) => name.to_owned(),
            Modules::Numbered(name) => format!("{name}.N"),
        }
    }

    /// What its rule is called.
    pub(in crate::cut) fn module(&self) -> &'static str {
        match self.modules {
            Modules::One(name) | Modules::Numbered(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_by_their_number() {
        let place = |class: &str, module: &str| detector(class).and_then(|it| it.place(module));
        assert_eq!(place("RTDetrForObjectDetection", "model.decoder.class_embed.5"), Some(5));
        assert_eq!(place("RTDetrForObjectDetection", "model.denoising_class_embed"), None);
        assert_eq!(place("RTDetrForObjectDetection", "model.enc_score_head"), None);
        assert_eq!(place("DeformableDetrForObjectDetection", "class_embed.0"), Some(0));
        assert_eq!(place("DeformableDetrForObjectDetection", "my_class_embed.0"), None);
        assert_eq!(place("YolosForObjectDetection", "class_labels_classifier.layers.1"), None);
        assert!(detector("MaskFormerForInstanceSegmentation").is_none());
    }
}
