//! Looks for a row of numbers, up to a factor, anywhere in a tensor: at every place, in steps of one element or
//! more. A few neighbours of the row are held against every place; only where they fit, the whole row is.

use std::ops::Range;

use rayon::prelude::*;

/// Least cosine between two rows that are the same but for rounding or a little more training.
pub(super) const SAME: f64 = 0.99;

/// The same where rows are too short for that to mean much: those that chance makes are told from copies by how
/// exactly they are the same, down to what rounding to half or single precision leaves.
const LEAST: [f64; 4] = [SAME, 1.0 - 1e-4, 1.0 - 1e-6, 1.0 - 1e-10];

/// How many neighbours are held against every place, at most.
pub(super) const TAPS: usize = 8;
/// Least cosine of those few; that of the whole row may be lower where rounding hit some harder than others.
const LIKELY: f32 = 0.95;
/// Sums of squares that are good enough in single precision.
const EXACT: Range<f32> = 1e-30..1e30;
/// Places that are looked at together: their sums stay in the processor's nearest memory.
const BLOCK: usize = 2048;
/// Places that all cores look at before those that look like the row are compared.
const WAVE: usize = 256 * BLOCK;

/// A row that chance does not make.
#[derive(Debug)]
pub(super) struct Pattern {
    row: Vec<f32>,
    /// The neighbours with the largest sum of squares, at unit length.
    taps: Vec<f32>,
    /// Where they begin.
    first: usize,
    /// How many elements of equal size would be as telling.
    dimension: f64,
}

impl Pattern {
    /// `None` for a row that is zero or nearly constant, or has no direction: others may have its own by chance.
    pub(super) fn new(row: &[f32]) -> Option<Self> {
        let square = |value: &f32| f64::from(*value).powi(2);
        let total: f64 = row.iter().map(square).sum();
        let fourth: f64 = row.iter().map(|value| square(value).powi(2)).sum();
        let sum: f64 = row.iter().map(|value| f64::from(*value)).sum();
        let even = sum.abs() / (total * row.len() as f64).sqrt();
        if row.len() < 2 || !(total > 0.0 && total.is_finite() && fourth > 0.0 && even < PLAIN) {
            return None;
        }
        let count = TAPS.min(row.len());
        let energy = |first: &usize| row[*first..first + count].iter().map(square).sum::<f64>();
        let starts = 0..=row.len() - count;
        let first = starts.max_by(|a, b| energy(a).total_cmp(&energy(b))).unwrap_or_default();
        let length = energy(&first).sqrt();
        let taps =
            row[first..first + count].iter().map(|value| (f64::from(*value) / length) as f32).collect();
        Some(Self { row: row.to_vec(), taps, first, dimension: total * total / fourth })
    }

    /// The least cosine that so many places have by chance in less than one model of a hundred, if there is one:
    /// [`SAME`] unless the row is short. In `n` dimensions a random direction has a cosine of `c` or more with a share of
    /// about `sqrt(1 - c^2)^(n - 1)`.
    pub(super) fn telling(&self, places: usize) -> Option<f64> {
        let share = |least: f64| (1.0 - least * least).sqrt().log10() * (self.dimension - 1.0);
        let is_telling = |least: &f64| (places.max(1) as f64).log10() + share(*least) <= -2.0;
        LEAST.into_iter().find(is_telling)
    }

    /// Whether the row is among the elements, each so many behind the one before, with this cosine or more. Whole rows
    /// are compared as long as there is effort `left`, in elements; `None` once there is none.
    pub(super) fn occurs(&self, values: &[f32], stride: usize, least: f64, left: &mut u64) -> Option<bool> {
        let Some(span) = (self.row.len() - 1).checked_mul(stride) else { return Some(false) };
        let Some(places) = values.len().checked_sub(span) else { return Some(false) };
        for start in (0..places).step_by(WAVE) {
            let end = places.min(start + WAVE);
            // On all cores; what is found is compared in order, so that the effort does not depend on their number.
            let blocks = (start..end).into_par_iter().step_by(BLOCK);
            let likely: Vec<usize> =
                blocks.flat_map_iter(|at| self.likely(values, at..end.min(at + BLOCK), stride)).collect();
            for at in likely {
                *left = left.checked_sub(self.row.len() as u64)?;
                if self.fits(values, at, stride) >= least {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// The places, of a block at most, whose neighbours look like those of the row.
    fn likely(&self, values: &[f32], places: Range<usize>, stride: usize) -> Vec<usize> {
        let (mut sums, mut squares) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
        let (sums, squares) = (&mut sums[..places.len()], &mut squares[..places.len()]);
        for (tap, factor) in self.taps.iter().enumerate() {
            let from = places.start + (self.first + tap) * stride;
            let shifted = &values[from..from + places.len()];
            for ((sum, square), value) in sums.iter_mut().zip(squares.iter_mut()).zip(shifted) {
                *sum += factor * value;
                *square += value * value;
            }
        }
        let is_likely = |at: &usize| match squares[*at] {
            square if EXACT.contains(&square) => sums[*at] * sums[*at] >= LIKELY * LIKELY * square,
            _ => self.is_likely(values, places.start + at, stride),
        };
        (0..places.len()).filter(is_likely).map(|at| places.start + at).collect()
    }

    /// The same of one place, where squares are too small or too large for single precision.
    fn is_likely(&self, values: &[f32], start: usize, stride: usize) -> bool {
        let from = start + self.first * stride;
        let other = values[from..].iter().step_by(stride).copied();
        cosine(&self.taps, other).abs() >= f64::from(LIKELY)
    }

    fn fits(&self, values: &[f32], start: usize, stride: usize) -> f64 {
        let other = values[start..].iter().step_by(stride).copied();
        cosine(&self.row, other).abs()
    }
}

/// Cosine with a constant row beyond which a row is as good as constant.
const PLAIN: f64 = 0.9;

/// Cosine of the angle between two vectors; not a number if one of them is zero.
pub(super) fn cosine(a: &[f32], b: impl Iterator<Item = f32>) -> f64 {
    let (mut product, mut own, mut other) = (0.0, 0.0, 0.0);
    for (&a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        product += a * b;
        own += a * a;
        other += b * b;
    }
    product / (own * other).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 8) as f32 / 8_388_608.0 - 1.0)
        };
        std::iter::successors(Some(seed), |state| Some(state.wrapping_add(1)))
            .take(1)
            .flat_map(|mut state| (0..count).filter_map(move |_| next(&mut state)))
            .collect()
    }

    fn occurs(pattern: &Pattern, values: &[f32], stride: usize) -> bool {
        pattern.occurs(values, stride, SAME, &mut u64::MAX.clone()).unwrap()
    }

    #[test]
    fn a_scaled_and_rounded_row_is_found_at_any_place_and_step() {
        let row = noise(48, 1);
        let pattern = Pattern::new(&row).unwrap();
        for (stride, offset) in [(1, 0), (1, 5003), (3, 7), (10, 2101)] {
            let mut values = noise(9000, 2);
            assert!(!occurs(&pattern, &values, stride), "there is none yet");
            for (at, value) in row.iter().enumerate() {
                values[offset + at * stride] = -(value * 127.0).round() * 0.01;
            }
            assert!(occurs(&pattern, &values, stride), "stride {stride} at {offset}");
            assert!(!occurs(&pattern, &values, stride + 1));
        }
        assert!(!occurs(&pattern, &row[1..], 1) && !occurs(&pattern, &row, usize::MAX));
    }

    #[test]
    fn a_row_is_found_however_small_or_large_it_is() {
        let row = noise(48, 1);
        let pattern = Pattern::new(&row).unwrap();
        for factor in [1e-36, 1e-23, 1e23, 1e36] {
            let mut values = noise(3000, 2);
            for (at, value) in row.iter().enumerate() {
                values[1000 + at] = factor * value;
            }
            assert!(occurs(&pattern, &values, 1), "{factor}");
        }
    }

    #[test]
    fn a_short_row_is_found_where_it_is_copied_exactly() {
        let row = noise(6, 1);
        let pattern = Pattern::new(&row).unwrap();
        let mut values = noise(90_000, 2);
        let least = pattern.telling(values.len()).unwrap();
        let mut left = u64::MAX;
        assert_eq!(pattern.occurs(&values, 1, least, &mut left), Some(false));
        let copied = row.iter().enumerate();
        copied.for_each(|(at, value)| values[70_001 + 3 * at] = 1.7 * value);
        assert_eq!(pattern.occurs(&values, 3, least, &mut left), Some(true));
    }

    #[test]
    fn many_places_that_look_like_the_row_take_no_more_than_is_left() {
        let row = noise(4096, 1);
        let pattern = Pattern::new(&row).unwrap();
        let alike: Vec<f32> = pattern.taps.repeat(10_000);
        let mut left = 1 << 16;
        assert_eq!(pattern.occurs(&alike, 1, SAME, &mut left), None);
        assert!(left < 4096);
    }

    #[test]
    fn short_and_plain_rows_tell_nothing() {
        assert!(Pattern::new(&[1.0; 64]).is_none() && Pattern::new(&[0.0; 64]).is_none());
        assert!(Pattern::new(&noise(1, 1)).is_none());
        let telling = |width: usize, places| Pattern::new(&noise(width, 1)).and_then(|it| it.telling(places));
        assert_eq!([telling(64, 1 << 20), telling(16, 1 << 20)], [Some(SAME), Some(1.0 - 1e-4)]);
        assert_eq!([telling(2, 1 << 20), telling(8, 1 << 40)], [None, None]);
        let mut single = noise(64, 1).iter().map(|value| value * 0.01).collect::<Vec<_>>();
        single[3] = 1.0;
        assert_eq!(Pattern::new(&single).unwrap().telling(1000), None, "one element is nearly all of it");
        assert_eq!(telling(64, 1 << 30), Some(SAME));
    }
}
