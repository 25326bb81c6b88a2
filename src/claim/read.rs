//! Reading a claim, whatever version it was written in.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::{
    BUILD_TYPE, ClaimError, PREDICATE_TYPE, RecordedCheck, RecordedMetric, Statement,
    legacy::{self, PREDICATE_TYPE_V1},
    words::{is_unit, is_word},
};
use crate::{evidence::Figure, sign::STATEMENT_TYPE, unambiguous};

/// A claim as it was read.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The version that it was written in.
    pub version: Version,
    /// All of it, in the words of the present version; fields that no claim has are still there.
    pub json: Value,
    /// The same without those fields.
    pub statement: Statement,
}

/// A version of the claim.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Version {
    /// Figures with names, and words beside them.
    V1,
    /// Figures as data, and words by id and version.
    V2,
}

impl Version {
    fn of(predicate_type: &str) -> Option<Self> {
        match predicate_type {
            PREDICATE_TYPE => Some(Self::V2),
            PREDICATE_TYPE_V1 => Some(Self::V1),
            _ => None,
        }
    }
}

impl Claim {
    /// Reads the bytes of a claim.
    ///
    /// # Errors
    /// [`ClaimError`] if they are no claim of a version that is known here.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClaimError> {
        let json = unambiguous::parse(bytes).map_err(ClaimError::NotJson)?;
        let kind = Kind::deserialize(&json).map_err(fields)?;
        if kind.statement_type != STATEMENT_TYPE {
            return Err(ClaimError::OtherKind { found: kind.statement_type, expected: STATEMENT_TYPE });
        }
        let Some(version) = Version::of(&kind.predicate_type) else {
            return Err(ClaimError::OtherKind { found: kind.predicate_type, expected: PREDICATE_TYPE });
        };
        let json = match version {
            Version::V1 => legacy::upgraded(json),
            Version::V2 => json,
        };
        let statement = Statement::deserialize(&json).map_err(fields)?;
        check_words(&statement)?;
        check_start(&statement)?;
        match version {
            Version::V1 => check_one_seed(&statement)?,
            Version::V2 => check_seeds(&statement)?,
        }
        Ok(Self { version, json, statement })
    }
}

/// The files that a claim of any known version names; none if the bytes are no such claim.
#[must_use]
pub(crate) fn claimed_files(bytes: &[u8]) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outline {
        predicate_type: String,
        subject: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let outline: Outline = serde_json::from_slice(bytes).ok()?;
    Version::of(&outline.predicate_type)?;
    Some(outline.subject.into_iter().map(|subject| subject.name).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(rename = "_type")]
    statement_type: String,
    predicate_type: String,
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over errors")]
fn fields(error: serde_json::Error) -> ClaimError {
    ClaimError::Fields(error.to_string())
}

/// What is only recorded, and compared with nothing, has room for words and numbers, not for a sentence.
fn check_words(statement: &Statement) -> Result<(), ClaimError> {
    let predicate = &statement.predicate;
    let (build, verification) = (&predicate.build_definition, &predicate.verification);
    let asked = &build.external_parameters;
    word("method", &asked.method)?;
    if let Some(settings) = &asked.parameters {
        word("distribution", &settings.distribution)?;
        settings.method.keys().try_for_each(|name| word("setting", name))?;
    }
    let version = &predicate.run_details.builder.version.declass;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    if version.is_empty() || version.len() > LONGEST_VERSION || !version.chars().all(plain) {
        return Err(ClaimError::NotAWord { place: "version", found: version.clone() });
    }
    if build.build_type != BUILD_TYPE {
        return Err(ClaimError::OtherKind { found: build.build_type.clone(), expected: BUILD_TYPE });
    }
    once_each(verification.checks.iter().map(|check| (check.id.as_str(), check.version)))?;
    for RecordedCheck { id, figures, .. } in &verification.checks {
        word("check", id)?;
        figures.iter().try_for_each(check_figure)?;
    }
    let Some(evaluation) = &verification.evaluation else { return Ok(()) };
    evaluation.check_names()?;
    evaluation.not_run.iter().try_for_each(|id| word("metric", id))?;
    once_each(evaluation.metrics.iter().map(|metric| (metric.id.as_str(), metric.version)))?;
    for RecordedMetric { id, figures, .. } in &evaluation.metrics {
        word("metric", id)?;
        figures.iter().try_for_each(check_figure)?;
    }
    Ok(())
}

/// At the minimum of a loss the retained rows are those of the original: a claim that its head was put there has none
/// that moved.
fn check_start(statement: &Statement) -> Result<(), ClaimError> {
    let predicate = &statement.predicate;
    let settings = predicate.build_definition.external_parameters.parameters.as_ref();
    let training = predicate.removal.training.as_ref();
    let kept = training.and_then(|training| training.attempts.get(training.kept?));
    let is_untrained = kept.is_some_and(|kept| kept.learning_rate.is_none());
    if !is_untrained || settings.is_none_or(|settings| settings.optimizer.is_none()) {
        return Ok(());
    }
    let checks = predicate.verification.checks.iter();
    let mut figures = checks.filter(|check| check.id == "retained-logits").flat_map(|check| &check.figures);
    match figures.find(|figure| figure.quantity == "rows-moved" && figure.value.value() != 0.0) {
        Some(moved) => Err(ClaimError::Contradiction(format!(
            "its head was put at the minimum of the loss, where retained rows stay, and {} of them moved",
            moved.value
        ))),
        None => Ok(()),
    }
}

/// Definitions count from 1, and no claim has one of them twice: nobody could tell which one counts.
fn once_each<'a>(defined: impl Iterator<Item = (&'a str, u32)>) -> Result<(), ClaimError> {
    let mut seen = BTreeSet::new();
    for (id, version) in defined {
        if version == 0 {
            return Err(ClaimError::Contradiction(format!("`{id}` is of version 0, and they count from 1")));
        }
        if !seen.insert(id) {
            return Err(ClaimError::Contradiction(format!("it has `{id}` twice")));
        }
    }
    Ok(())
}

const LONGEST_VERSION: usize = 40;

fn check_figure(figure: &Figure) -> Result<(), ClaimError> {
    word("quantity", &figure.quantity)?;
    if !is_unit(&figure.unit) {
        return Err(ClaimError::NotAWord { place: "unit", found: figure.unit.to_string() });
    }
    figure.stratum.iter().try_for_each(|stratum| word("stratum", stratum))
}

fn word(place: &'static str, text: &str) -> Result<(), ClaimError> {
    if is_word(text) { Ok(()) } else { Err(ClaimError::NotAWord { place, found: text.to_owned() }) }
}

fn check_seeds(statement: &Statement) -> Result<(), ClaimError> {
    let large = statement.seeds().find(|seed| !seed.is_writable());
    large.map_or(Ok(()), |seed| Err(ClaimError::LargeSeed(seed.value())))
}

/// Version 1 wrote the one seed of a run several times.
fn check_one_seed(statement: &Statement) -> Result<(), ClaimError> {
    let seed = statement.predicate.verification.seed;
    if statement.seeds().all(|other| other == seed) {
        return Ok(());
    }
    Err(ClaimError::Contradiction("it names several seeds, and its run had one".into()))
}
