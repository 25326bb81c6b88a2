//! Swin: attention within windows of patches, which every other block moves.

mod names;

pub(super) use names::{is_torchvision, timm, torchvision, transformers};

use super::{
    block::{Block, Names},
    layers::{MOST, long},
    maker::{Maker, Parts},
    patches::{Patches, listed},
    settings::Made,
    windows::{Windows, distances},
};
use crate::net::ops::nodes;

/// A network, with the names that its library has for its parts.
struct Network<'s> {
    patches: Patches,
    /// The size of images.
    image: [usize; 2],
    /// Learnt places of patches, if there are any.
    places: Option<String>,
    /// The norm behind the first layer, and the last one.
    norms: [String; 2],
    stages: Vec<Stage>,
    side: usize,
    /// Whether windows never become smaller: a small map is padded.
    is_fixed: bool,
    epsilon: f64,
    activation: (&'s str, &'s str),
    head: &'s str,
}

/// Blocks of the same width.
struct Stage {
    heads: usize,
    inner: usize,
    /// Names of each block, and of its table of distances.
    blocks: Vec<(Names, String)>,
    /// Name of what makes the map half as large and the width twice as large in front of them.
    halved: Option<String>,
}

/// Of norms whose library leaves PyTorch's default.
const EPSILON: f64 = 1e-5;

impl Network<'_> {
    fn build(&self, mut maker: Maker<'_>) -> Made<Parts> {
        if let Some(at) =
            [0, 1].into_iter().find(|at| !self.image[*at].is_multiple_of(self.patches.patch[*at]))
        {
            return Err(format!(
                "images of {:?} in patches of {} are not built",
                self.image, self.patches.patch[at]
            ));
        }
        let map = self.patches.map(&mut maker, true)?;
        let list = listed(&mut maker, &map);
        let mut width = self.patches.width;
        let mut x = maker.layer_norm(&list, &self.norms[0], width, EPSILON)?;
        let mut map = [0, 1].map(|at| self.image[at].div_ceil(self.patches.patch[at]));
        if let Some(places) = &self.places {
            let places = maker.weight(places, &[1, map[0] * map[1], width])?;
            x = maker.add(&x, &places);
        }
        for stage in &self.stages {
            if let Some(halved) = &stage.halved {
                x = merged(&mut maker, &x, halved, map, width)?;
                map = map.map(|extent| extent.div_ceil(2));
                width *= 2;
            }
            for (at, (names, table)) in stage.blocks.iter().enumerate() {
                let windows = self.windows(map, width, at % 2 == 1)?;
                let added = Some(bias(&mut maker, table, &windows, stage.heads)?);
                let block = Block {
                    width,
                    heads: stage.heads,
                    inner: stage.inner,
                    epsilon: self.epsilon,
                    activation: self.activation,
                    is_gated: false,
                    added,
                    windows: Some(windows),
                };
                x = block.add(&mut maker, &x, names)?;
            }
        }
        let normed = maker.layer_norm(&x, &self.norms[1], width, self.epsilon)?;
        let mean = maker.mean(&normed, &[1]);
        maker.ignore(|name| name.ends_with(".relative_position_index") || name.ends_with(".attn_mask"));
        let (logits, classes) = maker.head(&mean, self.head, width)?;
        maker.finish(&logits, classes)
    }

    /// The windows of a block on a map of this size.
    fn windows(&self, map: [usize; 2], width: usize, is_shifted: bool) -> Made<Windows> {
        let least = map[0].min(map[1]);
        let unbuilt = || format!("window_size `{}` on a map of {map:?} patches is not built", self.side);
        if least < self.side && !self.is_fixed {
            return Err(unbuilt());
        }
        let shift = if is_shifted { self.side / 2 } else { 0 };
        let shift = if self.is_fixed {
            map.map(|extent| if extent <= self.side { 0 } else { shift })
        } else {
            [if least <= self.side { 0 } else { shift }; 2]
        };
        let windows = Windows { map, side: self.side, shift, width };
        // What is made for each pair of patches of a window, before memory is asked for.
        let area = self.side.saturating_mul(self.side);
        let pairs = area.saturating_mul(area);
        let all = pairs.saturating_mul(if windows.is_shifted() { windows.count() } else { 1 });
        if map[0].saturating_mul(map[1]) > MOST || all > MOST { Err(unbuilt()) } else { Ok(windows) }
    }
}

/// What is added to the agreements of a window: `[1, heads, area, area]`, or one for each window.
fn bias(maker: &mut Maker<'_>, table: &str, windows: &Windows, heads: usize) -> Made<String> {
    let (side, area) = (windows.side, windows.side * windows.side);
    let table = maker.weight(table, &[(2 * side - 1) * (2 * side - 1), heads])?;
    let indices = maker.integers(&[area, area], &distances(side));
    let bias = maker.node(nodes::gather(0), &[&table, &indices]);
    let bias = maker.transpose(&bias, &[2, 0, 1]);
    let bias = maker.reshape(&bias, &[1, long(heads), long(area), long(area)]);
    Ok(match windows.apart(maker) {
        Some(apart) => maker.add(&bias, &apart),
        None => bias,
    })
}

/// Four neighbours become one patch of twice the width.
fn merged(
    maker: &mut Maker<'_>,
    x: &str,
    name: &str,
    [rows, columns]: [usize; 2],
    width: usize,
) -> Made<String> {
    let mut x = maker.reshape(x, &[0, long(rows), long(columns), long(width)]);
    if rows % 2 == 1 || columns % 2 == 1 {
        let pads = maker.ints(&[0, 0, 0, 0, 0, long(rows % 2), long(columns % 2), 0]);
        x = maker.plain(nodes::Plain::Pad, &[&x, &pads]);
    }
    let [rows, columns] = [rows, columns].map(|extent| long(extent.div_ceil(2)));
    let apart = maker.reshape(&x, &[0, rows, 2, columns, 2, long(width)]);
    let turned = maker.transpose(&apart, &[0, 1, 3, 4, 2, 5]);
    let joined = maker.reshape(&turned, &[0, rows * columns, long(4 * width)]);
    let normed = maker.layer_norm(&joined, &format!("{name}.norm"), 4 * width, EPSILON)?;
    maker.linear(&normed, &format!("{name}.reduction"), [4 * width, 2 * width], false)
}
