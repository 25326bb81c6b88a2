//! ONNX's element types: their numbers, and how typed fields (`float_data`, `int32_data`, ...) hold them.

use super::wire::{Wire, put_varint, split_varint};
use crate::Dtype;

/// `raw_data` of a tensor, and its other fields that this crate names.
pub(super) const RAW_DATA: u32 = 9;
/// The fields that hold a tensor's values.
pub(super) const DATA_FIELDS: [u32; 7] =
    [FLOAT_DATA, INT32_DATA, STRING_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA];
pub(super) const STRING_DATA: u32 = 6;
const FLOAT_DATA: u32 = 4;
const INT32_DATA: u32 = 5;
const INT64_DATA: u32 = 7;
const DOUBLE_DATA: u32 = 10;
const UINT64_DATA: u32 = 11;

/// The element type of a number in `data_type`, and the typed field that may hold its values.
pub(super) fn element_type(number: u64) -> Option<(Dtype, u32)> {
    let opaque = |name, bits| Dtype::Opaque { name, bits };
    Some(match number {
        1 => (Dtype::F32, FLOAT_DATA),
        2 => (Dtype::U8, INT32_DATA),
        3 => (Dtype::I8, INT32_DATA),
        4 => (Dtype::U16, INT32_DATA),
        5 => (Dtype::I16, INT32_DATA),
        6 => (Dtype::I32, INT32_DATA),
        7 => (Dtype::I64, INT64_DATA),
        8 => (opaque("STRING", 0), STRING_DATA),
        9 => (Dtype::Bool, INT32_DATA),
        10 => (Dtype::F16, INT32_DATA),
        11 => (Dtype::F64, DOUBLE_DATA),
        12 => (Dtype::U32, UINT64_DATA),
        13 => (Dtype::U64, UINT64_DATA),
        14 => (opaque("C64", 64), FLOAT_DATA),
        15 => (opaque("C128", 128), DOUBLE_DATA),
        16 => (Dtype::Bf16, INT32_DATA),
        17 => (opaque("F8_E4M3", 8), INT32_DATA),
        18 => (opaque("F8_E4M3FNUZ", 8), INT32_DATA),
        19 => (opaque("F8_E5M2", 8), INT32_DATA),
        20 => (opaque("F8_E5M2FNUZ", 8), INT32_DATA),
        21 => (opaque("U4", 4), INT32_DATA),
        22 => (opaque("I4", 4), INT32_DATA),
        23 => (opaque("F4", 4), INT32_DATA),
        24 => (opaque("F8_E8M0", 8), INT32_DATA),
        25 => (opaque("U2", 2), INT32_DATA),
        26 => (opaque("I2", 2), INT32_DATA),
        27 => (opaque("F6_E2M3", 6), INT32_DATA),
        28 => (opaque("F6_E3M2", 6), INT32_DATA),
        _ => return None,
    })
}

/// The number for `data_type`, of the element types that new tensors may have.
pub(super) fn element_number(dtype: Dtype) -> Option<u64> {
    (1..=28).find(|number| element_type(*number).is_some_and(|(known, _)| known == dtype))
}

/// How a typed field encodes single values.
pub(super) fn wire_of(field: u32) -> Wire {
    match field {
        FLOAT_DATA => Wire::Fixed32,
        DOUBLE_DATA => Wire::Fixed64,
        RAW_DATA | STRING_DATA => Wire::Delimited,
        _ => Wire::Varint,
    }
}

/// Values of a typed varint field as little-endian elements of `dtype`; `None` if one does not fit.
pub(super) fn narrow(values: &[u64], dtype: Dtype) -> Option<Vec<u8>> {
    let width = width(dtype);
    let mut bytes = Vec::with_capacity(values.len() * width);
    for value in values {
        let bits = width * 8;
        let unsigned = bits == 64 || value >> bits == 0;
        let signed = bits == 64 || (*value as i64) >> (bits - 1) == -1;
        if !unsigned && !signed {
            return None;
        }
        bytes.extend(value.to_le_bytes().iter().take(width));
    }
    Some(bytes)
}

/// Little-endian elements as the values of a packed varint field.
pub(super) fn widen(data: &[u8], dtype: Dtype) -> Vec<u8> {
    let width = width(dtype);
    let signed = matches!(dtype, Dtype::I8 | Dtype::I16 | Dtype::I32);
    let mut packed = Vec::with_capacity(data.len());
    for element in data.chunks(width) {
        let negative = signed && element.last().is_some_and(|byte| *byte >= 0x80);
        let mut value = [if negative { 0xff } else { 0 }; 8];
        value.iter_mut().zip(element).for_each(|(to, from)| *to = *from);
        put_varint(&mut packed, u64::from_le_bytes(value));
    }
    packed
}

/// The numbers in the value of a packed field, or in a run of single ones with their tags.
pub(super) fn numbers(bytes: &[u8], tagged: bool) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if tagged {
            rest = split_varint(rest)?.1;
        }
        let (number, behind) = split_varint(rest)?;
        numbers.push(number);
        rest = behind;
    }
    Some(numbers)
}

/// Bytes of one entry of a typed field; elements below a byte share one.
fn width(dtype: Dtype) -> usize {
    (dtype.bits() / 8).clamp(1, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_round_trip() {
        for (dtype, data) in
            [(Dtype::I8, vec![1, 0xff]), (Dtype::F16, vec![0, 0xbc]), (Dtype::I64, vec![0xfe; 8])]
        {
            let values = numbers(&widen(&data, dtype), false).unwrap();
            assert_eq!(narrow(&values, dtype), Some(data));
        }
        assert_eq!(narrow(&[300], Dtype::I8), None);
    }

    #[test]
    fn numbers_of_types_and_back() {
        for number in 1..=28 {
            assert_eq!(element_number(element_type(number).unwrap().0), Some(number));
        }
        assert_eq!(element_type(0), None);
    }
}
