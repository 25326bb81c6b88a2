//! How one example becomes the inputs of a model, as the model's own folder says.
//!
//! What decides the result is either known here or refused by name: another resize or another mean gives
//! other figures, and nobody would see why.

mod agreement;
mod folder;
mod image;
mod parts;
mod processors;
mod settings;
mod sound;
mod text;
mod timm;
mod torchvision;
mod transformers;

use std::path::{Path, PathBuf};

use declass_formats::Sha256Digest;
use serde_json::{Map, Value};

use super::{
    fault::Fault,
    picture::decode,
    value::{Input, Inputs},
};
use crate::error::Error;
use folder::{Config, Folder, no_tokenizer, nothing};
use image::ImagePlan;
use sound::{EXTRACTORS, SoundPlan};
use text::TextPlan;
use transformers::Asked;

pub use parts::tokenizer_parts;
pub(super) use text::MAX_TEXT;

/// What examples are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Modality {
    /// Pictures, for `pixel_values`.
    Images,
    /// Texts or pairs of them, for `input_ids` and `attention_mask`.
    Texts,
    /// Sounds, for `input_values`.
    Sounds,
}

/// One example as it is stored.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// The bytes of a file with a picture.
    Image(&'a [u8]),
    /// The bytes of a WAV file.
    Sound(&'a [u8]),
    /// A text, or a pair.
    Text(&'a str, Option<&'a str>),
}

/// How one example becomes the inputs of a model.
pub struct Preparation {
    plan: Plan,
    source: PathBuf,
    assumptions: Vec<String>,
}

enum Plan {
    Images(ImagePlan),
    Sounds(SoundPlan),
    Texts(Box<TextPlan>),
}

/// What makes an example unfit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unfit {
    /// What is wrong with it.
    pub reason: String,
    /// What helps, if anything is known to.
    pub hint: Option<String>,
}

impl From<Fault> for Unfit {
    fn from(Fault { reason, hint }: Fault) -> Self {
        Self { reason, hint }
    }
}

impl Preparation {
    /// Reads what the folder of a model says; `model` is the folder or a file in it. A folder that prepares
    /// more than one kind of examples must be asked for one of them.
    ///
    /// # Errors
    /// [`Error::Inputs`] if the folder says nothing, or something that is not known here; [`Error::Format`]
    /// if a file cannot be read.
    pub fn open(model: &Path, wanted: Option<Modality>) -> Result<Self, Error> {
        let folder = Folder::of(model);
        let config = folder.config("config.json")?;
        let images = Self::of_images(&folder, config.as_ref())?;
        let tokenizer = folder.tokenizer()?;
        let found = match (wanted, images, tokenizer) {
            (None, Some(_), Some(_)) => {
                let reason = "it prepares pictures or sounds, and texts";
                return Err(Fault::new(reason).hint("say what the examples are").at(folder.path()));
            }
            (Some(Modality::Texts), _, Some(tokenizer)) | (None, None, Some(tokenizer)) => {
                Some(Self::of_texts(&folder, &tokenizer, config.as_ref())?)
            }
            (Some(Modality::Texts), _, None) => None,
            (_, images, _) => images.transpose()?,
        };
        let lacking = || match wanted {
            None | Some(Modality::Texts) => no_tokenizer(&folder),
            _ => nothing("nothing in it says how pictures or sounds become inputs"),
        };
        let found = found.ok_or_else(|| lacking().at(folder.path()))?;
        match wanted {
            Some(wanted) if wanted != found.modality() => {
                let reason = format!("it prepares {} and not {}", found.modality().name(), wanted.name());
                Err(Fault::new(reason).at(folder.path()))
            }
            _ => Ok(found),
        }
    }

    /// The transform that torchvision documents for weights of its own, such as `resnet50` with
    /// `IMAGENET1K_V2`.
    ///
    /// # Errors
    /// [`Error::Inputs`] if it documents none.
    pub fn of_torchvision(model: &Path, architecture: &str, weights: &str) -> Result<Self, Error> {
        let plan = torchvision::plan(architecture, weights).map_err(|fault| fault.at(model))?;
        let said =
            format!("Pictures are prepared as torchvision documents it for {architecture} with {weights}.");
        Ok(Self::images(plan, model.to_owned(), vec![said]))
    }

    /// What examples are.
    #[must_use]
    pub fn modality(&self) -> Modality {
        match self.plan {
            Plan::Images(_) => Modality::Images,
            Plan::Sounds(_) => Modality::Sounds,
            Plan::Texts(_) => Modality::Texts,
        }
    }

    /// Where it was read.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// What the files did not say outright, in sentences.
    #[must_use]
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// What becomes of an example, in words: the same words for the same result.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.plan {
            Plan::Images(plan) => plan.describe(),
            Plan::Sounds(plan) => plan.describe(),
            Plan::Texts(plan) => plan.describe(),
        }
    }

    /// Digest of everything that decides what becomes of an example.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(self.describe().as_bytes())
    }

    /// The inputs of one example, with 1 as first extent: `pixel_values` `[1, 3, H, W]`; `input_ids`,
    /// `attention_mask` and `token_type_ids` `[1, T]`; or `input_values` `[1, S]`. A network takes those that
    /// it has.
    ///
    /// # Errors
    /// [`Unfit`] if the example cannot be read, is too large, or is none of the kind.
    pub fn prepare(&self, content: Content<'_>) -> Result<Inputs, Unfit> {
        Ok(match (&self.plan, content) {
            (Plan::Images(plan), Content::Image(bytes)) => {
                let pixels = plan.apply(decode(bytes, plan.upright)?)?;
                Inputs::from([("pixel_values".into(), pixels)])
            }
            (Plan::Sounds(plan), Content::Sound(bytes)) => plan.apply(bytes)?,
            (Plan::Texts(plan), Content::Text(first, second)) => plan.encode(first, second)?,
            (_, other) => {
                let reason = format!("it is one of {}, not of {}", other.name(), self.modality().name());
                return Err(Fault::new(reason).into());
            }
        })
    }

    /// The inputs of several examples in one, texts filled up to the longest of them; `None` if their extents
    /// differ otherwise, or if it is not known what to fill with.
    #[must_use]
    pub fn stack(&self, examples: &[&Inputs]) -> Option<Inputs> {
        let padded: Vec<Inputs> = match &self.plan {
            Plan::Texts(plan) => {
                let width = |inputs: &&Inputs| inputs.get("input_ids").map_or(0, |ids| ids.shape[1]);
                let longest = examples.iter().map(width).max()?;
                let pad = |inputs: &&Inputs| match width(inputs) {
                    width if width == longest => Some((**inputs).clone()),
                    _ => plan.pad(inputs, longest),
                };
                examples.iter().map(pad).collect::<Option<_>>()?
            }
            _ => examples.iter().map(|inputs| (**inputs).clone()).collect(),
        };
        let names = padded.first()?.keys();
        names
            .map(|name| {
                let parts: Vec<&Input> =
                    padded.iter().map(|inputs| inputs.get(name)).collect::<Option<_>>()?;
                Some((name.clone(), Input::stack(&parts)?))
            })
            .collect()
    }

    fn images(plan: ImagePlan, source: PathBuf, mut assumptions: Vec<String>) -> Self {
        assumptions.push(
            match plan.upright {
                true => {
                    "Pictures are turned upright as their EXIF data say, as pipelines of transformers do."
                }
                false => "EXIF data do not turn pictures, as in the loaders of torchvision and timm.",
            }
            .into(),
        );
        assumptions.push("Transparency is dropped, and profiles of colours are not applied.".into());
        Self { plan: Plan::Images(plan), source, assumptions }
    }

    fn of_texts(folder: &Folder, tokenizer: &[u8], config: Option<&Config>) -> Result<Self, Error> {
        let settings = folder.config("tokenizer_config.json")?;
        let source = folder.path().join("tokenizer.json");
        let map = |config: Option<&Config>| config.map(|config| config.map.clone());
        let (settings, config) = (map(settings.as_ref()), map(config));
        let made = TextPlan::new(tokenizer, settings.as_ref(), config.as_ref());
        let (plan, assumptions) = made.map_err(|fault| fault.at(&source))?;
        Ok(Self { plan: Plan::Texts(Box::new(plan)), source, assumptions })
    }

    fn of_timm(plan: ImagePlan, source: PathBuf) -> Self {
        let said = "Pictures are prepared as timm's transform for evaluation does by `pretrained_cfg`.";
        Self::images(plan, source, vec![said.into()])
    }

    fn of_transformers(
        map: &Map<String, Value>,
        path: &Path,
        config: Option<&Config>,
        nested: bool,
    ) -> Result<Self, Error> {
        let source = path.to_owned();
        Ok(match transformers::read(map, path, config, nested)? {
            Asked::Pictures(plan, said) => Self::images(plan, source, said),
            Asked::Sounds(plan, assumptions) => Self { plan: Plan::Sounds(plan), source, assumptions },
            Asked::Timm(plan) => Self::of_timm(plan, source),
        })
    }

    /// What the folder says of pictures or sounds, if anything.
    fn of_images(folder: &Folder, config: Option<&Config>) -> Result<Option<Result<Self, Error>>, Error> {
        let nested = folder.config("processor_config.json")?;
        for key in ["image_processor", "feature_extractor"] {
            let inner = nested.as_ref().and_then(|nested| nested.map.get(key)?.as_object());
            if let (Some(map), Some(nested)) = (inner, &nested) {
                return Ok(Some(Self::of_transformers(map, &nested.path, config, true)));
            }
        }
        if let Some(own) = folder.config("preprocessor_config.json")? {
            return Ok(Some(Self::of_transformers(&own.map, &own.path, config, false)));
        }
        let Some(config) = config else { return Ok(None) };
        if let Some(timm) = config.map.get("pretrained_cfg").and_then(Value::as_object) {
            let plan = timm::plan(timm).map_err(|fault| fault.at(&config.path));
            return Ok(Some(plan.map(|plan| Self::of_timm(plan, config.path.clone()))));
        }
        let text = |key: &str| config.map.get(key).and_then(Value::as_str);
        if [text("library"), text("library_name")].contains(&Some("torchvision")) {
            let (architecture, weights) = (text("architecture"), text("weights"));
            let Some((architecture, weights)) = architecture.zip(weights) else {
                let fault =
                    Fault::new("it is a model of torchvision that names no `architecture` or no `weights`");
                return Ok(Some(Err(fault.hint(TORCHVISION).at(&config.path))));
            };
            return Ok(Some(Self::of_torchvision(&config.path, architecture, weights)));
        }
        Ok(None)
    }
}

const TORCHVISION: &str = "config.json can say it: \"library\": \"torchvision\", \"architecture\": \"resnet50\", \
                           \"weights\": \"IMAGENET1K_V2\"";

impl Modality {
    /// What an input of a network takes, by the name that libraries give it.
    #[must_use]
    pub fn of_input(name: &str) -> Option<Self> {
        match name {
            "pixel_values" => Some(Self::Images),
            "input_ids" => Some(Self::Texts),
            "input_values" => Some(Self::Sounds),
            _ => None,
        }
    }

    /// In the middle of a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "pictures",
            Self::Sounds => "sounds",
            Self::Texts => "texts",
        }
    }
}

impl Content<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Image(_) => Modality::Images.name(),
            Self::Sound(_) => Modality::Sounds.name(),
            Self::Text(..) => Modality::Texts.name(),
        }
    }
}

/// The image processors that are known, by the names that transformers gives them.
#[must_use]
pub fn processors() -> Vec<String> {
    processors::CLASSES.iter().map(|class| format!("{}ImageProcessor", class.name)).collect()
}

/// The feature extractors that are known.
#[must_use]
pub fn extractors() -> &'static [&'static str] {
    &EXTRACTORS
}

/// The weights of torchvision that it documents a transform for, as `resnet50 IMAGENET1K_V2`.
#[must_use]
pub fn torchvision_weights() -> Vec<&'static str> {
    torchvision::names()
}
