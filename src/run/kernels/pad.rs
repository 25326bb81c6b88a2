//! Elements before and behind those along the axes.

use candle_core::Tensor;

use super::gather::picked;
use crate::run::{
    Array, Fault, Floats, Value,
    array::strides,
    call::{Call, Results, axis},
};

/// Where each place of a padded axis is taken from; none where it is filled.
type Sources = Vec<Option<usize>>;

/// The widths are an attribute in old operator sets, operands in new ones. Negative ones cut off.
pub(super) fn pad(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let rank = value.shape().len();
    let widths = call.list("pads", 1)?.unwrap_or_default();
    let over: Vec<usize> = match call.integers(3)? {
        Some(stated) => stated.iter().map(|stated| axis(*stated, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if widths.len() != 2 * over.len() {
        return Err(Fault::Compute(format!("{} widths for {} axes", widths.len(), over.len())));
    }
    let fill = call.number(2)?.unwrap_or_else(|| call.float("value", 0.0));
    let mut result = value.clone();
    for (at, axis) in over.iter().enumerate() {
        let (before, behind) = (widths[at], widths[at + over.len()]);
        if (before, behind) != (0, 0) {
            let mut shape = result.shape().to_vec();
            let extent = shape[*axis];
            let wanted = (extent as i64).saturating_add(before).saturating_add(behind);
            shape[*axis] = usize::try_from(wanted)
                .map_err(|_| Fault::Compute("more is cut off than is there".into()))?;
            call.claim(&shape)?;
            let sources = sources(call.text("mode"), extent, before, shape[*axis])?;
            result = placed(call, &result, *axis, &sources, fill)?;
        }
    }
    Ok(vec![result])
}

fn sources(mode: &str, extent: usize, before: i64, count: usize) -> Result<Sources, Fault> {
    let last = extent as i64 - 1;
    if !matches!(mode, "" | "constant") && extent == 0 {
        return Err(Fault::Compute("there is nothing to repeat".into()));
    }
    let source = |place: i64| -> Result<Option<usize>, Fault> {
        let at = place.saturating_sub(before);
        let at = match mode {
            "" | "constant" => return Ok(usize::try_from(at).ok().filter(|at| *at < extent)),
            "edge" => at.clamp(0, last),
            // As in a mirror that stands on the outermost element.
            "reflect" if last == 0 => 0,
            "reflect" => {
                let around = at.rem_euclid(2 * last);
                around.min(2 * last - around)
            }
            "wrap" => at.rem_euclid(last + 1),
            other => return Err(Fault::unsupported(format!("pads by `{other}`"))),
        };
        Ok(usize::try_from(at).ok())
    };
    (0..count as i64).map(source).collect()
}

fn placed(call: &Call<'_>, value: &Value, axis: usize, sources: &Sources, fill: f64) -> Result<Value, Fault> {
    let extent = value.shape()[axis];
    match value {
        Value::Floats(floats) => {
            let mut row = floats.tensor.dims().to_vec();
            row[axis] = 1;
            // What is filled is taken from one more element, which holds the value.
            let filled = Floats::of(vec![fill], &[1], floats.dtype, call.device)?.tensor.broadcast_as(row)?;
            let longer = Tensor::cat(&[&floats.tensor, &filled.contiguous()?], axis)?;
            let places: Vec<u32> = sources.iter().map(|at| at.unwrap_or(extent) as u32).collect();
            Ok(floats.like(picked(&longer, &Tensor::new(places, call.device)?, axis)?).into())
        }
        Value::Whole(array) => {
            let mut shape = array.shape.clone();
            shape[axis] = sources.len();
            let step = strides(&array.shape)[axis];
            let count: usize = shape.iter().product();
            let element = |at: usize| {
                let (outer, along, inner) = (at / step / sources.len(), at / step % sources.len(), at % step);
                sources[along]
                    .map_or(fill as i64, |from| array.values[(outer * extent + from) * step + inner])
            };
            Ok(Array::new(array.dtype, shape, (0..count).map(element).collect()).into())
        }
    }
}
