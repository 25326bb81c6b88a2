//! Arithmetic of shapes, and constants in another order or reduced.

use declass_formats::onnx::Node;

use super::{
    attributes::ints_attribute,
    constant::{Constant, advance, check_axes, checked_elements},
    problem::{Malformed, Problem, TooLarge},
};

/// The permutation of a `Transpose`; reversed axes unless stated.
pub(crate) fn permutation(node: &Node, rank: usize) -> Result<Vec<usize>, Problem> {
    let Some(stated) = ints_attribute(node, "perm") else {
        return Ok((0..rank).rev().collect());
    };
    let axes: Vec<usize> = stated.iter().filter_map(|axis| usize::try_from(*axis).ok()).collect();
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if stated.len() == rank && sorted.into_iter().eq(0..rank) {
        Ok(axes)
    } else {
        Err(Malformed::Permutation { permutation: stated.to_vec(), rank }.into())
    }
}

pub(super) fn transpose(constant: &Constant, axes: &[usize]) -> Result<Constant, Problem> {
    let shape: Vec<usize> = axes.iter().map(|axis| constant.shape[*axis]).collect();
    let mut strides = vec![1; constant.shape.len()];
    for axis in (1..strides.len()).rev() {
        strides[axis - 1] = usize::saturating_mul(strides[axis], constant.shape[axis]);
    }
    let mut index = vec![0; shape.len()];
    let mut values = Vec::with_capacity(constant.values.len());
    for _ in 0..checked_elements(&shape)? {
        let offset: usize = index.iter().zip(axes).map(|(at, axis)| at * strides[*axis]).sum();
        values.push(constant.values.get(offset).copied().ok_or(Malformed::ShortConstant)?);
        advance(&mut index, &shape);
    }
    Ok(Constant { dtype: constant.dtype, shape, values })
}

/// The shape after `Reshape`: 0 copies the extent at its place, -1 is what remains.
pub(crate) fn reshaped(shape: &[usize], target: &[i64], allow_zero: bool) -> Result<Vec<usize>, Problem> {
    check_axes(shape.len().max(target.len()))?;
    let wrong = || Malformed::Reshape { shape: shape.to_vec(), target: target.to_vec() };
    let elements = checked_product(shape).ok_or_else(wrong)?;
    let mut result = Vec::with_capacity(target.len());
    for (axis, extent) in target.iter().enumerate() {
        result.push(match extent {
            0 if !allow_zero => *shape.get(axis).ok_or_else(wrong)?,
            -1 => 1,
            extent => usize::try_from(*extent).map_err(|_| wrong())?,
        });
    }
    if let Some(axis) = target.iter().position(|extent| *extent == -1) {
        let known = checked_product(&result).filter(|known| *known > 0).ok_or_else(wrong)?;
        result[axis] = elements / known;
    }
    if checked_product(&result) == Some(elements) { Ok(result) } else { Err(wrong().into()) }
}

fn checked_product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent))
}

/// The shape after `Flatten` at an axis.
pub(super) fn flattened(shape: &[usize], axis: i64) -> Result<Vec<usize>, Problem> {
    let axis = axis_index(axis, shape.len())?;
    let (outer, inner) = shape.split_at(axis);
    let product = |part: &[usize]| checked_product(part).ok_or(TooLarge::Shape);
    Ok(vec![product(outer)?, product(inner)?])
}

/// The shape after `Squeeze`; no axes: every unit extent goes.
pub(super) fn squeezed(shape: &[usize], axes: Option<&[i64]>) -> Result<Vec<usize>, Problem> {
    check_axes(shape.len().max(axes.map_or(0, <[i64]>::len)))?;
    let gone: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|axis| axis_index(*axis, shape.len())).collect::<Result<_, _>>()?,
        None => (0..shape.len()).filter(|axis| shape[*axis] == 1).collect(),
    };
    if gone.iter().any(|axis| shape.get(*axis) != Some(&1)) {
        return Err(Malformed::Squeeze { shape: shape.to_vec(), axes: gone }.into());
    }
    Ok((0..shape.len()).filter(|axis| !gone.contains(axis)).map(|axis| shape[axis]).collect())
}

/// The shape after `Unsqueeze`.
pub(super) fn unsqueezed(shape: &[usize], axes: &[i64]) -> Result<Vec<usize>, Problem> {
    let rank = shape.len() + axes.len();
    check_axes(rank)?;
    let added: Vec<usize> = axes.iter().map(|axis| axis_index(*axis, rank)).collect::<Result<_, _>>()?;
    let mut rest = shape.iter().copied();
    let result: Option<Vec<usize>> =
        (0..rank).map(|axis| if added.contains(&axis) { Some(1) } else { rest.next() }).collect();
    result.ok_or_else(|| Malformed::Unsqueeze { shape: shape.to_vec(), axes: axes.to_vec() }.into())
}

/// Euclidean norms along the axes (all of them unless stated).
pub(super) fn reduce_l2(constant: &Constant, axes: Option<&[i64]>, keep: bool) -> Result<Constant, Problem> {
    let rank = constant.shape.len();
    check_axes(rank.max(axes.map_or(0, <[i64]>::len)))?;
    let reduced: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|axis| axis_index(*axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let extent = |axis: usize| {
        if reduced.contains(&axis) { 1 } else { constant.shape[axis] }
    };
    let kept: Vec<usize> = (0..rank).map(extent).collect();
    let mut sums = vec![0.0; checked_elements(&kept)?];
    let mut index = vec![0; rank];
    for value in &constant.values {
        let at =
            (0..rank).fold(0, |at, axis| at * kept[axis] + if kept[axis] == 1 { 0 } else { index[axis] });
        sums[at] += value * value;
        advance(&mut index, &constant.shape);
    }
    let shape =
        if keep { kept } else { (0..rank).filter(|axis| !reduced.contains(axis)).map(extent).collect() };
    Ok(Constant { dtype: constant.dtype, shape, values: sums }.map(f64::sqrt))
}

/// A possibly negative axis as an index; `rank` itself is allowed, as `Flatten` does.
fn axis_index(axis: i64, rank: usize) -> Result<usize, Problem> {
    let wrong = || Malformed::Axis { axis, rank };
    let signed_rank = i64::try_from(rank).map_err(|_| wrong())?;
    let absolute = if axis < 0 { axis.checked_add(signed_rank).ok_or_else(wrong)? } else { axis };
    usize::try_from(absolute).ok().filter(|axis| *axis <= rank).ok_or_else(|| wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshape_resolves_zero_and_minus_one() {
        assert_eq!(reshaped(&[2, 3, 4], &[0, -1], false), Ok(vec![2, 12]));
        assert!(reshaped(&[2, 3], &[4, -1], false).is_err());
        assert!(reshaped(&[2, 3], &[0, 0, 0], false).is_err());
    }

    #[test]
    fn squeezing_a_wide_axis_is_refused() {
        assert_eq!(squeezed(&[1, 5, 1], None), Ok(vec![5]));
        assert!(squeezed(&[1, 5], Some(&[1])).is_err());
        assert!(squeezed(&[1, 5], Some(&[2])).is_err());
        assert_eq!(unsqueezed(&[5], &[0, -1]), Ok(vec![1, 5, 1]));
        assert!(unsqueezed(&[5], &[0; 64]).is_err(), "more axes than are computed with");
    }
}
