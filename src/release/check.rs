//! A claim held against the files it is about and against figures measured anew.

use std::collections::BTreeMap;

use super::{
    claim::{NOT_CLAIMED, TIER, changed_tensors, decimal, recorded, subjects, unchanged_tensors},
    root::root_digest,
    statement::{RecordedCheck, RecordedMeasurement, Statement},
};
use crate::verify::{Check, Measurement, Outcome, Report};

/// How far a figure measured anew may be from the recorded one: arithmetic differs a little between processors.
const TOLERANCE: f64 = 0.002;

/// Whether what a statement says is what the report found; `same_seed` if both drew the same embeddings.
#[must_use]
pub fn check(statement: &Statement, report: &Report, same_seed: bool) -> Vec<Check> {
    let mut checks = vec![files(statement, report), input(statement, report), removal(statement, report)];
    if same_seed {
        checks.push(figures(statement, report));
    }
    checks
}

fn files(statement: &Statement, report: &Report) -> Check {
    let expected = subjects(&report.candidate_digests());
    let claimed: BTreeMap<&str, _> = statement.subject.iter().map(|s| (s.name.as_str(), &s.digest)).collect();
    let found: BTreeMap<&str, _> = expected.iter().map(|s| (s.name.as_str(), &s.digest)).collect();
    let differing: Vec<&str> = found
        .keys()
        .chain(claimed.keys())
        .filter(|name| **name != "oms-root" && found.get(**name) != claimed.get(**name))
        .copied()
        .collect();
    let holds = claimed == found;
    let summary = match differing.first() {
        None if holds => format!("all {} files are those of the claim", expected.len() - 1),
        None => "the root digest is not that of the files".to_owned(),
        Some(name) => format!("file `{name}` is not as claimed"),
    };
    plain("claimed-files", Outcome::of(holds), summary, "SHA-256 of every file")
}

fn input(statement: &Statement, report: &Report) -> Check {
    let root = root_digest(&report.original_digests()).to_string();
    let dependencies = &statement.predicate.build_definition.resolved_dependencies;
    let input = dependencies.iter().find(|dependency| dependency.name == "input-model");
    let claimed = input.and_then(|input| input.digest.as_ref()).map(|digest| digest.sha256.as_str());
    let (holds, summary) = match claimed {
        Some(claimed) if claimed == root => {
            (true, "the original is the input that the claim names".to_owned())
        }
        Some(_) => (false, "the original is not the input that the claim names".to_owned()),
        None => (false, "the claim names no input".to_owned()),
    };
    plain("claimed-input", Outcome::of(holds), summary, "SHA-256 of every file of the original")
}

/// Whether the claim calls the classes and the changes what they are, and claims no more than is ever shown.
fn removal(statement: &Statement, report: &Report) -> Check {
    let (removal, verification) = (&statement.predicate.removal, &statement.predicate.verification);
    let misnamed = removal.forgotten.iter().map(|forgotten| &forgotten.class).find(|class| {
        let label = report.labels.as_ref().map(|labels| labels.names.get(class.index));
        label.is_some_and(|label| label != class.label.as_ref())
    });
    let same_tensors = removal.tensors == changed_tensors(report);
    let summary = match misnamed {
        Some(class) => Err(format!("class {} has another label in the original", class.index)),
        None if !same_tensors || removal.unchanged_tensors != unchanged_tensors(report) => {
            Err("the tensors that changed are not those of the claim".to_owned())
        }
        None if removal.not_claimed != NOT_CLAIMED || verification.tier != TIER => {
            Err("the claim goes beyond what this tool shows".to_owned())
        }
        None => Ok("classes, labels and changed tensors are those of the claim".to_owned()),
    };
    let outcome = Outcome::of(summary.is_ok());
    plain("claimed-removal", outcome, summary.unwrap_or_else(|problem| problem), "both models")
}

fn figures(statement: &Statement, report: &Report) -> Check {
    let recorded_checks = &statement.predicate.verification.checks;
    let mut compared = 0;
    let mut first: Option<String> = None;
    for now in report.checks.iter().map(recorded) {
        let Some(then) = recorded_checks.iter().find(|check| check.id == now.id) else {
            first.get_or_insert_with(|| format!("check `{}` is missing from the claim", now.id));
            continue;
        };
        if then.result != now.result {
            first.get_or_insert_with(|| format!("check `{}` is recorded as {}", now.id, then.result));
        }
        if then.measurements.len() != now.measurements.len() {
            first.get_or_insert_with(|| format!("check `{}` has other figures than recorded", now.id));
        }
        for figure in &now.measurements {
            compared += 1;
            let same =
                then.measurements.iter().find(|m| m.name == figure.name).is_some_and(|m| agrees(m, figure));
            if !same {
                let (id, name, value) = (&now.id, &figure.name, &figure.value);
                first.get_or_insert_with(|| {
                    format!("`{name}` of check `{id}` is {value}, not what the claim says")
                });
            }
        }
    }
    let known = |check: &&RecordedCheck| report.checks.iter().any(|now| now.id == check.id);
    if let Some(unknown) = recorded_checks.iter().find(|check| !known(check)) {
        first.get_or_insert_with(|| format!("check `{}` is not one of this version", unknown.id));
    }
    let outcome = Outcome::of(first.is_none());
    let summary =
        first.unwrap_or_else(|| format!("all {compared} figures of the claim were measured again and agree"));
    let mut check =
        plain("claimed-figures", outcome, summary, "the synthetic embeddings of the claim's seed");
    check.measurements.push(Measurement::new("figures compared", f64::from(compared), "figures"));
    check
}

fn agrees(then: &RecordedMeasurement, now: &RecordedMeasurement) -> bool {
    if then.unit != now.unit || then.threshold != now.threshold {
        return false;
    }
    if then.value == now.value {
        return true;
    }
    let (Ok(a), Ok(b)) = (then.value.parse::<f64>(), now.value.parse::<f64>()) else { return false };
    debug_assert_eq!(decimal(b), now.value);
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
}

fn plain(id: &'static str, outcome: Outcome, summary: String, data: &'static str) -> Check {
    let not_shown = "who made the claim: it is not signed";
    Check { id, outcome, summary, measurements: Vec::new(), data, not_shown }
}
