//! What is known of heads that decide for places, as a list for readers.

use super::{
    boxes::{DETECTORS, Scores},
    masks::SEGMENTERS,
    places,
};
use crate::head::{Link, Place};

/// A head that decides for every token, pixel, box, mask or frame, and what is done with its classes.
#[derive(Clone, Debug)]
pub struct Served {
    /// Classes of transformers, or models of torchvision.
    pub models: Vec<&'static str>,
    /// The module whose results are the logits.
    pub head: String,
    /// What it decides for.
    pub place: Place,
    /// What the model makes of the logits, as far as a seal is concerned.
    pub link: Link,
    /// A row that is none of the labels.
    pub beside: Option<&'static str>,
    /// Why classes cannot be dropped, if they cannot.
    pub kept: Option<&'static str>,
}

/// Models of torchvision, the modules of their heads, what these decide for, whether their classes are independent, and
/// whether a row of the background stands in front of them.
const TORCHVISION: [(&[&str], &str, Place, bool, bool); 6] = [
    (&["fcn", "deeplabv3"], "classifier.4", Place::Pixel, false, false),
    (&["lraspp"], "classifier.low_classifier + classifier.high_classifier", Place::Pixel, false, false),
    (&["RetinaNet", "FCOS"], "head.classification_head.cls_logits", Place::Box, true, false),
    (&["SSD"], "head.classification_head.module_list.N", Place::Box, false, true),
    (&["SSDlite"], "head.classification_head.module_list.N.1", Place::Box, false, true),
    (
        &["Faster R-CNN", "Mask R-CNN", "Keypoint R-CNN"],
        "roi_heads.box_predictor.cls_score",
        Place::Box,
        false,
        true,
    ),
];

/// The heads of classes of transformers that decide for places, by place and then by head.
#[must_use]
pub fn of_transformers() -> Vec<Served> {
    let by_rows = places::all().filter_map(|(heads, models)| {
        let place = models.first().copied().and_then(places::place)?;
        let link =
            if models.iter().all(|class| places::is_independent(class)) { Link::Sigmoid } else { Link::None };
        Some(Served {
            models: models.to_vec(),
            head: heads.join(" + "),
            place,
            link,
            beside: None,
            kept: None,
        })
    });
    let detectors = DETECTORS.iter().map(|(models, detector)| Served {
        models: models.to_vec(),
        head: detector.title(),
        place: Place::Box,
        link: match detector.scores {
            Scores::Independent => Link::Sigmoid,
            Scores::Shifted => Link::OneVsRest,
            Scores::WithNoObject => Link::None,
        },
        beside: (detector.scores == Scores::WithNoObject).then_some("no object, last"),
        kept: detector.kept(false),
    });
    let segmenters = SEGMENTERS.iter().map(|(class, segmenter)| Served {
        models: vec![class],
        head: segmenter.module.to_owned(),
        place: Place::Mask,
        link: Link::None,
        beside: Some("no object, last, which stays as it is"),
        kept: segmenter.kept,
    });
    by_rows.chain(detectors).chain(segmenters).collect()
}

/// The heads of torchvision's models that decide for places.
#[must_use]
pub fn of_torchvision() -> Vec<Served> {
    let served = TORCHVISION.iter().map(|(models, head, place, independent, background)| Served {
        models: models.to_vec(),
        head: (*head).to_owned(),
        place: *place,
        link: if *independent { Link::Sigmoid } else { Link::None },
        beside: background.then_some("background, first"),
        kept: None,
    });
    served.collect()
}
