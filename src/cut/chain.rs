//! Which matrices of a state dict can be its last: a layer whose results another one reads is none.
//!
//! Names say how a program is written, extents what can follow what. So extents decide where they can, and
//! two places that they leave open are a question, whatever their names are.

use std::collections::BTreeMap;

use declass_formats::Artifact;

use super::{candidate::Candidate, names};

/// The matrices that could make the logits: nothing has as many columns as they have rows, and they are no
/// repeated or inner part of an encoder.
///
/// Where the classes are as many as some layer has features nothing can be told by extents; then it is
/// those with the name of a head, or the only one there is.
pub(super) fn ends<'a>(artifact: &Artifact, candidates: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let plausible: Vec<Candidate<'a>> = candidates.iter().filter(|it| is_plausible(it)).cloned().collect();
    let readers = Readers::of(artifact);
    let last: Vec<Candidate<'a>> = plausible.iter().filter(|it| !readers.read(it)).cloned().collect();
    let outside = outside(&before_convolutions(last));
    if outside.is_empty() { by_words(plausible) } else { outside }
}

/// Whether a matrix can make logits at all, as far as itself shows.
pub(super) fn is_plausible(candidate: &Candidate<'_>) -> bool {
    let module = candidate.module.as_str();
    let is_other = names::is_lookup(module) || names::is_auxiliary(module) || names::is_adapter(module);
    let fits = candidate.bias.is_none_or(|bias| bias.shape == [candidate.rows()]);
    !is_other && fits && candidate.info.dtype.is_float()
}

/// Whether a layer of the same model has as many inputs as there are classes, whatever kind of layer.
pub(super) fn is_hidden_width(artifact: &Artifact, extent: usize) -> bool {
    // A square of that extent may as well mix the logits.
    Readers::of(artifact).all().any(|reader| {
        let is_square =
            artifact.tensors().get(reader.tensor).is_some_and(|info| info.shape == [extent, extent]);
        reader.inputs == extent && !is_square
    })
}

/// How many inputs the layers have.
struct Readers<'a> {
    /// Layers on vectors, by how many inputs they have.
    features: Layers<'a>,
    /// Layers on maps of channels.
    channels: Layers<'a>,
}

type Layers<'a> = BTreeMap<usize, Vec<&'a str>>;

/// A layer by its weight.
struct Reader<'a> {
    tensor: &'a str,
    inputs: usize,
}

impl<'a> Readers<'a> {
    fn of(artifact: &'a Artifact) -> Self {
        let mut readers = Self { features: Layers::new(), channels: Layers::new() };
        for (name, info) in artifact.tensors() {
            let path = names::unwrapped(name);
            if names::is_lookup(path) || names::is_adapter(path) || names::is_auxiliary(path) {
                continue;
            }
            match info.shape.as_slice() {
                // A class token or a table is no layer, and neither is what is stored beside one.
                [rows, columns] if *rows > 1 && *columns > 1 => {
                    readers.features.entry(*columns).or_default().push(name);
                }
                [_, channels, kernel @ ..] if !kernel.is_empty() && path.ends_with("weight") => {
                    let is_stem = kernel.iter().any(|extent| *extent > 1) && IMAGE.contains(channels);
                    if !is_stem {
                        readers.channels.entry(*channels).or_default().push(name);
                    }
                }
                _ => {}
            }
        }
        readers
    }

    /// Whether another layer of the same kind can read what a matrix makes.
    fn read(&self, candidate: &Candidate<'_>) -> bool {
        let rows = candidate.rows();
        let others = |layers: &Layers<'_>| {
            layers.get(&rows).is_some_and(|layers| layers.iter().any(|tensor| *tensor != candidate.tensor))
        };
        if candidate.info.shape.len() == 2 {
            return others(&self.features);
        }
        // A map is flattened before a layer on vectors reads it.
        others(&self.channels) || self.features.keys().any(|inputs| inputs % rows == 0)
    }

    fn all(&self) -> impl Iterator<Item = Reader<'_>> {
        let layers = self.features.iter().chain(&self.channels);
        layers.flat_map(|(inputs, tensors)| tensors.iter().map(|tensor| Reader { tensor, inputs: *inputs }))
    }
}

/// More places than any model has, each of which would have to be held against all others.
pub(super) const MANY: usize = 256;

/// How many channels images have.
const IMAGE: [usize; 3] = [1, 3, 4];

/// Where a layer on vectors is last, convolutions without the name of a head are branches of an encoder.
fn before_convolutions(last: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let is_vector = |it: &Candidate<'_>| it.info.shape.len() == 2;
    if !last.iter().any(is_vector) {
        return last;
    }
    last.into_iter().filter(|it| is_vector(it) || names::rank(&it.module).is_some()).collect()
}

/// Those that are neither repeated nor inner parts, unless their name is that of a head.
fn outside<'a>(last: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for it in last {
        *times.entry(names::family(&it.module)).or_default() += 1;
    }
    let alone = |it: &&Candidate<'_>| times.get(&names::family(&it.module)) == Some(&1);
    let named = |it: &&Candidate<'_>| names::rank(&it.module).is_some() || names::says_head(&it.module);
    last.iter().filter(|it| named(it) || (alone(it) && !names::is_inner(&it.module))).cloned().collect()
}

/// Where widths cannot tell: those in the table of names, but for layers of a sequence that precede another.
fn by_words(plausible: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let named: Vec<_> = plausible.iter().filter(|it| names::rank(&it.module).is_some()).cloned().collect();
    if named.is_empty() {
        let outside = outside(&plausible);
        return if outside.is_empty() { plausible } else { outside };
    }
    if named.len() > MANY {
        return named;
    }
    let leads_on = |it: &Candidate<'_>| named.iter().any(|other| precedes(it, other));
    named.iter().filter(|it| !leads_on(it)).cloned().collect()
}

/// Whether one matrix makes, within one module, what the other reads: `classifier.1` before `classifier.4`,
/// `classifier.dense` before `classifier.out_proj`.
fn precedes(first: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let split = |module: &'_ str| -> (String, String) {
        let (parent, last) = module.rsplit_once('.').unwrap_or(("", module));
        (parent.to_owned(), last.to_owned())
    };
    let ((parent, a), (beside, b)) = (split(&first.module), split(&other.module));
    if parent.is_empty() || parent != beside || first.rows() != other.columns() {
        return false;
    }
    match (a.parse::<usize>(), b.parse::<usize>()) {
        (Ok(a), Ok(b)) => a < b,
        _ => names::rank(&other.module) < names::rank(&first.module),
    }
}
