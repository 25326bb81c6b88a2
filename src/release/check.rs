//! A claim held against the files it is about and against figures measured anew: every place of it is what a run that
//! found what this verification found would have written, or it is a finding.

use super::{
    Claimed,
    claim::statement,
    compare::{Comparison, Difference, differences},
    record::RunRecord,
};
use crate::{
    evaluate::Evaluation,
    evidence::{Check, Definition, Figure, Origin, Outcome},
    verify::Report,
};

impl Claimed {
    /// Compares the claim, place by place, with the one that follows from a report and, if the claim's data were at hand,
    /// from an evaluation on them with the claim's seed. Figures on data that were not are said to be not re-checked.
    #[must_use]
    pub fn check(&self, report: &Report, evaluation: Option<&Evaluation>) -> Vec<Check> {
        let record = self.record.clone();
        let record = evaluation.into_iter().fold(record, RunRecord::with_evaluation);
        let mut expected = statement(report, &record, self.removal());
        // A release claims to have passed; whether it does is what the report says.
        expected.predicate.verification.result = "PASSED".into();
        let expected = serde_json::to_value(expected).unwrap_or_default();
        let same_seed = report.removal().verification_seed() == self.removal().verification_seed();
        let found = differences(&self.json, &expected, |path| comparison(path, same_seed));
        let mut checks: Vec<Check> =
            PARTS.iter().map(|part| part.check(&found, &(part.summary)(report))).collect();
        checks.push(figures(&found, report, same_seed));
        checks.extend(self.on_user_data(&found, evaluation.is_some()));
        checks.push(self.recorded_only());
        checks
    }

    /// What the claim says about labelled data of a user, if anything.
    fn on_user_data(&self, found: &[Difference], measured: bool) -> Option<Check> {
        let mine: Vec<&Difference> =
            found.iter().filter(|difference| owner(difference) == USER_DATA).collect();
        let (figures, data) = match &self.record.evaluation {
            Some(evaluation) => (evaluation.figures(), evaluation.describe_data()),
            None if mine.is_empty() => return None,
            None => (0, "no data".to_owned()),
        };
        let agreeing = match measured {
            true => format!("all {figures} figures on {data} were measured again and agree"),
            false => format!("{figures} figures on {data} not re-checked: data not given"),
        };
        let outcome = match (mine.is_empty(), measured) {
            (false, _) => Outcome::Failed,
            (true, false) => Outcome::Informative,
            (true, true) => Outcome::Passed,
        };
        let compared = if measured { figures as f64 } else { 0.0 };
        Some(Check {
            definition: &EVALUATION,
            outcome,
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

/// Figures have a tolerance where another processor may have measured them; with another seed they are others.
fn comparison(path: &[&str], same_seed: bool) -> Comparison {
    let measured = if same_seed { Comparison::Measured } else { Comparison::Skipped };
    match path {
        ["predicate", "verification", "checks", _, "summary"] => measured,
        ["predicate", "verification", "checks", _, "measurements" | "result"] if !same_seed => measured,
        ["predicate", "verification", "checks", _, "measurements", _, "bound95" | "samples" | "value"] => {
            measured
        }
        // The labelled data are the same whatever the seed of the synthetic ones.
        ["predicate", "verification", "evaluation", "metrics", _, "measurements", _, "bound95" | "value"] => {
            Comparison::Measured
        }
        _ => Comparison::Exact,
    }
}

/// A part of the claim that has a check of its own.
struct Part {
    definition: Definition,
    owns: fn(&[&str]) -> bool,
    summary: fn(&Report) -> String,
    /// What a difference means.
    otherwise: &'static str,
}

const NOT_WHO: &str = "who made the claim: only a signature can";

/// Each difference belongs to the first part that owns it, or to the figures.
static PARTS: [Part; 3] = [
    Part {
        definition: Definition {
            id: "claimed-files",
            version: 1,
            number: None,
            formula: "digest of every file = digest in the claim",
            origin: Origin::ModelFiles,
            data: "SHA-256 of every file but the model card",
            shows: "that the files are those that the claim is about",
            not_shown: "who made the claim, which only a signature can; what the model card says",
        },
        owns: |path| path.first() == Some(&"subject"),
        summary: |report| format!("all {} files are those of the claim", report.candidate_digests().len()),
        otherwise: "the files are not those of the claim",
    },
    Part {
        definition: Definition {
            id: "claimed-input",
            version: 1,
            number: None,
            formula: "digest of every file of the original = digest in the claim",
            origin: Origin::ModelFiles,
            data: "SHA-256 of every file of the original but its card",
            shows: "that the original is the model that the claim starts from",
            not_shown: NOT_WHO,
        },
        owns: |path| matches!(path, ["predicate", "buildDefinition", "resolvedDependencies", ..]),
        summary: |_| "the original is the input that the claim names".into(),
        otherwise: "the original is not the input that the claim names",
    },
    Part {
        definition: Definition {
            id: "claimed-removal",
            version: 1,
            number: None,
            formula: "every place of the claim = what this verification would have written",
            origin: Origin::ModelFiles,
            data: "both models",
            shows: "that the claim says what was found",
            not_shown: NOT_WHO,
        },
        owns: |path| !matches!(path, ["predicate", "verification", "checks", ..] | ["subject", ..]),
        summary: |_| "classes, labels, changed tensors and all words are those of the claim".into(),
        otherwise: "the claim says something else than was found",
    },
];

impl Part {
    fn check(&'static self, found: &[Difference], agreeing: &str) -> Check {
        let mine: Vec<&Difference> =
            found.iter().filter(|difference| owner(difference) == self.definition.id).collect();
        let otherwise = |what| format!("{}: {what}", self.otherwise);
        let summary = verdict(&mine).map_or_else(|| agreeing.to_owned(), otherwise);
        Check {
            definition: &self.definition,
            outcome: Outcome::of(mine.is_empty()),
            summary,
            figures: Vec::new(),
        }
    }
}

fn figures(found: &[Difference], report: &Report, same_seed: bool) -> Check {
    let mine: Vec<&Difference> = found.iter().filter(|difference| owner(difference) == FIGURES).collect();
    let count: usize = match same_seed {
        true => report.checks().iter().map(|check| check.figures.len()).sum(),
        false => 0,
    };
    let (outcome, agreeing) = match same_seed {
        true => (Outcome::Passed, format!("all {count} figures of the claim were measured again and agree")),
        false => (Outcome::Informative, "not compared: they are of another seed".to_owned()),
    };
    Check {
        definition: &MEASURED,
        outcome: if mine.is_empty() { outcome } else { Outcome::Failed },
        summary: verdict(&mine).unwrap_or(agreeing),
        figures: vec![Figure::new("figures-compared", count as f64, "figures")],
    }
}

static MEASURED: Definition = Definition {
    id: FIGURES,
    version: 1,
    number: None,
    formula: "every figure of the claim = the one measured again with its seed, within a tolerance for other processors",
    origin: Origin::Synthetic,
    data: "the synthetic embeddings of the claim's seed",
    shows: "that the figures of the claim are not made up",
    not_shown: NOT_WHO,
};
static EVALUATION: Definition = Definition {
    id: USER_DATA,
    version: 1,
    number: None,
    formula: "every figure of the claim = the one measured again on the same data, within a tolerance for other processors",
    origin: Origin::UserData,
    data: "labelled embeddings of whoever made the release",
    shows: "that the figures on labelled data are not made up",
    not_shown: "where these data are from, and whether the model saw them in training",
};
static RUN: Definition = Definition {
    id: "claimed-run",
    version: 1,
    number: None,
    formula: "none: it is said what was not compared",
    origin: Origin::ModelFiles,
    data: "the claim alone",
    shows: "what the claim says about the run that made it",
    not_shown: "that the run was as recorded: only making the release again can show it",
};

const FIGURES: &str = "claimed-figures";
const USER_DATA: &str = "claimed-evaluation";

fn owner(difference: &Difference) -> &'static str {
    let path: Vec<&str> = difference.path.iter().map(String::as_str).collect();
    if path.starts_with(&["predicate", "verification", "evaluation"]) {
        return USER_DATA;
    }
    PARTS.iter().find(|part| (part.owns)(&path)).map_or(FIGURES, |part| part.definition.id)
}

/// The first difference, and how many more there are.
fn verdict(found: &[&Difference]) -> Option<String> {
    let (first, rest) = found.split_first()?;
    Some(match rest.len() {
        0 => first.describe(),
        more => format!("{} (and {more} more)", first.describe()),
    })
}
