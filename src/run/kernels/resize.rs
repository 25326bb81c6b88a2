//! Maps of another size: along each axis a matrix product with the weights of the old positions.

use super::linear::product;
use crate::run::{
    Fault, Floats,
    call::{Call, Results, axis, extents},
};

/// How one axis changes.
struct Change {
    axis: usize,
    extent: usize,
    count: usize,
    /// New extent over old one, as stated.
    scale: f64,
}

pub(super) fn resize(call: &Call<'_>) -> Results {
    let floats = call.floats(0)?;
    if call.int("antialias", 0) != 0 || !matches!(call.text("keep_aspect_ratio_policy"), "" | "stretch") {
        return Err(Fault::unsupported("a resize with antialias, or that keeps the ratio"));
    }
    let mut map = floats.tensor.clone();
    for change in changes(call, map.dims())? {
        let Change { axis, extent, count, .. } = change;
        let mut shape = map.dims().to_vec();
        shape[axis] = count;
        call.claim(&shape)?;
        call.claim(&[extent, count])?;
        let weights = Floats::of(weights(call, &change)?, &[extent, count], floats.dtype, call.device)?;
        let last = map.rank() - 1;
        map = if axis == last {
            product(call, &map, &weights.tensor)?
        } else {
            let turned = map.transpose(axis, last)?.contiguous()?;
            product(call, &turned, &weights.tensor)?.transpose(axis, last)?.contiguous()?
        };
    }
    call.made(map)
}

/// Before version 11 there was one rule for positions, and no region of interest.
fn is_old(call: &Call<'_>) -> bool {
    call.version < 11
}

/// The axes that change; sizes win over scales.
fn changes(call: &Call<'_>, shape: &[usize]) -> Result<Vec<Change>, Fault> {
    // The region of interest stands between, from version 11 on.
    let scales = call.get(if is_old(call) { 1 } else { 2 }).filter(|value| value.elements() > 0);
    let scales = scales.map(crate::run::Value::numbers).transpose()?;
    let sizes = call.integers(3)?.filter(|sizes| !sizes.is_empty()).map(extents).transpose()?;
    let over: Vec<usize> = match call.ints("axes") {
        Some(stated) => stated.iter().map(|stated| axis(*stated, shape.len())).collect::<Result<_, _>>()?,
        None => (0..shape.len()).collect(),
    };
    let wanted = sizes.as_ref().map_or(scales.as_ref().map_or(0, Vec::len), Vec::len);
    if wanted != over.len() {
        return Err(Fault::Compute(format!("{wanted} sizes for {} axes", over.len())));
    }
    let change = |(at, axis): (usize, &usize)| {
        let extent = shape[*axis];
        let (count, scale) = match (&sizes, &scales) {
            (Some(sizes), _) => (sizes[at], sizes[at] as f64 / extent.max(1) as f64),
            (None, Some(scales)) => ((extent as f64 * scales[at]).floor().max(0.0) as usize, scales[at]),
            (None, None) => (extent, 1.0),
        };
        Change { axis: *axis, extent, count, scale }
    };
    Ok(over.iter().enumerate().map(change).filter(|it| it.count != it.extent || it.scale != 1.0).collect())
}

/// How much of each old position each new one is: `[old, new]`.
fn weights(call: &Call<'_>, change: &Change) -> Result<Vec<f64>, Fault> {
    let Change { extent, count, .. } = *change;
    let (mode, nearest) = (call.text("mode"), if is_old(call) { "floor" } else { call.text("nearest_mode") });
    let sharpness = call.float("cubic_coeff_a", -0.75);
    let outside = call.int("exclude_outside", 0) != 0;
    if extent == 0 {
        return Err(Fault::Compute("there is nothing to resize".into()));
    }
    let coordinates = if is_old(call) { "asymmetric" } else { call.text("coordinate_transformation_mode") };
    let mut weights = vec![0.0; extent * count];
    for new in 0..count {
        let at = position(coordinates, new, change)?;
        let shares: Vec<(i64, f64)> = match mode {
            "" | "nearest" => vec![(rounded(nearest, at)?, 1.0)],
            "linear" => linear(at),
            "cubic" => cubic(at, sharpness),
            other => return Err(Fault::unsupported(format!("a resize by `{other}`"))),
        };
        let inside = |old: i64| (0..extent as i64).contains(&old);
        let counted: Vec<(i64, f64)> =
            shares.into_iter().filter(|(old, _)| !outside || inside(*old)).collect();
        let all: f64 = if outside { counted.iter().map(|(_, share)| share).sum() } else { 1.0 };
        for (old, share) in counted {
            let old = usize::try_from(old.clamp(0, extent as i64 - 1)).unwrap_or(0);
            weights[old * count + new] += share / all;
        }
    }
    Ok(weights)
}

/// Where a new position lies among the old ones.
fn position(mode: &str, new: usize, change: &Change) -> Result<f64, Fault> {
    let Change { extent, count, scale, .. } = *change;
    let at = new as f64;
    let centre = (at + 0.5) / scale - 0.5;
    Ok(match mode {
        "" | "half_pixel" => centre,
        // The new extent as stated, which need not be whole.
        "align_corners" if count == 1 || extent as f64 * scale == 1.0 => 0.0,
        "align_corners" => at * (extent as f64 - 1.0) / (extent as f64 * scale - 1.0),
        "asymmetric" => at / scale,
        "pytorch_half_pixel" if count == 1 => 0.0,
        "pytorch_half_pixel" => centre,
        "half_pixel_symmetric" => {
            let wanted = extent as f64 * scale;
            let shift = extent as f64 / 2.0 * (1.0 - count as f64 / wanted);
            shift + centre
        }
        other => return Err(Fault::unsupported(format!("positions by `{other}`"))),
    })
}

fn rounded(mode: &str, at: f64) -> Result<i64, Fault> {
    Ok(match mode {
        "" | "round_prefer_floor" => (at - 0.5).ceil(),
        "round_prefer_ceil" => (at + 0.5).floor(),
        "floor" => at.floor(),
        "ceil" => at.ceil(),
        other => return Err(Fault::unsupported(format!("a rounding by `{other}`"))),
    } as i64)
}

fn linear(at: f64) -> Vec<(i64, f64)> {
    let (below, part) = (at.floor(), at - at.floor());
    vec![(below as i64, 1.0 - part), (below as i64 + 1, part)]
}

/// Keys' kernel, over four positions.
fn cubic(at: f64, a: f64) -> Vec<(i64, f64)> {
    let below = at.floor();
    let share = |shift: i64| {
        let distance = (at - (below + shift as f64)).abs();
        let (square, cube) = (distance.powi(2), distance.powi(3));
        let value = match distance {
            ..=1.0 => (a + 2.0) * cube - (a + 3.0) * square + 1.0,
            ..2.0 => a * cube - 5.0 * a * square + 8.0 * a * distance - 4.0 * a,
            _ => 0.0,
        };
        (below as i64 + shift, value)
    };
    (-1..3).map(share).collect()
}
