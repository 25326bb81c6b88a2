use std::fs;

use super::{arrays, fixture};
use crate::inputs::{
    preparation::{Content, Preparation},
    value::Values,
};

#[test]
fn sounds_of_all_widths_are_what_the_extractor_makes_of_them() {
    let preparation = Preparation::open(&fixture("wav2vec2"), None).unwrap();
    for (name, (shape, expected)) in arrays("sounds.npz") {
        let bytes = fs::read(fixture("sounds").join(&name)).unwrap();
        let inputs = preparation.prepare(Content::Sound(&bytes)).unwrap();
        let found = &inputs["input_values"];
        let Values::Float(values) = &found.values else { panic!("whole numbers") };
        assert_eq!((&found.shape, &inputs["attention_mask"].shape), (&shape, &shape));
        let off = values.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "{name}: {off}");
    }
}

#[test]
fn other_rates_and_channels_are_refused_with_what_converts_them() {
    let preparation = Preparation::open(&fixture("wav2vec2"), None).unwrap();
    let refused = |bytes: &[u8]| preparation.prepare(Content::Sound(bytes)).unwrap_err();
    for name in ["stereo.wav", "rate-8000.wav"] {
        let unfit = refused(&fs::read(fixture("sounds").join(name)).unwrap());
        assert!(unfit.reason.contains("the model takes one at 16000 Hz"), "{}", unfit.reason);
        assert!(unfit.hint.unwrap().contains("-ac 1 -ar 16000"));
    }
    let whole = fs::read(fixture("sounds/bits-16.wav")).unwrap();
    for end in 0..whole.len().min(600) {
        let _ = refused(&whole[..end]);
    }
    for at in 0..60 {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            // No panic is what counts.
            let _ = preparation.prepare(Content::Sound(&damaged));
        }
    }
}
