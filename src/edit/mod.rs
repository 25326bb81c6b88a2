//! From new head weights to the edits of the model's files.

mod companions;
mod literal_text;
mod onnx;
mod place;
mod rows;
mod tensors;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{Artifact, Edits};

use crate::{
    classes::Forgotten,
    cut::{Branch, Cut, Head, Operand},
    error::Error,
    evidence::Untouched,
    head::{LinearHead, MARGIN, Slot, Target, Treatment, seal},
};
use place::Placement;

/// New values of one tensor, per class; a class that is not listed keeps its stored bytes.
type Rows = BTreeMap<usize, Vec<f64>>;

/// The edits that turn the head `before` into `trained` and give the forgotten slots their treatment.
///
/// The order is what matters: the model will hold `trained` rounded to the types that it is stored in, so a
/// seal is taken of those rows, since the mean of others is not theirs.
///
/// # Errors
/// As [`edits`]; [`Error::Unlearn`] for a multi-label head without bias.
pub fn rewrite(
    artifact: &Artifact,
    cut: &Cut,
    before: &LinearHead,
    trained: &LinearHead,
    target: &Target,
) -> Result<Edits, Error> {
    let stored = as_stored(cut, before, trained)?;
    let after = match target.treatment() {
        Treatment::Seal => seal(&stored, target.forgotten(), cut.head.link, MARGIN)?,
        Treatment::Drop | Treatment::Leave => stored,
    };
    edits(artifact, cut, before, &after, target.forgotten().as_set(), target.slot())
}

/// The edits that turn the head `before` into `after`, slots as they are there.
///
/// Rows of `after` that equal `before` bit for bit keep their stored bytes. Parallel heads share a change
/// by their gains. Auxiliary heads lose the forgotten classes too: nothing is trained there, so kept slots
/// are sealed, each by what the model makes of its logits, whether the main head is or not. With
/// [`Slot::Drop`] every place of the files that counts the classes is changed as well.
///
/// # Errors
/// [`Error::Unwritable`] if a value does not fit the stored type or has no place in the model,
/// [`Error::CannotDrop`] if the class axis cannot be shortened, [`Error::Unlearn`] if an auxiliary head of a
/// multi-label model has no bias.
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
    for further in head.further() {
        put_further(&mut placement, &further)?;
    }
    onnx::keep_real(&mut placement, &head.sites);
    if slot == Slot::Drop {
        let left = head.classes.saturating_sub(forgotten.len());
        let too_few = head.fewest.as_ref().filter(|fewest| left < fewest.classes).map(|it| &it.reason);
        if let Some(obstacle) = head.obstacle.as_ref().or(too_few) {
            let keepable = head.can_be_sealed();
            return Err(Error::CannotDrop { obstacle: obstacle.to_string(), keepable });
        }
        onnx::shorten(&mut placement, cut)?;
        tensors::shorten(&mut placement, cut)?;
        companions::shorten(&mut placement, cut)?;
    }
    onnx::remove_orphans(&mut placement);
    Ok(placement.edits)
}

/// What the edits of a removal leave as it is although it counts or names the classes: files and tensors that
/// no rule shortens. Nothing where the slots are kept: then every index means what it meant.
///
/// # Errors
/// [`Error::Format`] if a file cannot be read.
pub fn stale(artifact: &Artifact, cut: &Cut, target: &Target) -> Result<Vec<Untouched>, Error> {
    if target.slot() == Slot::Keep {
        return Ok(Vec::new());
    }
    let names = companions::Names::of(cut, target.forgotten().as_set());
    let mut stale = tensors::stale(artifact, cut);
    stale.extend(onnx::stale(artifact, cut));
    stale.extend(companions::stale(artifact, &names)?);
    Ok(stale)
}

/// What a removal leaves as it is although it has the classes: parts of the model, and what lies beside it where
/// slots are dropped.
///
/// # Errors
/// As [`stale`].
pub fn untouched(artifact: &Artifact, cut: &Cut, target: &Target) -> Result<Vec<Untouched>, Error> {
    let shortened = shortened(artifact, cut, target);
    let mut all = [cut.untouched.clone(), stale(artifact, cut, target)?].concat();
    all.retain(|part| !shortened.contains(&part.name));
    all.sort();
    all.dedup();
    Ok(all)
}

/// The tensors that are no part of the head, and lose the forgotten classes all the same.
pub fn shortened(artifact: &Artifact, cut: &Cut, target: &Target) -> BTreeSet<String> {
    if target.slot() == Slot::Keep { BTreeSet::new() } else { tensors::shortened(artifact, cut) }
}

/// Whether the edits of a removal can be made, whatever training will make of the head: asked before it begins.
///
/// # Errors
/// As [`edits`]; [`Error::Stale`] if slots are dropped and something that counts or names the classes would stay as
/// it is, unless that is accepted.
pub fn check(artifact: &Artifact, cut: &Cut, before: &LinearHead, target: &Target) -> Result<(), Error> {
    if target.slot() == Slot::Keep {
        return Ok(());
    }
    let parts = stale(artifact, cut, target)?;
    if !parts.is_empty() && !target.accepted().stale {
        let parts = parts.iter().map(ToString::to_string).collect();
        return Err(Error::Stale { parts, keepable: cut.head.can_be_sealed() });
    }
    edits(artifact, cut, before, before, target.forgotten().as_set(), target.slot()).map(|_| ())
}

/// The head `after` as the model will have it once it is written in place of `before`: every changed row
/// rounded to the element types it is stored in. A seal has to be taken of these rows, since the mean of
/// others is not theirs.
///
/// # Errors
/// [`Error::Unwritable`] as [`edits`].
pub fn as_stored(cut: &Cut, before: &LinearHead, after: &LinearHead) -> Result<LinearHead, Error> {
    let head = &cut.head;
    check_shapes(head, before, after)?;
    let mut stored = after.clone();
    let mut first = 0;
    for branch in &head.branches {
        for (class, values) in weight_rows(branch, first, before, after)? {
            let row = &mut stored.row_mut(class)[first..first + branch.width];
            let rounded = rows::rounded(&branch.weight, &values)?;
            let new = rounded.into_iter().map(|value| (branch.gain[class] * value) as f32);
            row.iter_mut().zip(new).for_each(|(slot, value)| *slot = value);
        }
        first += branch.width;
    }
    let mut biases: BTreeMap<usize, f64> = BTreeMap::new();
    for branch in &head.branches {
        let Some(bias) = &branch.bias else { continue };
        for (class, value) in bias_rows(head, bias, before, after)? {
            let share: f64 =
                rows::rounded(bias, &value)?.iter().map(|value| branch.bias_gain[class] * value).sum();
            *biases.entry(class).or_insert(head.shift[class]) += share;
        }
    }
    biases.into_iter().for_each(|(class, bias)| stored.bias[class] = bias as f32);
    Ok(stored)
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

fn put_further(placement: &mut Placement<'_>, head: &Head) -> Result<(), Error> {
    let (mut weight, mut bias) = (Rows::new(), Rows::new());
    if placement.slot == Slot::Keep {
        let forgotten = Forgotten::from_indices(placement.forgotten.clone(), head.classes)?;
        let sealed = seal(&head.load(placement.artifact)?, &forgotten, head.link, MARGIN)?;
        for class in forgotten.indices() {
            weight.insert(class, sealed.row(class).iter().copied().map(f64::from).collect());
            bias.insert(class, vec![sealed.bias[class].into()]);
        }
    }
    for branch in &head.branches {
        placement.put(&branch.weight, &weight)?;
        branch.bias.iter().try_for_each(|operand| placement.put(operand, &bias))?;
    }
    Ok(())
}
