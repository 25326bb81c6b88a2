//! The claim held against itself, and against what the files are: rows, labels, indices, the seal.

use declass_formats::Artifact;

use super::{Finding, code};
use crate::{
    classes::describe,
    cut::Cut,
    head::{Slot, sealed::is_sealed},
    release::{Claimed, Statement},
};

/// The claim against what the files are.
pub(super) fn compare(statement: &Statement, claimed: &Claimed, artifact: &Artifact) -> Vec<Finding> {
    let mut findings = tensors(statement, artifact);
    match Cut::locate(artifact, claimed.removal().head()) {
        Ok(cut) => {
            findings.extend(classes(statement, claimed, &cut));
            findings.extend(seal(claimed, &cut, artifact));
        }
        Err(error) => findings.push(Finding::new(&code::UNREADABLE, error.to_string())),
    }
    findings
}

fn claim(message: impl Into<String>) -> Finding {
    Finding::new(&code::CLAIM, message)
}

/// Whether the claim says the same in all its places, and that its checks passed.
pub(super) fn itself(statement: &Statement, claimed: &Claimed) -> Vec<Finding> {
    let predicate = &statement.predicate;
    let (removal, target) = (&predicate.removal, claimed.removal().target());
    let forgotten = target.forgotten();
    let map = target.index_map();
    let space = &removal.label_space;
    let asked: Vec<usize> = forgotten.indices().collect();
    let listed: Vec<usize> = removal.forgotten.iter().map(|entry| entry.class.index).collect();
    let placed = |entry: &crate::release::statement::ForgottenClass| {
        map.get(entry.class.index).is_some_and(|index| *index == entry.index_after)
    };
    let holds = [
        (space.index_map == map, "its index map is not that of its slots and classes"),
        (space.after == map.iter().flatten().count(), "its number of classes is not that of its index map"),
        (listed == asked, "the classes that it forgets are not those that were asked for"),
        (removal.forgotten.iter().all(placed), "a forgotten class is not where its index map says"),
        (predicate.verification.result == "PASSED", "it does not say that its checks passed"),
    ];
    let failed = predicate.verification.checks.iter().filter(|check| check.result == "FAILED");
    let failed = failed.map(|check| claim(format!("it says itself that `{}` failed", check.id)));
    holds.into_iter().filter(|(holds, _)| !holds).map(|(_, why)| claim(why)).chain(failed).collect()
}

/// The tensors that the claim says changed have the shapes that it says.
fn tensors(statement: &Statement, artifact: &Artifact) -> Vec<Finding> {
    let mut findings = Vec::new();
    for tensor in &statement.predicate.removal.tensors {
        let Some(name) = tensor["name"].as_str() else {
            findings.push(claim("a changed tensor has no name"));
            continue;
        };
        let shape = artifact.tensors().get(name).map(|info| info.shape.clone());
        if serde_json::json!(shape) != tensor["shapeAfter"] {
            let shape = shape.map_or_else(|| "not there".to_owned(), |shape| format!("{shape:?}"));
            let claimed = &tensor["shapeAfter"];
            findings.push(claim(format!("tensor `{name}` is {shape}, claimed is {claimed}")));
        }
    }
    findings
}

/// The head makes as many classes as the claim says, with the labels that it says.
fn classes(statement: &Statement, claimed: &Claimed, cut: &Cut) -> Vec<Finding> {
    let (removal, slot) = (&statement.predicate.removal, claimed.removal().slot());
    let (found, space) = (cut.head.classes, &removal.label_space);
    if found != space.after {
        let still = slot == Slot::Drop && found >= space.before;
        let code = if still { &code::STILL_PRESENT } else { &code::CLAIM };
        let message = format!("the head makes {found} classes, claimed are {}", space.after);
        return vec![Finding::new(code, message)];
    }
    let Some(labels) = &cut.labels else { return Vec::new() };
    let mut findings = Vec::new();
    for entry in &removal.forgotten {
        let Some(label) = &entry.class.label else { continue };
        match entry.index_after {
            None if labels.names.contains(label) => {
                let message = format!("forgotten label `{label}` is still there");
                findings.push(Finding::new(&code::STILL_PRESENT, message));
            }
            Some(index) if labels.names.get(index) != Some(label) => {
                let found = describe(index, Some(labels));
                findings.push(claim(format!("class {found} is `{label}` in the claim")));
            }
            _ => {}
        }
    }
    findings
}

/// A slot that the claim calls sealed must be sealed, by the weights as they are stored.
fn seal(claimed: &Claimed, cut: &Cut, artifact: &Artifact) -> Vec<Finding> {
    let target = claimed.removal().target();
    let comparable = cut.head.classes == target.forgotten().classes();
    if !target.is_sealed() || !comparable {
        return Vec::new();
    }
    match cut.head.load(artifact) {
        Err(error) => vec![Finding::new(&code::UNREADABLE, error.to_string())],
        Ok(head) if is_sealed(&head, cut.head.link, &cut.head.precision(), target.forgotten()) => Vec::new(),
        Ok(_) => vec![Finding::new(&code::STILL_PRESENT, "the claim calls it sealed, and it is not")],
    }
}
