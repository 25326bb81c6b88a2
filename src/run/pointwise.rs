//! Element by element on the host, in loops of our own: candle hands large tensors to a pool of threads that
//! wait busily, one caller at a time, and has no wide exponential. There are no derivatives here.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use pulp::{Simd, WithSimd};

use super::lanes;

/// A function of every element, in single and in double precision.
struct Each<F, G> {
    numbers: [f32; 3],
    single: F,
    double: G,
}

/// A function of two elements, broadcast, in single and in double precision.
struct Both<F, G> {
    single: F,
    double: G,
}

/// Applies a function to every element; in single precision it has some numbers of its own.
pub(super) fn each(
    x: &Tensor,
    numbers: [f32; 3],
    single: impl Fn([f32; 3], f32) -> f32,
    double: impl Fn(f64) -> f64,
) -> Result<Tensor> {
    x.contiguous()?.apply_op1_no_bwd(&Each { numbers, single, double })
}

/// Applies a function to two tensors, broadcast to this shape.
pub(super) fn both(
    (a, b): (&Tensor, &Tensor),
    shape: &[usize],
    single: impl Fn(f32, f32) -> f32,
    double: impl Fn(f64, f64) -> f64,
) -> Result<Tensor> {
    a.broadcast_as(shape)?.apply_op2_no_bwd(&b.broadcast_as(shape)?, &Both { single, double })
}

/// A loop over neighbouring elements.
struct Over<'o, F> {
    each: &'o F,
    numbers: [f32; 3],
    values: &'o [f32],
    made: &'o mut [f32],
}

impl<F: Fn([f32; 3], f32) -> f32> WithSimd for Over<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (made, value) in self.made.iter_mut().zip(self.values) {
            *made = (self.each)(self.numbers, *value);
        }
    }
}

impl<F: Fn([f32; 3], f32) -> f32, G: Fn(f64) -> f64> CustomOp1 for Each<F, G> {
    fn name(&self) -> &'static str {
        "each"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((first, end)) = layout.contiguous_offsets() else { bail!("elements that are not in a row") };
        let made = match storage {
            CpuStorage::F32(values) => {
                let values = &values[first..end];
                let mut made = vec![0.0; values.len()];
                lanes::with(Over { each: &self.single, numbers: self.numbers, values, made: &mut made });
                CpuStorage::F32(made)
            }
            CpuStorage::F64(values) => {
                CpuStorage::F64(values[first..end].iter().map(|value| (self.double)(*value)).collect())
            }
            _ => bail!("elements of another type"),
        };
        Ok((made, layout.shape().clone()))
    }
}

/// Two tensors with steps of their own.
struct Joined<'j, F> {
    runs: &'j Runs,
    a: &'j [f32],
    b: &'j [f32],
    join: &'j F,
}

impl<F: Fn(f32, f32) -> f32> WithSimd for Joined<'_, F> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        self.runs.joined(self.a, self.b, self.join)
    }
}

impl<F: Fn(f32, f32) -> f32, G: Fn(f64, f64) -> f64> CustomOp2 for Both<F, G> {
    fn name(&self) -> &'static str {
        "both"
    }

    fn cpu_fwd(
        &self,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let runs = Runs::of(a_layout, b_layout);
        let made = match (a, b) {
            (CpuStorage::F32(a), CpuStorage::F32(b)) => {
                CpuStorage::F32(lanes::with(Joined { runs: &runs, a, b, join: &self.single }))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b)) => CpuStorage::F64(runs.joined(a, b, &self.double)),
            _ => bail!("elements of different types"),
        };
        Ok((made, a_layout.shape().clone()))
    }
}

/// Two tensors of one shape as runs in which each goes on by a step of its own.
struct Runs {
    /// Extents of the axes outside of a run, and the steps of both tensors along them.
    outer: Vec<(usize, [usize; 2])>,
    first: [usize; 2],
    length: usize,
    steps: [usize; 2],
}

impl Runs {
    fn of(a: &Layout, b: &Layout) -> Self {
        let axes = a.dims().iter().zip(a.stride().iter().zip(b.stride()));
        let mut outer: Vec<(usize, [usize; 2])> = Vec::new();
        for (extent, (a, b)) in axes.filter(|(extent, _)| **extent != 1) {
            let steps = [*a, *b];
            // An axis goes on where the one before it ends: both are one.
            match outer.last_mut() {
                Some((before, wider)) if [0, 1].iter().all(|at| wider[*at] == steps[*at] * extent) => {
                    (*before, *wider) = (*before * extent, steps);
                }
                _ => outer.push((*extent, steps)),
            }
        }
        let (length, steps) = outer.pop().unwrap_or((1, [1, 1]));
        Self { outer, first: [a.start_offset(), b.start_offset()], length, steps }
    }

    #[inline(always)]
    fn joined<T: Copy + Default>(&self, a: &[T], b: &[T], join: &impl Fn(T, T) -> T) -> Vec<T> {
        let count: usize = self.outer.iter().map(|(extent, _)| extent).product();
        let mut made = vec![T::default(); count * self.length];
        let mut index = vec![0; self.outer.len()];
        let [mut at_a, mut at_b] = self.first;
        for made in made.chunks_exact_mut(self.length.max(1)) {
            let (a, b) = (&a[at_a..], &b[at_b..]);
            match self.steps {
                [1, 1] => {
                    for ((made, a), b) in made.iter_mut().zip(a).zip(b) {
                        *made = join(*a, *b);
                    }
                }
                [1, 0] => {
                    let b = b[0];
                    for (made, a) in made.iter_mut().zip(a) {
                        *made = join(*a, b);
                    }
                }
                [0, 1] => {
                    let a = a[0];
                    for (made, b) in made.iter_mut().zip(b) {
                        *made = join(a, *b);
                    }
                }
                [step_a, step_b] => {
                    for (at, made) in made.iter_mut().enumerate() {
                        *made = join(a[at * step_a], b[at * step_b]);
                    }
                }
            }
            for (axis, (extent, steps)) in self.outer.iter().enumerate().rev() {
                index[axis] += 1;
                (at_a, at_b) = (at_a + steps[0], at_b + steps[1]);
                if index[axis] < *extent {
                    break;
                }
                index[axis] = 0;
                (at_a, at_b) = (at_a - extent * steps[0], at_b - extent * steps[1]);
            }
        }
        made
    }
}
