//! The bytes of a file as a picture, as Pillow's `convert("RGB")` has it. Transparency is dropped and not
//! blended, profiles of colours are not applied, and of what moves the first picture counts.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation,
};

use super::{MAX_PIXELS, Picture, jpeg};
use crate::inputs::fault::Fault;

/// Decodes a picture; `upright` if it is turned as the camera says it was held.
pub(in crate::inputs) fn decode(bytes: &[u8], upright: bool) -> Result<Picture, Fault> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| Fault::new(error.to_string()))?;
    let format = reader.format().ok_or_else(|| unknown(bytes))?;
    if !matches!(
        format,
        ImageFormat::Bmp | ImageFormat::Gif | ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP
    ) {
        return Err(unknown(bytes));
    }
    if format == ImageFormat::Jpeg && !jpeg::has_end(bytes) {
        return Err(Fault::new("it is cut short: no end of the JPEG is found"));
    }
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels =
        (width as usize).checked_mul(height as usize).filter(|pixels| (1..=MAX_PIXELS).contains(pixels));
    if pixels.is_none() {
        return Err(Fault::new(format!("it is {width} x {height} pixels, at most {MAX_PIXELS} are decoded")));
    }
    let turned = if upright { decoder.orientation().ok() } else { None };
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    image.apply_orientation(turned.unwrap_or(Orientation::NoTransforms));
    Ok(bytes_of(image))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // Four channels of two bytes, and as much again for what a decoder needs.
    limits.max_alloc = Some(16 * MAX_PIXELS as u64);
    limits
}

fn broken(error: &ImageError) -> Fault {
    Fault::new(format!("it cannot be decoded ({error})"))
}

/// Says what it is, where that is known.
fn unknown(bytes: &[u8]) -> Fault {
    let starts = |start: &[u8]| bytes.starts_with(start);
    let kind = match () {
        () if bytes.is_empty() => "the file is empty",
        () if starts(b"II*\0") || starts(b"MM\0*") => "it is a TIFF, which is not read",
        () if bytes.get(4..8) == Some(b"ftyp") => "it is a HEIC, AVIF or a film, which are not read",
        () if starts(b"version https://git-lfs") => "it is a pointer of git-lfs and not the picture",
        () => "it is no picture that is known",
    };
    let hint = if starts(b"version https://git-lfs") {
        "run `git lfs pull`"
    } else {
        "save it as JPEG, PNG, WebP, BMP or GIF"
    };
    Fault::new(kind).hint(hint)
}

fn bytes_of(image: DynamicImage) -> Picture {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let high = |value: &u16| (value >> 8) as u8;
    let rgb = match image {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        DynamicImage::ImageLuma8(image) => grey(image.as_raw().iter().copied()),
        DynamicImage::ImageLumaA8(image) => grey(image.as_raw().iter().step_by(2).copied()),
        DynamicImage::ImageRgba8(image) => colours(image.as_raw(), |value| *value),
        // What Pillow makes of grey in sixteen bits: all that is more than a byte holds is white.
        DynamicImage::ImageLuma16(image) => grey(image.as_raw().iter().map(|value| (*value).min(255) as u8)),
        DynamicImage::ImageLumaA16(image) => grey(image.as_raw().iter().step_by(2).map(high)),
        DynamicImage::ImageRgb16(image) => image.as_raw().iter().map(high).collect(),
        DynamicImage::ImageRgba16(image) => colours(image.as_raw(), high),
        other => other.into_rgb8().into_raw(),
    };
    Picture { width, height, rgb }
}

fn grey(values: impl Iterator<Item = u8>) -> Vec<u8> {
    values.flat_map(|value| [value; 3]).collect()
}

/// Three of four channels.
fn colours<T>(values: &[T], byte: impl Fn(&T) -> u8) -> Vec<u8> {
    values
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|pixel| [byte(&pixel[0]), byte(&pixel[1]), byte(&pixel[2])])
        .collect()
}
