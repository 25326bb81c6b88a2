//! How much memory and work one run may take.

use std::cell::Cell;

use super::Fault;

/// What one run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Elements that all values that live at the same time may have.
    pub(crate) elements: usize,
    /// Multiplications, or elements made, in all.
    pub(crate) work: u64,
}

impl Default for Limits {
    /// 8 GiB of single precision, and some ten minutes of one core.
    fn default() -> Self {
        Self { elements: 1 << 31, work: 1 << 45 }
    }
}

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
        let elements = shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent));
        let elements = elements.filter(|elements| {
            self.living.get().checked_add(*elements).is_some_and(|all| all <= self.limits.elements)
        });
        let elements = elements.ok_or(Fault::OverBudget("memory"))?;
        self.spend(elements as u64)?;
        Ok(elements)
    }

    /// Asks for so many multiplications before they are done.
    pub(super) fn spend(&self, work: u64) -> Result<(), Fault> {
        let spent = self.work.get().saturating_add(work);
        self.work.set(spent);
        if spent <= self.limits.work { Ok(()) } else { Err(Fault::OverBudget("work")) }
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
