//! Which retained classes the candidate computes with other weights.

use super::models::Model;
use crate::{
    classes::Forgotten,
    cut::{Branch, Operand},
    error::Error,
    evidence::Change,
    head::LinearHead,
};

/// The retained classes whose weights or bias differ in any bit of what is stored. The heads are those of the
/// two models, over all original classes.
pub(super) fn between(
    models: &Change<Model<'_>>,
    heads: &Change<LinearHead>,
    forgotten: &Forgotten,
) -> Result<Vec<usize>, Error> {
    let Change { before, after } = models;
    let mut moved: Vec<usize> = forgotten.retained().filter(|&class| differ(heads, class)).collect();
    // Single precision shows every bit, unless the stored numbers have more, or are multiplied.
    if before.cut.head.rounding() == 0.0 && after.cut.head.rounding() == 0.0 {
        return Ok(moved);
    }
    // Where the forgotten slots were dropped, the others were renumbered.
    let slots: Vec<usize> = if after.cut.head.classes < forgotten.classes() {
        (0..after.cut.head.classes).collect()
    } else {
        forgotten.retained().collect()
    };
    let pairs: Vec<(usize, usize)> = forgotten.retained().zip(slots).collect();
    for (old, new) in before.cut.head.branches.iter().zip(&after.cut.head.branches) {
        for (old, new) in operands(old).zip(operands(new)) {
            let (a, b) = (Doubles::of(old, before)?, Doubles::of(new, after)?);
            moved.extend(
                pairs.iter().filter(|(class, slot)| !a.row(*class).eq(b.row(*slot))).map(|pair| pair.0),
            );
        }
    }
    moved.sort_unstable();
    moved.dedup();
    Ok(moved)
}

fn operands(branch: &Branch) -> impl Iterator<Item = &Operand> {
    std::iter::once(&branch.weight).chain(&branch.bias)
}

fn differ(heads: &Change<LinearHead>, class: usize) -> bool {
    let Change { before, after } = heads;
    let mut rows = before.row(class).iter().zip(after.row(class));
    before.bias[class].to_bits() != after.bias[class].to_bits()
        || rows.any(|(a, b)| a.to_bits() != b.to_bits())
}

/// An operand in double precision.
struct Doubles<'a> {
    operand: &'a Operand,
    classes: usize,
    values: Vec<f64>,
}

impl<'a> Doubles<'a> {
    fn of(operand: &'a Operand, side: &Model<'_>) -> Result<Self, Error> {
        Ok(Self { operand, classes: side.cut.head.classes, values: operand.read_doubles(side.artifact)? })
    }

    fn row(&self, class: usize) -> impl Iterator<Item = u64> {
        self.operand.row(class, self.classes).map(|at| self.values[at].to_bits())
    }
}
