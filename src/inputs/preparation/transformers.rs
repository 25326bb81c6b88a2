//! Which image processor of transformers, or which feature extractor, a configuration asks for.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    folder::Config,
    image::ImagePlan,
    processors::{CLASSES, Class},
    settings::Settings,
    sound::{EXTRACTORS, SoundPlan},
    timm,
};
use crate::{
    error::Error,
    inputs::{
        fault::{Fault, shown},
        picture::Library,
    },
};

/// What a configuration asks for, and what was assumed.
pub(super) enum Asked {
    Pictures(ImagePlan, Vec<String>),
    Sounds(SoundPlan, Vec<String>),
    /// What timm says in the model's own configuration.
    Timm(ImagePlan),
}

/// Reads a configuration of transformers; `nested` if it lies in a processor's, as transformers 5 writes it.
pub(super) fn read(
    map: &Map<String, Value>,
    path: &Path,
    config: Option<&Config>,
    nested: bool,
) -> Result<Asked, Error> {
    let at = |fault: Fault| fault.at(path);
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let extractor = text("feature_extractor_type").filter(|_| text("image_processor_type").is_none());
    if extractor.is_some_and(|name| EXTRACTORS.contains(&name)) {
        let said = "Sounds are not resampled: they have the rate of the model, or are refused.";
        return Ok(Asked::Sounds(SoundPlan::new(map).map_err(at)?, vec![said.into()]));
    }
    let of_model = |key: &str| config.and_then(|config| config.map.get(key)).and_then(Value::as_str);
    let mut said = Vec::new();
    let name = match text("image_processor_type").or(extractor) {
        Some("TimmWrapperImageProcessor") => return of_timm(config).map_err(at),
        Some(name) => name.to_owned(),
        None => {
            let (name, why) = by_model(of_model("model_type").unwrap_or_default()).map_err(at)?;
            said.push(why);
            name
        }
    };
    let class = class(&name).map_err(at)?;
    let (library, why) = library(&name, nested, of_model("transformers_version"));
    said.push(why);
    if map.contains_key("auto_map") {
        said.push("Code that the folder brings for pictures is not run.".into());
    }
    let plan = class.plan(Settings::new(map), library).map_err(at)?;
    Ok(Asked::Pictures(plan, said))
}

fn of_timm(config: Option<&Config>) -> Result<Asked, Fault> {
    let timm = config.and_then(|config| config.map.get("pretrained_cfg")).and_then(Value::as_object);
    let timm = timm.ok_or_else(|| Fault::new("there is no config.json with `pretrained_cfg` beside it"))?;
    timm::plan(timm).map(Asked::Timm)
}

/// The name of the class that models of a type have, and a sentence that says so.
fn by_model(kind: &str) -> Result<(String, String), Fault> {
    let Some(class) = CLASSES.iter().find(|class| class.models.contains(&kind)) else {
        let fault = Fault::new("it names no image processor, and config.json no model that has one");
        return Err(fault.hint("save the image processor once more with `save_pretrained`"));
    };
    let name = format!("{}ImageProcessor", class.name);
    let why =
        format!("No image processor is named: {name} was taken, as transformers does for the type `{kind}`.");
    Ok((name, why))
}

/// The class of a name, which may be that of a fast or of an old kind.
fn class(name: &str) -> Result<&'static Class, Fault> {
    let bare = name.strip_suffix("Fast").unwrap_or(name);
    let bare = bare.strip_suffix("ImageProcessor").or_else(|| bare.strip_suffix("FeatureExtractor"));
    bare.and_then(|bare| CLASSES.iter().find(|class| class.name == bare)).ok_or_else(|| {
        let hint = "save the inputs that it makes, with their labels, as safetensors or with `numpy.savez`";
        Fault::new(format!("`{}` is not known here", shown(name))).hint(hint)
    })
}

/// Whose arithmetic a processor has, and why. Up to transformers 4, those not called fast used Pillow; from 5
/// on, all use torchvision.
fn library(name: &str, nested: bool, version: Option<&str>) -> (Library, String) {
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let why = match (name.ends_with("Fast"), nested, major) {
        (true, ..) => Some("its image processor is one of the fast ones".to_owned()),
        (_, true, _) => Some("its image processor was saved by transformers 5".to_owned()),
        (.., Some(5..)) => {
            Some(format!("the model was saved by transformers {}", shown(version.unwrap_or_default())))
        }
        _ => None,
    };
    match why {
        Some(why) => (
            Library::Torchvision,
            format!("Pictures are resized to the last bit as torchvision does it: {why}."),
        ),
        None => {
            let said = "Pictures are resized to the last bit as Pillow does it, which transformers went through up to version \
                        4; torchvision's resize differs by 1 of 255 here and there.";
            (Library::Pillow, said.into())
        }
    }
}
