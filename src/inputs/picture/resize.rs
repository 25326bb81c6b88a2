//! Resizing in fixed point, in two passes with bytes between them, to the last bit as the libraries do it
//! that models were trained with: what those round away is part of what a model has learnt.

use std::borrow::Cow;

use super::{Filter, Picture};

/// Whose arithmetic it is. Both smooth what they shrink; they differ in how many bits a weight has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Library {
    Pillow,
    /// PyTorch's kernels for bytes, which torchvision and the processors of transformers 5 go through.
    Torchvision,
}

/// The picture in another size, of which neither extent is nothing.
pub(crate) fn resize(
    picture: &Picture,
    [height, width]: [usize; 2],
    filter: Filter,
    library: Library,
) -> Picture {
    if filter == Filter::Nearest {
        return nearest(picture, [height, width], library);
    }
    let mut rgb = Cow::Borrowed(&picture.rgb[..]);
    if width != picture.width {
        rgb = along(&rgb, picture.width, &Weights::new(picture.width, width, filter, library)).into();
    }
    if height != picture.height {
        rgb = across(&rgb, width, &Weights::new(picture.height, height, filter, library)).into();
    }
    Picture { width, height, rgb: rgb.into_owned() }
}

/// Which pixels of a line make each pixel of the new one.
struct Weights {
    /// The first pixel, and the weights from there on.
    of: Vec<(usize, Vec<i32>)>,
    bits: u32,
}

impl Weights {
    fn new(from: usize, to: usize, filter: Filter, library: Library) -> Self {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let (support, shrink) = (filter.support() * stretch, 1.0 / stretch);
        let exact: Vec<(usize, Vec<f64>)> = (0..to)
            .map(|i| {
                let centre = (i as f64 + 0.5) * scale;
                let first = ((centre - support + 0.5) as i64).max(0) as usize;
                let end = ((centre + support + 0.5) as i64).clamp(0, from as i64) as usize;
                let weight = |x: usize| filter.at((x as f64 - centre + 0.5) * shrink);
                let weights: Vec<f64> = (first..end).map(weight).collect();
                let sum: f64 = weights.iter().sum();
                let share = |weight: f64| if sum == 0.0 { weight } else { weight / sum };
                (first, weights.into_iter().map(share).collect())
            })
            .collect();
        let bits = match library {
            // Eight bits are the pixel's, and two are for sums that overshoot.
            Library::Pillow => 32 - 8 - 2,
            Library::Torchvision => bits_of_16(exact.iter().flat_map(|(_, weights)| weights)),
        };
        let unit = f64::from(1_u32 << bits);
        let fixed = |weight: f64| (weight * unit + 0.5_f64.copysign(weight)) as i32;
        let of = exact.into_iter().map(|(first, weights)| (first, weights.into_iter().map(fixed).collect()));
        Self { of: of.collect(), bits }
    }

    /// Half of a unit, for rounding.
    fn half(&self) -> i32 {
        if self.bits == 0 { 0 } else { 1 << (self.bits - 1) }
    }
}

/// As many bits as leave the largest weight within sixteen.
fn bits_of_16<'a>(weights: impl Iterator<Item = &'a f64>) -> u32 {
    let most = weights.fold(0.0_f64, |most, weight| most.max(*weight));
    let fits = |bits: &u32| ((0.5 + most * f64::from(1_u32 << (bits + 1))) as i32) < 1 << 15;
    (0..22).take_while(fits).count() as u32
}

fn byte(sum: i32, bits: u32) -> u8 {
    (sum >> bits).clamp(0, 255) as u8
}

/// Every row by itself.
fn along(rgb: &[u8], width: usize, weights: &Weights) -> Vec<u8> {
    let (bits, half) = (weights.bits, weights.half());
    let mut out = Vec::with_capacity(rgb.len() / width * weights.of.len());
    for row in rgb.chunks_exact(width * 3) {
        for (first, weights) in &weights.of {
            let mut sums = [half; 3];
            for (pixel, &weight) in row[first * 3..].as_chunks::<3>().0.iter().zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += weight * i32::from(value);
                }
            }
            out.extend(sums.map(|sum| byte(sum, bits)));
        }
    }
    out
}

/// Every column by itself, a row of all of them at a time.
fn across(rgb: &[u8], width: usize, weights: &Weights) -> Vec<u8> {
    let length = width * 3;
    let mut out = Vec::with_capacity(length * weights.of.len());
    let mut sums = vec![0_i32; length];
    for (first, of_row) in &weights.of {
        sums.fill(weights.half());
        for (row, &weight) in rgb[first * length..].chunks_exact(length).zip(of_row) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += weight * i32::from(value);
            }
        }
        out.extend(sums.iter().map(|&sum| byte(sum, weights.bits)));
    }
    out
}

fn nearest(picture: &Picture, [height, width]: [usize; 2], library: Library) -> Picture {
    let (rows, columns) = (places(picture.height, height, library), places(picture.width, width, library));
    let mut rgb = Vec::with_capacity(height * width * 3);
    for row in rows {
        let row = &picture.rgb[row * picture.width * 3..][..picture.width * 3];
        for &column in &columns {
            rgb.extend_from_slice(&row[column * 3..][..3]);
        }
    }
    Picture { width, height, rgb }
}

/// Which pixel of a line each pixel of the new one is.
fn places(from: usize, to: usize, library: Library) -> Vec<usize> {
    match library {
        Library::Pillow => {
            let step = from as f64 / to as f64;
            // Pillow adds the steps up, which is not the same as to multiply.
            let places = std::iter::successors(Some(step * 0.5), |at| Some(at + step));
            places.take(to).map(|at| (at as usize).min(from - 1)).collect()
        }
        Library::Torchvision => {
            let step = from as f32 / to as f32;
            let place = |i: usize| (step * (i as f32 + 0.5)).floor() as usize;
            (0..to).map(|i| place(i).min(from - 1)).collect()
        }
    }
}
