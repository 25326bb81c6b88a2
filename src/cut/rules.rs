//! The ordered rules that pick a head among the tensors of a state dict.

use std::collections::BTreeSet;

use declass_formats::Artifact;
use serde_json::Value;

use super::{
    candidate::{Candidate, listed},
    chain,
    labels::Stated,
    library, names, not_this_head, refusal,
    refuse::architectures,
};
use crate::error::{Error, LocateError};

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
    /// Whether the library that is to load the file refuses what its own code does not use.
    pub(super) strict: bool,
}

/// The heads that the caller names, each once: the first is trained, the others have the same classes.
pub(super) fn named<'a>(matrices: &[Candidate<'a>], names: &[String]) -> Result<Found<'a>, Error> {
    let find = |name: &String| {
        // The exact name goes before one that a wrapper or a copy hides.
        let exact = matrices.iter().find(|it| it.tensor == name);
        exact.or_else(|| matrices.iter().find(|it| it.is(name))).cloned().ok_or_else(|| {
            let candidates = listed(&best_first(matrices));
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
        strict: false,
    })
}

/// What the library's own code of the configuration's architecture takes for its head, if it is known.
///
/// # Errors
/// [`LocateError::NotThisHead`] if the file does not have it: the library would then start with a random one.
pub(super) fn of_library<'a>(
    config: Option<&Value>,
    matrices: &[Candidate<'a>],
) -> Result<Option<Found<'a>>, Error> {
    // Code that comes with a model may do anything under any name.
    let Some(config) = config.filter(|config| config.get("auto_map").is_none()) else { return Ok(None) };
    let classes = architectures(config);
    let Some(class) = classes.first() else { return Ok(None) };
    let known: Vec<_> = classes.iter().map(|class| library::heads(class)).collect();
    let Some(wanted) = known.first().copied().flatten().filter(|_| known.windows(2).all(|it| it[0] == it[1]))
    else {
        return Ok(None);
    };
    let find = |name: &&str| {
        let exact = matrices.iter().find(|it| it.tensor.strip_suffix(".weight") == Some(*name));
        exact.or_else(|| matrices.iter().find(|it| it.module == *name)).cloned()
    };
    let heads: Vec<_> = wanted.iter().filter_map(find).collect();
    if heads.len() < wanted.len() {
        return Err(not_this_head(format!(
            "`{class}` of the transformers library loads `{}.weight` as its head, and there is none",
            wanted.join(".weight` and `")
        )));
    }
    let rule = format!("its name is that of the head of `{class}`");
    Ok(Some(Found { heads, rule, confidence: 0.98, beside: Vec::new(), settled: true, strict: false }))
}

/// timm's `pretrained_cfg.classifier`: a module path, or a list of them whose logits are averaged. It is
/// believed where names and extents say the same.
pub(super) fn declared<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
) -> Result<Option<Found<'a>>, Error> {
    let Some(config) = artifact.config().filter(|config| config.get("architecture").is_some()) else {
        return Ok(None);
    };
    let nested = config.get("pretrained_cfg").and_then(|part| part.get("classifier"));
    let declaration = nested.or_else(|| config.get("classifier"));
    let modules: Vec<&str> = match declaration {
        Some(Value::String(module)) => vec![module],
        Some(Value::Array(list)) => list.iter().take(chain::MANY).filter_map(Value::as_str).collect(),
        _ => return Ok(None),
    };
    if modules.contains(&"aux_head") {
        return Err(token_head());
    }
    let exact = |name: &&str| candidates.iter().find(|it| it.module == *name).cloned();
    let inside = |name: &&str| {
        let inner =
            |it: &&Candidate<'a>| it.module.strip_prefix(*name).is_some_and(|rest| rest.starts_with('.'));
        candidates.iter().rfind(|it| inner(it)).cloned()
    };
    let mut heads: Vec<_> = modules.iter().filter_map(exact).collect();
    let (mut rule, mut confidence) = ("`pretrained_cfg.classifier` names it", 1.0);
    if heads.len() != modules.len() {
        heads = modules.iter().filter_map(inside).collect();
        (rule, confidence) = ("inside what `pretrained_cfg.classifier` names", 0.9);
    }
    if heads.is_empty() || heads.len() != modules.len() {
        return Ok(None);
    }
    let ends = chain::ends(artifact, candidates);
    if let Some(lie) = heads.iter().find(|head| !ends.iter().any(|end| end.tensor == head.tensor)) {
        return Err(not_this_head(format!(
            "`pretrained_cfg.classifier` names `{}`, and what else is in the file says that it is none: it could be {}",
            lie.module,
            listed(&best_first(&ends)).join(", ")
        )));
    }
    Ok(Some(Found { heads, rule: rule.into(), confidence, beside: Vec::new(), settled: false, strict: true }))
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
    let ends = best_first(&chain::ends(artifact, candidates));
    let Some(best) = ends.first() else {
        return Err(match candidates.iter().find(misfit) {
            Some(it) => misfit_bias(&it.bias_name),
            None => not_this_head("no weight matrix could be a classifier head"),
        });
    };
    if ends.len() > chain::MANY {
        return Err(LocateError::Ambiguous { candidates: listed(&ends) }.into());
    }
    let heads = parallel(&ends, best);
    let square = heads.len() > 1 && heads.iter().any(|it| it.columns() == it.rows());
    // Layers of a sequence would have these shapes too.
    if square || ends.iter().any(|end| !heads.iter().any(|head| head.tensor == end.tensor)) {
        return Err(LocateError::Ambiguous { candidates: listed(&ends) }.into());
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
    Ok(Found { heads, rule: rule.into(), confidence, beside: Vec::new(), settled: false, strict: false })
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
fn best_first<'a>(candidates: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
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
