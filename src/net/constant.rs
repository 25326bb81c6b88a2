//! A small constant tensor as numbers, and arithmetic with broadcasting.

use std::borrow::Cow;

use declass_formats::{Dtype, TensorInfo};

use super::problem::{Malformed, Problem, TooLarge, Unsupported};

/// Elements a computed constant may have: enough for every head that is not simply stored, and little
/// enough that a hostile graph cannot fill the memory.
pub(crate) const MAX_ELEMENTS: usize = 1 << 24;
/// Axes a constant may have: numpy's limit. Work on an element grows with them.
const MAX_AXES: usize = 64;

/// A constant of the graph, evaluated on the host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// Row-major elements; integers are exact up to 2^53.
    pub(crate) values: Vec<f64>,
}

impl Constant {
    pub(crate) fn read(info: &TensorInfo, data: &[u8]) -> Result<Self, Problem> {
        check_axes(info.shape.len())?;
        let integers = || Some(info.dtype.decode_i64(data)?.into_iter().map(|value| value as f64).collect());
        let values = info.dtype.decode_f64(data).or_else(integers);
        let values = values.ok_or(Unsupported::Elements(info.dtype))?;
        Ok(Self { dtype: info.dtype, shape: info.shape.clone(), values })
    }

    pub(crate) fn filled(dtype: Dtype, shape: Vec<usize>, value: f64) -> Result<Self, Problem> {
        let elements = checked_elements(&shape)?;
        Ok(Self { dtype, shape, values: vec![value; elements] })
    }

    /// The values as integers, for shapes and axes.
    pub(crate) fn integers(&self) -> Vec<i64> {
        self.values.iter().map(|value| *value as i64).collect()
    }

    /// The same elements as another type would hold them.
    pub(crate) fn cast(self, dtype: Dtype) -> Self {
        let values = self.values.iter().map(|value| round_to(dtype, *value)).collect();
        Self { dtype, values, ..self }
    }

    pub(crate) fn map(self, function: impl Fn(f64) -> f64) -> Self {
        let values = self.values.iter().map(|value| round_to(self.dtype, function(*value))).collect();
        Self { values, ..self }
    }

    /// Element by element with another constant, either one broadcast.
    pub(crate) fn zip(&self, other: &Self, function: impl Fn(f64, f64) -> f64) -> Result<Self, Problem> {
        let shape = broadcast_shape(&self.shape, &other.shape)?;
        let (left, right) = (self.stretched(&shape)?, other.stretched(&shape)?);
        let pairs = left.iter().zip(right.iter());
        let values = pairs.map(|(a, b)| round_to(self.dtype, function(*a, *b))).collect();
        Ok(Self { dtype: self.dtype, shape, values })
    }

    /// Repeated along missing and unit axes.
    pub(crate) fn expand(&self, target: &[usize]) -> Result<Self, Problem> {
        let shape = broadcast_shape(&self.shape, target)?;
        let values = self.stretched(&shape)?.into_owned();
        Ok(Self { dtype: self.dtype, shape, values })
    }

    /// The elements repeated to fill a shape that they can be broadcast to.
    fn stretched(&self, shape: &[usize]) -> Result<Cow<'_, [f64]>, Problem> {
        let elements = checked_elements(shape)?;
        if shape == self.shape {
            return Ok(Cow::Borrowed(&self.values));
        }
        let strides = broadcast_strides(&self.shape, shape.len());
        let mut values = Vec::with_capacity(elements);
        let mut index = vec![0; shape.len()];
        for _ in 0..elements {
            let offset: usize = index.iter().zip(&strides).map(|(at, stride)| at * stride).sum();
            values.push(self.values.get(offset).copied().ok_or(Malformed::ShortConstant)?);
            advance(&mut index, shape);
        }
        Ok(Cow::Owned(values))
    }
}

/// Steps a multi-index on by one, row-major.
pub(super) fn advance(index: &mut [usize], shape: &[usize]) {
    for (at, extent) in index.iter_mut().zip(shape).rev() {
        *at += 1;
        if *at < *extent {
            return;
        }
        *at = 0;
    }
}

/// Refuses more axes than are computed with.
pub(super) fn check_axes(axes: usize) -> Result<(), Problem> {
    if axes <= MAX_AXES { Ok(()) } else { Err(TooLarge::Axes { axes, most: MAX_AXES }.into()) }
}

/// The number of elements, if it and the number of axes are within bounds.
pub(super) fn checked_elements(shape: &[usize]) -> Result<usize, Problem> {
    check_axes(shape.len())?;
    let elements = shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent));
    let bounded = elements.filter(|elements| *elements <= MAX_ELEMENTS);
    bounded.ok_or_else(|| TooLarge::Constant(shape.to_vec()).into())
}

pub(crate) fn broadcast_shape(left: &[usize], right: &[usize]) -> Result<Vec<usize>, Problem> {
    let rank = left.len().max(right.len());
    check_axes(rank)?;
    let from_right =
        |shape: &[usize], at: usize| shape.len().checked_sub(at + 1).map_or(1, |index| shape[index]);
    let mut shape = vec![1; rank];
    for at in 0..rank {
        shape[rank - at - 1] = match (from_right(left, at), from_right(right, at)) {
            (a, b) if a == b => a,
            (1, extent) | (extent, 1) => extent,
            _ => return Err(Malformed::Broadcast { left: left.to_vec(), right: right.to_vec() }.into()),
        };
    }
    Ok(shape)
}

/// Row-major strides aligned to the right of `rank` axes, zero where an axis is repeated.
fn broadcast_strides(shape: &[usize], rank: usize) -> Vec<usize> {
    let mut strides = vec![0; rank];
    let mut stride = 1;
    for (slot, extent) in strides.iter_mut().rev().zip(shape.iter().rev()) {
        *slot = if *extent == 1 { 0 } else { stride };
        stride = usize::saturating_mul(stride, *extent);
    }
    strides
}

/// The element type behind an ONNX type number.
pub(crate) fn element_type(number: i64) -> Result<Dtype, Problem> {
    Ok(match number {
        1 => Dtype::F32,
        2 => Dtype::U8,
        3 => Dtype::I8,
        6 => Dtype::I32,
        7 => Dtype::I64,
        9 => Dtype::Bool,
        10 => Dtype::F16,
        11 => Dtype::F64,
        16 => Dtype::Bf16,
        _ => return Err(Unsupported::ElementType(number).into()),
    })
}

/// The nearest value the type can hold.
fn round_to(dtype: Dtype, value: f64) -> f64 {
    match dtype {
        Dtype::F64 => value,
        Dtype::F32 => f64::from(value as f32),
        Dtype::F16 => half::f16::from_f64(value).to_f64(),
        Dtype::Bf16 => half::bf16::from_f64(value).to_f64(),
        Dtype::Bool => f64::from(u8::from(value != 0.0)),
        _ => value.trunc(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip_broadcasts_either_side() {
        let column = Constant { dtype: Dtype::F32, shape: vec![2, 1], values: vec![1.0, 2.0] };
        let row = Constant { dtype: Dtype::F32, shape: vec![3], values: vec![10.0, 20.0, 30.0] };
        let sum = column.zip(&row, |a, b| a + b).unwrap();
        assert_eq!((sum.shape, sum.values), (vec![2, 3], vec![11.0, 21.0, 31.0, 12.0, 22.0, 32.0]));
    }

    #[test]
    fn a_huge_shape_is_refused_before_it_is_filled() {
        for shape in [vec![usize::MAX, 2], vec![1 << 40]] {
            let refused = Constant::filled(Dtype::F32, shape, 0.0);
            assert!(matches!(refused, Err(Problem::TooLarge(TooLarge::Constant(_)))), "{refused:?}");
        }
        let many = Constant::filled(Dtype::F32, vec![1; MAX_AXES + 1], 0.0);
        assert!(matches!(many, Err(Problem::TooLarge(TooLarge::Axes { .. }))), "{many:?}");
    }
}
