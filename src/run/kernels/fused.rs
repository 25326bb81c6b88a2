//! Operators that onnxruntime makes of several.

use candle_core::Tensor;

use super::{convolve, elementwise::of_floats, linear};
use crate::{
    net::ops::Map,
    run::{
        Fault,
        call::{Call, Results},
    },
};

/// A convolution, a sum with the fourth operand, and an activation.
pub(super) fn convolution(call: &Call<'_>) -> Results {
    let made = convolve::convolved(call, call.tensor(0)?, convolve::kernels(call)?, call.optional(2)?)?;
    let made = match call.optional(3)? {
        Some(other) => super::pairs::sum(call, &made, other)?,
        None => made,
    };
    if call.node.attributes.contains_key("activation_params") {
        return Err(Fault::unsupported("an activation with settings"));
    }
    call.made(activated(call, &made)?)
}

pub(super) fn gemm(call: &Call<'_>) -> Results {
    let unlike = ["activation_alpha", "activation_beta", "activation_gamma"];
    if unlike.iter().any(|name| call.node.attributes.contains_key(*name)) {
        return Err(Fault::unsupported("an activation with settings"));
    }
    call.made(activated(call, &linear::scaled_product(call)?)?)
}

/// A product with a factor, either operand turned round.
pub(super) fn matmul(call: &Call<'_>) -> Results {
    if ["transBatchA", "transBatchB"].iter().any(|name| call.int(name, 0) != 0) {
        return Err(Fault::unsupported("a product with axes of batches turned round"));
    }
    let turned = |at: usize, name: &str| -> Result<Tensor, Fault> {
        let tensor = call.tensor(at)?;
        Ok(if call.int(name, 0) != 0 && tensor.rank() > 1 { tensor.t()? } else { tensor.clone() })
    };
    let product = linear::product(call, &turned(0, "transA")?, &turned(1, "transB")?)?;
    let alpha = call.float("alpha", 1.0);
    call.made(if alpha == 1.0 { product } else { product.affine(alpha, 0.0)? })
}

fn activated(call: &Call<'_>, x: &Tensor) -> Result<Tensor, Fault> {
    let name = call.text("activation");
    if name.is_empty() {
        return Ok(x.clone());
    }
    let unknown = || Fault::unsupported(format!("the activation `{name}`"));
    let map = Map::activation(name.as_bytes()).ok_or_else(unknown)?;
    of_floats(call, map, x)
}
