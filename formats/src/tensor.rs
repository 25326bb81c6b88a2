//! What a stored tensor is: its element type, its shape, and how its bytes are numbers.

/// The element types of safetensors and ONNX that a classifier's weights come in, and the others by
/// their size only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Dtype {
    Bf16,
    Bool,
    F16,
    F32,
    F64,
    I16,
    I32,
    I64,
    I8,
    U16,
    U32,
    U64,
    U8,
    /// An element type that is kept byte for byte but never read as numbers (8-bit floats, 4-bit
    /// integers, complex numbers): its name and its width in bits.
    Opaque { name: &'static str, bits: usize },
}

/// Element type and shape of a stored tensor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TensorInfo {
    /// How each element is stored.
    pub dtype: Dtype,
    /// Extents, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
}

/// A tensor that is to be written: row-major little-endian bytes, `info.byte_len()` of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewTensor {
    /// Element type and shape.
    pub info: TensorInfo,
    /// Row-major little-endian elements.
    pub data: Vec<u8>,
}
// Dtype: name() ("F32", "BF16"…, safetensors spelling), bits(), is_float();
//   decode(&[u8]) -> Option<Vec<f32>>   (None unless is_float; F64 rounds to nearest f32)
//   decode_f64(&[u8]) -> Option<Vec<f64>>
//   encode(&[f64]) -> Option<Vec<u8>>  round to nearest even in the stored type
//   decode_i64(&[u8]) -> Option<Vec<i64>> (integers and bool)
// TensorInfo: elements(), byte_len()
