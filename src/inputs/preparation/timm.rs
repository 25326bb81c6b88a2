//! What timm writes into `config.json`: `pretrained_cfg`, and its transform for evaluation.

use serde_json::{Map, Value};

use super::{
    image::{Extent, ImagePlan, Scale, Step},
    settings::{Settings, unfit},
};
use crate::inputs::{
    fault::{Fault, shown},
    picture::{Centre, Filter, Library, Window},
};

const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const STD: [f64; 3] = [0.229, 0.224, 0.225];

/// The share of the edge that is kept, where nothing else is said.
const CROP: f64 = 0.875;

/// Where numbers stop to be sizes of pictures.
const MAX_EDGE: usize = 8192;

/// What becomes of a picture. Most keys are about weights and training, so that unknown ones are no fault
/// here; those that the transform reads are all known.
pub(super) fn plan(config: &Map<String, Value>) -> Result<ImagePlan, Fault> {
    let mut settings = Settings::new(config);
    let [height, width] = input_size(&mut settings)?;
    let share = Some(settings.number("crop_pct", CROP)?).filter(|share| *share != 0.0).unwrap_or(CROP);
    let filter = match settings.text("interpolation")? {
        None | Some("") => Filter::Bicubic,
        Some(name) => Filter::of_name(name)
            .ok_or_else(|| Fault::new(format!("`interpolation` is `{}`, which is not known", shown(name))))?,
    };
    let mean = settings.channels("mean", MEAN)?;
    let std = settings.channels("std", STD)?;
    if std.contains(&0.0) {
        return Err(Fault::new("`std` is 0"));
    }
    let scaled = [height, width].map(|edge| (edge as f64 / share).floor());
    if scaled.iter().any(|edge| !(1.0..=MAX_EDGE as f64).contains(edge)) {
        return Err(Fault::new(format!("`crop_pct` is {share}")));
    }
    let scaled = scaled.map(|edge| edge as usize);
    let plain = [0; 3];
    let (to, fill) = match settings.text("crop_mode")? {
        Some("squash") => (Extent::Exact(scaled), plain),
        Some("border") => {
            let byte = |mean: f64| (255.0 * mean).round_ties_even().clamp(0.0, 255.0) as u8;
            (Extent::Covering(scaled, 1.0), mean.map(byte))
        }
        None | Some("center" | "") if scaled[0] == scaled[1] => (Extent::Shortest(scaled[0]), plain),
        None | Some("center" | "") => (Extent::Covering(scaled, 0.0), plain),
        Some(other) => {
            return Err(Fault::new(format!("`crop_mode` is `{}`, which is not known", shown(other))));
        }
    };
    Ok(ImagePlan {
        steps: vec![
            Step::Resize { to, filter, library: Library::Pillow },
            Step::Crop(Window { height, width, centre: Centre::Even, fill }),
        ],
        scale: Scale::Torchvision { mean, std },
        swapped: false,
        upright: false,
    })
}

/// Height and width of the input.
fn input_size(settings: &mut Settings<'_>) -> Result<[usize; 2], Fault> {
    let Some(value) = settings.get("input_size") else { return Ok([224; 2]) };
    let edges: Option<Vec<usize>> = value
        .as_array()
        .and_then(|list| list.iter().map(|edge| usize::try_from(edge.as_u64()?).ok()).collect());
    match edges.as_deref() {
        Some(&[3, height, width]) if [height, width].iter().all(|edge| (1..=MAX_EDGE).contains(edge)) => {
            Ok([height, width])
        }
        _ => Err(unfit("input_size", value, "three channels, a height and a width")),
    }
}
