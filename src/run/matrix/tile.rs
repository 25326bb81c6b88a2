//! The innermost loop: a tile of the result in registers, while a panel of either operand goes by.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{Product, ROWS};

/// Some terms of the sums of some panels.
pub(super) struct Tiles<'t, 'p> {
    pub(super) product: &'t Product<'p>,
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    pub(super) terms: Range<usize>,
    pub(super) to: &'t mut [f32],
}

/// The widest tile has two registers of at most 16 numbers.
const WIDEST: usize = 32;

impl WithSimd for Tiles<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Tiles { product, left, right, terms, to } = self;
        let width = product.right.width;
        for at in 0..left.len() * right.len() {
            // The panels of the operand that is read once are the outer ones.
            let (row, column) = match product.once {
                super::Once::Left => (left.start + at / right.len(), right.start + at % right.len()),
                super::Once::Right => (left.start + at % left.len(), right.start + at / left.len()),
            };
            let rows = ROWS.min(product.left.lines - row * ROWS);
            let columns = width.min(product.right.lines - column * width);
            let fresh = terms.start == 0;
            let (a, b) = (product.left.terms(row, &terms), product.right.terms(column, &terms));
            let to = &mut to[row * ROWS * product.step + product.first + column * width..];
            let place = Place { step: product.step, columns, fresh };
            if columns > S::F32_LANES {
                match rows {
                    1 => tile::<S, 1, 2>(simd, a, b, to, &place),
                    2 => tile::<S, 2, 2>(simd, a, b, to, &place),
                    3 => tile::<S, 3, 2>(simd, a, b, to, &place),
                    4 => tile::<S, 4, 2>(simd, a, b, to, &place),
                    5 => tile::<S, 5, 2>(simd, a, b, to, &place),
                    _ => tile::<S, 6, 2>(simd, a, b, to, &place),
                }
            } else {
                match rows {
                    1 => tile::<S, 1, 1>(simd, a, b, to, &place),
                    2 => tile::<S, 2, 1>(simd, a, b, to, &place),
                    3 => tile::<S, 3, 1>(simd, a, b, to, &place),
                    4 => tile::<S, 4, 1>(simd, a, b, to, &place),
                    5 => tile::<S, 5, 1>(simd, a, b, to, &place),
                    _ => tile::<S, 6, 1>(simd, a, b, to, &place),
                }
            }
        }
    }
}

/// Where a tile lies in the result.
struct Place {
    /// Distance of rows.
    step: usize,
    /// Columns that the result has of it.
    columns: usize,
    /// Whether nothing was summed before.
    fresh: bool,
}

/// `M` rows of `V` registers.
#[inline(always)]
fn tile<S: Simd, const M: usize, const V: usize>(
    simd: S,
    a: &[f32],
    b: &[f32],
    to: &mut [f32],
    place: &Place,
) {
    let (width, columns) = (V * S::F32_LANES, place.columns);
    let mut sums = [[simd.splat_f32s(0.0); V]; M];
    if !place.fresh {
        for (row, sums) in sums.iter_mut().enumerate() {
            let mut line = [0.0_f32; WIDEST];
            let from = &to[row * place.step..][..columns];
            let from = if columns == width {
                from
            } else {
                line[..columns].copy_from_slice(from);
                &line[..width]
            };
            let (registers, _) = S::as_simd_f32s(from);
            sums.iter_mut().zip(registers).for_each(|(sum, register)| *sum = *register);
        }
    }
    let (a, _) = a.as_chunks::<ROWS>();
    let (b, _) = S::as_simd_f32s(b).0.as_chunks::<2>();
    for (a, b) in a.iter().zip(b) {
        for row in 0..M {
            let factor = simd.splat_f32s(a[row]);
            for register in 0..V {
                // Fused wherever the processor can.
                sums[row][register] = simd.mul_add_e_f32s(factor, b[register], sums[row][register]);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let line = &mut to[row * place.step..][..columns];
        if columns == width {
            let (registers, _) = S::as_mut_simd_f32s(line);
            registers.iter_mut().zip(sums).for_each(|(register, sum)| *register = *sum);
        } else {
            let mut whole = [0.0_f32; WIDEST];
            let (registers, _) = S::as_mut_simd_f32s(&mut whole[..width]);
            registers.iter_mut().zip(sums).for_each(|(register, sum)| *register = *sum);
            line.copy_from_slice(&whole[..columns]);
        }
    }
}
