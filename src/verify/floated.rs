//! What became of a head in whole numbers.

use crate::{
    cut::Cut,
    evidence::{Check, Definition, Origin, Outcome},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "float-head",
    version: 1,
    number: None,
    formula: "the head of the original is stored in whole numbers, or its results are rounded to them; that of \
              the candidate is not: weights are `(stored - zero) * scale` in single precision",
    origin: Origin::ModelFiles,
    data: "graph and scales of the original",
    shows: "what of the model is in real numbers now, which is part of the removal",
    not_shown: "that retained results are the same to the last bit: sums of real numbers are rounded otherwise, \
                some processors cut large sums of whole ones off, and results that were rounded to whole \
                numbers, or ended at their bounds, no longer are; other checks compare the weights for which \
                the whole numbers stand",
};

/// Says so where it is the case; most heads are in real numbers.
pub(super) fn check(original: &Cut) -> Option<Check> {
    let floated = original.head.floated.as_ref()?;
    let summary = format!("the removal {floated}; everything before the head stays as it was");
    Some(Check { definition: &DEFINITION, outcome: Outcome::Informative, summary, figures: Vec::new() })
}
