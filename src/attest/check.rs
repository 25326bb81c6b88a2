//! A claim held against the files it is about and against figures measured anew: every place of it is what a
//! run that found what this verification found would have written, or it is a finding.
//!
//! Only data are compared. What is said about them is looked up by id and version, so that better words make
//! no claim wrong; and a check whose definition changed, or came later, is measured and not compared.

use serde_json::{Value, json};

use super::{
    Claimed,
    build::as_asked,
    claimed::EXECUTED,
    compare::{Comparison, Difference, differences},
    parts::{DEFINITIONS, EVALUATION, GRAPH, MEASURED, PARTS, RUN, of, verdict},
    record::RunRecord,
    versions::{Apart, came_first},
};
use crate::{
    claim::{SIZE, Verdict},
    evaluate::{self, Evaluation},
    evidence::{Check, Figure, Outcome},
    verify::{self, Report},
};

/// What came of holding a claim against a report.
#[derive(Clone, Debug)]
pub struct Held {
    /// What each part of the claim came to.
    pub checks: Vec<Check>,
    /// The checks and metrics of the claim that this version does not know, so that it cannot tell whether
    /// they hold.
    pub unknown: Vec<String>,
}

impl Claimed {
    /// Compares the claim, place by place, with the one that follows from a report and, if the claim's data
    /// were at hand, from an evaluation on them with the claim's seed. Figures on data that were not are said
    /// to be not re-checked.
    #[must_use]
    pub fn check(&self, report: &Report, evaluation: Option<&Evaluation>) -> Held {
        let same_seed = report.removal().verification_seed() == self.verification_seed().value();
        let (mut claimed, mut expected) = (self.claim.json.clone(), self.expected(report, evaluation));
        let mut apart = Apart::default();
        settle_not_run(&mut claimed, &mut expected);
        take(
            &mut apart,
            &mut claimed,
            &mut expected,
            CHECKS,
            &verify::DEFINITIONS.map(|it| (it.id, it.version)),
        );
        take(
            &mut apart,
            &mut claimed,
            &mut expected,
            METRICS,
            &evaluate::DEFINITIONS.map(|it| (it.id, it.version)),
        );
        self.settle_executed(&mut claimed, &mut expected);
        without_execution(&mut claimed, &mut expected);
        without_sizes(&claimed, &mut expected);
        without_position(&claimed, &mut expected);
        let found = differences(&claimed, &expected, |path| comparison(path, same_seed));
        let mut checks: Vec<Check> =
            PARTS.iter().map(|part| part.check(&found, &(part.summary)(report))).collect();
        checks.push(figures(&found, &expected, same_seed));
        checks.extend(self.on_graph(report));
        checks.extend(self.on_user_data(&found, evaluation.is_some()));
        checks.extend(not_compared(&apart));
        checks.push(self.recorded_only());
        Held { checks, unknown: apart.unknown }
    }

    /// A claim that says nothing was run may be one of an older version that could not; and one whose graph is not at
    /// hand cannot be run again. The check itself says then what was run now.
    fn settle_executed(&self, claimed: &mut Value, expected: &mut Value) {
        let executed = |tree: &Value| -> Option<usize> {
            tree.pointer(CHECKS)?.as_array()?.iter().position(|check| check["id"] == EXECUTED)
        };
        let (Some(said), Some(now)) = (executed(claimed), executed(expected)) else { return };
        let Some(said) = claimed.pointer_mut(CHECKS).and_then(|checks| checks.get_mut(said)) else { return };
        let Some(now) = expected.pointer_mut(CHECKS).and_then(|checks| checks.get_mut(now)) else { return };
        let is_informative = |check: &Value| check["result"] == json!(Outcome::Informative);
        let ran_since = is_informative(said) && now["result"] == json!(Outcome::Passed);
        if ran_since || (is_informative(now) && self.graph().is_some()) {
            *now = said.clone();
        }
    }

    /// The claim as it would be made of this report now, as a tree that was read as the claim was: no number
    /// is another only because it never was text.
    fn expected(&self, report: &Report, evaluation: Option<&Evaluation>) -> Value {
        let record = self.record.clone();
        let record = evaluation.into_iter().fold(record, RunRecord::with_evaluation);
        let mut expected = as_asked(report, &record, self.removal());
        // A release claims to have passed; whether it does is what the report says.
        expected.predicate.verification.result = Verdict::Passed;
        serde_json::from_slice(&expected.to_bytes())
            .expect("a claim is JSON, and nests no deeper than it was read")
    }

    /// What the claim says about a graph that is not the model's own, if anything.
    fn on_graph(&self, report: &Report) -> Option<Check> {
        let claimed = &self.graph()?.sha256;
        let (outcome, summary) = match &report.execution().graph {
            Some(graph) if graph.sha256 == *claimed => {
                (Outcome::Passed, "both were run by the graph that the claim names".to_owned())
            }
            Some(_) => {
                (Outcome::Informative, format!("run by another graph than the claim's, sha256:{claimed}"))
            }
            None if report.execution().not_executed.is_none() => (
                Outcome::Informative,
                format!("run by a graph built of the configuration; the claim's is sha256:{claimed}"),
            ),
            None => (Outcome::Informative, format!("not run again: the claim's graph is sha256:{claimed}")),
        };
        Some(Check { definition: &GRAPH, outcome, summary, figures: Vec::new() })
    }

    /// What the claim says about labelled data of a user, if anything.
    fn on_user_data(&self, found: &[Difference], measured: bool) -> Option<Check> {
        let mine = of(found, &EVALUATION);
        let (figures, data) = match &self.record.evaluation {
            Some(evaluation) => (evaluation.figures(), evaluation.describe_data()),
            None if mine.is_empty() => return None,
            None => (0, "no data".to_owned()),
        };
        let (outcome, agreeing) = if measured {
            (Outcome::Passed, format!("all {figures} figures on {data} were measured again and agree"))
        } else {
            (Outcome::Informative, format!("{figures} figures on {data} not re-checked: data not given"))
        };
        let compared = if measured { figures as f64 } else { 0.0 };
        Some(Check {
            definition: &EVALUATION,
            outcome: if mine.is_empty() { outcome } else { Outcome::Failed },
            summary: verdict(&mine).unwrap_or(agreeing),
            figures: vec![Figure::new("figures-compared", compared, "figures")],
        })
    }

    /// What the claim says about the run that made it.
    fn recorded_only(&self) -> Check {
        let mut parts = vec!["version and device of the run"];
        if self.record.origin.is_some() {
            parts.push("the repository that the input came from");
        }
        if self.record.settings.is_some() {
            parts.push("settings of sampling and training");
        }
        if self.record.training.is_some() {
            parts.push("draws and attempts of training");
        }
        Check {
            definition: &RUN,
            outcome: Outcome::Informative,
            summary: format!("recorded, not checked: {}, that its method made the weights", parts.join(", ")),
            figures: Vec::new(),
        }
    }
}

const CHECKS: &str = "/predicate/verification/checks";
/// The metric for which something is fitted in many steps, which end elsewhere on another processor.
const FITTED: &str = "linear-probe";
const METRICS: &str = "/predicate/verification/evaluation/metrics";
const NOT_RUN: &str = "/predicate/verification/evaluation/notRun";

fn take(apart: &mut Apart, claimed: &mut Value, expected: &mut Value, place: &str, known: &[(&str, u32)]) {
    if let (Some(claimed), Some(expected)) = (claimed.pointer_mut(place), expected.pointer_mut(place)) {
        apart.take(claimed, expected, known);
    }
}

/// A metric that came later than the claim is neither among its metrics nor among those that its maker did not run;
/// and one that this version does not know it cannot miss.
fn settle_not_run(claimed: &mut Value, expected: &mut Value) {
    let ids = |tree: &Value, place: &str| -> Vec<String> {
        let list = tree.pointer(place).and_then(Value::as_array);
        let id = |entry: &Value| entry.as_str().or_else(|| entry["id"].as_str()).map(str::to_owned);
        list.into_iter().flatten().filter_map(id).collect()
    };
    let said = [ids(claimed, NOT_RUN), ids(claimed, METRICS)].concat();
    let known = |id: &str| evaluate::DEFINITIONS.iter().any(|definition| definition.id == id);
    let keep = |tree: &mut Value, is_kept: &dyn Fn(&str) -> bool| {
        if let Some(Value::Array(not_run)) = tree.pointer_mut(NOT_RUN) {
            not_run.retain(|id| id.as_str().is_none_or(is_kept));
        }
    };
    keep(expected, &|id| came_first(id) || said.iter().any(|other| other == id));
    keep(claimed, &known);
}

/// How much was run is said by the figures of a check, and compared there; the reasons beside it are words.
fn without_execution(claimed: &mut Value, expected: &mut Value) {
    for side in [claimed, expected] {
        if let Some(Value::Object(verification)) = side.pointer_mut("/predicate/verification") {
            verification.remove("execution");
        }
    }
}

/// Claims of older versions say no sizes of files.
fn without_sizes(claimed: &Value, expected: &mut Value) {
    let Some(Value::Array(files)) = expected.pointer_mut("/subject") else { return };
    for (at, file) in files.iter_mut().enumerate() {
        let is_sized = claimed.pointer(&format!("/subject/{at}/annotations/{SIZE}")).is_some();
        let annotations = file.get("annotations").and_then(Value::as_object);
        if !is_sized && annotations.is_some_and(|annotations| annotations.contains_key(SIZE)) {
            file.as_object_mut().and_then(|file| file.remove("annotations"));
        }
    }
}

/// Claims of older versions say nothing of tokens and pixels.
fn without_position(claimed: &Value, expected: &mut Value) {
    let place = "/predicate/removal/location";
    if claimed.pointer(place).is_some_and(|said| said.get("position").is_none())
        && let Some(Value::Object(location)) = expected.pointer_mut(place)
    {
        location.remove("position");
    }
}

/// Figures have a tolerance where another processor may have measured them; with another seed they are
/// others.
fn comparison(path: &[&str], same_seed: bool) -> Comparison {
    let measured = if same_seed { Comparison::Measured } else { Comparison::Skipped };
    match path {
        ["predicate", "verification", "checks", _, "figures" | "result"] if !same_seed => Comparison::Skipped,
        ["predicate", "verification", "checks", _, "figures", _, "n" | "value"]
        | ["predicate", "verification", "checks", _, "figures", _, "bound95", "value"] => measured,
        // The labelled data are the same whatever the seed of the synthetic ones.
        ["predicate", "verification", "evaluation", "metrics", metric, "figures", _, "value"]
        | ["predicate", "verification", "evaluation", "metrics", metric, "figures", _, "bound95", "value"] => {
            if *metric == FITTED {
                Comparison::Fitted
            } else {
                Comparison::Measured
            }
        }
        _ => Comparison::Exact,
    }
}

fn figures(found: &[Difference], expected: &Value, same_seed: bool) -> Check {
    let mine = of(found, &MEASURED);
    let (outcome, count, agreeing) = if same_seed {
        let count = count(expected);
        if count == 0 {
            (Outcome::Informative, 0, "none could be compared".to_owned())
        } else {
            let agreeing = format!("all {count} figures of the claim were measured again and agree");
            (Outcome::Passed, count, agreeing)
        }
    } else {
        (Outcome::Informative, 0, "not compared: they are of another seed".to_owned())
    };
    Check {
        definition: &MEASURED,
        outcome: if mine.is_empty() { outcome } else { Outcome::Failed },
        summary: verdict(&mine).unwrap_or(agreeing),
        figures: vec![Figure::new("figures-compared", count as f64, "figures")],
    }
}

/// The figures of all checks that are compared.
fn count(expected: &Value) -> usize {
    let checks = expected.pointer(CHECKS).and_then(Value::as_array);
    let figures = checks.into_iter().flatten().filter_map(|check| check["figures"].as_array());
    figures.map(Vec::len).sum()
}

/// Which definitions kept figures from being compared, if any did.
fn not_compared(apart: &Apart) -> Option<Check> {
    let said = [
        ("new since the claim was made, measured now and not compared", &apart.new),
        ("defined otherwise then, measured now and not compared", &apart.older),
        ("not known to this version, which cannot tell", &apart.unknown),
    ];
    let said = said.into_iter().filter(|(_, ids)| !ids.is_empty());
    let said: Vec<String> = said.map(|(what, ids)| format!("{what}: {}", ids.join(", "))).collect();
    (!said.is_empty()).then(|| Check {
        definition: &DEFINITIONS,
        outcome: Outcome::Informative,
        summary: said.join("; "),
        figures: Vec::new(),
    })
}
