//! Convolutions in which every channel has a kernel of its own: too little work for a matrix product.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{columns::single, lanes::wide, window::Window};

/// `[b, c, h, w]` with kernels `[c, 1, kh, kw]`.
pub(super) struct Depthwise(pub(super) Window);

/// Derivatives of the map, from those of the result and the kernels.
struct OfMap(Window);

/// Derivatives of the kernels, from those of the result and the map.
struct OfKernels(Window);

/// A stretch of one row of results, and the stretch of positions that it reads with one place of the kernel.
struct Stretch {
    result: usize,
    position: usize,
    length: usize,
    tap: usize,
}

/// All stretches of one channel, in the order of the results.
fn stretches(window: &Window) -> Vec<Stretch> {
    let Window { rows, columns } = window;
    let mut found = Vec::new();
    for (row, row_tap) in (0..rows.count).flat_map(|row| (0..rows.kernel).map(move |tap| (row, tap))) {
        let Some(line) = rows.position(row, row_tap) else { continue };
        for tap in 0..columns.kernel {
            let inside = columns.inside(tap);
            let Some(first) = columns.position(inside.start, tap).filter(|_| !inside.is_empty()) else {
                continue;
            };
            found.push(Stretch {
                result: row * columns.count + inside.start,
                position: line * columns.extent + first,
                length: inside.len(),
                tap: row_tap * columns.kernel + tap,
            });
        }
    }
    found
}

/// Adds what each stretch has on one side, times its place in the kernel, to the other side; either has steps, and
/// a place at which a stretch begins.
fn added(
    stretches: &[Stretch],
    kernel: &[f32],
    (to, to_step, to_place): (&mut [f32], usize, fn(&Stretch) -> usize),
    (from, from_step, from_place): (&[f32], usize, fn(&Stretch) -> usize),
) {
    wide(|| {
        for it in stretches {
            let to = to[to_place(it)..].iter_mut().step_by(to_step).take(it.length);
            for (to, from) in to.zip(from[from_place(it)..].iter().step_by(from_step)) {
                *to += kernel[it.tap] * from;
            }
        }
    });
}

impl CustomOp2 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(
        &self,
        map: &CpuStorage,
        of: &Layout,
        kernels: &CpuStorage,
        shape: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (window, step) = (&self.0, self.0.columns.stride);
        let stretches = stretches(window);
        let (samples, channels, ..) = of.shape().dims4()?;
        let (map, kernels) = (single(map, of)?, single(kernels, shape)?);
        let mut made = vec![0_f32; samples * channels * window.count()];
        let maps = map.par_chunks(window.positions().max(1));
        made.par_chunks_mut(window.count().max(1)).zip(maps).enumerate().for_each(|(at, (made, map))| {
            let kernel = &kernels[at % channels * window.kernel()..][..window.kernel()];
            added(&stretches, kernel, (made, 1, |it| it.result), (map, step, |it| it.position));
        });
        let shape = Shape::from((samples, channels, window.rows.count, window.columns.count));
        Ok((CpuStorage::F32(made), shape))
    }

    fn bwd(
        &self,
        map: &Tensor,
        kernels: &Tensor,
        _: &Tensor,
        derivatives: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let derivatives = derivatives.contiguous()?;
        let of_map = derivatives.apply_op2_no_bwd(&kernels.contiguous()?, &OfMap(self.0))?;
        let of_kernels = derivatives.apply_op2_no_bwd(&map.contiguous()?, &OfKernels(self.0))?;
        Ok((Some(of_map), Some(of_kernels.reshape(kernels.shape())?)))
    }
}

impl CustomOp2 for OfMap {
    fn name(&self) -> &'static str {
        "depthwise-map"
    }

    fn cpu_fwd(
        &self,
        derivatives: &CpuStorage,
        of: &Layout,
        kernels: &CpuStorage,
        shape: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (window, step) = (&self.0, self.0.columns.stride);
        let stretches = stretches(window);
        let (samples, channels, ..) = of.shape().dims4()?;
        let (derivatives, kernels) = (single(derivatives, of)?, single(kernels, shape)?);
        let mut made = vec![0_f32; samples * channels * window.positions()];
        let results = derivatives.par_chunks(window.count().max(1));
        made.par_chunks_mut(window.positions().max(1)).zip(results).enumerate().for_each(
            |(at, (made, from))| {
                let kernel = &kernels[at % channels * window.kernel()..][..window.kernel()];
                added(&stretches, kernel, (made, step, |it| it.position), (from, 1, |it| it.result));
            },
        );
        let shape = Shape::from((samples, channels, window.rows.extent, window.columns.extent));
        Ok((CpuStorage::F32(made), shape))
    }
}

impl CustomOp2 for OfKernels {
    fn name(&self) -> &'static str {
        "depthwise-kernels"
    }

    fn cpu_fwd(
        &self,
        derivatives: &CpuStorage,
        of: &Layout,
        map: &CpuStorage,
        shape: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (window, step) = (&self.0, self.0.columns.stride);
        let stretches = stretches(window);
        let (samples, channels, ..) = of.shape().dims4()?;
        let (derivatives, map) = (single(derivatives, of)?, single(map, shape)?);
        let mut made = vec![0_f32; channels * window.kernel()];
        made.par_chunks_mut(window.kernel().max(1)).enumerate().for_each(|(channel, made)| {
            for at in (0..samples).map(|sample| sample * channels + channel) {
                let from = &derivatives[at * window.count()..][..window.count()];
                let map = &map[at * window.positions()..][..window.positions()];
                wide(|| {
                    for it in &stretches {
                        let read = map[it.position..].iter().step_by(step);
                        let products = read.zip(&from[it.result..it.result + it.length]).map(|(a, b)| a * b);
                        made[it.tap] += products.sum::<f32>();
                    }
                });
            }
        });
        Ok((CpuStorage::F32(made), Shape::from((channels, window.kernel()))))
    }
}
