//! One operand, element by element.

use candle_core::{Tensor, cpu::erf::erf_f64};
use declass_formats::Dtype;

use super::derivable;
use crate::{
    net::ops::{Map, Test},
    run::{
        Array, Fault, Value,
        call::{Call, Results, host},
        lanes::{error_function, exponential, sigmoid, tangent},
        pointwise::each,
    },
};

/// Constants of the self-normalising unit.
const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_GAMMA: f32 = 1.050_701;

pub(super) fn map(call: &Call<'_>, map: Map) -> Results {
    call.claim(call.required(0)?.shape())?;
    match call.required(0)? {
        Value::Whole(array) => host(of_integers(call, map, array)?),
        Value::Floats(floats) => call.made(of_floats(call, map, &floats.tensor)?),
    }
}

/// The sum with a bias, element by element.
pub(super) fn biased(call: &Call<'_>, map: Map) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let sum = match call.optional(1)? {
        Some(bias) => super::pairs::sum(call, x, bias)?,
        None => x.clone(),
    };
    call.made(of_floats(call, map, &sum)?)
}

fn of_integers(call: &Call<'_>, map: Map, array: &Array) -> Result<Array, Fault> {
    Ok(match map {
        Map::Absolute => array.map(i64::wrapping_abs),
        Map::Clip => {
            let bound =
                |at: usize| Ok::<_, Fault>(call.integers(at)?.and_then(|bound| bound.first().copied()));
            let (low, high) = (bound(1)?.unwrap_or(i64::MIN), bound(2)?.unwrap_or(i64::MAX));
            array.map(|value| value.max(low).min(high))
        }
        Map::Complement => array.map(|value| !value),
        Map::Negative => array.map(i64::wrapping_neg),
        Map::Relu => array.map(|value| value.max(0)),
        Map::Sign => array.map(i64::signum),
        _ => {
            return Err(Fault::unsupported(format!(
                "it is not computed for elements of type {}",
                array.dtype.name()
            )));
        }
    })
}

/// A function of every element.
pub(super) fn of_floats(call: &Call<'_>, map: Map, x: &Tensor) -> Result<Tensor, Fault> {
    if call.learns || !call.device.is_cpu() {
        return derivable::map(call, map, x);
    }
    if map == Map::Complement {
        return Err(Fault::unsupported("floats have no bits to turn round"));
    }
    let map = if map == Map::Gelu && call.text("approximate") == "tanh" { Map::GeluByTangent } else { map };
    let settings = Settings::of(call, map)?;
    let double = |value: f64| settings.exact(map, value);
    let Settings { alpha, beta, gamma } = settings;
    let (alpha, beta, gamma) = (alpha as f32, beta as f32, gamma as f32);
    let rise = |x: f32| (x * alpha + beta).clamp(0.0, 1.0);
    Ok(match map {
        Map::Absolute => each(x, f32::abs, double)?,
        // A bound that is not a number bounds nothing, and what is not a number stays so.
        Map::Clip => each(
            x,
            |x| {
                let low = if x < alpha { alpha } else { x };
                if low > beta { beta } else { low }
            },
            double,
        )?,
        Map::Elu | Map::Celu | Map::Selu => each(
            x,
            |x| if x > 0.0 { gamma * x } else { gamma * alpha * (exponential(x * beta) - 1.0) },
            double,
        )?,
        Map::ErrorFunction => each(x, error_function, double)?,
        Map::Exponential => each(x, exponential, double)?,
        Map::Gelu => {
            each(x, |x| 0.5 * x * (1.0 + error_function(x * std::f32::consts::FRAC_1_SQRT_2)), double)?
        }
        Map::GeluByTangent => {
            let [factor, cube] = GELU.map(|number| number as f32);
            each(x, |x| 0.5 * x * (1.0 + tangent(factor * (x + cube * x * x * x))), double)?
        }
        Map::HardSigmoid => each(x, rise, double)?,
        Map::HardSwish => each(x, |x| x * rise(x), double)?,
        Map::LeakyRelu => each(x, |x| if x < 0.0 { alpha * x } else { x }, double)?,
        Map::Negative => each(x, |x| -x, double)?,
        Map::Reciprocal => each(x, |x| 1.0 / x, double)?,
        Map::Relu => each(x, |x| if x < 0.0 { 0.0 } else { x }, double)?,
        Map::Sigmoid => each(x, sigmoid, double)?,
        Map::SquareRoot => each(x, f32::sqrt, double)?,
        Map::Swish | Map::QuickGelu => each(x, |x| x * sigmoid(alpha * x), double)?,
        Map::Tangent => each(x, tangent, double)?,
        _ => each(x, |x| settings.exact(map, f64::from(x)) as f32, double)?,
    })
}

/// Numbers that attributes give a function, or their defaults.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
}

impl Settings {
    pub(super) fn of(call: &Call<'_>, map: Map) -> Result<Self, Fault> {
        let of = |alpha: f32, beta: f64, gamma: f64| Self { alpha: call.float("alpha", alpha), beta, gamma };
        Ok(match map {
            Map::Celu => {
                let Self { alpha, .. } = of(1.0, 1.0, 1.0);
                Self { alpha, beta: 1.0 / alpha, gamma: 1.0 }
            }
            // The bounds are attributes in old operator sets, operands in new ones.
            Map::Clip => {
                let bound = |at: usize, name: &str, open: f32| -> Result<f64, Fault> {
                    Ok(call.number(at)?.unwrap_or_else(|| call.float(name, open)))
                };
                let (low, high) = (bound(1, "min", f32::NEG_INFINITY)?, bound(2, "max", f32::INFINITY)?);
                Self { alpha: low, beta: high, gamma: 0.0 }
            }
            Map::Elu => of(1.0, 1.0, 1.0),
            Map::HardSigmoid => of(0.2, call.float("beta", 0.5), 1.0),
            Map::HardSwish => Self { alpha: 1.0 / 6.0, beta: 0.5, gamma: 1.0 },
            Map::LeakyRelu => of(0.01, 0.0, 0.0),
            Map::QuickGelu => of(1.702, 0.0, 0.0),
            Map::Selu => of(SELU_ALPHA, 1.0, call.float("gamma", SELU_GAMMA)),
            Map::Shrink => {
                Self { alpha: call.float("lambd", 0.5), beta: call.float("bias", 0.0), gamma: 0.0 }
            }
            _ => of(1.0, 0.0, 0.0),
        })
    }

    /// In double precision.
    fn exact(&self, map: Map, x: f64) -> f64 {
        let Self { alpha, beta, gamma } = *self;
        let rise = |x: f64| (x * alpha + beta).clamp(0.0, 1.0);
        let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        match map {
            Map::Absolute => x.abs(),
            Map::Ceiling => x.ceil(),
            Map::Clip if x < alpha && !(alpha > beta) => alpha,
            Map::Clip if x > beta || alpha > beta => beta,
            Map::Clip => x,
            Map::Elu | Map::Celu | Map::Selu if x > 0.0 => gamma * x,
            Map::Elu | Map::Celu | Map::Selu => gamma * alpha * (x * beta).exp_m1(),
            Map::ErrorFunction => erf_f64(x),
            Map::Exponential => x.exp(),
            Map::Floor => x.floor(),
            Map::Gelu => 0.5 * x * (1.0 + erf_f64(x * std::f64::consts::FRAC_1_SQRT_2)),
            Map::GeluByTangent => 0.5 * x * (1.0 + (GELU[0] * (x + GELU[1] * x.powi(3))).tanh()),
            Map::HardSigmoid => rise(x),
            Map::HardSwish => x * rise(x),
            Map::LeakyRelu => {
                if x < 0.0 {
                    alpha * x
                } else {
                    x
                }
            }
            Map::Logarithm => x.ln(),
            Map::Mish => x * softplus(x).tanh(),
            Map::Negative => -x,
            Map::Reciprocal => 1.0 / x,
            Map::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Map::Round => x.round_ties_even(),
            Map::Shrink if x < -alpha => x + beta,
            Map::Shrink if x > alpha => x - beta,
            Map::Shrink => 0.0,
            Map::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Map::Sign if x == 0.0 || x.is_nan() => x,
            Map::Sign => x.signum(),
            Map::Softplus => softplus(x),
            Map::Softsign => x / (x.abs() + 1.0),
            Map::SquareRoot => x.sqrt(),
            Map::Swish | Map::QuickGelu => x / (1.0 + (-alpha * x).exp()),
            Map::Threshold => {
                if x > alpha {
                    x
                } else {
                    0.0
                }
            }
            _ => circular(map, x),
        }
    }
}

/// Functions of angles, and their kin.
fn circular(map: Map, x: f64) -> f64 {
    match map {
        Map::ArcCosine => x.acos(),
        Map::ArcSine => x.asin(),
        Map::ArcTangent => x.atan(),
        Map::AreaCosine => x.acosh(),
        Map::AreaSine => x.asinh(),
        Map::AreaTangent => x.atanh(),
        Map::CircularTangent => x.tan(),
        Map::Cosine => x.cos(),
        Map::HyperbolicCosine => x.cosh(),
        Map::HyperbolicSine => x.sinh(),
        Map::Sine => x.sin(),
        Map::Tangent => x.tanh(),
        _ => f64::NAN,
    }
}

/// `sqrt(2 / pi)`, and the share of the cube.
const GELU: [f64; 2] = [0.797_884_560_802_865_4, 0.044_715];

pub(super) fn parametric_relu(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let below = x.neg()?.relu()?.neg()?;
    call.made((x.relu()? + below.broadcast_mul(call.tensor(1)?)?)?)
}

pub(super) fn not(call: &Call<'_>) -> Results {
    host(call.whole(0)?.map(|value| i64::from(value == 0)))
}

pub(super) fn test(call: &Call<'_>, test: Test) -> Results {
    let value = call.required(0)?;
    call.claim(value.shape())?;
    let (above, below) = (call.int("detect_positive", 1) != 0, call.int("detect_negative", 1) != 0);
    let holds = |number: &f64| match test {
        Test::Infinite => number.is_infinite() && if *number > 0.0 { above } else { below },
        Test::NotANumber => number.is_nan(),
    };
    let values = value.numbers()?.iter().map(|number| i64::from(holds(number))).collect();
    host(Array::new(Dtype::Bool, value.shape().to_vec(), values))
}
