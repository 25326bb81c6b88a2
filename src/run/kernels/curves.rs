//! Functions of one number in single precision, as loops with wide instructions are made of.

use super::settings::{GELU, Settings};
use crate::{
    net::ops::Map,
    run::lanes::{error_function, exponential, sigmoid, tangent},
};

/// The numbers of a function, in single precision.
type Numbers = [f32; 3];

/// What is done with a function of one number. It is always one by name, since what is not inlined into a loop uses
/// none of the wide instructions, and closures need not be.
pub(super) trait Visit {
    type Output;

    fn visit(self, numbers: Numbers, function: impl Fn(Numbers, f32) -> f32) -> Self::Output;
}

/// Hands on a function.
#[inline(always)]
pub(super) fn in_single<V: Visit>(map: Map, settings: Settings, to: V) -> V::Output {
    let Settings { alpha, beta, gamma } = settings;
    let numbers = [alpha as f32, beta as f32, gamma as f32];
    match map {
        Map::Absolute => to.visit(numbers, absolute),
        Map::Clip => to.visit(numbers, clip),
        Map::Elu | Map::Celu | Map::Selu => to.visit(numbers, linear_unit),
        Map::ErrorFunction => to.visit(numbers, of_errors),
        Map::Exponential => to.visit(numbers, power),
        Map::Gelu => to.visit(numbers, gelu),
        Map::GeluByTangent => to.visit(numbers, gelu_by_tangent),
        Map::HardSigmoid => to.visit(numbers, rise),
        Map::HardSwish => to.visit(numbers, hard_swish),
        Map::LeakyRelu => to.visit(numbers, leaky),
        Map::Negative => to.visit(numbers, negative),
        Map::Reciprocal => to.visit(numbers, reciprocal),
        Map::Relu => to.visit(numbers, relu),
        Map::Sigmoid => to.visit(numbers, share),
        Map::SquareRoot => to.visit(numbers, root),
        Map::Swish | Map::QuickGelu => to.visit(numbers, swish),
        Map::Tangent => to.visit(numbers, hyperbolic),
        _ => to.visit(numbers, |_, x| settings.exact(map, f64::from(x)) as f32),
    }
}

#[inline(always)]
fn absolute(_: Numbers, x: f32) -> f32 {
    x.abs()
}

/// A bound that is not a number bounds nothing, and what is not a number stays so.
#[inline(always)]
fn clip([low, high, _]: Numbers, x: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

#[inline(always)]
fn linear_unit([alpha, beta, gamma]: Numbers, x: f32) -> f32 {
    if x > 0.0 { gamma * x } else { gamma * alpha * (exponential(x * beta) - 1.0) }
}

#[inline(always)]
fn of_errors(_: Numbers, x: f32) -> f32 {
    error_function(x)
}

#[inline(always)]
fn power(_: Numbers, x: f32) -> f32 {
    exponential(x)
}

#[inline(always)]
fn gelu(_: Numbers, x: f32) -> f32 {
    0.5 * x * (1.0 + error_function(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[inline(always)]
fn gelu_by_tangent(_: Numbers, x: f32) -> f32 {
    let [factor, cube] = [GELU[0] as f32, GELU[1] as f32];
    0.5 * x * (1.0 + tangent(factor * (x + cube * x * x * x)))
}

#[inline(always)]
fn rise([alpha, beta, _]: Numbers, x: f32) -> f32 {
    (x * alpha + beta).clamp(0.0, 1.0)
}

#[inline(always)]
fn hard_swish(numbers: Numbers, x: f32) -> f32 {
    x * rise(numbers, x)
}

#[inline(always)]
fn leaky([alpha, ..]: Numbers, x: f32) -> f32 {
    if x < 0.0 { alpha * x } else { x }
}

#[inline(always)]
fn negative(_: Numbers, x: f32) -> f32 {
    -x
}

#[inline(always)]
fn reciprocal(_: Numbers, x: f32) -> f32 {
    1.0 / x
}

#[inline(always)]
fn relu(_: Numbers, x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn share(_: Numbers, x: f32) -> f32 {
    sigmoid(x)
}

#[inline(always)]
fn root(_: Numbers, x: f32) -> f32 {
    x.sqrt()
}

#[inline(always)]
fn swish([alpha, ..]: Numbers, x: f32) -> f32 {
    x * sigmoid(alpha * x)
}

#[inline(always)]
fn hyperbolic(_: Numbers, x: f32) -> f32 {
    tangent(x)
}
