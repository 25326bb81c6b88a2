use std::fs;

use super::{arrays, fixture};
use crate::inputs::picture::{Filter, Library, Picture, decode, resize};

#[test]
fn every_resize_is_that_of_pillow_and_of_torchvision_to_the_last_bit() {
    let arrays = arrays("resized.npz");
    let bytes = |values: &[f32]| values.iter().map(|value| *value as u8).collect::<Vec<u8>>();
    let (shape, values) = &arrays["source"];
    let source = Picture { height: shape[0], width: shape[1], rgb: bytes(values) };
    let mut judged = 0;
    for (name, (shape, values)) in arrays.iter().filter(|(name, _)| *name != "source") {
        let [library, filter, _] = name.split('/').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let library = if library == "pillow" { Library::Pillow } else { Library::Torchvision };
        let filter = Filter::of_name(filter).unwrap();
        let found = resize(&source, [shape[0], shape[1]], filter, library);
        let expected = bytes(values);
        let wrong = found.rgb.iter().zip(&expected).filter(|(found, expected)| found != expected).count();
        assert_eq!((found.rgb.len(), wrong), (expected.len(), 0), "{name}");
        judged += 1;
    }
    assert_eq!(judged, 6 * 6 + 4 * 6);
}

#[test]
fn pictures_of_all_kinds_are_decoded_as_pillow_does_it() {
    let arrays = arrays("decoded.npz");
    let mut upright = 0;
    for entry in fs::read_dir(fixture("pictures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        for turned in [false, true] {
            let expected = arrays.get(&format!("{name}/upright")).filter(|_| turned);
            upright += u32::from(expected.is_some());
            let (shape, expected) = expected.unwrap_or(&arrays[name]);
            let found = decode(&fs::read(&path).unwrap(), turned).unwrap();
            assert_eq!([found.height, found.width, 3], shape[..], "{name}");
            let off = |(found, expected): (&u8, &f32)| {
                f32::from(*found).max(*expected) - f32::from(*found).min(*expected)
            };
            let most = found.rgb.iter().zip(expected).map(off).fold(0.0, f32::max);
            let lossy = name.ends_with("jpg") || name == "lossy.webp";
            assert!(most <= if lossy { 3.0 } else { 0.0 }, "{name}: {most}");
        }
    }
    assert_eq!(upright, 8, "seven turns and a JPEG");
}
