//! The ordered rules that pick a head among the tensors of a state dict.

use std::collections::BTreeMap;

use declass_formats::{Artifact, TensorInfo};
use serde_json::Value;

use super::{labels::Stated, names, not_this_head, refusal};
use crate::error::{Error, LocateError};

/// How many candidates an error lists.
pub(super) const LISTED: usize = 8;

/// A weight that could make classes: its tensor name, and its module path without wrappers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) tensor: &'a str,
    pub(super) module: &'a str,
    pub(super) info: &'a TensorInfo,
}

/// What a rule decided.
pub(super) struct Found<'a> {
    pub(super) heads: Vec<Candidate<'a>>,
    pub(super) rule: &'static str,
    pub(super) confidence: f64,
}

/// Every weight of rank 2, or of a convolution with unit kernel.
pub(super) fn matrices(artifact: &Artifact) -> Vec<Candidate<'_>> {
    let matrix =
        |shape: &[usize]| matches!(shape, [_, _, kernel @ ..] if kernel.iter().all(|extent| *extent == 1));
    artifact
        .tensors()
        .iter()
        .filter(|(_, info)| matrix(&info.shape) && info.shape.len() <= 5)
        .filter_map(|(tensor, info)| {
            let module = names::unwrapped(tensor).strip_suffix(".weight")?;
            Some(Candidate { tensor, module, info })
        })
        .collect()
}

pub(super) fn named<'a>(matrices: &[Candidate<'a>], name: &str) -> Result<Found<'a>, Error> {
    let module = name.strip_suffix(".weight").unwrap_or(name);
    let hit = |it: &&Candidate<'_>| it.module == module || it.tensor.strip_suffix(".weight") == Some(module);
    match matrices.iter().find(hit) {
        Some(head) => Ok(Found { heads: vec![*head], rule: "named by the caller", confidence: 1.0 }),
        None => Err(LocateError::Unknown { name: name.to_owned(), candidates: listed(matrices) }.into()),
    }
}

/// timm's `pretrained_cfg.classifier`: a module path, or a list of them whose logits are averaged.
pub(super) fn declared<'a>(
    config: Option<&Value>,
    candidates: &[Candidate<'a>],
) -> Result<Option<Found<'a>>, Error> {
    let Some(config) = config.filter(|config| config.get("architecture").is_some()) else {
        return Ok(None);
    };
    let nested = config.get("pretrained_cfg").and_then(|part| part.get("classifier"));
    let declaration = nested.or_else(|| config.get("classifier"));
    let modules: Vec<&str> = match declaration {
        Some(Value::String(module)) => vec![module],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(None),
    };
    if modules.contains(&"aux_head") {
        return Err(token_head());
    }
    let exact: Vec<_> =
        modules.iter().filter_map(|name| candidates.iter().find(|it| it.module == *name)).collect();
    if !modules.is_empty() && exact.len() == modules.len() {
        let heads = exact.into_iter().copied().collect();
        return Ok(Some(Found { heads, rule: "`pretrained_cfg.classifier` names it", confidence: 1.0 }));
    }
    let inside = |name: &&str| {
        let inner =
            |it: &&Candidate<'_>| it.module.strip_prefix(*name).is_some_and(|rest| rest.starts_with('.'));
        candidates.iter().copied().rfind(|it| inner(&it))
    };
    let heads: Vec<_> = modules.iter().filter_map(inside).collect();
    let complete = !heads.is_empty() && heads.len() == modules.len();
    Ok(complete.then_some(Found {
        heads,
        rule: "inside what `pretrained_cfg.classifier` names",
        confidence: 0.9,
    }))
}

/// The table of names, then uniqueness.
pub(super) fn by_name<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
    count: Option<usize>,
) -> Result<Found<'a>, Error> {
    let fits = |it: &&Candidate<'_>| {
        let bias = artifact.tensors().get(&bias_name(it.tensor));
        bias.is_none_or(|bias| bias.shape == [it.info.shape[0]])
    };
    let named = |it: &&Candidate<'_>| !names::is_lookup(it.module) && !names::is_auxiliary(it.module);
    let plausible: Vec<Candidate<'a>> = candidates.iter().filter(named).copied().collect();
    let main: Vec<Candidate<'a>> = plausible.iter().filter(fits).copied().collect();
    if let (true, Some(misfit)) = (main.is_empty(), plausible.first()) {
        return Err(misfit_bias(&bias_name(misfit.tensor)));
    }
    let Some(best) = best_named(&main) else {
        return by_uniqueness(artifact, &main, count);
    };
    let mut heads = parallel(&main, best);
    if heads.len() > 1 && heads.iter().any(|it| it.info.shape[1] == it.info.shape[0]) {
        // Layers of a sequence would have these shapes too.
        return Err(LocateError::Ambiguous { candidates: listed(&heads) }.into());
    }
    let classes = best.info.shape[0];
    let twin = |it: &&Candidate<'_>| {
        names::is_twin(it.module)
            && !heads.iter().any(|head| head.tensor == it.tensor)
            && it.info.shape[0] == classes
    };
    let twins: Vec<Candidate<'_>> = main.iter().filter(twin).copied().collect();
    heads.extend(twins);
    let confidence = match count {
        None => 0.75,
        Some(_) if candidates.len() == heads.len() => 0.98,
        Some(_) => 0.9,
    };
    Ok(Found { heads, rule: "its name is that of a classifier head", confidence })
}

/// The best place in the table; within a Sequential, the last index.
fn best_named<'a>(main: &[Candidate<'a>]) -> Option<Candidate<'a>> {
    let ranked = main.iter().filter_map(|it| Some((names::rank(it.module)?, it)));
    ranked
        .min_by_key(|(rank, it)| (*rank, std::cmp::Reverse(names::last_index(it.module))))
        .map(|(_, it)| *it)
}

/// `head.0` and `head.1` are parallel heads where both make the classes; elsewhere the best stands alone.
fn parallel<'a>(main: &[Candidate<'a>], best: Candidate<'a>) -> Vec<Candidate<'a>> {
    let shape = names::shape_of(best.module);
    if !matches!(shape.as_str(), "head.#" | "heads.#") {
        return vec![best];
    }
    let alike =
        |it: &&Candidate<'_>| names::shape_of(it.module) == shape && it.info.shape[0] == best.info.shape[0];
    main.iter().filter(alike).copied().collect()
}

fn by_uniqueness<'a>(
    artifact: &Artifact,
    main: &[Candidate<'a>],
    count: Option<usize>,
) -> Result<Found<'a>, Error> {
    let mut repetitions: BTreeMap<String, usize> = BTreeMap::new();
    for name in artifact.tensors().keys() {
        *repetitions.entry(names::shape_of(names::unwrapped(name))).or_default() += 1;
    }
    let single = |it: &&Candidate<'_>| {
        repetitions.get(&names::shape_of(names::unwrapped(it.tensor))).is_none_or(|times| *times == 1)
    };
    let unique: Vec<Candidate<'_>> = main.iter().filter(single).copied().collect();
    let outside: Vec<Candidate<'_>> =
        unique.iter().filter(|it| !names::in_block(it.module)).copied().collect();
    let left = if outside.is_empty() { unique } else { outside };
    match (left.as_slice(), count) {
        ([head], Some(_)) => Ok(Found {
            heads: vec![*head],
            rule: "the only matrix with one row per class outside repeated blocks",
            confidence: 0.7,
        }),
        ([], _) if main.is_empty() => Err(not_this_head("no weight matrix could be a classifier head")),
        ([], _) => Err(LocateError::Ambiguous { candidates: listed(main) }.into()),
        (left, _) => Err(LocateError::Ambiguous { candidates: listed(left) }.into()),
    }
}

pub(super) fn no_candidate(matrices: &[Candidate<'_>], stated: Option<&Stated>) -> Error {
    let Some(stated) = stated else {
        return refusal("no tensor is a weight matrix", "supply the weights of a classifier");
    };
    let Stated { count, source, .. } = stated;
    let transposed = matrices.iter().find(|it| it.info.shape.len() == 2 && it.info.shape[1] == *count);
    match transposed {
        Some(it) => refusal(
            format!(
                "the head is transposed: no matrix has {count} rows, but `{}` has {count} columns",
                it.tensor
            ),
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

pub(super) fn listed(candidates: &[Candidate<'_>]) -> Vec<String> {
    candidates.iter().map(|it| it.tensor.to_owned()).take(LISTED).collect()
}

pub(super) fn bias_name(weight: &str) -> String {
    format!("{}bias", weight.strip_suffix("weight").unwrap_or(weight))
}
