//! Values weighted by how well queries and keys agree, in several heads.

use super::{
    layers::{UNSEEN, long},
    maker::Maker,
    settings::Made,
};
use crate::net::ops::nodes::{self, Plain};

/// What an attention reads and how it is divided.
pub(super) struct Attention<'v> {
    pub(super) heads: usize,
    /// Of one head.
    pub(super) width: usize,
    /// What agreements are multiplied with.
    pub(super) scale: f64,
    /// What is added to them, if anything, to be spread over `[N, heads, queries, keys]`.
    pub(super) added: Option<&'v str>,
    /// If what is added is of so many windows, which the lists are of in turn.
    pub(super) windows: Option<usize>,
}

impl Maker<'_> {
    /// `[N, L, heads * width]` to `[N, heads, L, width]`.
    pub(super) fn divided(&mut self, x: &str, heads: usize, width: usize) -> String {
        let apart = self.reshape(x, &[0, 0, long(heads), long(width)]);
        self.transpose(&apart, &[0, 2, 1, 3])
    }

    /// From queries, keys and values `[N, L, heads * width]` each to the same.
    pub(super) fn attend(&mut self, [queries, keys, values]: [&str; 3], how: &Attention<'_>) -> String {
        let [queries, values] = [queries, values].map(|it| self.divided(it, how.heads, how.width));
        let keys = self.divided(keys, how.heads, how.width);
        self.attend_divided([&queries, &keys, &values], how)
    }

    /// The same from heads that are apart already: `[N, heads, L, width]` each.
    pub(super) fn attend_divided(
        &mut self,
        [queries, keys, values]: [&str; 3],
        how: &Attention<'_>,
    ) -> String {
        let turned = self.transpose(keys, &[0, 1, 3, 2]);
        let agreement = self.plain(Plain::MatMul, &[queries, &turned]);
        let scale = self.number(how.scale as f32);
        let mut agreement = self.multiply(&agreement, &scale);
        if let Some(added) = how.added {
            agreement = match how.windows {
                Some(windows) => self.add_by_windows(&agreement, added, windows),
                None => self.add(&agreement, added),
            };
        }
        let weights = self.node(nodes::softmax(-1), &[&agreement]);
        let mixed = self.plain(Plain::MatMul, &[&weights, values]);
        let mixed = self.transpose(&mixed, &[0, 2, 1, 3]);
        self.reshape(&mixed, &[0, 0, long(how.heads * how.width)])
    }

    /// Adds `[windows, heads, L, L]` to `[N * windows, heads, L, L]`.
    fn add_by_windows(&mut self, agreement: &str, added: &str, windows: usize) -> String {
        let shape = self.node(nodes::shape(1, 4), &[agreement]);
        let before = self.ints(&[-1, long(windows)]);
        let apart = self.join(0, &[&before, &shape]);
        let agreement = self.plain(Plain::Reshape, &[agreement, &apart]);
        let sum = self.add(&agreement, added);
        let before = self.ints(&[-1]);
        let together = self.join(0, &[&before, &shape]);
        self.plain(Plain::Reshape, &[&sum, &together])
    }

    /// What is added where a mask `[N, L]` of integers hides keys: `[N, 1, 1, L]`.
    pub(super) fn hidden_keys(&mut self, mask: &str) -> String {
        let seen = self.node(nodes::cast(9), &[mask]);
        let axes = self.ints(&[1, 2]);
        let seen = self.plain(Plain::Unsqueeze, &[&seen, &axes]);
        let [nothing, hidden] = [0.0, UNSEEN].map(|it| self.number(it));
        self.plain(Plain::Where, &[&seen, &nothing, &hidden])
    }
}

/// The width of a head.
///
/// # Errors
/// If the heads do not divide the whole width.
pub(super) fn head_width(width: usize, heads: usize) -> Made<usize> {
    if heads == 0 || !width.is_multiple_of(heads) {
        return Err(format!("a width of {width} with {heads} heads is not built"));
    }
    Ok(width / heads)
}
