//! Sums, differences and products of tensors, element by element.
//!
//! On the CPU they are loops of our own: candle's wait at a barrier for one spinning thread per core, in every
//! operation, and get slower with every core. Each element is computed on its own, so the number of threads changes no bit
//! of it.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// Elements that one thread works on at least.
const PART: usize = 1 << 15;

/// What the right side has of each row of the left one.
#[derive(Clone, Copy, Debug)]
enum Right {
    /// As many elements.
    Each,
    /// The same row for all.
    Row,
    /// One element for each row.
    Column,
}

struct Zip<F> {
    name: &'static str,
    right: Right,
    combine: F,
}

impl<F: Fn(f32, f32) -> f32 + Sync> CustomOp2 for Zip<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(
        &self,
        left: &CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (left, right) = (elements(left, left_layout)?, elements(right, right_layout)?);
        let width = left_layout.dims().last().copied().unwrap_or(1).max(1);
        let rows = left.len() / width;
        let expected = match self.right {
            Right::Each => left.len(),
            Right::Row => width,
            Right::Column => rows,
        };
        if right.len() != expected {
            bail!("{}: {} elements beside {}", self.name, right.len(), left.len());
        }
        let mut made = vec![0.0; left.len()];
        let at_once = (PART / width).max(1);
        made.par_chunks_mut(at_once * width).zip(left.par_chunks(at_once * width)).enumerate().for_each(
            |(part, (made, left))| {
                let first = part * at_once;
                for (at, (made, left)) in made.chunks_mut(width).zip(left.chunks(width)).enumerate() {
                    self.row(made, left, right, first + at);
                }
            },
        );
        Ok((CpuStorage::F32(made), left_layout.shape().clone()))
    }
}

impl<F: Fn(f32, f32) -> f32> Zip<F> {
    fn row(&self, made: &mut [f32], left: &[f32], right: &[f32], row: usize) {
        let combine = &self.combine;
        let width = left.len();
        let right = match self.right {
            Right::Each => &right[row * width..(row + 1) * width],
            Right::Row => right,
            Right::Column => {
                let value = right[row];
                made.iter_mut().zip(left).for_each(|(made, &x)| *made = combine(x, value));
                return;
            }
        };
        made.iter_mut().zip(left).zip(right).for_each(|((made, &x), &y)| *made = combine(x, y));
    }
}

fn elements<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&values[from..to]),
        _ => bail!("elements of single precision, one after the other, are what is worked on"),
    }
}

fn zip(
    (left, right): (&Tensor, &Tensor),
    name: &'static str,
    place: Right,
    combine: impl Fn(f32, f32) -> f32 + Sync,
    elsewhere: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if !left.device().is_cpu() {
        return elsewhere(left, right);
    }
    left.contiguous()?.apply_op2_no_bwd(&right.contiguous()?, &Zip { name, right: place, combine })
}

/// `left - right`, of one shape.
///
/// # Errors
/// What the device says.
pub fn less(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    zip((left, right), "less", Right::Each, |x, y| x - y, |x, y| x - y)
}

/// `left * right`, of one shape.
///
/// # Errors
/// What the device says.
pub fn times(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    zip((left, right), "times", Right::Each, |x, y| x * y, |x, y| x * y)
}

/// `left + factor right`, of one shape.
///
/// # Errors
/// What the device says.
pub fn plus_scaled(left: &Tensor, right: &Tensor, factor: f64) -> Result<Tensor> {
    let single = factor as f32;
    // Adding 0 makes a negative zero positive, as candle's multiplication by a number does.
    let combine = move |x: f32, y: f32| x + (y * single + 0.0);
    zip((left, right), "plus-scaled", Right::Each, combine, |x, y| x + (y * factor)?)
}

/// Adds a row `[C]` to all rows of `left`, `[n, C]`.
///
/// # Errors
/// What the device says.
pub fn plus_row(left: &Tensor, row: &Tensor) -> Result<Tensor> {
    zip((left, row), "plus-row", Right::Row, |x, y| x + y, Tensor::broadcast_add)
}

/// Multiplies each row of `left`, `[n, C]`, by its element of `column`, `[n, 1]`.
///
/// # Errors
/// What the device says.
pub fn times_column(left: &Tensor, column: &Tensor) -> Result<Tensor> {
    zip((left, column), "times-column", Right::Column, |x, y| x * y, Tensor::broadcast_mul)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::rng::{Purpose, below, stream};

    fn made(rows: usize, width: usize, seed: u64) -> Tensor {
        let mut rng = stream(seed, Purpose::Training, 0);
        let values: Vec<f32> =
            (0..rows * width).map(|_| below(2001, &mut rng) as f32 / 1000.0 - 1.0).collect();
        Tensor::from_vec(values, (rows, width), &Device::Cpu).unwrap()
    }

    fn bits(tensor: &Tensor) -> Vec<u32> {
        tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn every_bit_is_candles_whatever_the_number_of_threads() {
        for (rows, width) in [(3, 5), (400, 331), (1, 70_000)] {
            let (a, b) = (made(rows, width, 1), made(rows, width, 2));
            let (row, column) = (b.get(0).unwrap(), made(rows, 1, 3));
            let own = || {
                [
                    less(&a, &b).unwrap(),
                    times(&a, &b).unwrap(),
                    plus_scaled(&a, &b, -0.1).unwrap(),
                    plus_row(&a, &row).unwrap(),
                    times_column(&a, &column).unwrap(),
                ]
            };
            let candles = [
                (&a - &b).unwrap(),
                (&a * &b).unwrap(),
                (&a + (&b * -0.1).unwrap()).unwrap(),
                a.broadcast_add(&row).unwrap(),
                a.broadcast_mul(&column).unwrap(),
            ];
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                for (own, candle) in pool.install(own).iter().zip(&candles) {
                    assert_eq!(bits(own), bits(candle));
                }
            }
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        let (a, b) = (made(2, 3, 1), made(3, 3, 2));
        assert!(less(&a, &b).is_err() && plus_row(&a, &b).is_err() && times_column(&a, &b).is_err());
    }
}
