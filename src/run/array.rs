//! Integers and truth values on the host: shapes, masks, positions, indices.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use declass_formats::Dtype;

use super::Fault;

/// Integers or truth values, row-major. Unsigned 64-bit numbers beyond the signed ones are not provided for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Arc<Vec<i64>>,
}

impl Array {
    pub(crate) fn new(dtype: Dtype, shape: Vec<usize>, values: Vec<i64>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len(), "an element for each place");
        Self { dtype, shape, values: Arc::new(values) }
    }

    /// A list of 64-bit integers, as shapes and positions are.
    pub(crate) fn list(values: Vec<i64>) -> Self {
        Self::new(Dtype::I64, vec![values.len()], values)
    }

    pub(crate) fn reshaped(&self, shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), ..self.clone() }
    }

    /// Element by element, wrapped round to the type.
    pub(crate) fn map(&self, function: impl Fn(i64) -> i64) -> Self {
        let values = self.values.iter().map(|value| wrapped(self.dtype, function(*value))).collect();
        Self::new(self.dtype, self.shape.clone(), values)
    }

    /// Element by element with another one, either one broadcast; wrapped round to the given type.
    pub(crate) fn zip(
        &self,
        other: &Self,
        dtype: Dtype,
        function: impl Fn(i64, i64) -> i64,
    ) -> Result<Self, Fault> {
        let shape = broadcast(&self.shape, &other.shape)?;
        let (left, right) = (self.offsets(&shape), other.offsets(&shape));
        let values = left.zip(right).map(|(a, b)| wrapped(dtype, function(self.values[a], other.values[b])));
        Ok(Self::new(dtype, shape.clone(), values.collect()))
    }

    /// Repeated along missing and unit axes.
    pub(crate) fn expanded(&self, shape: &[usize]) -> Self {
        let values = self.offsets(shape).map(|at| self.values[at]).collect();
        Self::new(self.dtype, shape.to_vec(), values)
    }

    /// Where each element of a shape that this one is broadcast to comes from.
    fn offsets(&self, shape: &[usize]) -> Offsets {
        let mut strides = strides(&self.shape);
        for (stride, extent) in strides.iter_mut().zip(&self.shape) {
            if *extent == 1 {
                *stride = 0;
            }
        }
        let missing = shape.len().saturating_sub(strides.len());
        Offsets::new(shape.to_vec(), [vec![0; missing], strides].concat())
    }

    /// The elements in the order in which these strides visit them.
    pub(crate) fn strided(&self, shape: Vec<usize>, strides: Vec<usize>, first: usize) -> Self {
        let places = Offsets::new(shape.clone(), strides);
        let values = places.map(|at| self.values[first + at]).collect();
        Self::new(self.dtype, shape, values)
    }

    /// As indices on the device; negative ones count from the end of an axis of this extent.
    pub(crate) fn indices(&self, extent: usize, device: &Device) -> Result<Tensor, Fault> {
        let indices = self.values.iter().map(|index| place(*index, extent).map(|place| place as u32));
        let indices: Vec<u32> = indices.collect::<Result<_, _>>()?;
        Ok(Tensor::from_vec(indices, self.shape.as_slice(), device)?)
    }

    /// As conditions on the device.
    pub(crate) fn conditions(&self, device: &Device) -> Result<Tensor, Fault> {
        let values: Vec<u8> = self.values.iter().map(|value| u8::from(*value != 0)).collect();
        Ok(Tensor::from_vec(values, self.shape.as_slice(), device)?)
    }
}

/// The place that an index stands for on an axis; negative ones count from its end.
pub(super) fn place(index: i64, extent: usize) -> Result<usize, Fault> {
    let counted = if index < 0 { index.saturating_add(extent as i64) } else { index };
    let place = usize::try_from(counted).ok().filter(|place| *place < extent);
    place.ok_or_else(|| Fault::Compute(format!("index {index} does not lie in an axis of {extent}")))
}

/// What an integer type makes of a number that it cannot hold.
pub(super) fn wrapped(dtype: Dtype, value: i64) -> i64 {
    match dtype {
        Dtype::Bool => i64::from(value != 0),
        Dtype::I8 => i64::from(value as i8),
        Dtype::U8 => i64::from(value as u8),
        Dtype::I16 => i64::from(value as i16),
        Dtype::U16 => i64::from(value as u16),
        Dtype::I32 => i64::from(value as i32),
        Dtype::U32 => i64::from(value as u32),
        _ => value,
    }
}

/// Row-major strides.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = usize::saturating_mul(strides[axis], shape[axis]);
    }
    strides
}

/// The shape that two shapes are broadcast to.
pub(super) fn broadcast(left: &[usize], right: &[usize]) -> Result<Vec<usize>, Fault> {
    Ok(crate::net::broadcast_shape(left, right)?)
}

/// Steps through a shape, and where each element lies.
struct Offsets {
    shape: Vec<usize>,
    strides: Vec<usize>,
    index: Vec<usize>,
    at: usize,
    left: usize,
}

impl Offsets {
    fn new(shape: Vec<usize>, strides: Vec<usize>) -> Self {
        let left = shape.iter().product();
        Self { index: vec![0; shape.len()], shape, strides, at: 0, left }
    }
}

impl Iterator for Offsets {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.at;
        for axis in (0..self.shape.len()).rev() {
            self.index[axis] += 1;
            self.at += self.strides[axis];
            if self.index[axis] < self.shape[axis] {
                break;
            }
            self.at -= self.strides[axis] * self.shape[axis];
            self.index[axis] = 0;
        }
        Some(here)
    }
}
