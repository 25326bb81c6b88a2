//! Tensors of a state dict that have a value per class and are no part of the head: weights of losses, thresholds,
//! counts. No output depends on them, but whoever loads the model expects as many as there are classes.

use std::collections::BTreeSet;

use declass_formats::{Artifact, TensorInfo};

use super::{Rows, place::Placement, rows};
use crate::{
    cut::{Cut, Operand, Site},
    error::Error,
    evidence::{Untouched, UntouchedKind},
};

/// Words of modules that are losses.
const LOSSES: [&str; 3] = ["criterion", "crit", "loss"];
/// What losses have for each class.
const OF_LOSSES: [&str; 4] = ["alpha", "class_weights", "pos_weight", "weight"];
/// Whole names of tensors that have a value per class, whatever module they are in: more than a part of a name
/// may say, since these are cut.
const NAMES: [&str; 16] = [
    "best_thresholds",
    "class_counts",
    "class_prior",
    "class_priors",
    "class_weight",
    "class_weights",
    "cls_num_list",
    "confmat",
    "confusion_matrix",
    "label_weight",
    "label_weights",
    "loss_weight",
    "loss_weights",
    "pos_weight",
    "threshold",
    "thresholds",
];
const MATRICES: [&str; 2] = ["confmat", "confusion_matrix"];

/// Shortens the tensors whose kind is known.
pub(super) fn shorten(placement: &mut Placement<'_>, cut: &Cut) -> Result<(), Error> {
    if cut.older {
        return Ok(());
    }
    if placement.artifact.graph().is_none() {
        if placement.forgotten.iter().any(|class| cut.head.is_background(*class)) {
            let obstacle =
                "the first row is that of the background, and whatever came first would be taken for it";
            return Err(Error::CannotDrop { obstacle: obstacle.into(), keepable: true });
        }
        beside(cut).try_for_each(|operand| placement.put(operand, &Rows::new()))?;
    }
    for (name, axes) in known(placement.artifact, cut) {
        let info = placement.artifact.tensor(&name)?.clone();
        let data = placement.artifact.read_tensor(&name)?;
        let mut tensor = declass_formats::NewTensor { info, data };
        for axis in axes {
            let operand = Operand::stored(&name, &tensor.info, axis);
            tensor = rows::remove(&tensor, &operand, placement.classes, placement.forgotten)?;
        }
        placement.edits.tensors.insert(name, tensor);
    }
    Ok(())
}

/// What is known to have rows of every class beside the head: boxes and masks.
fn beside(cut: &Cut) -> impl Iterator<Item = &Operand> {
    cut.head.sites.iter().filter_map(|site| match site {
        Site::Values(operand) => Some(operand),
        _ => None,
    })
}

/// The names of those.
pub(super) fn shortened(artifact: &Artifact, cut: &Cut) -> BTreeSet<String> {
    if cut.older {
        return BTreeSet::new();
    }
    let beside = beside(cut).map(|operand| operand.tensor.clone()).filter(|_| artifact.graph().is_none());
    known(artifact, cut).into_iter().map(|(name, _)| name).chain(beside).collect()
}

/// What else has a value or a row per class, and stays as long as it is.
pub(super) fn stale(artifact: &Artifact, cut: &Cut) -> Vec<Untouched> {
    let shortened = shortened(artifact, cut);
    let counts = |part: &&Untouched| {
        matches!(part.kind, UntouchedKind::Matrix | UntouchedKind::Tensor)
            && part.extents.contains(&cut.head.classes)
            && !shortened.contains(&part.name)
    };
    cut.untouched.iter().filter(counts).cloned().collect()
}

/// Every tensor of a known kind, with the axes that count the classes.
fn known(artifact: &Artifact, cut: &Cut) -> Vec<(String, Vec<usize>)> {
    if artifact.graph().is_some() {
        return Vec::new();
    }
    let head = &cut.head;
    let own: BTreeSet<&str> = head
        .branches
        .iter()
        .chain(head.auxiliary.iter().map(|auxiliary| &auxiliary.branch))
        .flat_map(|branch| std::iter::once(&branch.weight).chain(&branch.bias))
        .chain(beside(cut))
        .map(|operand| operand.tensor.as_str())
        .collect();
    let others = artifact
        .tensors()
        .iter()
        .filter(|(name, info)| !own.contains(name.as_str()) && info.dtype.bits() >= 8);
    others
        .filter_map(|(name, info)| {
            let axes = axes(name, info, head.classes).or_else(|| replaced(name, info, head.classes, &own))?;
            Some((name.clone(), axes))
        })
        .collect()
}

/// The axes of a tensor of losses, thresholds and the like that count the classes.
fn axes(name: &str, info: &TensorInfo, classes: usize) -> Option<Vec<usize>> {
    let lower = name.to_ascii_lowercase();
    let (module, last) = lower.rsplit_once('.').unwrap_or(("", &lower));
    let mut words =
        module.split(['.', '_']).map(|word| word.trim_end_matches(|it: char| it.is_ascii_digit()));
    let of_loss =
        OF_LOSSES.contains(&last) && words.any(|word| LOSSES.contains(&word) || word.ends_with("loss"));
    if !of_loss && !NAMES.contains(&last) {
        return None;
    }
    let counting: Vec<usize> = info
        .shape
        .iter()
        .enumerate()
        .filter(|(_, extent)| **extent == classes)
        .map(|(axis, _)| axis)
        .collect();
    let whole = info.shape.iter().all(|extent| *extent == 1 || *extent == classes);
    match counting.as_slice() {
        [_] if whole => Some(counting),
        [_, _] if whole && MATRICES.contains(&last) => Some(counting),
        // A table for each class.
        [0, ..] if MATRICES.contains(&last) => Some(vec![0]),
        _ => None,
    }
}

/// What an adapter keeps beside a tensor of the head: that of the module which it has replaced, or another copy.
fn replaced(name: &str, info: &TensorInfo, classes: usize, own: &BTreeSet<&str>) -> Option<Vec<usize>> {
    let plain = without_adapter(name);
    let is_copy = plain.len() < name.len() && own.iter().any(|own| without_adapter(own) == plain);
    (is_copy && info.shape.first() == Some(&classes)).then(|| vec![0])
}

/// The path of a tensor without what an adapter puts into it.
fn without_adapter(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut is_named = false;
    for part in name.split('.') {
        // Behind `modules_to_save` stands the name of the adapter, if it is not the last but one.
        let skips = matches!(part, "modules_to_save" | "original_module") || (is_named && part == "default");
        is_named = part == "modules_to_save";
        parts.extend((!skips).then_some(part));
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use declass_formats::Dtype;

    #[test]
    fn names_and_extents_tell_what_counts_the_classes() {
        let axes = |name: &str, shape: &[usize]| {
            axes(name, &TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() }, 6)
        };
        for name in [
            "loss_fct.weight",
            "criterion.pos_weight",
            "bce_loss.pos_weight",
            "pos_weight",
            "model.thresholds",
        ] {
            assert_eq!(axes(name, &[6]), Some(vec![0]), "{name}");
            assert_eq!(axes(name, &[1, 6]), Some(vec![1]), "{name}");
            assert_eq!(axes(name, &[7]), None, "{name}");
        }
        assert_eq!(axes("val_metric.confmat", &[6, 6]), Some(vec![0, 1]));
        assert_eq!(axes("val_metric.confmat", &[6, 2, 2]), Some(vec![0]));
        assert_eq!(axes("loss_fct.weight", &[6, 8]), None);
        assert_eq!(axes("encoder.weight", &[6]), None);
    }

    #[test]
    fn copies_that_an_adapter_keeps_of_the_head_are_cut() {
        let own = BTreeSet::from(["m.classifier.weight", "m.classifier.bias"]);
        let axes = |name: &str, shape: &[usize]| {
            replaced(name, &TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() }, 6, &own)
        };
        assert_eq!(axes("m.classifier.original_module.bias", &[6]), Some(vec![0]));
        assert_eq!(axes("m.classifier.modules_to_save.default.weight", &[6, 8]), Some(vec![0]));
        assert_eq!(axes("m.classifier.original_module.bias", &[5]), None);
        assert_eq!(axes("m.score.original_module.bias", &[6]), None);
        assert_eq!(axes("m.classifier.bias", &[6]), None);
    }
}
