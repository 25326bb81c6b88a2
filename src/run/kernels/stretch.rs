//! What a chain of operators does with each stretch of elements.

use pulp::{Simd, WithSimd};

use super::{
    curves::{Visit, in_single},
    settings::Settings,
};
use crate::{
    net::ops::{Map, Pairwise},
    run::lanes,
};

/// Elements that are worked on at once.
const STRETCH: usize = 256;
/// Values that are read later than by the next link, at most.
pub(super) const SLOTS: usize = 2;

/// An operand of a link.
#[derive(Clone)]
pub(super) enum Operand<T> {
    /// A value of the chain: the first stands before it, each link makes the next.
    Own(usize),
    Number(f32),
    /// Elements that are repeated over and over.
    Repeated(T),
    /// One for each row, repeated over and over.
    Rows(T),
}

#[derive(Clone, Copy)]
pub(super) enum What {
    Map(Map, Settings),
    Pair(Pairwise),
}

/// One operator of a chain.
pub(super) struct Link<T> {
    pub(super) what: What,
    pub(super) operands: Vec<Operand<T>>,
}

/// The values that are read later than by the next link.
pub(super) fn slots<T>(links: &[Link<T>]) -> Vec<usize> {
    let mut slots = Vec::new();
    for (at, link) in links.iter().enumerate() {
        for operand in &link.operands {
            if let Operand::Own(own) = operand
                && *own != at
                && !slots.contains(own)
            {
                slots.push(*own);
            }
        }
    }
    slots
}

/// Does the links with a stretch of a row.
pub(super) fn worked(
    links: &[Link<&[f32]>],
    kept: &[usize],
    columns: usize,
    [row, column]: [usize; 2],
    line: &mut [f32],
) {
    for (at, line) in line.chunks_mut(STRETCH).enumerate().filter(|_| !links.is_empty()) {
        let first = row * columns + column + at * STRETCH;
        lanes::with(Work { links, kept, row, first, line });
    }
}

struct Work<'w, 'l> {
    links: &'w [Link<&'l [f32]>],
    /// The values that are read later than by the next link.
    kept: &'w [usize],
    row: usize,
    /// The place of the first element in the whole result.
    first: usize,
    line: &'w mut [f32],
}

impl WithSimd for Work<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { links, kept, row, first, line } = self;
        let mut slots = (!kept.is_empty()).then_some([[0.0_f32; STRETCH]; SLOTS]);
        for (at, link) in links.iter().enumerate() {
            if let Some(slot) = kept.iter().position(|kept| *kept == at)
                && let Some(slots) = &mut slots
            {
                slots[slot][..line.len()].copy_from_slice(line);
            }
            let slots = slots.as_ref().map_or(&[][..], |slots| &slots[..]);
            link.work(at, [row, first], line, kept, slots);
        }
    }
}

/// An operand for a stretch.
#[derive(Clone, Copy)]
enum Stretch<'s> {
    /// What the link works on.
    Newest,
    Number(f32),
    Elements(&'s [f32]),
}

impl Link<&[f32]> {
    #[inline(always)]
    fn work(
        &self,
        newest: usize,
        [row, first]: [usize; 2],
        line: &mut [f32],
        kept: &[usize],
        slots: &[[f32; STRETCH]],
    ) {
        let [mut a, b] = [0, 1].map(|place| match self.operands.get(place) {
            None => None,
            Some(Operand::Own(at)) if *at == newest => Some(Stretch::Newest),
            Some(Operand::Own(at)) => {
                let slot = kept.iter().position(|kept| kept == at).unwrap_or(0);
                Some(Stretch::Elements(&slots[slot][..line.len()]))
            }
            Some(Operand::Number(number)) => Some(Stretch::Number(*number)),
            Some(Operand::Repeated(values)) => {
                Some(Stretch::Elements(&values[first % values.len()..][..line.len()]))
            }
            Some(Operand::Rows(values)) => Some(Stretch::Number(values[row % values.len()])),
        });
        // The line is one of the operands from here on.
        if !matches!((a, b), (Some(Stretch::Newest), _) | (_, Some(Stretch::Newest))) {
            match a {
                Some(Stretch::Elements(values)) => line.copy_from_slice(values),
                Some(Stretch::Number(number)) => line.fill(number),
                Some(Stretch::Newest) | None => {}
            }
            a = Some(Stretch::Newest);
        }
        match (self.what, a, b) {
            (What::Map(map, settings), ..) => in_single(map, settings, Line(line)),
            (What::Pair(what), Some(a), Some(b)) => paired(what, line, a, b),
            (What::Pair(_), ..) => {}
        }
    }
}

#[inline(always)]
fn paired(what: Pairwise, line: &mut [f32], a: Stretch<'_>, b: Stretch<'_>) {
    match what {
        Pairwise::Difference => joined(line, a, b, |a, b| a - b),
        Pairwise::Product => joined(line, a, b, |a, b| a * b),
        Pairwise::Quotient => joined(line, a, b, |a, b| a / b),
        _ => joined(line, a, b, |a, b| a + b),
    }
}

struct Line<'l>(&'l mut [f32]);

impl Visit for Line<'_> {
    type Output = ();

    #[inline(always)]
    fn visit(self, numbers: [f32; 3], function: impl Fn([f32; 3], f32) -> f32) {
        for x in self.0 {
            *x = function(numbers, *x);
        }
    }
}

#[inline(always)]
fn joined(line: &mut [f32], a: Stretch<'_>, b: Stretch<'_>, join: impl Fn(f32, f32) -> f32) {
    match (a, b) {
        (Stretch::Newest, Stretch::Newest) => {
            for x in line {
                *x = join(*x, *x);
            }
        }
        (_, Stretch::Number(b)) => {
            for x in line {
                *x = join(*x, b);
            }
        }
        (Stretch::Number(a), _) => {
            for x in line {
                *x = join(a, *x);
            }
        }
        (_, Stretch::Elements(b)) => {
            for (x, b) in line.iter_mut().zip(b) {
                *x = join(*x, *b);
            }
        }
        (Stretch::Elements(a), _) => {
            for (x, a) in line.iter_mut().zip(a) {
                *x = join(*a, *x);
            }
        }
    }
}
