//! Tensors with a value per class beside the head, in a state dict whose program is not known: what they do to
//! its logits, if anything, is not in the file.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::{Artifact, TensorInfo};

use super::{candidate::Candidate, chain, library, names, not_this_head, refusal};
use crate::{
    error::Error,
    evidence::{Untouched, UntouchedKind},
};

/// The program code that a model brings along: it may do with the head what it likes.
pub(super) fn code(artifact: &Artifact) -> Vec<Untouched> {
    let map = artifact.config().and_then(|config| config.get("auto_map")?.as_object());
    let classes = map.into_iter().flat_map(|map| map.values()).flat_map(|value| match value {
        serde_json::Value::Array(list) => list.iter().filter_map(serde_json::Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    });
    // `repository--module.Class`, where the repository may be left out.
    let module = |class: &str| {
        let path = class.rsplit_once('.').map_or(class, |(module, _)| module);
        format!("{path}.py")
    };
    let files: BTreeSet<String> = classes.map(module).collect();
    files.into_iter().map(|file| Untouched::new(UntouchedKind::File, file, &[])).collect()
}

/// What is known of the program that reads a model.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// It is a known class of a library, which uses nothing beside its own encoder and head.
    Known,
    /// Whatever it does was accepted, or it refuses what it does not use.
    Accepted,
    Unknown,
}

/// What is known of a head when its neighbours are looked at.
struct Head<'a> {
    candidate: &'a Candidate<'a>,
    classes: usize,
    width: usize,
    /// Whether some layer has as many features as there are classes: then most tensors of that extent have
    /// nothing to do with classes.
    hidden: bool,
    /// How many tensors have this shape, and a name that differs in its digits only.
    families: BTreeMap<(String, &'a [usize]), usize>,
    /// The first part of the names of what a known class takes for its encoder.
    encoder: Option<&'a str>,
    reading: Reading,
}

/// Everything beside the heads that has a value per class. What could act on the logits is a reason not to take
/// this head, unless it was named or is that of a known class; what is for training, and what was accepted so, is
/// listed.
///
/// # Errors
/// [`crate::error::LocateError::NotThisHead`] for what could act on the logits,
/// [`crate::error::LocateError::Unsuitable`] for statistics that normalise them.
pub(super) fn beside(
    artifact: &Artifact,
    heads: &[Candidate<'_>],
    parts: &[Candidate<'_>],
    reading: Reading,
) -> Result<Vec<Untouched>, Error> {
    let Some(first) = heads.first() else { return Ok(Vec::new()) };
    let own: BTreeSet<&str> = parts.iter().flat_map(|it| [it.tensor, it.bias_name.as_str()]).collect();
    let mut families: BTreeMap<(String, &[usize]), usize> = BTreeMap::new();
    for (name, info) in artifact.tensors() {
        *families.entry((names::family(name), &info.shape)).or_default() += 1;
    }
    let (classes, width) = (first.rows(), first.columns());
    let encoder = chain::encoder(artifact, first).filter(|_| reading == Reading::Known);
    let hidden = classes == width || chain::is_hidden_width(artifact, classes, encoder);
    let head = Head { candidate: first, classes, width, hidden, families, encoder, reading };
    let others = artifact.tensors().iter().filter(|(name, _)| !own.contains(name.as_str()));
    let effects: Vec<_> =
        others.map(|(name, info)| (name, info, head.effect(artifact, name, info))).collect();
    let first = |effect| effects.iter().find(|(_, _, other)| *other == effect);
    if let Some((name, ..)) = first(Effect::Normalises).filter(|_| reading != Reading::Known) {
        return Err(normalised(&head, name));
    }
    if let Some((name, info, _)) = first(Effect::Possible).filter(|_| reading == Reading::Unknown) {
        return Err(head.refusal(name, info));
    }
    let left = effects.iter().filter(|(_, _, effect)| *effect != Effect::None);
    Ok(left.map(|(name, info, _)| Untouched::new(UntouchedKind::Tensor, *name, &info.shape)).collect())
}

/// What a tensor may do to the logits.
#[derive(Clone, Copy, PartialEq)]
enum Effect {
    /// Nothing: it has no value per class, or belongs to an encoder.
    None,
    /// Nothing when the model runs, as its name says; or it is not told from what belongs to an encoder.
    Training,
    /// It may change them.
    Possible,
    /// It holds their means or variances: they are normalised.
    Normalises,
}

impl Head<'_> {
    fn effect(&self, artifact: &Artifact, name: &str, info: &TensorInfo) -> Effect {
        let path = names::unwrapped(name);
        if self.is_known(path) {
            return Effect::None;
        }
        if info.elements() == 1 {
            let may_scale = self.reading != Reading::Known && self.is_scale(artifact, path, name, info);
            return if may_scale { Effect::Possible } else { Effect::None };
        }
        let extents: Vec<usize> = info.shape.iter().copied().filter(|extent| *extent != 1).collect();
        let counts = match extents.as_slice() {
            [only] => *only == self.classes,
            [rows, columns] => *rows == self.classes || *columns == self.classes,
            [first, .., last] => {
                let ends_with_them = [first, last].contains(&&self.classes) && !self.hidden;
                ends_with_them || (extents.contains(&self.classes) && extents.contains(&self.width))
            }
            [] => false,
        };
        if !counts || self.is_of_encoder(artifact, name, info, &extents) {
            return Effect::None;
        }
        let is_training = names::is_for_training(path) || !info.dtype.is_float();
        if extents.len() == 1 && self.is_behind(path) && is_statistic(path) {
            return Effect::Normalises;
        }
        let reads_nothing = extents.len() == 2 && !extents.contains(&self.width) && extents[0] != extents[1];
        let unclear = self.hidden && !self.is_behind(path);
        match is_training || reads_nothing || extents.len() > 2 || unclear {
            // The parts of a known class have any extent.
            true if unclear && self.reading == Reading::Known => Effect::None,
            true => Effect::Training,
            false => Effect::Possible,
        }
    }

    /// Whether a known class of a library has it for its encoder.
    fn is_known(&self, path: &str) -> bool {
        self.reading == Reading::Known
            && (self.encoder.is_some_and(|encoder| names::is_within(path, encoder))
                || library::OWN.contains(&path))
    }

    /// Whether it is the bias of another layer, a table, or one of many alike.
    fn is_of_encoder(&self, artifact: &Artifact, name: &str, info: &TensorInfo, extents: &[usize]) -> bool {
        let path = names::unwrapped(name);
        let alike = self.families.get(&(names::family(name), info.shape.as_slice()));
        let repeated = alike.is_some_and(|times| *times > 1) && !self.is_beside(path);
        let is_behind = extents.len() == 1 && self.is_behind(path);
        // Attention has a value per head in every layer, and there may be as many classes as heads.
        let may_be_behind = is_behind && !names::is_inner(path);
        if repeated && !may_be_behind && !names::says_head(path) && !names::is_for_training(path) {
            return true;
        }
        if is_behind {
            return false;
        }
        let sibling =
            name.strip_suffix("bias").and_then(|stem| artifact.tensors().get(&format!("{stem}weight")));
        let is_bias = sibling.is_some_and(|weight| weight.shape.len() > 1 && weight.shape[0] == self.classes);
        // Layers are matrices of their own: whether they could be the head was asked before.
        let is_layer = extents.len() > 1 && (path.ends_with(".weight") || names::is_inner(path));
        is_bias || is_layer || names::is_lookup(path) || names::is_adapter(path)
    }

    /// Whether it stands behind the head as far as is known: beside it, or speaking of logits, or anywhere in a
    /// model none of whose layers reads as many values.
    fn is_behind(&self, path: &str) -> bool {
        let lower = path.to_lowercase();
        let words = ["calib", "logit", "temperature"];
        !self.hidden || self.is_beside(path) || words.iter().any(|word| lower.contains(word))
    }

    /// Whether it is in the head's own module, or behind it in the same sequence.
    fn is_beside(&self, path: &str) -> bool {
        let module = self.candidate.module.as_str();
        let within =
            |outer: &str| path.strip_prefix(outer).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
        if within(module).is_some() {
            return true;
        }
        let Some((sequence, index)) = module.rsplit_once('.') else { return false };
        let place = within(sequence).and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        index.parse::<usize>().ok().zip(place).is_some_and(|(index, place)| place > index)
    }

    /// Whether a single number may scale logits of a head without bias, as where angles make them, or turn
    /// their order round.
    fn is_scale(&self, artifact: &Artifact, path: &str, name: &str, info: &TensorInfo) -> bool {
        let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
        let near = self.candidate.module == parent
            || self.candidate.module.rsplit_once('.').map_or("", |(outer, _)| outer) == parent
            || parent.is_empty();
        let lower = last.to_lowercase();
        let is_scale = SCALES.contains(&lower.as_str())
            || ["scale", "temperature"].iter().any(|word| lower.contains(word));
        if !near || !is_scale || !info.dtype.is_float() {
            return false;
        }
        let value = || info.dtype.decode_f64(&artifact.read_tensor(name).ok()?)?.first().copied();
        // A logarithm may have any sign.
        self.candidate.bias.is_none() || (!lower.contains("log") && !value().is_some_and(|value| value > 0.0))
    }

    fn refusal(&self, name: &str, info: &TensorInfo) -> Error {
        let head = &self.candidate.module;
        not_this_head(if info.elements() == 1 {
            format!(
                "`{name}` may scale what the head `{head}` makes, as where its logits are angles: what the program does \
                 with it is not known"
            )
        } else {
            format!(
                "tensor `{name}` {:?} has a value per class, too, and may change the logits behind the head `{head}`: \
                 what the program does with it is not known",
                info.shape
            )
        })
    }
}

fn normalised(head: &Head<'_>, name: &str) -> Error {
    refusal(
        format!("`{name}` normalises the logits behind the head `{}`", head.candidate.module),
        "fold the normalisation into the head's weight and bias before the model is saved",
    )
}

fn is_statistic(path: &str) -> bool {
    path.ends_with("running_mean") || path.ends_with("running_var")
}

/// Names of numbers that scale logits.
const SCALES: [&str; 9] = ["alpha", "eta", "gain", "gamma", "kappa", "s", "sigma", "tau", "temp"];
