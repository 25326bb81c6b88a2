//! Which matrices of a state dict can be its last: a layer whose results another one reads is none.
//!
//! Names say how a program is written, extents what can follow what. So extents decide where they can, and
//! two places that they leave open are a question, whatever their names are. A layer that makes as many results as
//! it reads may stand anywhere, or belong to something else: that it could read the logits says nothing.

use std::collections::{BTreeMap, BTreeSet};

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
    let last: Vec<Candidate<'a>> =
        plausible.iter().filter(|it| !readers.read(it, Which::Any)).cloned().collect();
    let outside = outside(&before_convolutions(last));
    if outside.is_empty() { by_words(&plausible) } else { outside }
}

/// The ends, and where a square matrix is one of them or could follow one, whatever else could make the logits
/// with the square before or beside it.
pub(super) fn possible<'a>(artifact: &Artifact, candidates: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let ends = ends(artifact, candidates);
    let readers = Readers::of(artifact);
    let unread = |it: &&Candidate<'a>| is_plausible(it) && !readers.read(it, Which::OtherCounts);
    let loose = before_convolutions(candidates.iter().filter(unread).cloned().collect());
    let squares: BTreeSet<usize> =
        ends.iter().chain(&loose).filter(|it| it.is_square()).map(Candidate::rows).collect();
    let as_many: BTreeSet<usize> =
        ends.iter().map(Candidate::rows).filter(|rows| squares.contains(rows)).collect();
    // With so many it is a question anyway.
    if as_many.is_empty() || ends.len() > MANY {
        return ends;
    }
    let known: BTreeSet<&str> = ends.iter().map(|it| it.tensor).collect();
    let free = free_squares(artifact, candidates, &ends, &loose);
    let mut more: Vec<Candidate<'a>> = outside(&loose).into_iter().chain(free).collect();
    more.retain(|it| as_many.contains(&it.rows()) && !known.contains(it.tensor));
    more.sort_by_key(|it| it.tensor);
    more.dedup_by_key(|it| it.tensor);
    [ends, more].concat()
}

/// Squares that may be anywhere: repeated ones may be a part of an encoder or stand behind the head one after the
/// other. Where the encoder's own width is that of the classes, what reads a square says nothing either.
fn free_squares<'a>(
    artifact: &Artifact,
    candidates: &[Candidate<'a>],
    ends: &[Candidate<'a>],
    loose: &[Candidate<'a>],
) -> Vec<Candidate<'a>> {
    let mut squares = loose.to_vec();
    if let Some(first) = ends.first().filter(|_| ends.iter().any(Candidate::is_square)) {
        let plausible = candidates.iter().filter(|it| is_plausible(it)).cloned().collect();
        squares.extend(beside_the_encoder(artifact, first, plausible));
    }
    // What a name puts before a head is not behind it; a number in a sequence may be anybody's.
    let is_before = |it: &Candidate<'_>, end: &Candidate<'_>| {
        precedes(it, end) && it.module.ends_with(|letter: char| !letter.is_ascii_digit())
    };
    squares.retain(|it| {
        it.is_square() && !names::is_inner(&it.module) && !ends.iter().any(|end| is_before(it, end))
    });
    squares
}

/// Those that are no part of where most of the tensors are, as far as the head is elsewhere: what a known class
/// takes for its encoder is under one name.
pub(super) fn beside_the_encoder<'a>(
    artifact: &Artifact,
    head: &Candidate<'_>,
    candidates: Vec<Candidate<'a>>,
) -> Vec<Candidate<'a>> {
    let encoder = encoder(artifact, head);
    let is_beside =
        |it: &Candidate<'_>| !encoder.is_some_and(|encoder| names::is_within(&it.module, encoder));
    candidates.into_iter().filter(is_beside).collect()
}

/// The first part of the names of most tensors, unless it is the head's.
pub(super) fn encoder<'a>(artifact: &'a Artifact, head: &Candidate<'_>) -> Option<&'a str> {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in artifact.tensors().keys() {
        *parts.entry(names::unwrapped(name).split('.').next().unwrap_or_default()).or_default() += 1;
    }
    let (most, count) = parts.into_iter().max_by_key(|(_, count)| *count)?;
    let is_most = 2 * count > artifact.tensors().len();
    Some(most).filter(|most| is_most && !names::is_within(&head.module, most))
}

/// Whether a matrix can make logits at all, as far as itself shows.
pub(super) fn is_plausible(candidate: &Candidate<'_>) -> bool {
    let module = candidate.module.as_str();
    let is_other = names::is_lookup(module) || names::is_auxiliary(module) || names::is_adapter(module);
    let fits = candidate.bias.is_none_or(|bias| bias.shape == [candidate.rows()]);
    !is_other && fits && candidate.info.dtype.is_float()
}

/// Whether a layer of the same model has as many inputs as there are classes, whatever kind of layer. Where the parts
/// of an encoder are known, only they count.
pub(super) fn is_hidden_width(artifact: &Artifact, extent: usize, encoder: Option<&str>) -> bool {
    let readers = Readers::of(artifact);
    // A square of that extent may as well mix the logits.
    let reads = |tensor: &&str| {
        let shape = artifact.tensors().get(*tensor).map(|info| info.shape.as_slice());
        shape.is_some_and(|shape| shape != [extent, extent])
            && encoder.is_none_or(|encoder| names::is_within(names::unwrapped(tensor), encoder))
    };
    let layers = [&readers.features, &readers.channels].into_iter().filter_map(|layers| layers.get(&extent));
    layers.flat_map(|layers| &layers.tensors).any(reads)
}

/// How many inputs the layers have.
struct Readers<'a> {
    /// Layers on vectors, by how many inputs they have.
    features: Layers<'a>,
    /// Layers on maps of channels.
    channels: Layers<'a>,
}

type Layers<'a> = BTreeMap<usize, Alike<'a>>;

/// Layers with as many inputs, by their weights.
#[derive(Default)]
struct Alike<'a> {
    tensors: Vec<&'a str>,
    /// The least and the most results that one makes.
    outputs: Option<(usize, usize)>,
}

impl<'a> Alike<'a> {
    fn push(&mut self, tensor: &'a str, outputs: usize) {
        let (least, most) = self.outputs.unwrap_or((outputs, outputs));
        self.outputs = Some((least.min(outputs), most.max(outputs)));
        self.tensors.push(tensor);
    }

    /// Whether one is another matrix than this, and of those that count.
    fn has_another(&self, than: &Candidate<'_>, which: Which) -> bool {
        match which {
            Which::Any => self.tensors.iter().any(|tensor| *tensor != than.tensor),
            // None of them is the matrix itself, which makes as many results as it has rows.
            Which::OtherCounts => self.outputs.is_some_and(|range| range != (than.rows(), than.rows())),
        }
    }
}

/// Which layers count as readers of a matrix.
#[derive(Clone, Copy)]
enum Which {
    Any,
    /// Those that make another number of results than they would read of it.
    OtherCounts,
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
                    readers.features.entry(*columns).or_default().push(name, *rows);
                }
                [filters, channels, kernel @ ..] if !kernel.is_empty() && path.ends_with("weight") => {
                    let is_stem = kernel.iter().any(|extent| *extent > 1) && IMAGE.contains(channels);
                    if !is_stem {
                        readers.channels.entry(*channels).or_default().push(name, *filters);
                    }
                }
                _ => {}
            }
        }
        readers
    }

    /// Whether a layer of the same kind, of those that count, can read what a matrix makes.
    fn read(&self, candidate: &Candidate<'_>, which: Which) -> bool {
        let rows = candidate.rows();
        let has = |layers: &Alike<'_>| layers.has_another(candidate, which);
        if candidate.info.shape.len() == 2 {
            return self.features.get(&rows).is_some_and(has);
        }
        // A map is flattened before a layer on vectors reads it.
        let flattened = |(inputs, layers): (&usize, &Alike<'_>)| inputs % rows == 0 && has(layers);
        self.channels.get(&rows).is_some_and(has) || self.features.iter().any(flattened)
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
fn by_words<'a>(plausible: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let named: Vec<_> = plausible.iter().filter(|it| names::rank(&it.module).is_some()).cloned().collect();
    if named.is_empty() {
        let outside = outside(plausible);
        return if outside.is_empty() { plausible.to_vec() } else { outside };
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
