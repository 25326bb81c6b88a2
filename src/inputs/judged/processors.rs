use std::fs;

use serde_json::json;

use super::{arrays, fixture, folder, json};
use crate::inputs::{
    preparation::{Content, Modality, Preparation, processors, torchvision_weights},
    value::Values,
};

/// The pixels of a picture of the fixtures, and their extents.
fn prepared(preparation: &Preparation, picture: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = fs::read(fixture("pictures").join(picture)).unwrap();
    let mut inputs = preparation.prepare(Content::Image(&bytes)).unwrap();
    let pixels = inputs.remove("pixel_values").unwrap();
    let Values::Float(values) = pixels.values else { panic!("whole numbers") };
    (pixels.shape, values)
}

/// The same values up to the rounding of single precision.
#[track_caller]
fn same(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let off = |(found, expected): (&f32, &f32)| (found - expected).abs() / expected.abs().max(1.0);
    let most = found.iter().zip(expected).map(off).fold(0.0, f32::max);
    assert!(most <= 1e-6, "{name}: {most}");
}

#[test]
fn every_processor_gives_the_values_that_transformers_gives() {
    let (arrays, folders) = (arrays("processors.npz"), json("processors.json"));
    let mut judged = 0;
    for (name, files) in folders.as_object().unwrap() {
        let preparation =
            Preparation::open(folder(files).path(), None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(preparation.modality(), Modality::Images);
        if let Some((_, shape)) = arrays.get(&format!("{name}/shape")) {
            let (found, values) = prepared(&preparation, "rgb.png");
            assert_eq!(found.iter().map(|size| *size as f32).collect::<Vec<_>>(), *shape, "{name}");
            let some: Vec<f32> = values.into_iter().step_by(997).collect();
            same(name, &some, &arrays[&format!("{name}/some")].1);
            judged += 1;
        }
        for picture in ["rgb.png", "small.png"] {
            let Some((shape, expected)) = arrays.get(&format!("{name}/{picture}")) else { continue };
            let (found, values) = prepared(&preparation, picture);
            assert_eq!(found, *shape, "{name} {picture}");
            same(&format!("{name} {picture}"), &values, expected);
            judged += 1;
        }
    }
    assert!(judged > 100 && processors().len() == 16, "{judged}");
}

#[test]
fn a_processor_within_that_of_transformers_5_is_the_same() {
    let five = json("processors.json")["clip-five"]["preprocessor_config.json"].clone();
    let nested = folder(
        &json!({"processor_config.json": {"processor_class": "CLIPProcessor", "image_processor": five}}),
    );
    let (shape, values) = prepared(&Preparation::open(nested.path(), None).unwrap(), "rgb.png");
    let arrays = arrays("processors.npz");
    assert_eq!(shape, arrays["clip-five/rgb.png"].0);
    same("nested", &values, &arrays["clip-five/rgb.png"].1);
}

#[test]
fn the_transforms_of_timm_and_torchvision_are_theirs() {
    let (arrays, configs) = (arrays("timm.npz"), json("timm.json"));
    for (name, config) in configs.as_object().unwrap() {
        let folder = folder(&json!({"config.json": {"architecture": "made-up", "pretrained_cfg": config}}));
        let preparation = Preparation::open(folder.path(), None).unwrap();
        for picture in ["rgb.png", "small.png"] {
            let (shape, values) = prepared(&preparation, picture);
            let (expected, numbers) = &arrays[&format!("{name}/{picture}")];
            assert_eq!(shape, *expected, "{name} {picture}");
            same(&format!("{name} {picture}"), &values, numbers);
        }
    }
    for weights in ["resnet50 IMAGENET1K_V2", "swin_v2_t IMAGENET1K_V1"] {
        let (architecture, name) = weights.split_once(' ').unwrap();
        let preparation = Preparation::of_torchvision("x".as_ref(), architecture, name).unwrap();
        let (_, values) = prepared(&preparation, "turned.jpg");
        let some: Vec<f32> = values.into_iter().step_by(997).collect();
        let expected = &arrays[&format!("{weights}/some")].1;
        // A JPEG is decoded within 3 of 255, and divided by 0.224 at least.
        let off = some.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(some.len() == expected.len() && off <= 3.0 / 255.0 / 0.224 + 1e-6, "{weights}: {off}");
    }
}

#[test]
fn the_table_of_torchvision_is_what_it_documents() {
    let presets = json("torchvision.json");
    let known = torchvision_weights();
    for (name, preset) in presets.as_object().unwrap() {
        if name == "vgg16 IMAGENET1K_FEATURES" {
            assert!(!known.contains(&name.as_str()), "they are no classifier");
            continue;
        }
        let (architecture, weights) = name.split_once(' ').unwrap();
        let found = Preparation::of_torchvision("x".as_ref(), architecture, weights).unwrap().describe();
        let (resize, crop) = (&preset["resize"], &preset["crop"]);
        let filter = preset["interpolation"].as_str().unwrap();
        let expected =
            format!("resized to a shorter edge of {resize}, {filter} of Pillow; cropped to {crop} x {crop},");
        assert!(found.starts_with(&expected), "{name}: {found}");
        let halves = preset["mean"][0] == 0.5;
        let resnet =
            Preparation::of_torchvision("x".as_ref(), "resnet18", "IMAGENET1K_V1").unwrap().describe();
        let numbers =
            |text: &str| text.split("; ").find(|part| part.starts_with("numbers")).unwrap().to_owned();
        assert_eq!(numbers(&found) == numbers(&resnet), !halves, "{name}");
    }
    assert_eq!(known.len() + 1, presets.as_object().unwrap().len());
}
