//! The parts of a claim that have a check of their own, and who answers for a difference.

use super::compare::Difference;
use crate::{
    evidence::{Check, Definition, Origin, Outcome},
    verify::Report,
};

pub(super) static MEASURED: Definition = Definition {
    id: "claimed-figures",
    version: 1,
    number: None,
    formula: "every figure of the claim = the one measured again with its seed, within a tolerance for other processors",
    origin: Origin::Synthetic,
    data: "the synthetic embeddings of the claim's seed",
    shows: "that the figures of the claim are not made up",
    not_shown: NOT_WHO,
};
pub(super) static EVALUATION: Definition = Definition {
    id: "claimed-evaluation",
    version: 1,
    number: None,
    formula: "every figure of the claim = the one measured again on the same data, within a tolerance for other processors",
    origin: Origin::UserData,
    data: "labelled embeddings of whoever made the release",
    shows: "that the figures on labelled data are not made up",
    not_shown: "where these data are from, and whether the model saw them in training",
};
pub(super) static RUN: Definition = Definition {
    id: "claimed-run",
    version: 1,
    number: None,
    formula: "none: it is said what was not compared",
    origin: Origin::ModelFiles,
    data: "the claim alone",
    shows: "what the claim says about the run that made it",
    not_shown: "that the run was as recorded: only making the release again can show it",
};

pub(super) static GRAPH: Definition = Definition {
    id: "claimed-graph",
    version: 1,
    number: None,
    formula: "digest of the graph that was run = digest in the claim",
    origin: Origin::ModelFiles,
    data: "the claim, and the ONNX file that the models were run by now, if there was one",
    shows: "whether both were run by the same graph",
    not_shown: "that the graph is the model's in front of the embedding, beyond the weights that both have",
};

pub(super) static DEFINITIONS: Definition = Definition {
    id: "claimed-definitions",
    version: 1,
    number: None,
    formula: "only figures of the same definition, by id and version, are compared",
    origin: Origin::ModelFiles,
    data: "ids and versions of the checks and metrics of the claim, and of those that this version knows",
    shows: "which checks the claim's maker had not, or had otherwise",
    not_shown: "what the claim would say of them today: what is measured now is listed and counts",
};

/// A part of the claim that has a check of its own.
pub(super) struct Part {
    definition: Definition,
    owns: fn(&[&str]) -> bool,
    pub(super) summary: fn(&Report) -> String,
    /// What a difference means.
    otherwise: &'static str,
}

const NOT_WHO: &str = "who made the claim: only a signature can";

/// Each difference belongs to the first part that owns it, or to the figures.
pub(super) static PARTS: [Part; 3] = [
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
        summary: |_| "classes, labels, changed tensors and what is claimed are those of the claim".into(),
        otherwise: "the claim says something else than was found",
    },
];

impl Part {
    pub(super) fn check(&'static self, found: &[Difference], agreeing: &str) -> Check {
        let mine: Vec<&Difference> = of(found, &self.definition);
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

/// The check that answers for a difference.
pub(super) fn owner(difference: &Difference) -> &'static Definition {
    let path: Vec<&str> = difference.path.iter().map(String::as_str).collect();
    if path.starts_with(&["predicate", "verification", "evaluation"]) {
        return &EVALUATION;
    }
    PARTS.iter().find(|part| (part.owns)(&path)).map_or(&MEASURED, |part| &part.definition)
}

/// The differences that a check answers for.
pub(super) fn of<'a>(found: &'a [Difference], check: &Definition) -> Vec<&'a Difference> {
    found.iter().filter(|difference| owner(difference).id == check.id).collect()
}

/// The first difference, and how many more there are.
pub(super) fn verdict(found: &[&Difference]) -> Option<String> {
    let (first, rest) = found.split_first()?;
    Some(match rest.len() {
        0 => first.describe(),
        more => format!("{} (and {more} more)", first.describe()),
    })
}
