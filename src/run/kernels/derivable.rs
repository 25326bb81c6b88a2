//! Functions of every element by operations that candle has derivatives of, and GPUs.

use candle_core::Tensor;

use super::settings::Settings;
use crate::{
    net::ops::Map,
    run::{Fault, call::Call},
};

pub(super) fn map(call: &Call<'_>, map: Map, x: &Tensor) -> Result<Tensor, Fault> {
    let Settings { alpha, beta, gamma } = Settings::of(call, map)?;
    Ok(match map {
        Map::Absolute => x.abs()?,
        Map::Ceiling => x.ceil()?,
        Map::Clip => x.clamp(alpha, f64::INFINITY)?.clamp(f64::NEG_INFINITY, beta)?,
        Map::Cosine => x.cos()?,
        Map::Elu | Map::Celu | Map::Selu => {
            let curve = (below(x)?.affine(beta, 0.0)?.exp()? - 1.0)?.affine(alpha, 0.0)?;
            (x.relu()? + curve)?.affine(gamma, 0.0)?
        }
        Map::ErrorFunction => x.erf()?,
        Map::Exponential => x.exp()?,
        Map::Floor => x.floor()?,
        Map::Gelu if call.text("approximate") == "tanh" => x.gelu()?,
        Map::Gelu => x.gelu_erf()?,
        Map::GeluByTangent => x.gelu()?,
        Map::HardSigmoid => x.affine(alpha, beta)?.clamp(0.0, 1.0)?,
        Map::HardSwish => (x * x.affine(alpha, beta)?.clamp(0.0, 1.0)?)?,
        Map::LeakyRelu => (x.relu()? + below(x)?.affine(alpha, 0.0)?)?,
        Map::Logarithm => x.log()?,
        Map::Mish => (x * softplus(x)?.tanh()?)?,
        Map::Negative => x.neg()?,
        Map::Reciprocal => x.recip()?,
        Map::Relu => x.relu()?,
        Map::Sigmoid => sigmoid(x)?,
        Map::Sign => x.sign()?,
        Map::Sine => x.sin()?,
        Map::Softplus => softplus(x)?,
        Map::Softsign => (x / (x.abs()? + 1.0)?)?,
        Map::SquareRoot => x.sqrt()?,
        Map::Swish | Map::QuickGelu => (x * sigmoid(&x.affine(alpha, 0.0)?)?)?,
        Map::Tangent => x.tanh()?,
        _ => return Err(Fault::unsupported("it has no derivatives here")),
    })
}

/// `x` where it is negative, else 0.
fn below(x: &Tensor) -> candle_core::Result<Tensor> {
    x.neg()?.relu()?.neg()
}

/// `1 / (1 + exp -x)`, written with a tangent, whose derivative is finite everywhere; that of the exponential is
/// not.
pub(super) fn sigmoid(x: &Tensor) -> candle_core::Result<Tensor> {
    x.affine(0.5, 0.0)?.tanh()?.affine(0.5, 0.5)
}

/// `log (1 + exp x)`, which does not overflow.
fn softplus(x: &Tensor) -> candle_core::Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}
