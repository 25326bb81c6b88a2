//! One operand, element by element.

use candle_core::Tensor;
use declass_formats::Dtype;

use super::{
    curves::{Visit, in_single},
    derivable,
    settings::Settings,
};
use crate::{
    net::ops::{Map, Test},
    run::{
        Array, Fault, Value,
        call::{Call, Results, host},
        pointwise::each,
    },
};

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
    let map = if call.text("approximate") == "tanh" { map.by_tangent() } else { map };
    let settings = Settings::of(call, map)?;
    Ok(in_single(map, settings, Each { x, map, settings })?)
}

/// Applies a function to every element of a tensor.
struct Each<'x> {
    x: &'x Tensor,
    map: Map,
    settings: Settings,
}

impl Visit for Each<'_> {
    type Output = candle_core::Result<Tensor>;

    fn visit(self, numbers: [f32; 3], function: impl Fn([f32; 3], f32) -> f32) -> Self::Output {
        each(self.x, numbers, function, |value| self.settings.exact(self.map, value))
    }
}

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
