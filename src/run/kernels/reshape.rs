//! The same elements in another shape or order.

use candle_core::Tensor;

use crate::{
    net::{permutation, reshaped},
    run::{
        Fault, Value,
        array::{broadcast, strides},
        call::{Call, Results, axes, axis, extents},
    },
};

pub(super) fn reshape(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let target = call.list("shape", 1)?.unwrap_or_default();
    let shape = reshaped(value.shape(), &target, call.int("allowzero", 0) != 0)?;
    call.claim(&shape)?;
    Ok(vec![value.reshaped(&shape)?])
}

/// Everything before an axis, and everything from it on.
pub(super) fn flatten(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let (shape, stated) = (value.shape(), call.int("axis", 1));
    let rank = shape.len();
    let at = if stated == rank as i64 { rank } else { axis(stated, rank)? };
    Ok(vec![value.reshaped(&[shape[..at].iter().product(), shape[at..].iter().product()])?])
}

/// Without unit axes: those that are named, or all.
pub(super) fn squeeze(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let shape = value.shape();
    let gone = match call.list("axes", 1)? {
        Some(stated) => axes(&stated, shape.len())?,
        None => (0..shape.len()).filter(|at| shape[*at] == 1).collect(),
    };
    if let Some(at) = gone.iter().find(|at| shape[**at] != 1) {
        return Err(Fault::Compute(format!("axis {at} of {shape:?} is not of extent 1")));
    }
    let left: Vec<usize> = (0..shape.len()).filter(|at| !gone.contains(at)).map(|at| shape[at]).collect();
    Ok(vec![value.reshaped(&left)?])
}

pub(super) fn unsqueeze(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let stated = call.list("axes", 1)?.unwrap_or_default();
    let rank = value.shape().len().saturating_add(stated.len());
    let new = axes(&stated, rank)?;
    if new.len() != stated.len() {
        return Err(Fault::Compute(format!("an axis is named twice in {stated:?}")));
    }
    let mut old = value.shape().iter();
    let shape: Vec<usize> =
        (0..rank).map(|at| if new.contains(&at) { 1 } else { old.next().copied().unwrap_or(1) }).collect();
    Ok(vec![value.reshaped(&shape)?])
}

pub(super) fn transpose(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let order = permutation(call.node, value.shape().len())?;
    permuted(call, value, &order)
}

fn permuted(call: &Call<'_>, value: &Value, order: &[usize]) -> Results {
    call.claim(value.shape())?;
    Ok(vec![match value {
        Value::Floats(floats) => {
            let turned = floats.tensor.permute(order)?;
            floats.like(if call.views { turned } else { turned.contiguous()? }).into()
        }
        Value::Whole(array) => {
            let own = strides(&array.shape);
            let (shape, steps) = order.iter().map(|at| (array.shape[*at], own[*at])).unzip();
            array.strided(shape, steps, 0).into()
        }
    }])
}

pub(super) fn expand(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let target = extents(&call.whole(1)?.values)?;
    let shape = broadcast(value.shape(), &target)?;
    call.claim(&shape)?;
    Ok(vec![match value {
        Value::Floats(floats) => {
            floats.like(floats.tensor.broadcast_as(shape.as_slice())?.contiguous()?).into()
        }
        Value::Whole(array) => array.expanded(&shape).into(),
    }])
}

/// Blocks of channels become blocks of positions.
pub(super) fn depth_to_space(call: &Call<'_>) -> Results {
    let (x, block) = (call.tensor(0)?, block(call)?);
    let [n, c, h, w] = four(x)?;
    if c % (block * block) != 0 {
        return Err(Fault::Compute(format!("{c} channels do not make blocks of {block} by {block}")));
    }
    call.claim(x.dims())?;
    let depth = c / (block * block);
    let parts = if call.text("mode") == "CRD" {
        x.reshape(&[n, depth, block, block, h, w][..])?.permute([0, 1, 4, 2, 5, 3])?
    } else {
        x.reshape(&[n, block, block, depth, h, w][..])?.permute([0, 3, 4, 1, 5, 2])?
    };
    call.made(parts.contiguous()?.reshape(&[n, depth, h * block, w * block][..])?)
}

pub(super) fn space_to_depth(call: &Call<'_>) -> Results {
    let (x, block) = (call.tensor(0)?, block(call)?);
    let [n, c, h, w] = four(x)?;
    if h % block != 0 || w % block != 0 {
        return Err(Fault::Compute(format!("{h} by {w} positions do not make blocks of {block} by {block}")));
    }
    call.claim(x.dims())?;
    let (rows, columns) = (h / block, w / block);
    let parts = x.reshape(&[n, c, rows, block, columns, block][..])?.permute([0, 3, 5, 1, 2, 4])?;
    call.made(parts.contiguous()?.reshape(&[n, c * block * block, rows, columns][..])?)
}

fn block(call: &Call<'_>) -> Result<usize, Fault> {
    let stated = usize::try_from(call.int("blocksize", 0)).ok().filter(|block| (1..1 << 16).contains(block));
    stated.ok_or_else(|| Fault::Compute("its block has no size".into()))
}

fn four(x: &Tensor) -> Result<[usize; 4], Fault> {
    x.dims().try_into().map_err(|_| Fault::unsupported(format!("a map of {} axes", x.rank())))
}
