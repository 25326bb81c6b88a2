//! Loops with the widest instructions that the processor has, and functions that such loops can be made of:
//! no branches and no calls, a few units in the last place of single precision.

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs a loop, compiled once for each kind of processor.
pub(super) fn wide<R>(body: impl FnOnce() -> R) -> R {
    ARCH.dispatch(body)
}

/// Runs what names its registers itself.
pub(super) fn with<W: WithSimd>(body: W) -> W::Output {
    ARCH.dispatch(body)
}

/// Numbers of single precision in one register.
pub(super) fn count() -> usize {
    struct Count;
    impl WithSimd for Count {
        type Output = usize;

        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    ARCH.dispatch(Count)
}

/// A polynomial, from the constant term on.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, terms: [f32; N]) -> f32 {
    let mut sum = terms[N - 1];
    for at in (0..N - 1).rev() {
        sum = sum.mul_add(x, terms[at]);
    }
    sum
}

/// `e^x` as a polynomial and a power of two, where that is a normal number; others are taken to the next such.
#[inline(always)]
fn parts(x: f32, [low, high]: [f32; 2]) -> (f32, i32) {
    /// Adding and taking away again rounds to whole numbers, which its last bits are then.
    const ROUNDS: f32 = 12_582_912.0;
    /// `ln 2` in two parts, of which products of the first with small whole numbers are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const TERMS: [f32; 7] = [1.0, 1.0, 0.5, 0.166_664_05, 0.041_666_06, 0.008_375_971, 0.001_395_740_4];
    let bounded = x.clamp(low, high);
    let shifted = bounded * std::f32::consts::LOG2_E + ROUNDS;
    let power = shifted - ROUNDS;
    let left = bounded - power * LN_2[0] - power * LN_2[1];
    (polynomial(left, TERMS), shifted.to_bits().wrapping_sub(ROUNDS.to_bits()).cast_signed())
}

#[inline(always)]
fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits((exponent.wrapping_add(127) << 23).cast_unsigned())
}

/// `e^x`: a power of two, and a polynomial of what is left, at most `ln 2 / 2`.
#[inline(always)]
pub(super) fn exponential(x: f32) -> f32 {
    let (rest, power) = parts(x, [-87.0, 88.7]);
    // In two steps, since 2^128 is no number of single precision.
    let half = power >> 1;
    let result = rest * power_of_two(half) * power_of_two(power.wrapping_sub(half));
    let bounded = if x > 88.72 { f32::INFINITY } else { result };
    if x < -87.0 { 0.0 } else { bounded }
}

/// `e^x` where it is added to one, or to something larger.
#[inline(always)]
fn added(x: f32) -> f32 {
    let (rest, power) = parts(x, [-87.0, 87.0]);
    rest * power_of_two(power)
}

/// `e^x` of what is not above zero.
#[inline(always)]
pub(super) fn decay(x: f32) -> f32 {
    if x < -87.0 { 0.0 } else { added(x) }
}

#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    let share = 1.0 / (1.0 + added(-x));
    if x < -87.0 { 0.0 } else { share }
}

#[inline(always)]
pub(super) fn tangent(x: f32) -> f32 {
    const TERMS: [f32; 6] =
        [-0.333_333_34, 0.133_333_01, -0.053_958_785, 0.021_764_755, -0.008_329_608_5, 0.002_275_911];
    let square = x * x;
    let near = x + x * square * polynomial(square, TERMS);
    let far = (1.0 - 2.0 / (added(2.0 * x.abs()) + 1.0)).copysign(x);
    if square < 0.36 { near } else { far }
}

/// The error function: a polynomial near zero, and elsewhere what is left to one as `e^(-x^2)` times another.
#[inline(always)]
pub(super) fn error_function(x: f32) -> f32 {
    const NEAR: [f32; 8] = [
        std::f32::consts::FRAC_2_SQRT_PI,
        -0.376_126_38,
        0.112_837_83,
        -0.026_865_445,
        0.005_221_075,
        -8.484_711e-4,
        1.127_054_5e-4,
        -9.680_138e-6,
    ];
    const FAR: [f32; 9] = [
        0.282_083_24,
        0.282_407_97,
        0.243_190_2,
        0.200_087_1,
        -0.011_616_002,
        0.235_719_22,
        -0.422_242_73,
        0.232_621_3,
        -0.042_072_624,
    ];
    let square = x * x;
    let near = x * polynomial(square, NEAR);
    let nearness = 1.0 / (1.0 + 0.5 * x.abs());
    let rest = nearness * polynomial(nearness, FAR) * added(-square);
    let far = (1.0 - rest).copysign(x);
    if square < 1.0 { near } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(own: fn(f32) -> f32, right: fn(f64) -> f64, scale: fn(f64) -> f64) -> f64 {
        let points = (-40_000..=40_000).map(|at| at as f32 * 1e-3);
        points.fold(0.0, |worst, x| {
            let right = right(f64::from(x));
            worst.max((f64::from(own(x)) - right).abs() / scale(right))
        })
    }

    #[test]
    fn functions_are_right_in_single_precision() {
        assert!(worst(exponential, f64::exp, |right| right) < 3e-7);
        assert!(worst(tangent, f64::tanh, |right| right.abs().max(1e-9)) < 3e-7);
        assert!(worst(error_function, candle_core::cpu::erf::erf_f64, |right| right.abs().max(1e-9)) < 3e-7);
        assert!(worst(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), |_| 1.0) < 2e-7);
    }

    #[test]
    fn ends_are_what_they_should_be() {
        assert_eq!([f32::NEG_INFINITY, -200.0, 0.0, 200.0].map(exponential), [0.0, 0.0, 1.0, f32::INFINITY]);
        assert_eq!([f32::NEG_INFINITY, -9.0, 0.0, 200.0].map(error_function), [-1.0, -1.0, 0.0, 1.0]);
        assert_eq!([f32::NEG_INFINITY, 0.0, 200.0].map(tangent), [-1.0, 0.0, 1.0]);
        assert_eq!([f32::NEG_INFINITY, 0.0, 200.0].map(sigmoid), [0.0, 0.5, 1.0]);
        assert_eq!([f32::NEG_INFINITY, -200.0, 0.0].map(decay), [0.0, 0.0, 1.0]);
        for function in [exponential, decay, error_function, tangent, sigmoid] {
            assert!(function(f32::NAN).is_nan());
        }
    }
}
