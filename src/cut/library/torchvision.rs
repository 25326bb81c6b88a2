//! How torchvision's detectors, whose files have no configuration, store what tells the classes of their boxes: by the
//! names and the extents of their tensors.

use declass_formats::{Artifact, TensorInfo};

use super::boxes::Scores;

/// A detector of torchvision.
pub(in crate::cut) struct Detection<'a> {
    /// What torchvision calls it.
    pub(in crate::cut) name: &'static str,
    pub(in crate::cut) scores: Scores,
    /// Rows of each anchor, that of the background among them.
    pub(in crate::cut) classes: usize,
    /// One for each map whose boxes have a layer of their own.
    pub(in crate::cut) layers: Vec<Layer<'a>>,
    /// Tensors with boxes or masks for every class; as many rows each.
    pub(in crate::cut) beside: Vec<Stored<'a>>,
}

/// A layer that makes the scores of all anchors of a place, one anchor behind the other.
pub(in crate::cut) struct Layer<'a> {
    pub(in crate::cut) module: String,
    pub(in crate::cut) weight: Stored<'a>,
    pub(in crate::cut) bias: Stored<'a>,
    pub(in crate::cut) anchors: usize,
}

/// A tensor of the file.
#[derive(Clone, Copy)]
pub(in crate::cut) struct Stored<'a> {
    pub(in crate::cut) name: &'a str,
    pub(in crate::cut) info: &'a TensorInfo,
}

const LOGITS: &str = "head.classification_head.cls_logits";
const LEVELS: &str = "head.classification_head.module_list";
const PREDICTOR: &str = "roi_heads.box_predictor";
/// Numbers of a box.
const SIDES: usize = 4;
/// Most maps of a detector.
const MAX_LEVELS: usize = 64;

/// The detector whose tensors these are, if all have the names and the extents that torchvision gives them.
pub(in crate::cut) fn detection(artifact: &Artifact) -> Option<Detection<'_>> {
    let kinds = [
        (format!("{LOGITS}.weight"), &["backbone", "head"][..]),
        (format!("{LEVELS}.0.weight"), &["backbone", "head"]),
        (format!("{LEVELS}.0.1.weight"), &["backbone", "head"]),
        (format!("{PREDICTOR}.cls_score.weight"), &["backbone", "roi_heads", "rpn"]),
    ];
    let found = kinds.iter().find_map(|(marker, parts)| {
        let prefix = artifact.tensors().keys().find_map(|name| name.strip_suffix(marker.as_str()))?;
        Some((Tensors { artifact, prefix }, marker, *parts))
    });
    let (tensors, marker, parts) = found.filter(|(tensors, _, parts)| tensors.are_all_of(parts))?;
    match (parts.len(), marker.starts_with(LOGITS)) {
        (2, true) => tensors.of_pyramid(),
        (2, false) => tensors.of_levels(),
        _ => tensors.of_regions(),
    }
}

/// The tensors of a file under the names that they have without what wraps the model.
struct Tensors<'a> {
    artifact: &'a Artifact,
    prefix: &'a str,
}

impl<'a> Tensors<'a> {
    fn are_all_of(&self, parts: &[&str]) -> bool {
        let is_part = |name: &String| {
            let rest = name.strip_prefix(self.prefix);
            rest.and_then(|rest| rest.split_once('.')).is_some_and(|(part, _)| parts.contains(&part))
        };
        self.artifact.tensors().keys().all(is_part)
    }

    fn get(&self, name: &str) -> Option<Stored<'a>> {
        let stored = self.artifact.tensors().get_key_value(&format!("{}{name}", self.prefix));
        let (name, info) = stored.filter(|(_, info)| info.dtype.is_float() && info.elements() > 0)?;
        Some(Stored { name, info })
    }

    fn rows(&self, name: &str) -> Option<usize> {
        self.get(name)?.info.shape.first().copied()
    }

    /// A layer of scores, and of its anchors so many as there are boxes.
    fn layer(&self, module: &str, boxes: usize) -> Option<(Layer<'a>, usize)> {
        let (weight, bias) = (self.get(&format!("{module}.weight"))?, self.get(&format!("{module}.bias"))?);
        let rows = *weight.info.shape.first().filter(|_| weight.info.shape.len() > 1)?;
        let anchors = boxes.checked_div(SIDES).filter(|anchors| *anchors > 0 && anchors * SIDES == boxes)?;
        let classes = (rows % anchors == 0 && bias.info.shape == [rows]).then_some(rows / anchors)?;
        let module = weight.name.strip_suffix(".weight")?.to_owned();
        Some((Layer { module, weight, bias, anchors }, classes))
    }

    /// RetinaNet and FCOS: one layer for all maps.
    fn of_pyramid(&self) -> Option<Detection<'a>> {
        let boxes = self.rows("head.regression_head.bbox_reg.weight")?;
        let (layer, classes) = self.layer(LOGITS, boxes)?;
        let is_centred = self.get("head.regression_head.bbox_ctrness.weight").is_some();
        let name = if is_centred { "FCOS" } else { "RetinaNet" };
        let (layers, scores) = (vec![layer], Scores::Independent);
        Some(Detection { name, scores, classes, layers, beside: Vec::new() })
    }

    /// SSD and SSDlite: a layer for each map.
    fn of_levels(&self) -> Option<Detection<'a>> {
        let is_light = self.get(&format!("{LEVELS}.0.weight")).is_none();
        let inner = if is_light { ".1" } else { "" };
        let level = |at: usize| {
            let boxes = self.rows(&format!("head.regression_head.module_list.{at}{inner}.weight"))?;
            self.layer(&format!("{LEVELS}.{at}{inner}"), boxes)
        };
        let levels: Vec<_> = (0..MAX_LEVELS).map_while(level).collect();
        let classes = levels.first()?.1;
        let stem = format!("{}{LEVELS}.{}", self.prefix, levels.len());
        // Whatever was not read as a layer would go on to tell the class.
        let is_left = self
            .artifact
            .tensors()
            .keys()
            .any(|name| name.strip_prefix(&stem).is_some_and(|rest| rest.starts_with('.')));
        let is_whole = !is_left && levels.iter().all(|(_, other)| *other == classes);
        let layers = levels.into_iter().map(|(layer, _)| layer).collect();
        let name = if is_light { "SSDlite" } else { "SSD" };
        let detection = Detection { name, scores: Scores::WithNoObject, classes, layers, beside: Vec::new() };
        is_whole.then_some(detection)
    }

    /// Faster R-CNN and those that add masks or key points to its boxes: one row per class for a region, and boxes of
    /// their own for each.
    fn of_regions(&self) -> Option<Detection<'a>> {
        let (layer, classes) = self.layer(&format!("{PREDICTOR}.cls_score"), SIDES)?;
        let boxes = ["weight", "bias"].map(|part| self.get(&format!("{PREDICTOR}.bbox_pred.{part}")));
        let [Some(weight), Some(bias)] = boxes else { return None };
        let has_boxes = [weight, bias].iter().all(|it| it.info.shape.first() == Some(&(SIDES * classes)));
        let mut beside = vec![weight, bias];
        let mask = "roi_heads.mask_predictor.mask_fcn_logits";
        let masks = ["weight", "bias"].map(|part| self.get(&format!("{mask}.{part}")));
        let has_masks = masks.iter().flatten().all(|it| it.info.shape.first() == Some(&classes));
        beside.extend(masks.iter().flatten());
        let name = match (masks, self.rows("roi_heads.keypoint_predictor.kps_score_lowres.weight")) {
            ([None, None], None) => "Faster R-CNN",
            (_, None) => "Mask R-CNN",
            _ => "Keypoint R-CNN",
        };
        let (layers, scores) = (vec![layer], Scores::WithNoObject);
        (has_boxes && has_masks).then_some(Detection { name, scores, classes, layers, beside })
    }
}

impl Detection<'_> {
    /// Whether a name is that of one of its layers, or of the weight of one.
    pub(in crate::cut) fn is_named(&self, name: &str) -> bool {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        self.layers.iter().any(|layer| {
            layer.module == module
                || layer.module.strip_suffix(module).is_some_and(|rest| rest.ends_with('.'))
        })
    }
}
