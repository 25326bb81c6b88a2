//! Products of matrices in single precision: operands in panels that the innermost loop reads in a row.
//!
//! Every sum is one chain of fused multiplications and additions in the order of its terms. So an element has the
//! same bits whatever stands beside it, however wide the instructions are, and however many threads there are.

mod panels;
mod patches;
mod tile;

pub(super) use panels::{Panels, View};
pub(super) use patches::{MOST, Patches};

use self::tile::Tiles;
use super::lanes;

/// Rows of a panel of the left operand.
pub(super) const ROWS: usize = 6;
/// Terms of all sums that are added before those behind them: a panel of them stays in the first cache.
const TERMS: usize = 384;
/// Panels of the right operand that are taken together, if each is read once.
const TOGETHER: usize = 8;

/// What is done with a stretch of a row of the result as soon as it stands: the row, the first column, the stretch.
pub(super) type Finish<'f> = &'f dyn Fn(usize, usize, &mut [f32]);

/// Columns of a panel of the right operand: two registers of this processor.
pub(super) fn columns() -> usize {
    2 * lanes::count()
}

/// Which operand is read once, from a memory that is slow, while the other one stays in a cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Once {
    Left,
    Right,
}

/// A product of panels, and where it goes.
pub(super) struct Product<'p> {
    /// Rows of the left operand.
    pub(super) left: &'p Panels,
    /// Columns of the right one, or some of them.
    pub(super) right: &'p Panels,
    pub(super) once: Once,
    /// The first of the columns, and how many the whole result has.
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) finish: Finish<'p>,
}

impl Product<'_> {
    /// Writes the product into the columns of the result, row-major.
    pub(super) fn write(&self, to: &mut [f32]) {
        let (rows, columns) = (self.left.lines, self.right.lines);
        let (across, down) = (self.right.count(), self.left.count());
        let groups = match self.once {
            Once::Left => (0..down).map(|at| (at..at + 1, 0..across)).collect::<Vec<_>>(),
            Once::Right => {
                (0..across).step_by(TOGETHER).map(|at| (0..down, at..across.min(at + TOGETHER))).collect()
            }
        };
        for (left, right) in groups {
            for first in (0..self.left.depth.max(1)).step_by(TERMS) {
                let terms = first..self.left.depth.min(first + TERMS);
                let (left, right) = (left.clone(), right.clone());
                lanes::with(Tiles { product: self, left, right, terms, to: &mut *to });
            }
            let lines = left.start * ROWS..rows.min(left.end * ROWS);
            let stretch = right.start * self.right.width..columns.min(right.end * self.right.width);
            for row in lines {
                let at = row * self.step + self.first;
                (self.finish)(row, self.first + stretch.start, &mut to[at + stretch.start..at + stretch.end]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * 7919 + 13) % 101) as f32 / 50.0 - 1.0).collect()
    }

    fn product(a: &View<'_>, b: &View<'_>, once: Once) -> Vec<f32> {
        let (left, right) = (Panels::of(a, ROWS), Panels::of(b, super::columns()));
        let finish = |_: usize, _: usize, line: &mut [f32]| line.iter_mut().for_each(|x| *x *= 2.0);
        let mut made = vec![f32::NAN; a.lines * b.lines];
        let product = Product { left: &left, right: &right, once, first: 0, step: b.lines, finish: &finish };
        product.write(&mut made);
        made
    }

    /// Every shape of a tile, more terms than are taken at once, both orders, and each element by itself.
    #[test]
    fn each_sum_is_one_chain() {
        let shapes =
            [(1, 1, 1), (6, 16, 7), (7, 17, 385), (5, 40, 800), (13, 33, 3), (2, 300, 64), (10, 9, 5)];
        for (rows, columns, depth) in shapes {
            let (a, b) = (numbers(rows * depth), numbers(depth * columns));
            let view =
                |values, lines, line_step, depth_step| View { values, lines, line_step, depth, depth_step };
            let (left, right) = (view(&a, rows, depth, 1), view(&b, columns, 1, columns));
            let made = product(&left, &right, Once::Left);
            assert_eq!(made, product(&left, &right, Once::Right));
            for (at, made) in made.iter().enumerate() {
                let (row, column) = (at / columns, at % columns);
                let alone = product(
                    &view(&a[row * depth..], 1, depth, 1),
                    &view(&b[column..], 1, 1, columns),
                    Once::Left,
                );
                assert_eq!(alone, [*made]);
                let sum: f64 = (0..depth)
                    .map(|k| f64::from(a[row * depth + k]) * f64::from(b[k * columns + column]))
                    .sum();
                assert!((f64::from(*made) - 2.0 * sum).abs() < 1e-4, "{rows} {columns} {depth}: {made}");
            }
        }
    }
}
