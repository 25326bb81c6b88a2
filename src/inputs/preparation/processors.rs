//! The image processors of transformers: what each does where its configuration says nothing, and what each
//! does in its own way.

use serde_json::Value;

use super::{
    image::{Extent, ImagePlan, Numbers, Scale, Step},
    settings::{Settings, unfit},
};
use crate::inputs::{
    fault::{Fault, shown},
    picture::{Centre, Filter, Library, Window},
};

/// A class of image processors.
pub(super) struct Class {
    /// Its name without `ImageProcessor`.
    pub(super) name: &'static str,
    /// Types of models that have it where their folders name none.
    pub(super) models: &'static [&'static str],
    resample: Filter,
    mean: [f64; 3],
    std: [f64; 3],
    size: Size,
    crop: Option<usize>,
    do_crop: bool,
    way: Way,
}

/// What a size in a configuration can be.
#[derive(Clone, Copy)]
enum Size {
    /// Height and width; a single number is both.
    Square(usize),
    /// The shorter edge; a single number is that.
    Shortest(usize),
    /// Height and width, but a single number is the shorter edge.
    SquareOrShortest(usize),
}

/// What a class does in its own way.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Plain,
    /// A larger resize and a crop below 384, none from there on.
    ConvNext,
    EfficientNet,
    /// A resize that is larger by 256/224.
    Levit,
    MobileViT,
    /// A crop in proportion, before the resize.
    Perceiver,
    /// A resize that is larger by a share.
    PoolFormer,
}

const HALF: [f64; 3] = [0.5; 3];
const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];
const CLIP_MEAN: [f64; 3] = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD: [f64; 3] = [0.26862954, 0.26130258, 0.27577711];

const fn class(name: &'static str, models: &'static [&'static str], resample: Filter, size: Size) -> Class {
    Class { name, models, resample, mean: HALF, std: HALF, size, crop: None, do_crop: false, way: Way::Plain }
}

const CLIP: Class = Class {
    mean: CLIP_MEAN,
    std: CLIP_STD,
    crop: Some(224),
    do_crop: true,
    ..class("CLIP", &["clip", "metaclip_2"], Filter::Bicubic, Size::Shortest(224))
};

const MOBILENET: Class = Class {
    crop: Some(224),
    do_crop: true,
    ..class("MobileNetV1", &["mobilenet_v1"], Filter::Bilinear, Size::Shortest(256))
};

pub(super) const CLASSES: [Class; 16] = [
    Class {
        crop: Some(224),
        ..class("Beit", &["beit", "data2vec-vision"], Filter::Bicubic, Size::Square(224))
    },
    Class { name: "Bit", models: &["bit", "dinov2", "focalnet", "hiera"], ..CLIP },
    CLIP,
    Class {
        way: Way::ConvNext,
        ..class(
            "ConvNext",
            &["convnext", "convnextv2", "cvt", "regnet", "resnet"],
            Filter::Bicubic,
            Size::Shortest(384),
        )
    },
    Class { crop: Some(224), do_crop: true, ..class("DeiT", &["deit"], Filter::Bicubic, Size::Square(256)) },
    Class {
        crop: Some(289),
        way: Way::EfficientNet,
        ..class("EfficientNet", &["efficientnet"], Filter::Bicubic, Size::Square(346))
    },
    Class {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        crop: Some(224),
        do_crop: true,
        way: Way::Levit,
        ..class("Levit", &["levit"], Filter::Bicubic, Size::Shortest(224))
    },
    MOBILENET,
    Class { name: "MobileNetV2", models: &["mobilenet_v2"], ..MOBILENET },
    Class {
        crop: Some(256),
        do_crop: true,
        way: Way::MobileViT,
        ..class("MobileViT", &["mobilevit", "mobilevitv2"], Filter::Bicubic, Size::Shortest(224))
    },
    Class {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        crop: Some(256),
        do_crop: true,
        way: Way::Perceiver,
        ..class("Perceiver", &["perceiver"], Filter::Bicubic, Size::Square(224))
    },
    Class {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        crop: Some(224),
        do_crop: true,
        way: Way::PoolFormer,
        ..class("PoolFormer", &["poolformer"], Filter::Bicubic, Size::Shortest(224))
    },
    Class {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        ..class("Pvt", &["pvt", "pvt_v2"], Filter::Bicubic, Size::Square(224))
    },
    Class {
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        ..class("Segformer", &["segformer"], Filter::Bilinear, Size::Square(512))
    },
    class("Siglip", &["siglip"], Filter::Bicubic, Size::SquareOrShortest(224)),
    class(
        "ViT",
        &["dinat", "ijepa", "swiftformer", "swin", "swinv2", "vit", "vit_mae", "vit_msn"],
        Filter::Bilinear,
        Size::Square(224),
    ),
];

/// What a configuration may hold that changes nothing for one picture of a classifier.
const SILENT: [&str; 15] = [
    "_valid_processor_keys",
    "auto_map",
    "device",
    "disable_grouping",
    "do_convert_rgb",
    "do_pad",
    "do_reduce_labels",
    "feature_extractor_type",
    "image_processor_type",
    "input_data_format",
    "model_input_names",
    "processor_class",
    "reduce_labels",
    "return_tensors",
    "transformers_version",
];

/// Where numbers stop to be sizes of pictures.
const MAX_EDGE: usize = 8192;

impl Class {
    /// What becomes of a picture by a configuration of this class.
    pub(super) fn plan(&self, mut settings: Settings<'_>, library: Library) -> Result<ImagePlan, Fault> {
        settings.pass_over(&SILENT);
        only(&mut settings, "data_format", "channels_first")?;
        for key in ["pad_size", "size_divisor"] {
            if let Some(value) = settings.get(key) {
                return Err(Fault::new(format!("`{key}` is {value}: borders are not added")));
            }
        }
        let filter = self.filter(&mut settings)?;
        let resize = settings.flag("do_resize", true)?;
        let size = self.extent(&mut settings)?;
        let crop = self.window(&mut settings, library)?;
        let mut steps = Vec::new();
        if resize {
            for to in self.resized(&mut settings, size, crop, library)? {
                steps.push(to.with(filter, library));
            }
        } else {
            settings.pass_over(&["crop_pct"]);
        }
        match (crop, self.way) {
            (Some(crop), Way::Perceiver) => steps.insert(0, share(crop, size)?),
            (Some(crop), _) => steps.push(Step::Crop(crop)),
            (None, _) => {}
        }
        let numbers = self.numbers(&mut settings)?;
        let scale = if library == Library::Pillow { Scale::Numpy(numbers) } else { Scale::Tensor(numbers) };
        let swapped = self.way == Way::MobileViT && settings.flag("do_flip_channel_order", true)?;
        settings.finish()?;
        Ok(ImagePlan { steps, scale, swapped, upright: true })
    }

    fn filter(&self, settings: &mut Settings<'_>) -> Result<Filter, Fault> {
        let Some(number) = settings.whole("resample")? else { return Ok(self.resample) };
        Filter::of_number(number).ok_or_else(|| Fault::new(format!("there is no `resample` {number}")))
    }

    fn extent(&self, settings: &mut Settings<'_>) -> Result<Extent, Fault> {
        let square = match settings.get("default_to_square") {
            Some(value) => {
                value.as_bool().ok_or_else(|| unfit("default_to_square", value, "true or false"))?
            }
            None => matches!(self.size, Size::Square(_)),
        };
        match settings.get("size") {
            Some(value) => size_of(value, square),
            None => Ok(match self.size {
                Size::Square(edge) | Size::SquareOrShortest(edge) => Extent::Exact([edge; 2]),
                Size::Shortest(edge) => Extent::Shortest(edge),
            }),
        }
    }

    fn window(&self, settings: &mut Settings<'_>, library: Library) -> Result<Option<Window>, Fault> {
        let crop = settings.flag("do_center_crop", self.do_crop)?;
        let size = settings.get("crop_size");
        if !crop {
            return Ok(None);
        }
        let [height, width] = match (size.map(|value| size_of(value, true)).transpose()?, self.crop) {
            (Some(Extent::Exact(extent)), _) => extent,
            (None, Some(edge)) => [edge; 2],
            _ => return Err(Fault::new("a crop is asked for, and `crop_size` has no height and width")),
        };
        Ok(Some(Window { height, width, centre: centre(library), fill: [0; 3] }))
    }

    /// The resize of a class, and what it crops by itself.
    fn resized(
        &self,
        settings: &mut Settings<'_>,
        size: Extent,
        crop: Option<Window>,
        library: Library,
    ) -> Result<Vec<Resized>, Fault> {
        let wrong = || Fault::new("`size` has not what this image processor needs");
        let enlarged = |edge: usize, by: f64| {
            let larger = (edge as f64 / by) as usize;
            if larger == 0 || larger > MAX_EDGE {
                return Err(Fault::new(format!("`crop_pct` {by} makes an edge of {edge} one of {larger}")));
            }
            Ok(larger)
        };
        Ok(match self.way {
            Way::ConvNext => {
                let share = settings.number("crop_pct", 224.0 / 256.0)?;
                let Extent::Shortest(edge) = size else { return Err(wrong()) };
                if edge >= 384 {
                    vec![Resized::To(Extent::Exact([edge; 2]))]
                } else {
                    let window = Window { height: edge, width: edge, centre: centre(library), fill: [0; 3] };
                    vec![Resized::To(Extent::Shortest(enlarged(edge, share)?)), Resized::Cropped(window)]
                }
            }
            Way::Levit => match size {
                Extent::Shortest(edge) => {
                    vec![Resized::To(Extent::Shortest((256.0 / 224.0 * edge as f64) as usize))]
                }
                other => vec![Resized::To(other)],
            },
            Way::PoolFormer => {
                let share = settings.number("crop_pct", 0.9)?;
                vec![Resized::To(match size {
                    Extent::Shortest(edge) => Extent::Shortest(enlarged(edge, share)?),
                    Extent::Exact([height, width]) if height == width => {
                        Extent::Shortest(enlarged(height, share)?)
                    }
                    Extent::Exact([height, width]) => {
                        Extent::Exact([enlarged(height, share)?, enlarged(width, share)?])
                    }
                    Extent::Covering(..) => return Err(wrong()),
                })]
            }
            Way::Perceiver if crop.is_some() && !matches!(size, Extent::Exact(_)) => return Err(wrong()),
            _ => vec![Resized::To(size)],
        })
    }

    fn numbers(&self, settings: &mut Settings<'_>) -> Result<Numbers, Fault> {
        let factor = settings.number("rescale_factor", 1.0 / 255.0)?;
        let rescale = settings.flag("do_rescale", true)?;
        let normalise = settings.flag("do_normalize", self.way != Way::MobileViT)?;
        let mean = settings.channels("image_mean", self.mean)?;
        let std = settings.channels("image_std", self.std)?;
        if (rescale && factor == 0.0) || (normalise && std.contains(&0.0)) {
            return Err(Fault::new("`rescale_factor` or `image_std` is 0"));
        }
        let (offset, again) = match self.way {
            Way::EfficientNet => {
                (settings.flag("rescale_offset", false)?, settings.flag("include_top", true)?)
            }
            _ => (false, false),
        };
        Ok(Numbers {
            factor: rescale.then_some(factor),
            offset: rescale && offset,
            // This class has the key and does nothing with it.
            normal: (normalise && self.way != Way::MobileViT).then_some([mean, std]),
            again: again.then_some(std),
        })
    }
}

/// A step of a class's own resize.
enum Resized {
    To(Extent),
    Cropped(Window),
}

impl Resized {
    fn with(self, filter: Filter, library: Library) -> Step {
        match self {
            Self::To(to) => Step::Resize { to, filter, library },
            Self::Cropped(window) => Step::Crop(window),
        }
    }
}

fn centre(library: Library) -> Centre {
    if library == Library::Pillow { Centre::Numpy } else { Centre::Tensor }
}

/// The crop of a share of the picture: of the size by the size of the crop.
fn share(crop: Window, size: Extent) -> Result<Step, Fault> {
    let Extent::Exact([height, width]) = size else {
        return Err(Fault::new("`size` has no height and width"));
    };
    let [height, width] = [height as f64 / crop.height as f64, width as f64 / crop.width as f64];
    Ok(Step::CropShare { height, width, window: crop })
}

/// A size as configurations have it: a number, two of them, or an object.
fn size_of(value: &Value, square: bool) -> Result<Extent, Fault> {
    let unfit =
        || unfit("size", value, "a number, or an object of `height` and `width` or of `shortest_edge`");
    let edge = |value: &Value| {
        let edge = value.as_u64().and_then(|edge| usize::try_from(edge).ok());
        edge.filter(|edge| (1..=MAX_EDGE).contains(edge)).ok_or_else(unfit)
    };
    match value {
        Value::Number(_) if square => Ok(Extent::Exact([edge(value)?; 2])),
        Value::Number(_) => Ok(Extent::Shortest(edge(value)?)),
        Value::Array(list) => match &list[..] {
            [height, width] => Ok(Extent::Exact([edge(height)?, edge(width)?])),
            _ => Err(unfit()),
        },
        Value::Object(map) => {
            let named = |name: &str| map.get(name).filter(|value| !value.is_null());
            let known = map.iter().filter(|(_, value)| !value.is_null()).count();
            match (named("height"), named("width"), named("shortest_edge")) {
                (Some(height), Some(width), None) if known == 2 => {
                    Ok(Extent::Exact([edge(height)?, edge(width)?]))
                }
                (None, None, Some(shortest)) if known == 1 => Ok(Extent::Shortest(edge(shortest)?)),
                _ => Err(unfit()),
            }
        }
        _ => Err(unfit()),
    }
}

fn only(settings: &mut Settings<'_>, key: &'static str, known: &str) -> Result<(), Fault> {
    match settings.text(key)? {
        Some(value) if value != known => {
            Err(Fault::new(format!("`{key}` is `{}`, only `{known}` is known", shown(value))))
        }
        _ => Ok(()),
    }
}
