//! The claim held against itself, and against what the files are: rows, labels, indices, the seal.

use std::collections::BTreeSet;

use declass_formats::{Artifact, RelPath};

use crate::{
    claim::{ForgottenClass, METHOD_NAMES, OtherFile, Promise, Statement, Verdict},
    classes::{REMEDY, describe, is_generic_name},
    cut::{Choice, Cut, Head},
    evidence::{ChangedTensor, Finding, Outcome, code},
    head::{Hints, Slot, Target, sealed::is_sealed},
};

/// The claim against what the files are.
pub(super) fn compare(
    statement: &Statement,
    target: &Target,
    artifact: &Artifact,
    heads: &[String],
) -> Vec<Finding> {
    let mut findings = tensors(&statement.predicate.removal.tensors, artifact);
    match Cut::locate(artifact, target.hints()) {
        Ok(cut) => {
            findings.extend(classes(statement, target, &cut));
            findings.extend(seal(target, &cut, artifact));
            findings.extend(choice(statement, target, &cut, heads));
        }
        Err(error) => findings.push(Finding::new(&code::UNREADABLE, error.to_string())),
    }
    match statement.other_files() {
        Ok(others) => {
            let listed = statement.predicate.removal.other_files.iter();
            findings.extend(listed.zip(others).flat_map(|(listed, (path, hints))| {
                other(statement, target, artifact, (listed, &path, &hints))
            }));
        }
        Err(error) => findings.push(claim(error.to_string())),
    }
    findings
}

/// The claim against a further file of the model.
fn other(
    statement: &Statement,
    target: &Target,
    artifact: &Artifact,
    (listed, path, hints): (&OtherFile, &RelPath, &Hints),
) -> Vec<Finding> {
    let unreadable = |error: String| vec![Finding::new(&code::UNREADABLE, error)];
    let twin = artifact.with_twins(std::slice::from_ref(path)).and_then(|model| model.twin(path));
    let found = twin.map_err(|error| error.to_string()).and_then(|twin| {
        let cut = Cut::locate(&twin, hints).map_err(|error| error.to_string())?;
        Ok((twin, cut))
    });
    let findings = match found {
        Ok((twin, cut)) => {
            [tensors(&listed.tensors, &twin), classes(statement, target, &cut), seal(target, &cut, &twin)]
                .concat()
        }
        Err(error) => unreadable(error),
    };
    findings.into_iter().map(|finding| finding.about(path)).collect()
}

fn claim(message: impl Into<String>) -> Finding {
    Finding::new(&code::CLAIM, message)
}

/// Whether the claim says the same in all its places, and that its checks passed.
pub(super) fn itself(statement: &Statement, target: &Target) -> Vec<Finding> {
    let predicate = &statement.predicate;
    let removal = &predicate.removal;
    let map = target.index_map();
    let space = &removal.label_space;
    let wanted: Vec<usize> = target.forgotten().indices().collect();
    let listed: Vec<usize> = removal.forgotten.iter().map(|entry| entry.class.index).collect();
    let placed =
        |entry: &ForgottenClass| map.get(entry.class.index).is_some_and(|index| *index == entry.index_after);
    let asked = &predicate.build_definition.external_parameters;
    let same_labels =
        listed != wanted || removal.forgotten.iter().map(|entry| &entry.class).eq(&asked.forget);
    let does_something = asked.method != "seal" || target.is_final();
    let holds = [
        (same_labels, "the classes that were asked for and those that were removed have other labels"),
        (does_something, "its method is the seal alone, and its slots are not sealed"),
        (space.index_map == map, "its index map is not that of its slots and classes"),
        (space.after == map.iter().flatten().count(), "its number of classes is not that of its index map"),
        (listed == wanted, "the classes that it forgets are not those that were asked for"),
        (removal.forgotten.iter().all(placed), "a removed class is not where its index map says"),
        (removal.claim == Promise::of(target), "what it claims is not what its slots and its seal allow"),
        (predicate.verification.result == Verdict::Passed, "it does not say that its checks passed"),
    ];
    let failed = predicate.verification.checks.iter().filter(|check| check.result == Outcome::Failed);
    let failed = failed.map(|check| claim(format!("it says itself that `{}` failed", check.id)));
    let method = (!METHOD_NAMES.contains(&asked.method.as_str())).then(|| {
        Finding::new(&code::UNSUPPORTED, format!("this version knows no method `{}`", asked.method))
    });
    let otherwise = holds.into_iter().filter(|(holds, _)| !holds).map(|(_, why)| claim(why));
    otherwise.chain(failed).chain(method).collect()
}

/// The tensors that the claim says changed have the shapes that it says.
fn tensors(claimed: &[ChangedTensor], artifact: &Artifact) -> Vec<Finding> {
    let mut findings = Vec::new();
    for tensor in claimed {
        let found = artifact.tensors().get(&tensor.name).map(|info| &info.shape);
        if found != tensor.shape_after.as_ref() {
            let shape = |shape: Option<&Vec<usize>>| {
                shape.map_or_else(|| "not there".to_owned(), |it| format!("{it:?}"))
            };
            let (found, claimed) = (shape(found), shape(tensor.shape_after.as_ref()));
            findings.push(claim(format!("tensor `{}` is {found}, claimed is {claimed}", tensor.name)));
        }
    }
    findings
}

/// The head makes as many classes as the claim says, with the labels that it says.
fn classes(statement: &Statement, target: &Target, cut: &Cut) -> Vec<Finding> {
    let removal = &statement.predicate.removal;
    let (found, space) = (cut.head.classes, &removal.label_space);
    if found != space.after {
        let still = target.slot() == Slot::Drop && found >= space.before;
        let code = if still { &code::STILL_PRESENT } else { &code::CLAIM };
        let message = format!("the head makes {found} classes, claimed are {}", space.after);
        return vec![Finding::new(code, message)];
    }
    let Some(labels) = &cut.labels else { return Vec::new() };
    let misplaced = removal.forgotten.iter().filter_map(|entry| {
        let (index, label) = (entry.index_after?, entry.class.label.as_ref()?);
        let found = describe(index, Some(labels));
        // Older versions took generic numbers for names, also where a file beside the model had some.
        (labels.names.get(index) != Some(label) && !is_generic_name(label))
            .then(|| claim(format!("class {found} is `{label}` in the claim")))
    });
    misplaced.chain(still_named(statement, &labels.names)).collect()
}

/// Labels of forgotten classes that a class has which is not forgotten: whoever reads labels sees the class,
/// whichever output it is.
fn still_named<'a>(statement: &'a Statement, names: &'a [String]) -> impl Iterator<Item = Finding> + 'a {
    let gone = statement.forgotten_in_all();
    let kept: BTreeSet<usize> = gone.iter().filter_map(|entry| entry.index_after).collect();
    let labels: BTreeSet<&String> = gone.iter().filter_map(|entry| entry.class.label.as_ref()).collect();
    let named =
        names.iter().enumerate().filter(move |(index, name)| !kept.contains(index) && labels.contains(name));
    named.map(|(index, label)| {
        let message = format!(
            "the label `{label}` of a removed class is still there: class {index} has it, which stays; {REMEDY}"
        );
        Finding::new(&code::STILL_PRESENT, message)
    })
}

/// A head that was named must be the one that the model points to, or one of those that are allowed. Claims that
/// were made before this was looked at say nothing of it.
fn choice(statement: &Statement, target: &Target, cut: &Cut, allowed: &[String]) -> Option<Finding> {
    let mut checks = statement.predicate.verification.checks.iter();
    let named = target.hints().head().filter(|name| !allowed.iter().any(|it| it == name))?;
    let Choice::Instead(other) = &cut.why.choice else { return None };
    checks.any(|check| check.id == "head-choice").then(|| super::other_head(named, other))
}

/// A slot that the claim calls sealed must be sealed in every head, by the weights as they are stored.
fn seal(target: &Target, cut: &Cut, artifact: &Artifact) -> Vec<Finding> {
    let comparable = cut.head.classes == target.forgotten().classes();
    if !target.is_sealed() || !comparable {
        return Vec::new();
    }
    let heads = std::iter::once(cut.head.clone()).chain(cut.head.further());
    let unsealed = heads.filter_map(|head| unsealed(&head, &cut.head.name, target, artifact));
    // Older versions did not ask whether a sealed slot can be given out all the same.
    let open = cut.head.still_open(target).filter(|_| !target.hints().older);
    unsealed.chain(open.map(|reason| Finding::new(&code::STILL_PRESENT, reason))).collect()
}

fn unsealed(head: &Head, main: &str, target: &Target, artifact: &Artifact) -> Option<Finding> {
    match head.load(artifact) {
        Err(error) => Some(Finding::new(&code::UNREADABLE, error.to_string())),
        Ok(numbers) if is_sealed(&numbers, head.link, &head.precision(), target.forgotten()) => None,
        Ok(_) => {
            let which = if head.name == main { "it".to_owned() } else { format!("`{}`", head.name) };
            let message = format!("the claim calls {which} sealed, and it is not");
            Some(Finding::new(&code::STILL_PRESENT, message))
        }
    }
}
