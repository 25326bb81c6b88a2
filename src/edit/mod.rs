//! From new head weights to the edits of the model's files.

mod companions;
mod literal_text;
mod onnx;
mod place;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{Artifact, Edits};

use crate::{
    cut::{Branch, Cut, Head, Operand},
    error::Error,
    linear::LinearHead,
};
use place::Placement;

/// Distance, in logits, by which an auxiliary head's forgotten class lies below the mean of the others.
const AUXILIARY_MARGIN: f64 = 30.0;

/// What becomes of the forgotten classes' places among the outputs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Slot {
    /// Their rows and labels are removed and the others renumbered.
    Drop,
    /// Their rows get new values; shapes and labels stay.
    Keep,
}

/// New values of one tensor, per class; a class that is not listed keeps its stored bytes.
type Rows = BTreeMap<usize, Vec<f64>>;

/// The edits that turn the head `before` into `after`.
///
/// Rows of `after` that equal `before` bit for bit keep their stored bytes. Parallel heads share a change
/// by their gains; auxiliary heads lose the forgotten classes too. With [`Slot::Drop`] every place of the
/// files that counts the classes is changed as well.
///
/// # Errors
/// [`Error::Unwritable`] if a value does not fit the stored type or has no place in the model,
/// [`Error::NotAClassifier`] if the class axis cannot be shortened.
pub fn edits(
    artifact: &Artifact,
    cut: &Cut,
    before: &LinearHead,
    after: &LinearHead,
    forgotten: &BTreeSet<usize>,
    slot: Slot,
) -> Result<Edits, Error> {
    let head = &cut.head;
    check_shapes(head, before, after)?;
    let mut placement = Placement::new(artifact, head.classes, forgotten, slot);
    let mut first = 0;
    for branch in &head.branches {
        placement.put(&branch.weight, &weight_rows(branch, first, before, after)?)?;
        if let Some(bias) = &branch.bias {
            placement.put(bias, &bias_rows(head, bias, before, after)?)?;
        }
        first += branch.width;
    }
    for branch in &head.auxiliary {
        for (operand, margin) in operands(branch) {
            placement.put(operand, &mean_rows(artifact, operand, head.classes, forgotten, margin)?)?;
        }
    }
    if slot == Slot::Drop {
        if let Some(obstacle) = &head.obstacle {
            return Err(Error::NotAClassifier {
                reason: format!("the class axis cannot be shortened: {obstacle}"),
                hint: "keep the slot with --slot keep".into(),
            });
        }
        onnx::shorten(&mut placement, &head.sites)?;
        companions::shorten(&mut placement)?;
    }
    onnx::remove_orphans(&mut placement);
    Ok(placement.edits)
}

fn check_shapes(head: &Head, before: &LinearHead, after: &LinearHead) -> Result<(), Error> {
    let fits = |linear: &LinearHead| {
        linear.classes == head.classes
            && linear.width == head.width()
            && linear.weight.len() == linear.classes * linear.width
            && linear.bias.len() == linear.classes
    };
    if fits(before) && fits(after) {
        return Ok(());
    }
    let reason = "the new weights have another shape than the head".to_owned();
    Err(Error::Unwritable { tensor: head.name.clone(), reason })
}

/// What a branch has to store so that its share of the logits is that of `after`.
fn weight_rows(
    branch: &Branch,
    first: usize,
    before: &LinearHead,
    after: &LinearHead,
) -> Result<Rows, Error> {
    let mut rows = Rows::new();
    for class in 0..after.classes {
        let share = |linear: &LinearHead| linear.row(class)[first..first + branch.width].to_vec();
        let (old, new) = (share(before), share(after));
        if old.iter().zip(&new).all(|(old, new)| old.to_bits() == new.to_bits()) {
            continue;
        }
        let gain = nonzero(branch.gain[class], &branch.weight)?;
        rows.insert(class, new.into_iter().map(|value| f64::from(value) / gain).collect());
    }
    Ok(rows)
}

/// Parallel heads all store the same value where the sum of their biases changes.
fn bias_rows(head: &Head, bias: &Operand, before: &LinearHead, after: &LinearHead) -> Result<Rows, Error> {
    let holders = || head.branches.iter().filter(|branch| branch.bias.is_some());
    let mut rows = Rows::new();
    for class in 0..after.classes {
        if before.bias[class].to_bits() == after.bias[class].to_bits() {
            continue;
        }
        let gain = nonzero(holders().map(|branch| branch.bias_gain[class]).sum(), bias)?;
        rows.insert(class, vec![(f64::from(after.bias[class]) - head.shift[class]) / gain]);
    }
    Ok(rows)
}

fn nonzero(gain: f64, operand: &Operand) -> Result<f64, Error> {
    if gain != 0.0 && gain.is_finite() {
        return Ok(gain);
    }
    let reason = "the model multiplies it by zero".to_owned();
    Err(Error::Unwritable { tensor: operand.tensor.clone(), reason })
}

fn operands(branch: &Branch) -> impl Iterator<Item = (&Operand, f64)> {
    std::iter::once((&branch.weight, 0.0)).chain(branch.bias.iter().map(|bias| (bias, AUXILIARY_MARGIN)))
}

/// For each forgotten class the mean of the others' rows, less a margin: never the largest.
fn mean_rows(
    artifact: &Artifact,
    operand: &Operand,
    classes: usize,
    forgotten: &BTreeSet<usize>,
    margin: f64,
) -> Result<Rows, Error> {
    let values = operand.read(artifact)?;
    let retained: Vec<usize> = (0..classes).filter(|class| !forgotten.contains(class)).collect();
    let mut mean = vec![0.0; operand.width()];
    for class in &retained {
        for (sum, at) in mean.iter_mut().zip(operand.row(*class, classes)) {
            *sum += f64::from(values[at]);
        }
    }
    let scaled: Vec<f64> = mean.into_iter().map(|sum| sum / retained.len().max(1) as f64 - margin).collect();
    Ok(forgotten.iter().map(|class| (*class, scaled.clone())).collect())
}
