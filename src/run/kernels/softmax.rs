//! Probabilities of scores.

use candle_core::{D, Tensor};

use crate::{
    net::ops::Softmax,
    run::{
        Fault,
        call::{Call, Results, axis},
        lines,
    },
};

/// Before this version everything from the axis on was one axis.
pub(super) const OF_ONE_AXIS: i64 = 13;

pub(super) fn softmax(call: &Call<'_>, what: Softmax) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let old = call.version < OF_ONE_AXIS;
    let at = axis(call.int("axis", if old { 1 } else { -1 }), x.rank())?;
    if old {
        let lines: usize = x.dims()[..at].iter().product();
        let flat = x.reshape((lines, x.elem_count() / lines.max(1)))?;
        return call.made(over_last(call, &flat, what)?.reshape(x.dims())?);
    }
    if at + 1 == x.rank() {
        return call.made(over_last(call, x, what)?);
    }
    let last = x.transpose(at, x.rank() - 1)?.contiguous()?;
    call.made(over_last(call, &last, what)?.transpose(at, x.rank() - 1)?)
}

/// Over the last axis.
pub(super) fn over_last(call: &Call<'_>, x: &Tensor, what: Softmax) -> Result<Tensor, Fault> {
    if what == Softmax::Probability && !call.learns && call.device.is_cpu() {
        return Ok(lines::probabilities(x)?);
    }
    if x.elem_count() == 0 {
        return Ok(x.clone());
    }
    let centred = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    let exponentials = centred.exp()?;
    let sum = exponentials.sum_keepdim(D::Minus1)?;
    Ok(match what {
        Softmax::Logarithm => centred.broadcast_sub(&sum.log()?)?,
        Softmax::Probability => exponentials.broadcast_div(&sum)?,
    })
}
