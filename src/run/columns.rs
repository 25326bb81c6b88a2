//! The positions that each window of a map reads, side by side, so that a convolution is one matrix product; and
//! back, for derivatives.

use std::ops::AddAssign;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::window::Window;

/// From `[b, c, h, w]` to `[c k, b n]`: `k` positions of each of `n` windows, zero outside of the map.
pub(super) struct ToColumns(pub(super) Window);

/// From `[c k, b n]` to `[c, b, h, w]`: each position the sum of what the windows say of it.
pub(super) struct FromColumns {
    pub(super) window: Window,
    pub(super) samples: usize,
    pub(super) channels: usize,
}

/// A run of windows that read neighbouring positions with one place of theirs.
struct Run {
    /// Where the first lies among one channel's columns.
    column: usize,
    sample: usize,
    /// Where it reads among one channel's positions of the sample.
    position: usize,
    length: usize,
}

/// Visits all runs of one channel.
fn runs(window: &Window, samples: usize, mut visit: impl FnMut(&Run)) {
    let Window { rows, columns } = window;
    for (row_tap, tap) in (0..rows.kernel).flat_map(|row| (0..columns.kernel).map(move |tap| (row, tap))) {
        let inside = columns.inside(tap);
        let Some(first) = columns.position(inside.start, tap).filter(|_| !inside.is_empty()) else {
            continue;
        };
        for (sample, row) in (0..samples).flat_map(|sample| (0..rows.count).map(move |row| (sample, row))) {
            let Some(line) = rows.position(row, row_tap) else { continue };
            let place = (row_tap * columns.kernel + tap) * samples + sample;
            visit(&Run {
                column: (place * rows.count + row) * columns.count + inside.start,
                sample,
                position: line * columns.extent + first,
                length: inside.len(),
            });
        }
    }
}

impl CustomOp1 for ToColumns {
    fn name(&self) -> &'static str {
        "to-columns"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let window = &self.0;
        let (samples, channels, ..) = layout.shape().dims4()?;
        let extents = (samples, channels);
        let made = match (storage, layout.contiguous_offsets()) {
            (CpuStorage::F32(map), Some((first, end))) => {
                CpuStorage::F32(spread_out(window, extents, &map[first..end]))
            }
            (CpuStorage::F64(map), Some((first, end))) => {
                CpuStorage::F64(spread_out(window, extents, &map[first..end]))
            }
            _ => bail!("windows slide over contiguous maps of floats"),
        };
        Ok((made, Shape::from((channels * window.kernel(), samples * window.count()))))
    }

    fn bwd(&self, map: &Tensor, _: &Tensor, derivatives: &Tensor) -> Result<Option<Tensor>> {
        let (samples, channels, ..) = map.dims4()?;
        let back = FromColumns { window: self.0, samples, channels };
        Ok(Some(derivatives.contiguous()?.apply_op1_no_bwd(&back)?.transpose(0, 1)?.contiguous()?))
    }
}

impl CustomOp1 for FromColumns {
    fn name(&self) -> &'static str {
        "from-columns"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Self { window, samples, channels } = self;
        let made = match (storage, layout.contiguous_offsets()) {
            (CpuStorage::F32(columns), Some((first, end))) => {
                CpuStorage::F32(self.added_up(&columns[first..end]))
            }
            (CpuStorage::F64(columns), Some((first, end))) => {
                CpuStorage::F64(self.added_up(&columns[first..end]))
            }
            _ => bail!("windows are put together of contiguous columns of floats"),
        };
        Ok((made, Shape::from((*channels, *samples, window.rows.extent, window.columns.extent))))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, derivatives: &Tensor) -> Result<Option<Tensor>> {
        let maps = derivatives.transpose(0, 1)?.contiguous()?;
        Ok(Some(maps.apply_op1_no_bwd(&ToColumns(self.window))?))
    }
}

fn spread_out<T: Copy + Default + Send + Sync>(
    window: &Window,
    (samples, channels): (usize, usize),
    map: &[T],
) -> Vec<T> {
    let (positions, step) = (window.rows.extent * window.columns.extent, window.columns.stride);
    let per_channel = window.kernel() * samples * window.count();
    let mut made = vec![T::default(); channels * per_channel];
    made.par_chunks_mut(per_channel.max(1)).enumerate().for_each(|(channel, made)| {
        runs(window, samples, |run| {
            let from = &map[(run.sample * channels + channel) * positions + run.position..];
            let to = &mut made[run.column..run.column + run.length];
            if step == 1 {
                to.copy_from_slice(&from[..run.length]);
            } else {
                to.iter_mut().zip(from.iter().step_by(step)).for_each(|(to, from)| *to = *from);
            }
        });
    });
    made
}

impl FromColumns {
    fn added_up<T: AddAssign + Copy + Default + Send + Sync>(&self, columns: &[T]) -> Vec<T> {
        let Self { window, samples, channels } = self;
        let (positions, step) = (window.rows.extent * window.columns.extent, window.columns.stride);
        let per_channel = window.kernel() * samples * window.count();
        let mut made = vec![T::default(); channels * samples * positions];
        let columns_of = columns.par_chunks(per_channel.max(1));
        made.par_chunks_mut((samples * positions).max(1)).zip(columns_of).for_each(|(made, columns)| {
            runs(window, *samples, |run| {
                let to = made[run.sample * positions + run.position..].iter_mut().step_by(step);
                to.zip(&columns[run.column..run.column + run.length]).for_each(|(to, from)| *to += *from);
            });
        });
        made
    }
}

/// The elements of a contiguous tensor in single precision.
pub(super) fn single<'s>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((first, end))) => Ok(&values[first..end]),
        _ => bail!("windows slide over contiguous maps in single precision"),
    }
}
