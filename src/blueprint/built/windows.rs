//! Patches in windows: which patch stands where, and which may see each other.

use super::{layers::long, maker::Maker};
use crate::net::ops::nodes::{self, Plain};

/// How a map of patches is divided into windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// Rows and columns of the map.
    pub(super) map: [usize; 2],
    /// Rows and columns of a window.
    pub(super) side: usize,
    /// By how much the windows are moved against the map, and what leaves it comes in on the other side.
    pub(super) shift: [usize; 2],
    /// Channels.
    pub(super) width: usize,
}

impl Windows {
    /// The map with as many rows and columns more as whole windows need.
    fn padded(&self) -> [usize; 2] {
        self.map.map(|extent| extent.div_ceil(self.side) * self.side)
    }

    pub(super) fn count(&self) -> usize {
        self.padded().iter().fold(1, |all, extent| all.saturating_mul(extent / self.side))
    }

    pub(super) fn is_shifted(&self) -> bool {
        self.shift != [0, 0]
    }

    fn is_padded(&self) -> bool {
        self.padded() != self.map
    }

    /// Places on the padded map, in the order of windows: row and column before the shift.
    fn places(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let ([rows, columns], side, shift) = (self.padded(), self.side, self.shift);
        let windows =
            (0..rows / side).flat_map(move |row| (0..columns / side).map(move |column| [row, column]));
        let inside = move |[row, column]: [usize; 2]| {
            (0..side * side).map(move |at| [row * side + at / side, column * side + at % side])
        };
        windows
            .flat_map(inside)
            .map(move |[row, column]| [(row + shift[0]) % rows, (column + shift[1]) % columns])
    }

    /// `[N, rows * columns, width]` to `[N * windows, side * side, width]`.
    pub(super) fn divided(&self, maker: &mut Maker<'_>, x: &str) -> String {
        let [rows, columns] = self.map;
        // What stands on no patch reads a row of nothing behind them.
        let index = |[row, column]: [usize; 2]| {
            long(if row < rows && column < columns { row * columns + column } else { rows * columns })
        };
        let x = if self.is_padded() {
            let pads = maker.ints(&[0, 0, 0, 0, 1, 0]);
            maker.plain(Plain::Pad, &[x, &pads])
        } else {
            x.to_owned()
        };
        let indices = self.places().map(index).collect::<Vec<_>>();
        let indices = maker.ints(&indices);
        let sorted = maker.node(nodes::gather(1), &[&x, &indices]);
        maker.reshape(&sorted, &[-1, long(self.side * self.side), long(self.width)])
    }

    /// The way back.
    pub(super) fn joined(&self, maker: &mut Maker<'_>, x: &str) -> String {
        let [rows, columns] = self.map;
        let mut stands = vec![0; rows * columns];
        for (at, [row, column]) in self.places().enumerate() {
            if row < rows && column < columns {
                stands[row * columns + column] = long(at);
            }
        }
        let all = self.padded().iter().product();
        let flat = maker.reshape(x, &[-1, long(all), long(self.width)]);
        let indices = maker.ints(&stands);
        maker.node(nodes::gather(1), &[&flat, &indices])
    }

    /// What is added to the agreement of two patches of a window that were not neighbours before the shift:
    /// `[windows, 1, side * side, side * side]`; none if nothing is shifted.
    pub(super) fn apart(&self, maker: &mut Maker<'_>) -> Option<String> {
        if !self.is_shifted() {
            return None;
        }
        let padded = self.padded();
        let area = self.side * self.side;
        let unshifted = Self { shift: [0, 0], ..*self };
        let region = |at: usize, axis: usize| {
            usize::from(at + self.side >= padded[axis]) + usize::from(at + self.shift[axis] >= padded[axis])
        };
        let regions: Vec<usize> =
            unshifted.places().map(|[row, column]| region(row, 0) * 3 + region(column, 1)).collect();
        let mut mask = Vec::with_capacity(regions.len() * area);
        for window in regions.chunks(area) {
            for a in window {
                mask.extend(window.iter().map(|b| if a == b { 0.0 } else { -100.0 }));
            }
        }
        Some(maker.numbers(&[self.count(), 1, area, area], &mask))
    }
}

/// The row of a table of distances for each pair of patches of a window: `[area, area]`.
pub(super) fn distances(side: usize) -> Vec<i64> {
    let area = side * side;
    let pairs = (0..area).flat_map(|a| (0..area).map(move |b| (a, b)));
    let apart = |a: usize, b: usize| a + side - 1 - b;
    let index =
        |(a, b): (usize, usize)| apart(a / side, b / side) * (2 * side - 1) + apart(a % side, b % side);
    pairs.map(|pair| long(index(pair))).collect()
}
