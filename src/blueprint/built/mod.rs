//! Graphs of folders of tensors, built from the configuration: the families whose computation is known.
//!
//! The nodes read the folder's tensors by their own names. What a configuration says and is not built is refused by
//! name, and so is a tensor that is missing, has another shape, or has no place in the graph.

mod attention;
mod bert;
mod block;
mod convnext;
mod deberta;
mod inverted;
mod layers;
mod maker;
mod modernbert;
mod patches;
mod resnet;
mod segformer;
mod settings;
mod swin;
mod timm;
mod transformers;
mod unit;
mod vit;
mod wav2vec2;
mod windows;

use std::collections::BTreeMap;

use declass_formats::{Artifact, TensorInfo, onnx::Graph};
use serde_json::Value;

use crate::net::{Own, Places, Source};
use maker::{Maker, Parts};
use settings::Made;

/// The families of the transformers library whose graph is built, each with its classes.
pub(super) fn families() -> Vec<(&'static str, Vec<String>)> {
    transformers::families()
}

/// Version of what is built: raised when a graph of a family changes.
pub(crate) const VERSION: u32 = 1;

/// A graph that was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// The family, as the claim says it.
    pub(crate) family: &'static str,
    parts: Parts,
}

impl Built {
    /// The graph of a folder; none where it is of no family that is known.
    pub(crate) fn of(model: &Artifact) -> Option<Result<Self, String>> {
        Self::from(model.config(), model.tensors())
    }

    pub(crate) fn from(
        config: Option<&Value>,
        tensors: &BTreeMap<String, TensorInfo>,
    ) -> Option<Result<Self, String>> {
        let maker = Maker::new(tensors);
        let (family, parts): (_, Made<Parts>) = match config {
            Some(config) if config.get("architecture").is_some() => timm::build(config, maker)?,
            Some(config) => transformers::build(config, maker)?,
            None => torchvision(maker)?,
        };
        Some(parts.map(|parts| Self { family, parts }))
    }

    /// The graph, whose weights are the folder's tensors by their names.
    pub(crate) fn graph(&self) -> &Graph {
        &self.parts.graph
    }

    /// How many weights of the folder it reads.
    pub(crate) fn weights(&self) -> usize {
        self.parts.places.len()
    }

    /// Where a model of this kind has the weights: the folder itself, or a copy of it with other rows.
    ///
    /// # Errors
    /// In words: the tensor that is not there, or of another kind.
    pub(crate) fn places(&self, model: &Artifact) -> Result<Places, String> {
        let mut places = self.parts.places.clone();
        for (name, place) in &mut places {
            let stored = model.tensor(name).map_err(|error| error.to_string())?;
            if stored.shape.len() != place.info.shape.len() || !stored.dtype.is_float() {
                return Err(format!("`{}` has the shape {:?}", name.escape_debug(), stored.shape));
            }
            place.info.shape.clone_from(&stored.shape);
        }
        Ok(places)
    }

    /// The graph with the weights of a model.
    pub(crate) fn source<'a>(&'a self, model: &'a Artifact, places: &'a Places) -> Source<'a> {
        Source::with(&self.parts.graph, Own::Made(&self.parts.constants), model, places)
    }
}

/// The family of tensors that come without a configuration, and what came of it: torchvision's names say which it is,
/// and its models have one way to compute with them.
fn torchvision(maker: Maker<'_>) -> Option<(&'static str, Made<Parts>)> {
    if resnet::is_one(&maker) {
        return Some(("torchvision ResNet", resnet::build_state_dict(maker)));
    }
    if vit::state_dict::is_torchvision(&maker) {
        return Some(("torchvision ViT", vit::state_dict::torchvision(maker)));
    }
    if convnext::is_torchvision(&maker) {
        return Some(("torchvision ConvNeXt", convnext::torchvision(maker)));
    }
    if inverted::is_mobilenet(&maker) {
        return Some(("torchvision MobileNetV2", inverted::torchvision_mobilenet(maker)));
    }
    if inverted::is_efficientnet(&maker) {
        return Some(("torchvision EfficientNet", inverted::torchvision_efficientnet(maker)));
    }
    if swin::is_torchvision(&maker) {
        return Some(("torchvision Swin", swin::torchvision(maker)));
    }
    None
}
