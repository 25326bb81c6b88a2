//! What attributes say of functions of one number, and those functions in double precision.

use candle_core::cpu::erf::erf_f64;

use crate::{
    net::ops::Map,
    run::{Fault, call::Call},
};

/// Constants of the self-normalising unit.
const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_GAMMA: f32 = 1.050_701;

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
    pub(super) fn exact(&self, map: Map, x: f64) -> f64 {
        let Self { alpha, beta, gamma } = *self;
        let rise = |x: f64| (x * alpha + beta).clamp(0.0, 1.0);
        let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        match map {
            Map::Absolute => x.abs(),
            Map::Ceiling => x.ceil(),
            Map::Clip if x < alpha && alpha <= beta => alpha,
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
pub(super) const GELU: [f64; 2] = [0.797_884_560_802_865_4, 0.044_715];
