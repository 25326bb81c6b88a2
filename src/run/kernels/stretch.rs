//! What a chain of operators does with each stretch of elements.

use super::{
    elementwise::{Visit, in_single},
    settings::Settings,
};
use crate::{
    net::ops::{Map, Pairwise},
    run::lanes::wide,
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
pub(super) fn worked(links: &[Link<&[f32]>], columns: usize, row: usize, column: usize, line: &mut [f32]) {
    if links.is_empty() {
        return;
    }
    let kept = slots(links);
    for (at, line) in line.chunks_mut(STRETCH).enumerate() {
        let first = row * columns + column + at * STRETCH;
        if kept.is_empty() {
            wide(|| links.iter().enumerate().for_each(|(at, link)| link.work(at, row, first, line, |_| &[])));
            continue;
        }
        let mut slots = [[0.0_f32; STRETCH]; SLOTS];
        wide(|| {
            for (at, link) in links.iter().enumerate() {
                if let Some(slot) = kept.iter().position(|kept| *kept == at) {
                    slots[slot][..line.len()].copy_from_slice(line);
                }
                let slot = |own: usize| kept.iter().position(|kept| *kept == own).unwrap_or(0);
                link.work(at, row, first, line, |own| &slots[slot(own)]);
            }
        });
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
    fn work<'s>(
        &'s self,
        newest: usize,
        row: usize,
        first: usize,
        line: &mut [f32],
        kept: impl Fn(usize) -> &'s [f32],
    ) {
        let length = line.len();
        let stretch = |operand: &'s Operand<&[f32]>| match operand {
            Operand::Own(at) if *at == newest => Stretch::Newest,
            Operand::Own(at) => Stretch::Elements(&kept(*at)[..length]),
            Operand::Number(number) => Stretch::Number(*number),
            Operand::Repeated(values) => Stretch::Elements(&values[first % values.len()..][..length]),
            Operand::Rows(values) => Stretch::Number(values[row % values.len()]),
        };
        let mut operands = self.operands.iter().map(stretch);
        let Some(mut a) = operands.next() else { return };
        let b = operands.next();
        // The line is one of the operands from here on.
        if !matches!((a, b), (Stretch::Newest, _) | (_, Some(Stretch::Newest))) {
            match a {
                Stretch::Elements(values) => line.copy_from_slice(values),
                Stretch::Number(number) => line.fill(number),
                Stretch::Newest => {}
            }
            a = Stretch::Newest;
        }
        match (self.what, b) {
            (What::Map(map, settings), _) => in_single(map, settings, Line(line)),
            (What::Pair(Pairwise::Difference), Some(b)) => joined(line, a, b, |a, b| a - b),
            (What::Pair(Pairwise::Product), Some(b)) => joined(line, a, b, |a, b| a * b),
            (What::Pair(Pairwise::Quotient), Some(b)) => joined(line, a, b, |a, b| a / b),
            (What::Pair(_), Some(b)) => joined(line, a, b, |a, b| a + b),
            (What::Pair(_), None) => {}
        }
    }
}

struct Line<'l>(&'l mut [f32]);

impl Visit for Line<'_> {
    type Output = ();

    #[inline(always)]
    fn visit(self, function: impl Fn(f32) -> f32) {
        for x in self.0 {
            *x = function(*x);
        }
    }
}

#[inline(always)]
fn joined(line: &mut [f32], a: Stretch<'_>, b: Stretch<'_>, join: impl Fn(f32, f32) -> f32) {
    match (a, b) {
        (Stretch::Newest, Stretch::Newest) => line.iter_mut().for_each(|x| *x = join(*x, *x)),
        (_, Stretch::Number(b)) => line.iter_mut().for_each(|x| *x = join(*x, b)),
        (Stretch::Number(a), _) => line.iter_mut().for_each(|x| *x = join(a, *x)),
        (_, Stretch::Elements(b)) => line.iter_mut().zip(b).for_each(|(x, b)| *x = join(*x, *b)),
        (Stretch::Elements(a), _) => line.iter_mut().zip(a).for_each(|(x, a)| *x = join(*a, *x)),
    }
}
