//! From a WAV file to the values that wav2vec2 and its kin take.

use std::io::Cursor;

use hound::{SampleFormat, WavReader};
use serde_json::{Map, Value};

use super::settings::Settings;
use crate::inputs::{
    fault::{Fault, shown},
    value::{Input, Inputs},
};

/// The feature extractors that are known.
pub(super) const EXTRACTORS: [&str; 1] = ["Wav2Vec2FeatureExtractor"];

/// Most samples of a sound: half an hour at 16 kHz.
const MAX_SAMPLES: u32 = 16_000 * 60 * 30;

/// What becomes of a sound.
#[derive(Clone, Debug)]
pub(super) struct SoundPlan {
    rate: u64,
    normalise: bool,
    mask: bool,
}

/// Keys that say nothing about what becomes of one sound.
const SILENT: [&str; 5] =
    ["feature_extractor_type", "processor_class", "padding_side", "padding_value", "transformers_version"];

impl SoundPlan {
    pub(super) fn new(config: &Map<String, Value>) -> Result<Self, Fault> {
        let mut settings = Settings::new(config);
        settings.pass_over(&SILENT);
        let size = settings.whole("feature_size")?.unwrap_or(1);
        if size != 1 {
            return Err(Fault::new(format!("`feature_size` is {size}, only 1 is known")));
        }
        let plan = Self {
            rate: settings.whole("sampling_rate")?.unwrap_or(16_000),
            normalise: settings.flag("do_normalize", true)?,
            mask: settings.flag("return_attention_mask", false)?,
        };
        settings.finish()?;
        Ok(plan)
    }

    pub(super) fn describe(&self) -> String {
        let Self { rate, normalise, mask } = self;
        format!("sound at {rate} Hz, mean and variance taken out: {normalise}, mask: {mask}")
    }

    /// `input_values` `[1, samples]`, and `attention_mask` where the model was trained with one.
    pub(super) fn apply(&self, bytes: &[u8]) -> Result<Inputs, Fault> {
        let mut samples = self.read(bytes)?;
        if self.normalise {
            let count = samples.len() as f64;
            let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
            let variance = samples.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / count;
            let deviation = (variance + 1e-7).sqrt();
            samples.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) / deviation) as f32);
        }
        let shape = vec![1, samples.len()];
        let mut inputs = Inputs::new();
        if self.mask {
            inputs.insert("attention_mask".into(), Input::whole(shape.clone(), vec![1; samples.len()]));
        }
        inputs.insert("input_values".into(), Input::floats(shape, samples));
        Ok(inputs)
    }

    /// The samples between -1 and 1.
    fn read(&self, bytes: &[u8]) -> Result<Vec<f32>, Fault> {
        let broken = |error: hound::Error| {
            let fault = Fault::new(format!("it is no WAV that can be read ({})", shown(&error.to_string())));
            fault.hint(self.conversion())
        };
        let mut reader = WavReader::new(Cursor::new(bytes)).map_err(broken)?;
        let spec = reader.spec();
        if spec.channels != 1 || u64::from(spec.sample_rate) != self.rate {
            let reason = format!(
                "it has {} channels at {} Hz, the model takes one at {} Hz",
                spec.channels, spec.sample_rate, self.rate
            );
            return Err(Fault::new(reason).hint(self.conversion()));
        }
        match reader.duration() {
            0 => return Err(Fault::new("there is no sound in it")),
            long if long > MAX_SAMPLES => {
                return Err(Fault::new(format!("it has {long} samples, at most {MAX_SAMPLES} are read")));
            }
            _ => {}
        }
        let samples: Result<Vec<f32>, hound::Error> = match (spec.sample_format, spec.bits_per_sample) {
            (SampleFormat::Float, 32) => reader.samples::<f32>().collect(),
            (SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
                let unit = f64::from(1_u32 << (bits - 1));
                reader.samples::<i32>().map(|sample| Ok((f64::from(sample?) / unit) as f32)).collect()
            }
            (_, bits) => {
                return Err(Fault::new(format!("its samples have {bits} bits")).hint(self.conversion()));
            }
        };
        let samples = samples.map_err(broken)?;
        match samples.iter().position(|sample| !sample.is_finite()) {
            Some(at) => Err(Fault::new(format!("sample {at} is {}", samples[at]))),
            None => Ok(samples),
        }
    }

    fn conversion(&self) -> String {
        format!("`ffmpeg -i IN -ac 1 -ar {} -c:a pcm_s16le OUT.wav` converts it", self.rate)
    }
}
