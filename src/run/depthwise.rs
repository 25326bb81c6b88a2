//! Convolutions in which every channel has a kernel of its own: too little work for a matrix product.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Fault,
    columns::single,
    lanes::{self, wide},
    matrix::{Finish, MOST, Patches},
    products::with,
    window::Window,
};

/// Registers of sums that are taken together.
const REGISTERS: usize = 4;

/// The windows of each channel of `[b, c, h, w]` times its own kernel of `[c, 1, kh, kw]`, without derivatives.
pub(super) fn convolved(
    map: &Tensor,
    kernels: &Tensor,
    window: Window,
    finish: Finish<'_>,
) -> std::result::Result<Tensor, Fault> {
    let (samples, channels, ..) = map.dims4()?;
    let (map, kernels) = (map.contiguous()?, kernels.contiguous()?);
    let (count, positions) = (window.count(), window.positions());
    let mut made = vec![0.0; samples * channels * count];
    let mut patches = Patches::room(&window, 1);
    // What windows of one row read is a row; so all rows are one, with something between them that is not used.
    let line = patches.taps().1;
    let mut sums = vec![
        0.0;
        (line * (window.rows.count.saturating_sub(1)) + window.columns.count)
            .next_multiple_of(MOST)
    ];
    with(&map, |map| {
        with(&kernels, |kernels| {
            for (at, made) in made.chunks_exact_mut(count.max(1)).enumerate() {
                patches.lay(&map[at * positions..][..positions]);
                let kernel = &kernels[at % channels * window.kernel()..][..window.kernel()];
                lanes::with(Sums { patches: &patches, kernel, sums: &mut sums });
                let rows = made.chunks_exact_mut(window.columns.count.max(1)).zip(sums.chunks(line.max(1)));
                rows.for_each(|(made, sums)| made.copy_from_slice(&sums[..made.len()]));
                finish(at, 0, made);
            }
        })
    })??;
    Ok(Tensor::from_vec(made, (samples, channels, window.rows.count, window.columns.count), map.device())?)
}

/// Sums of one channel.
struct Sums<'s> {
    patches: &'s Patches,
    kernel: &'s [f32],
    sums: &'s mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (values, (taps, _)) = (self.patches.values(), self.patches.taps());
        let width = REGISTERS * S::F32_LANES;
        for (at, sums) in self.sums.chunks_exact_mut(width).enumerate() {
            let mut registers = [simd.splat_f32s(0.0); REGISTERS];
            for (tap, factor) in taps.iter().zip(self.kernel) {
                // What is read behind the last window, if there is less, is not used.
                let Some(from) = values.get(tap + at * width..).and_then(|from| from.get(..width)) else {
                    break;
                };
                let factor = simd.splat_f32s(*factor);
                let (from, _) = S::as_simd_f32s(from);
                for (register, from) in registers.iter_mut().zip(from) {
                    *register = simd.mul_add_e_f32s(factor, *from, *register);
                }
            }
            let (to, _) = S::as_mut_simd_f32s(sums);
            to.iter_mut().zip(registers).for_each(|(to, register)| *to = register);
        }
    }
}

/// The same with derivatives.
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

impl Window {
    fn positions(&self) -> usize {
        self.rows.extent * self.columns.extent
    }
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
            wide(|| {
                for it in &stretches {
                    let (to, factor) = (&mut made[it.result..it.result + it.length], kernel[it.tap]);
                    if step == 1 {
                        let from = &map[it.position..it.position + it.length];
                        for (to, from) in to.iter_mut().zip(from) {
                            *to += factor * from;
                        }
                    } else {
                        for (to, from) in to.iter_mut().zip(map[it.position..].iter().step_by(step)) {
                            *to += factor * from;
                        }
                    }
                }
            });
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
                wide(|| {
                    for it in &stretches {
                        let to = made[it.position..].iter_mut().step_by(step);
                        for (to, from) in to.zip(&from[it.result..it.result + it.length]) {
                            *to += kernel[it.tap] * from;
                        }
                    }
                });
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
