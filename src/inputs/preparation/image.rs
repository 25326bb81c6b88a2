//! From a picture to the values of its pixels: steps on bytes, then a number for every byte of every channel.

use declass_formats::Sha256Digest;

use crate::inputs::{
    fault::Fault,
    picture::{Filter, Library, MAX_PIXELS, Picture, Window, resize},
    value::Input,
};

/// What becomes of a picture.
#[derive(Clone, Debug)]
pub(super) struct ImagePlan {
    pub(super) steps: Vec<Step>,
    pub(super) scale: Scale,
    /// Whether blue comes first.
    pub(super) swapped: bool,
    /// Whether it is turned as the camera says.
    pub(super) upright: bool,
}

/// Something done to the bytes.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Resize {
        to: Extent,
        filter: Filter,
        library: Library,
    },
    Crop(Window),
    /// A part from the middle, as large as these shares of the shorter edge.
    CropShare {
        height: f64,
        width: f64,
        window: Window,
    },
}

/// What a picture is resized to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Extent {
    /// Height and width.
    Exact([usize; 2]),
    /// The shorter edge; the other one follows, cut to a whole number.
    Shortest(usize),
    /// As much of a height and a width as covers them (0) or fits into them (1), rounded.
    Covering([usize; 2], f64),
}

/// How bytes become numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scale {
    /// transformers on NumPy.
    Numpy(Numbers),
    /// transformers on torchvision, which scales and normalises at once.
    Tensor(Numbers),
    /// `ToTensor` and `Normalize`.
    Torchvision { mean: [f64; 3], std: [f64; 3] },
}

/// The numbers of a processor of transformers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers {
    /// What a byte is multiplied with, if anything.
    pub(super) factor: Option<f64>,
    /// Whether 1 is taken off then.
    pub(super) offset: bool,
    /// Mean and deviation that are taken out, if any.
    pub(super) normal: Option<[[f64; 3]; 2]>,
    /// A deviation that all is divided by once more.
    pub(super) again: Option<[f64; 3]>,
}

impl ImagePlan {
    /// The values of a picture's pixels, `[1, 3, height, width]`.
    pub(super) fn apply(&self, picture: Picture) -> Result<Input, Fault> {
        let mut picture = picture;
        for step in &self.steps {
            picture = step.apply(picture)?;
        }
        let pixels = picture.width * picture.height;
        let mut values = Vec::with_capacity(3 * pixels);
        for channel in 0..3 {
            let channel = if self.swapped { 2 - channel } else { channel };
            let table = self.scale.table(channel);
            let bytes = picture.rgb.iter().skip(channel).step_by(3);
            values.extend(bytes.map(|byte| table[usize::from(*byte)]));
        }
        Ok(Input::floats(vec![1, 3, picture.height, picture.width], values))
    }

    /// All that decides the result, in words that do not change: digests are made of them.
    pub(super) fn describe(&self) -> String {
        let mut words: Vec<String> = self.steps.iter().map(Step::describe).collect();
        let tables = (0..3).flat_map(|channel| self.scale.table(channel)).flat_map(f32::to_le_bytes);
        words.push(format!("numbers {}", Sha256Digest::of(&tables.collect::<Vec<u8>>())));
        words.push(if self.swapped { "blue, green, red" } else { "red, green, blue" }.into());
        words.push(if self.upright { "turned as EXIF says" } else { "not turned" }.into());
        words.join("; ")
    }
}

impl Step {
    fn describe(&self) -> String {
        match self {
            Self::Resize { to, filter, library } => {
                let by = if *library == Library::Pillow { "Pillow" } else { "torchvision" };
                let to = match to {
                    Extent::Exact([height, width]) => format!("{height} x {width}"),
                    Extent::Shortest(edge) => format!("a shorter edge of {edge}"),
                    Extent::Covering([height, width], longest) => {
                        format!("{height} x {width} with the longer edge by {longest}")
                    }
                };
                format!("resized to {to}, {} of {by}", filter.name())
            }
            Self::Crop(window) => {
                let Window { height, width, centre, fill } = window;
                format!("cropped to {height} x {width}, {} on {fill:?}", centre.name())
            }
            Self::CropShare { height, width, window } => {
                format!("cropped to {height} x {width} of the shorter edge, {}", window.centre.name())
            }
        }
    }

    fn apply(&self, picture: Picture) -> Result<Picture, Fault> {
        match self {
            Self::Resize { to, filter, library } => {
                let [height, width] = to.of(&picture);
                let pixels = height.checked_mul(width).filter(|pixels| *pixels <= MAX_PIXELS);
                // The width changes first, while the height is still what it was.
                let between = picture.height.checked_mul(width).filter(|pixels| *pixels <= MAX_PIXELS);
                if pixels.is_none() || between.is_none() || height == 0 || width == 0 {
                    let reason = format!(
                        "it is {} x {} pixels and would be resized to {width} x {height}",
                        picture.width, picture.height
                    );
                    return Err(Fault::new(reason));
                }
                Ok(resize(&picture, [height, width], *filter, *library))
            }
            Self::Crop(window) => Ok(window.of(&picture)),
            Self::CropShare { height, width, window } => {
                let shorter = picture.height.min(picture.width) as f64;
                let [height, width] = [height, width].map(|share| (share * shorter) as usize);
                if height == 0 || width == 0 {
                    return Err(Fault::new("nothing would be left of it"));
                }
                Ok(Window { height, width, ..*window }.of(&picture))
            }
        }
    }
}

impl Extent {
    fn of(self, picture: &Picture) -> [usize; 2] {
        let (height, width) = (picture.height, picture.width);
        match self {
            Self::Exact(extent) => extent,
            Self::Shortest(edge) => {
                let (short, long) = (height.min(width), height.max(width));
                // As Python does it: the product is exact, and the quotient cut.
                let long = ((edge * long) as f64 / short as f64) as usize;
                if width <= height { [long, edge] } else { [edge, long] }
            }
            Self::Covering([target_height, target_width], longest) => {
                let ratios = [height as f64 / target_height as f64, width as f64 / target_width as f64];
                let ratio = ratios[0].max(ratios[1]) * longest + ratios[0].min(ratios[1]) * (1.0 - longest);
                [height, width].map(|edge| (edge as f64 / ratio).round_ties_even() as usize)
            }
        }
    }
}

impl Scale {
    /// The number of each byte in a channel, in the arithmetic of the library that the model was trained
    /// with.
    fn table(&self, channel: usize) -> [f32; 256] {
        std::array::from_fn(|byte| self.number(byte as u8, channel))
    }

    fn number(&self, byte: u8, channel: usize) -> f32 {
        let plain = f32::from(byte);
        let normalised = |value: f32, numbers: &Numbers| {
            let value = match numbers.normal {
                Some([mean, std]) => (value - mean[channel] as f32) / std[channel] as f32,
                None => value,
            };
            numbers.again.map_or(value, |std| value / std[channel] as f32)
        };
        match self {
            Self::Numpy(numbers) => {
                let value = numbers.factor.map_or(plain, |factor| (f64::from(byte) * factor) as f32);
                normalised(if numbers.offset { value - 1.0 } else { value }, numbers)
            }
            Self::Tensor(Numbers {
                factor: Some(factor),
                offset: false,
                normal: Some([mean, std]),
                again,
            }) => {
                let back = (1.0 / factor) as f32;
                let value = (plain - mean[channel] as f32 * back) / (std[channel] as f32 * back);
                again.map_or(value, |std| value / std[channel] as f32)
            }
            Self::Tensor(numbers) => {
                let value = numbers.factor.map_or(plain, |factor| plain * factor as f32);
                normalised(if numbers.offset { value - 1.0 } else { value }, numbers)
            }
            Self::Torchvision { mean, std } => (plain / 255.0 - mean[channel] as f32) / std[channel] as f32,
        }
    }
}
