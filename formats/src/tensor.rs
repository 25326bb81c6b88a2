//! What a stored tensor is: its element type, its shape, and how its bytes are numbers.

use std::fmt;

use half::{bf16, f16};

/// The element types of safetensors and ONNX that a classifier's weights come in, and the others by
/// their size only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Dtype {
    /// The upper half of an `F32`.
    Bf16,
    /// A byte that is 0 or 1.
    Bool,
    /// IEEE 754 binary16.
    F16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// Unsigned 8-bit integer.
    U8,
    /// An element type that is kept byte for byte but never read as numbers (8-bit floats, 4-bit
    /// integers, complex numbers, strings of no fixed width).
    Opaque {
        /// Its name in its format.
        name: &'static str,
        /// Its width in bits; 0 for strings, which have none.
        bits: usize,
    },
}

impl Dtype {
    /// The name that safetensors uses, such as `BF16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "BF16",
            Self::Bool => "BOOL",
            Self::F16 => "F16",
            Self::F32 => "F32",
            Self::F64 => "F64",
            Self::I16 => "I16",
            Self::I32 => "I32",
            Self::I64 => "I64",
            Self::I8 => "I8",
            Self::U16 => "U16",
            Self::U32 => "U32",
            Self::U64 => "U64",
            Self::U8 => "U8",
            Self::Opaque { name, .. } => name,
        }
    }

    /// Width of an element in bits.
    pub fn bits(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 8,
            Self::Bf16 | Self::F16 | Self::I16 | Self::U16 => 16,
            Self::F32 | Self::I32 | Self::U32 => 32,
            Self::F64 | Self::I64 | Self::U64 => 64,
            Self::Opaque { bits, .. } => bits,
        }
    }

    /// Whether elements are texts, which have no fixed width: [`Artifact::read_strings`](crate::Artifact::read_strings)
    /// reads them.
    pub fn is_text(self) -> bool {
        self.bits() == 0
    }

    /// Whether elements are floating-point numbers that [`Dtype::decode`] reads.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Bf16 | Self::F16 | Self::F32 | Self::F64)
    }

    /// Elements as `f32`, `F64` rounded to the nearest; `None` for other than float types and for data
    /// that is not a whole number of elements.
    pub fn decode(self, data: &[u8]) -> Option<Vec<f32>> {
        match self {
            Self::Bf16 => elements(data, |b| bf16::from_le_bytes(b).to_f32()),
            Self::F16 => elements(data, |b| f16::from_le_bytes(b).to_f32()),
            Self::F32 => elements(data, f32::from_le_bytes),
            Self::F64 => elements(data, |b| f64::from_le_bytes(b) as f32),
            _ => None,
        }
    }

    /// Elements as `f64`, which is exact; `None` for other than float types and for data that is not a
    /// whole number of elements.
    pub fn decode_f64(self, data: &[u8]) -> Option<Vec<f64>> {
        match self {
            Self::F64 => elements(data, f64::from_le_bytes),
            _ => self.decode(data).map(|values| values.into_iter().map(f64::from).collect()),
        }
    }

    /// Elements as `i64`; `None` for other than integers and `BOOL`, for data that is not a whole number
    /// of elements, and if an element does not fit.
    pub fn decode_i64(self, data: &[u8]) -> Option<Vec<i64>> {
        match self {
            Self::Bool | Self::U8 => elements(data, |b| u8::from_le_bytes(b).into()),
            Self::I16 => elements(data, |b| i16::from_le_bytes(b).into()),
            Self::I32 => elements(data, |b| i32::from_le_bytes(b).into()),
            Self::I64 => elements(data, i64::from_le_bytes),
            Self::I8 => elements(data, |b| i8::from_le_bytes(b).into()),
            Self::U16 => elements(data, |b| u16::from_le_bytes(b).into()),
            Self::U32 => elements(data, |b| u32::from_le_bytes(b).into()),
            Self::U64 => elements(data, u64::from_le_bytes)?.into_iter().map(|v| v.try_into().ok()).collect(),
            _ => None,
        }
    }

    /// Bytes of `values` in this type, each rounded once, to the nearest, ties to even; `None` for other
    /// than float types.
    pub fn encode(self, values: &[f64]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Bf16 => {
                values.iter().flat_map(|&v| bf16::from_f32(round_to_odd(v)).to_le_bytes()).collect()
            }
            Self::F16 => values.iter().flat_map(|&v| f16::from_f32(round_to_odd(v)).to_le_bytes()).collect(),
            Self::F32 => values.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
            Self::F64 => values.iter().flat_map(|&v| v.to_le_bytes()).collect(),
            _ => return None,
        })
    }
}

/// Element type and shape of a stored tensor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TensorInfo {
    /// How each element is stored.
    pub dtype: Dtype,
    /// Extents, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
}

impl TensorInfo {
    /// Number of elements. Of a tensor in an opened model this and [`TensorInfo::byte_len`] were checked
    /// not to overflow; of another shape they saturate.
    pub fn elements(&self) -> usize {
        // A zero extent wins over an overflow, whatever their order.
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape.iter().fold(1, |product: usize, &extent| product.saturating_mul(extent))
    }

    /// Number of bytes that its data has.
    pub fn byte_len(&self) -> usize {
        self.elements().saturating_mul(self.dtype.bits()).div_ceil(8)
    }

    /// The same as [`TensorInfo::byte_len`], or `None` if it overflows.
    pub(crate) fn checked_byte_len(&self) -> Option<u64> {
        let elements = self.shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent))?;
        u64::try_from(elements.checked_mul(self.dtype.bits())?.div_ceil(8)).ok()
    }
}

impl fmt::Display for TensorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.dtype.name(), self.shape)
    }
}

/// A tensor that is to be written: row-major little-endian bytes, `info.byte_len()` of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewTensor {
    /// Element type and shape.
    pub info: TensorInfo,
    /// Row-major little-endian elements.
    pub data: Vec<u8>,
}

fn elements<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (chunks, rest) = data.as_chunks::<N>();
    rest.is_empty().then(|| chunks.iter().map(|&chunk| read(chunk)).collect())
}

/// The `f32` next to `value` whose last bit says "not exact": rounding that to a still shorter type gives
/// what rounding `value` directly would, which plain `as f32` does not (it rounds twice).
fn round_to_odd(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) == value || value.is_nan() || value.is_infinite() {
        return near;
    }
    let away = f64::from(near).abs() > value.abs();
    f32::from_bits((near.to_bits() - u32::from(away)) | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_rounded_once() {
        // Just above the middle of 1 and the next f16: by way of f32 it would become the middle, then 1.
        let above = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
        assert_eq!(
            Dtype::F16.encode(&[above]),
            Some(f16::from_f32(1.0 + 2f32.powi(-10)).to_le_bytes().to_vec())
        );
        let above = 1.0 + 2f64.powi(-8) + 2f64.powi(-40);
        assert_eq!(
            Dtype::Bf16.encode(&[-above]),
            Some(bf16::from_f32(-1.0 - 2f32.powi(-7)).to_le_bytes().to_vec())
        );
        let tie = 1.0 + 2f64.powi(-8);
        assert_eq!(Dtype::Bf16.encode(&[tie]), Some(bf16::ONE.to_le_bytes().to_vec()));
        assert_eq!(Dtype::F16.encode(&[1e300]), Some(f16::INFINITY.to_le_bytes().to_vec()));
    }

    #[test]
    fn stored_values_survive_decoding_and_encoding() {
        for dtype in [Dtype::Bf16, Dtype::F16, Dtype::F32, Dtype::F64] {
            let stored = dtype.encode(&[0.1, -3.5e-3, 0.0, 7.0]).unwrap();
            assert_eq!(dtype.encode(&dtype.decode_f64(&stored).unwrap()).unwrap(), stored);
        }
    }

    #[test]
    fn partial_elements_and_other_types_are_none() {
        assert_eq!(Dtype::F32.decode(&[0; 5]), None);
        assert_eq!(Dtype::I64.decode(&[0; 8]), None);
        assert_eq!(Dtype::F32.decode_i64(&[0; 4]), None);
        assert_eq!(Dtype::U64.decode_i64(&[255; 8]), None);
        assert_eq!(Dtype::I8.decode_i64(&[255]), Some(vec![-1]));
    }
}
