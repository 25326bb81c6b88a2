//! How much memory and work one run may take.

use std::cell::Cell;

use super::Fault;

/// What one run may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Elements that all values that live at the same time may have.
    pub elements: usize,
    /// Multiplications of matrix products in all; an element that is made by itself counts for some of them.
    pub work: u64,
}

impl Default for Limits {
    /// 2 GiB of single precision, and some minutes of one core.
    fn default() -> Self {
        Self { elements: 1 << 29, work: 1 << 43 }
    }
}

/// Multiplications of a matrix product that take as long as one element that is made by itself.
const PER_ELEMENT: u64 = 32;
/// Axes that a value may have: numpy's limit. Work on an element grows with them.
pub(super) const MAX_AXES: usize = 64;

/// What a run has taken so far.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    living: Cell<usize>,
    work: Cell<u64>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, living: Cell::new(0), work: Cell::new(0) }
    }

    /// Asks for a value of this shape before it is made.
    pub(super) fn claim(&self, shape: &[usize]) -> Result<usize, Fault> {
        let most = self.room(shape)?;
        self.spend((most as u64).saturating_mul(PER_ELEMENT))?;
        Ok(if shape.contains(&0) { 0 } else { most })
    }

    /// Asks for memory that is gone with the operator, and takes no work of its own.
    pub(super) fn room(&self, shape: &[usize]) -> Result<usize, Fault> {
        // Without its empty axes, so that no product of some extents overflows either.
        let most = shape.iter().try_fold(1_usize, |product, extent| product.checked_mul((*extent).max(1)));
        let most = most.filter(|most| {
            let all = self.living.get().checked_add(*most);
            shape.len() <= MAX_AXES && all.is_some_and(|all| all <= self.limits.elements)
        });
        most.ok_or(Fault::OverBudget("memory"))
    }

    /// Asks for so many multiplications before they are done.
    pub(super) fn spend(&self, work: u64) -> Result<(), Fault> {
        let spent = self.work.get().saturating_add(work);
        self.work.set(spent);
        if spent <= self.limits.work { Ok(()) } else { Err(Fault::OverBudget("work")) }
    }

    /// The work so far.
    pub(super) fn spent(&self) -> u64 {
        self.work.get()
    }

    /// A value lives from now on.
    pub(super) fn keep(&self, elements: usize) {
        self.living.set(self.living.get().saturating_add(elements));
    }

    /// A value has had its last reader.
    pub(super) fn release(&self, elements: usize) {
        self.living.set(self.living.get().saturating_sub(elements));
    }
}
