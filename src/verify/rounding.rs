//! Rounded heads.
//!
//! With `s` the scale and `q` the largest level, symmetric rounding is `w -> s·round(w / s)`, `s = max|w| /
//! q`, ties to even, so that no value is clipped:
//!
//! - `bf16`, `fp16`: every weight and bias to the nearest value of the type, ties to even;
//! - `int8`: `q = 127`, one scale per row (output channel), biases as they are;
//! - `int4`: `q = 7`, one scale per 32 weights of a row in the order of the embedding, biases as they are.
//!
//! That is the symmetric signed scheme of Nagel et al., "A White Paper on Neural Network Quantization"
//! (2021), with scales from the extremes. Rows are rounded as they make the logits: a constant factor in
//! between is folded in.

use half::{bf16, f16};

use crate::head::LinearHead;

/// Weights that share a scale in 4 bits.
const GROUP: usize = 32;

/// A way to round a head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rounding {
    Bf16,
    Fp16,
    Int4,
    Int8,
}

/// From the mildest to the harshest.
pub(super) const ROUNDINGS: [Rounding; 4] = [Rounding::Fp16, Rounding::Bf16, Rounding::Int8, Rounding::Int4];

impl Rounding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
            Self::Int4 => "int4",
            Self::Int8 => "int8",
        }
    }

    /// The rounded head; `widths` are those of its parallel heads, whose rows are stored apart.
    pub(super) fn apply(self, head: &LinearHead, widths: &[usize]) -> LinearHead {
        let mut rounded = head.clone();
        for row in rounded.weight.chunks_exact_mut(head.width.max(1)) {
            let mut rest = row;
            for &width in widths {
                let (part, others) = rest.split_at_mut(width.min(rest.len()));
                self.round(part);
                rest = others;
            }
        }
        if matches!(self, Self::Bf16 | Self::Fp16) {
            self.round(&mut rounded.bias);
        }
        rounded
    }

    /// Rounds values that are stored beside each other.
    fn round(self, values: &mut [f32]) {
        match self {
            Self::Bf16 => values.iter_mut().for_each(|x| *x = bf16::from_f32(*x).to_f32()),
            Self::Fp16 => values.iter_mut().for_each(|x| *x = f16::from_f32(*x).to_f32()),
            Self::Int4 => values.chunks_mut(GROUP).for_each(|group| symmetric(group, 7.0)),
            Self::Int8 => symmetric(values, 127.0),
        }
    }
}

/// Rounds to multiples of one scale, by which the largest value becomes the largest level.
fn symmetric(values: &mut [f32], levels: f32) {
    let scale = values.iter().fold(0.0f32, |most, x| most.max(x.abs())) / levels;
    // Below the smallest normal number there are no levels; such values do not matter beside any others.
    if scale < f32::MIN_POSITIVE {
        return values.fill(0.0);
    }
    values.iter_mut().for_each(|x| *x = scale * (*x / scale).round_ties_even());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(rounding: Rounding, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        rounding.round(&mut values);
        values
    }

    #[test]
    fn integers_are_multiples_of_the_scale_of_their_group() {
        assert_eq!(rounded(Rounding::Int8, &[127.0, -3.4, 0.5, 1.5]), [127.0, -3.0, 0.0, 2.0]);
        let mut values = vec![7.0; 40];
        values[32..].fill(0.7);
        values[39] = 0.04;
        let four = rounded(Rounding::Int4, &values);
        assert_eq!(four[..32], [7.0; 32]);
        assert!((four[32] - 0.7).abs() < 1e-6 && four[39] == 0.0, "{four:?}");
        assert_eq!(rounded(Rounding::Int4, &[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn floats_keep_as_many_bits_as_their_type_has() {
        assert_eq!(rounded(Rounding::Bf16, &[1.0 + 1.0 / 512.0, -30.1]), [1.0, -30.125]);
        assert_eq!(rounded(Rounding::Fp16, &[1.0 + 3.0 / 2048.0]), [1.0 + 2.0 / 1024.0]);
        assert_eq!(rounded(Rounding::Fp16, &[f32::NEG_INFINITY]), [f32::NEG_INFINITY]);
    }

    #[test]
    fn parallel_heads_have_scales_of_their_own() {
        let head = LinearHead {
            classes: 1,
            width: 4,
            weight: vec![127.0, 0.4, 1.27, 0.4],
            bias: vec![0.3],
            has_bias: true,
        };
        let apart = Rounding::Int8.apply(&head, &[2, 2]);
        assert!((apart.weight[3] - 0.4).abs() < 1e-6 && apart.weight[1] == 0.0, "{apart:?}");
        assert_eq!(Rounding::Int8.apply(&head, &[4]).weight, [127.0, 0.0, 1.0, 0.0]);
        assert_eq!(apart.bias, [0.3]);
    }
}
