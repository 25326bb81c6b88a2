//! Rates as figures, with the bound that matters.

use crate::{
    evidence::{BoundSide, Figure},
    statistics::{Rate, lower_bound, upper_bound},
};

/// A rate that should be small.
pub(super) fn at_most(quantity: &'static str, rate: Rate) -> Figure {
    of(quantity, rate, "rate").bounded(BoundSide::AtMost, upper_bound(rate.hits, rate.n))
}

/// A rate that should be large.
pub(super) fn at_least(quantity: &'static str, rate: Rate) -> Figure {
    of(quantity, rate, "rate").bounded(BoundSide::AtLeast, lower_bound(rate.hits, rate.n))
}

/// A rate that was chosen among others after looking at them: a bound of its own would not hold.
pub(super) fn selected(quantity: &'static str, rate: Rate) -> Figure {
    of(quantity, rate, "selected rate")
}

/// A rate on rows that also decided what was done to them: a bound would be one of other rows.
pub(super) fn same_rows(quantity: &'static str, rate: Rate) -> Figure {
    of(quantity, rate, "rate on the same rows")
}

fn of(quantity: &'static str, rate: Rate, unit: &'static str) -> Figure {
    Figure::new(quantity, rate.value(), unit).of(rate.n)
}
