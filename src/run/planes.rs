//! What windows make of each channel by itself, without derivatives: too little work for a matrix product.

use candle_core::Tensor;
use pulp::{Simd, WithSimd};

use super::{
    Fault,
    host::with,
    lanes,
    matrix::{Finish, MOST, Patches},
    window::Window,
};

/// Registers of sums that are taken together.
const REGISTERS: usize = 4;

/// What becomes of what a window reads.
#[derive(Clone, Copy)]
pub(super) enum Folded<'f> {
    /// Its sum, with the factors of a kernel for each channel.
    Weighted(&'f [f32]),
    Largest,
}

/// The windows of each channel of `[b, c, h, w]` times its own kernel of `[c, 1, kh, kw]`.
pub(super) fn convolved(
    map: &Tensor,
    kernels: &Tensor,
    window: &Window,
    finish: Finish<'_>,
) -> Result<Tensor, Fault> {
    with(&kernels.contiguous()?, |kernels| folded(map, window, Folded::Weighted(kernels), finish))?
}

/// The windows of each channel of `[b, c, h, w]`, folded.
pub(super) fn folded(
    map: &Tensor,
    window: &Window,
    fold: Folded<'_>,
    finish: Finish<'_>,
) -> Result<Tensor, Fault> {
    let (samples, channels, ..) = map.dims4()?;
    let map = map.contiguous()?;
    let outside = if matches!(fold, Folded::Largest) { f32::NEG_INFINITY } else { 0.0 };
    let (count, positions) = (window.count(), window.positions());
    let mut made = vec![0.0; samples * channels * count];
    let mut patches = Patches::room(window, 1, outside);
    // What windows of one row read is a row; so all rows are one, with something between them that is not used.
    let line = patches.taps().1;
    let mut sums = vec![
        0.0;
        (line * (window.rows.count.saturating_sub(1)) + window.columns.count)
            .next_multiple_of(MOST)
    ];
    with(&map, |map| {
        for (at, made) in made.chunks_exact_mut(count.max(1)).enumerate() {
            patches.lay(&map[at * positions..][..positions]);
            let fold = match fold {
                Folded::Weighted(kernels) => {
                    // Fewer kernels than channels are used over and over.
                    let first = at % channels * window.kernel() % kernels.len().max(1);
                    Folded::Weighted(&kernels[first..][..window.kernel()])
                }
                Folded::Largest => fold,
            };
            lanes::with(Sums { patches: &patches, fold, sums: &mut sums });
            let rows = made.chunks_exact_mut(window.columns.count.max(1)).zip(sums.chunks(line.max(1)));
            rows.for_each(|(made, sums)| made.copy_from_slice(&sums[..made.len()]));
            finish(at, 0, made);
        }
    })?;
    Ok(Tensor::from_vec(made, (samples, channels, window.rows.count, window.columns.count), map.device())?)
}

/// One channel.
struct Sums<'s> {
    patches: &'s Patches,
    fold: Folded<'s>,
    sums: &'s mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { patches, fold, sums } = self;
        match fold {
            Folded::Weighted(kernel) => {
                // Fused wherever the processor can.
                let join =
                    |sum, tap: usize, from| simd.mul_add_e_f32s(simd.splat_f32s(kernel[tap]), from, sum);
                over::<S>(patches, sums, simd.splat_f32s(0.0), join);
            }
            Folded::Largest => {
                let join = |sum, _: usize, from| simd.max_f32s(sum, from);
                over::<S>(patches, sums, simd.splat_f32s(f32::NEG_INFINITY), join);
            }
        }
    }
}

#[inline(always)]
fn over<S: Simd>(
    patches: &Patches,
    sums: &mut [f32],
    start: S::f32s,
    join: impl Fn(S::f32s, usize, S::f32s) -> S::f32s,
) {
    let (values, (taps, _)) = (patches.values(), patches.taps());
    let width = REGISTERS * S::F32_LANES;
    for (at, sums) in sums.chunks_exact_mut(width).enumerate() {
        let mut registers = [start; REGISTERS];
        for (tap, first) in taps.iter().enumerate() {
            // What is read behind the last window is not used; there may be less of it than a register has.
            let from = values.get(first + at * width..).and_then(|from| from.get(..width));
            let Some(from) = from else { break };
            for (register, from) in registers.iter_mut().zip(S::as_simd_f32s(from).0) {
                *register = join(*register, tap, *from);
            }
        }
        let (to, _) = S::as_mut_simd_f32s(sums);
        to.iter_mut().zip(registers).for_each(|(to, register)| *to = register);
    }
}
