//! Pictures among the examples, small enough to be shown many at a time.

use std::io::Cursor;

use image::{ImageEncoder, codecs::png::PngEncoder};

use super::{Examples, source::Fetched};
use crate::inputs::picture::{Filter, Library, Picture, decode, resize};

impl Examples {
    /// A small picture of each of some examples, by their names, as PNG of at most `extent` pixels along each side: decoded
    /// and encoded anew, so that nothing else of the file is left. None of what is no picture, or cannot be decoded.
    #[must_use]
    pub fn thumbnails(&self, names: &[&str], extent: usize) -> Vec<Option<Vec<u8>>> {
        names.iter().map(|name| self.thumbnail(name, extent)).collect()
    }

    fn thumbnail(&self, name: &str, extent: usize) -> Option<Vec<u8>> {
        let source = &self.list.iter().find(|example| example.id == name)?.source;
        // What lies in a table is fetched together with others.
        let fetched = self.store.ahead(&[source]).remove(&0).unwrap_or_else(|| self.store.fetch(source));
        let Ok(Fetched::Image(bytes)) = fetched else { return None };
        let picture = decode(&bytes, true).ok()?;
        encoded(&shrunk(&picture, extent.max(1)))
    }
}

/// The picture within a square of so many pixels; small ones stay as they are.
fn shrunk(picture: &Picture, extent: usize) -> Picture {
    let longest = picture.width.max(picture.height);
    if longest <= extent {
        return picture.clone();
    }
    let side = |length: usize| (length * extent / longest).max(1);
    resize(picture, [side(picture.height), side(picture.width)], Filter::Bilinear, Library::Pillow)
}

fn encoded(picture: &Picture) -> Option<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let (width, height) = (u32::try_from(picture.width).ok()?, u32::try_from(picture.height).ok()?);
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(&picture.rgb, width, height, image::ExtendedColorType::Rgb8).ok()?;
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_is_a_small_picture_of_the_same_shape_and_nothing_else() {
        let rgb: Vec<u8> = (0..400 * 100 * 3).map(|at| (at % 251) as u8).collect();
        let picture = Picture { width: 400, height: 100, rgb };
        let small = encoded(&shrunk(&picture, 96)).unwrap();
        let again = decode(&small, true).unwrap();
        assert_eq!((again.width, again.height), (96, 24));
        assert!(small.len() < 3 * 96 * 24 + 1000);
        let line = Picture { width: 3000, height: 1, rgb: vec![9; 9000] };
        assert_eq!(shrunk(&line, 96).rgb, [9; 3 * 96]);
    }
}
