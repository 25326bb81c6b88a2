//! Patches of an image as a list, with tokens before them and their places added.

use super::{layers::long, maker::Maker, settings::Made};
use crate::net::ops::nodes::{self, Plain, Window};
use declass_formats::Dtype;

/// How an image is cut into patches.
pub(super) struct Patches {
    /// The layer that makes vectors of them.
    pub(super) name: String,
    pub(super) channels: usize,
    /// Height and width; none if the network takes any.
    pub(super) image: Option<[usize; 2]>,
    pub(super) patch: [usize; 2],
    pub(super) width: usize,
}

impl Patches {
    /// Patches along both sides of an image of a given size.
    pub(super) fn grid(&self, image: [usize; 2]) -> [usize; 2] {
        [image[0] / self.patch[0], image[1] / self.patch[1]]
    }

    /// The map of patches, `[N, width, rows, columns]`.
    pub(super) fn map(&self, maker: &mut Maker<'_>, biased: bool) -> Made<String> {
        let side = |at: usize| self.image.map(|image| image[at]);
        let dims =
            [("batch", None), ("channels", Some(self.channels)), ("height", side(0)), ("width", side(1))];
        let pixels = maker.input("pixel_values", Dtype::F32, &dims);
        let shape = [self.width, self.channels, self.patch[0], self.patch[1]];
        let name = &self.name;
        let weight = maker.weight(&format!("{name}.weight"), &shape)?;
        let bias = biased.then(|| maker.weight(&format!("{name}.bias"), &[self.width])).transpose()?;
        let patch = self.patch.map(long).to_vec();
        let window = Window {
            kernel: patch.clone(),
            strides: patch,
            pads: vec![0; 4],
            dilations: Vec::new(),
            groups: 1,
        };
        let operands: Vec<&str> =
            [Some(&*pixels), Some(&weight), bias.as_deref()].into_iter().flatten().collect();
        Ok(maker.node(nodes::convolution(&window), &operands))
    }
}

/// The map as a list, `[N, rows * columns, width]`.
pub(super) fn listed(maker: &mut Maker<'_>, map: &str) -> String {
    let flat = maker.reshape(map, &[0, 0, -1]);
    maker.transpose(&flat, &[0, 2, 1])
}

/// Tokens `[1, count, width]` before a list, the same for each image.
pub(super) fn with_tokens(maker: &mut Maker<'_>, tokens: &[&str], list: &str) -> String {
    let batch = maker.extent(list, 0);
    let rest = maker.ints(&[1, 1]);
    let shape = maker.join(0, &[&batch, &rest]);
    let mut parts: Vec<String> =
        tokens.iter().map(|token| maker.plain(Plain::Expand, &[token, &shape])).collect();
    parts.push(list.to_owned());
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    maker.join(1, &parts)
}

/// Learnt places `[1, 1 + side * side, width]` for a map of patches of any size: those of the patches resized.
pub(super) fn resized_places(
    maker: &mut Maker<'_>,
    places: &str,
    side: usize,
    width: usize,
    map: &str,
) -> String {
    let token = maker.slice(places, 1, 0, 1);
    let patches = maker.slice(places, 1, 1, i64::MAX);
    let patches = maker.reshape(&patches, &[1, long(side), long(side), long(width)]);
    let patches = maker.transpose(&patches, &[0, 3, 1, 2]);
    let before = maker.ints(&[1, long(width)]);
    let sides = maker.node(nodes::shape(2, 4), &[map]);
    let sizes = maker.join(0, &[&before, &sides]);
    let patches = maker.node(nodes::resize_cubic(), &[&patches, "", "", &sizes]);
    let patches = listed(maker, &patches);
    maker.join(1, &[&token, &patches])
}
