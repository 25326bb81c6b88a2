//! The ordered rules that pick a head among the tensors of a state dict. What the library of a model knows of it
//! goes first: [`super::known`].

use std::collections::BTreeSet;

use declass_formats::Artifact;

use super::{
    candidate::{Candidate, described},
    chain,
    labels::Stated,
    names, not_this_head, refusal,
};
use crate::{
    error::{Error, LocateError},
    head::Place,
};

/// What a rule decided.
pub(super) struct Found<'a> {
    pub(super) heads: Vec<Candidate<'a>>,
    pub(super) rule: String,
    pub(super) confidence: f64,
    /// Further heads that were named: they lose the classes, too.
    pub(super) beside: Vec<Candidate<'a>>,
    /// Whether nothing else with a result per class stands in the way: the library of the model is known to
    /// read no other head, or this one was named.
    pub(super) settled: bool,
    /// Whether the model itself says which of two layers is last, where the second keeps the number of results.
    pub(super) declared: bool,
    pub(super) library: Library,
    /// What the heads decide for, where the names of a library without configurations say that.
    pub(super) place: Option<Place>,
    /// Whether the results of several heads are added; else the logits are their mean.
    pub(super) adds: bool,
}

/// What is known of the library that is to load the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Library {
    /// Its class is known, and does not use what is neither encoder nor head.
    Known,
    /// It refuses what its own code does not use.
    Strict,
    Unknown,
}

/// The heads that the caller names, each once: the first is trained, the others have the same classes.
pub(super) fn named<'a>(matrices: &[Candidate<'a>], names: &[String]) -> Result<Found<'a>, Error> {
    let find = |name: &String| {
        // The exact name goes before one that a wrapper or a copy hides.
        let exact = matrices.iter().find(|it| it.tensor == name);
        exact.or_else(|| matrices.iter().find(|it| it.is(name))).cloned().ok_or_else(|| {
            let candidates = described(&best_first(matrices));
            Error::from(LocateError::Unknown { name: name.clone(), candidates })
        })
    };
    let mut heads = names.iter().map(find).collect::<Result<Vec<_>, Error>>()?;
    let mut seen = BTreeSet::new();
    heads.retain(|it| seen.insert(it.tensor));
    let beside = heads.split_off(1.min(heads.len()));
    if let Some(other) = beside.iter().find(|it| heads.iter().any(|head| head.rows() != it.rows())) {
        let reason = format!("the head `{}` has another class count than the first one named", other.module);
        return Err(not_this_head(reason));
    }
    Ok(Found {
        heads,
        rule: "named by the caller".into(),
        confidence: 1.0,
        beside,
        settled: true,
        declared: false,
        library: Library::Unknown,
        place: None,
        adds: false,
    })
}

/// What can be last by its extents: one place, or a question.
pub(super) fn last<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
    count: Option<usize>,
) -> Result<Found<'a>, Error> {
    let misfit = |it: &&Candidate<'_>| {
        names::rank(&it.module).is_some() && it.bias.is_some_and(|bias| bias.shape != [it.rows()])
    };
    let ends = best_first(&chain::possible(artifact, candidates));
    let Some(best) = ends.first() else {
        return Err(match candidates.iter().find(misfit) {
            Some(it) => misfit_bias(&it.bias_name),
            None => not_this_head("no weight matrix could be a classifier head"),
        });
    };
    if ends.len() > chain::MANY {
        return Err(LocateError::Ambiguous { candidates: described(&ends) }.into());
    }
    let heads = parallel(&ends, best);
    let square = heads.len() > 1 && heads.iter().any(Candidate::is_square);
    // Layers of a sequence would have these shapes too.
    if square || ends.iter().any(|end| !heads.iter().any(|head| head.tensor == end.tensor)) {
        return Err(LocateError::Ambiguous { candidates: described(&ends) }.into());
    }
    let (rule, confidence) = match (names::rank(&best.module), count) {
        (Some(_), None) => ("its name is that of a classifier head", 0.75),
        (Some(_), Some(_)) if candidates.len() == heads.len() => {
            ("its name is that of a classifier head", 0.98)
        }
        (Some(_), Some(_)) => ("its name is that of a classifier head", 0.9),
        (None, Some(_)) => ("the only matrix with one row per class that can be last", 0.7),
        (None, None) => ("the only matrix that can be last: no other one reads what it makes", 0.6),
    };
    Ok(Found {
        heads,
        rule: rule.into(),
        confidence,
        beside: Vec::new(),
        settled: false,
        declared: false,
        library: Library::Unknown,
        place: None,
        adds: false,
    })
}

/// The best with the other heads whose logits are averaged with its: `head.0` and `head.1`, twins of
/// distillation.
fn parallel<'a>(ends: &[Candidate<'a>], best: &Candidate<'a>) -> Vec<Candidate<'a>> {
    let shape = names::shape_of(&best.module);
    let numbered = matches!(shape.as_str(), "head.#" | "heads.#");
    let joins = |it: &&Candidate<'a>| {
        let alike = numbered && names::shape_of(&it.module) == shape;
        it.tensor == best.tensor || (it.rows() == best.rows() && (alike || names::is_twin(&it.module)))
    };
    ends.iter().filter(joins).cloned().collect()
}

/// By their place in the table of names, and within a Sequential the last index first.
pub(super) fn best_first<'a>(candidates: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by_key(|it| {
        let rank = names::rank(&it.module).unwrap_or(usize::MAX);
        let plausible = chain::is_plausible(it);
        (!plausible, rank, !names::says_head(&it.module), std::cmp::Reverse(names::last_index(&it.module)))
    });
    sorted
}

pub(super) fn no_candidate(artifact: &Artifact, stated: Option<&Stated>) -> Error {
    let Some(stated) = stated else {
        return refusal("no tensor is a weight matrix", "supply the weights of a classifier");
    };
    let Stated { count, source, .. } = stated;
    let is_transposed = |(name, info): &(&String, &declass_formats::TensorInfo)| {
        (name.ends_with(".weight") || name.ends_with("kernel"))
            && matches!(info.shape.as_slice(), [_, columns] if columns == count)
    };
    match artifact.tensors().iter().find(is_transposed) {
        Some((name, _)) => refusal(
            format!("the head is transposed: no matrix has {count} rows, but `{name}` has {count} columns"),
            "store the head as [classes, features]",
        ),
        None => refusal(
            format!(
                "labels and weights disagree: {source} says {count} classes, and no matrix has {count} rows"
            ),
            "correct the labels, or supply the model they belong to",
        ),
    }
}

pub(super) fn misfit_bias(name: &str) -> Error {
    not_this_head(format!("the bias `{name}` does not have one value per class"))
}

pub(super) fn token_head() -> Error {
    refusal(
        "`aux_head` adds a maximum over tokens to the logits, which are therefore not linear in one embedding",
        "supply a model with a plain linear head",
    )
}
