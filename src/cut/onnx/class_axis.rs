//! Which axis of an operator the classes are on.

use super::{
    problem::{Lost, Malformed, Problem},
    stage::Tracked,
};

/// Whether an axis of an operator is the class axis.
pub(super) fn is_class(axis: i64, tracked: &Tracked) -> Result<bool, Problem> {
    let own = i64::try_from(tracked.axis).map_err(|_| Malformed::Axes)?;
    match (axis, tracked.rank.and_then(|rank| i64::try_from(rank).ok())) {
        (..0, _) => Ok(-(axis + 1) == own),
        (_, Some(rank)) => Ok(rank - 1 - axis == own),
        (_, None) => Err(Lost::Axis(axis).into()),
    }
}
