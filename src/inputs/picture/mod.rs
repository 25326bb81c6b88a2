//! Pictures: decoded as Pillow decodes them, resized to the last bit as Pillow or torchvision resizes them.

mod crop;
mod decode;
mod filter;
mod jpeg;
mod resize;

pub(super) use crop::{Centre, Window};
pub(super) use decode::decode;
pub(super) use filter::Filter;
pub(super) use resize::{Library, resize};

/// Most pixels of a picture, and of what it is resized to: where Pillow begins to speak of bombs.
pub(super) const MAX_PIXELS: usize = 89_478_485;
/// Most bytes of the file of a picture or of a sound.
pub(super) const MAX_FILE: u64 = 64 << 20;

/// Red, green and blue, a byte each, row by row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `height x width x 3`.
    pub(super) rgb: Vec<u8>,
}
