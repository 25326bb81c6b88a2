//! What a value of the graph is while the network runs.

use candle_core::{DType, Device, Tensor};
use declass_formats::Dtype;
use sha2::{Digest as _, Sha256};

use super::{Array, Fault};

/// The type of texts, of which only the numbers that stand for them are known here.
pub(crate) const TEXT: Dtype = Dtype::Opaque { name: "STRING", bits: 0 };

/// The number that stands for a text: texts are the same where their numbers are, as good as certainly.
pub(crate) fn text_number(text: &[u8]) -> i64 {
    let digest = Sha256::digest(text);
    // Few enough bits that it can be told from others as a number of double precision.
    digest.iter().take(6).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// A value of the graph.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Numbers of which derivatives may be asked for, on the device.
    Floats(Floats),
    /// Integers, truth values, and the numbers that stand for texts, on the host.
    Whole(Array),
}

/// Floats as they are computed with: half types in single precision, rounded behind every operator as a runtime
/// that computes in them would.
#[derive(Clone, Debug)]
pub(crate) struct Floats {
    pub(crate) tensor: Tensor,
    /// The element type that the graph gives them.
    pub(crate) dtype: Dtype,
}

impl Value {
    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Floats(floats) => floats.tensor.dims(),
            Self::Whole(array) => &array.shape,
        }
    }

    /// How many elements it has.
    pub(crate) fn elements(&self) -> usize {
        // No value is made whose extents overflow, see `sound`.
        self.shape().iter().product()
    }

    pub(crate) fn dtype(&self) -> Dtype {
        match self {
            Self::Floats(floats) => floats.dtype,
            Self::Whole(array) => array.dtype,
        }
    }

    /// The floats, if it is some.
    pub(crate) fn floats(&self) -> Result<&Floats, Fault> {
        match self {
            Self::Floats(floats) => Ok(floats),
            Self::Whole(array) => Err(Fault::unsupported(format!(
                "it is not computed for elements of type {}",
                array.dtype.name()
            ))),
        }
    }

    /// The integers or truth values, if it is some.
    pub(crate) fn whole(&self) -> Result<&Array, Fault> {
        match self {
            Self::Whole(array) => Ok(array),
            Self::Floats(floats) => Err(Fault::unsupported(format!(
                "it is not computed for elements of type {}",
                floats.dtype.name()
            ))),
        }
    }

    /// The elements as numbers on the host, integers too.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, Fault> {
        match self {
            Self::Floats(floats) => floats.numbers(),
            Self::Whole(array) => Ok(array.values.iter().map(|value| *value as f64).collect()),
        }
    }

    /// The same with another shape of as many elements.
    pub(crate) fn reshaped(&self, shape: &[usize]) -> Result<Self, Fault> {
        Ok(match self {
            Self::Floats(floats) => floats.like(floats.tensor.reshape(shape)?).into(),
            Self::Whole(array) => array.reshaped(shape).into(),
        })
    }
}

impl Floats {
    /// The type that they are computed in.
    pub(crate) fn computed(dtype: Dtype) -> DType {
        if dtype == Dtype::F64 { DType::F64 } else { DType::F32 }
    }

    /// Numbers of the host on the device, rounded to their type.
    pub(crate) fn of(
        numbers: Vec<f64>,
        shape: &[usize],
        dtype: Dtype,
        device: &Device,
    ) -> Result<Self, Fault> {
        let tensor = match dtype {
            Dtype::F64 => Tensor::from_vec(numbers, shape, device)?,
            _ => {
                let single: Vec<f32> = numbers.into_iter().map(|number| number as f32).collect();
                Tensor::from_vec(single, shape, device)?
            }
        };
        Self { tensor, dtype }.rounded()
    }

    /// What an operator made of these.
    pub(crate) fn like(&self, tensor: Tensor) -> Self {
        Self { tensor, dtype: self.dtype }
    }

    /// Rounded to their type.
    pub(crate) fn rounded(self) -> Result<Self, Fault> {
        let half = match self.dtype {
            Dtype::F16 => DType::F16,
            Dtype::Bf16 => DType::BF16,
            _ => return Ok(self),
        };
        let tensor = self.tensor.to_dtype(half)?.to_dtype(DType::F32)?;
        Ok(Self { tensor, ..self })
    }

    fn numbers(&self) -> Result<Vec<f64>, Fault> {
        Ok(self.tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?)
    }
}

/// A shape whose extents, taken together in any way, do not overflow.
///
/// # Errors
/// [`Fault::OverBudget`] for others, which files may declare where an extent is zero.
pub(super) fn sound(shape: &[usize]) -> Result<(), Fault> {
    let most = shape.iter().try_fold(1_usize, |product, extent| product.checked_mul((*extent).max(1)));
    let most = most.filter(|most| *most <= 1 << 40 && shape.len() <= super::budget::MAX_AXES);
    most.map(|_| ()).ok_or(Fault::OverBudget("memory"))
}

impl From<Floats> for Value {
    fn from(floats: Floats) -> Self {
        Self::Floats(floats)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Whole(array)
    }
}
