//! The examples as inputs of a model, some at a time: decoded by all cores, and never all in memory.

use declass_formats::Sha256Digest;
use rayon::prelude::*;

use super::{
    Examples, Unusable,
    source::{Fetched, Source},
};
use crate::{
    error::Error,
    inputs::{
        fault::{Fault, shown},
        preparation::Preparation,
        value::Inputs,
    },
    progress::{Progress, Step},
};

/// Some examples that follow each other.
pub struct Chunk<T = Inputs> {
    /// The examples that can be used, by their places in the list, and their inputs, or what was made of those.
    pub inputs: Vec<(usize, T)>,
    /// Those that cannot, by their places in the list.
    pub unusable: Vec<(usize, Unusable)>,
}

/// The examples, chunk by chunk.
pub struct Chunks<'a> {
    examples: &'a Examples,
    preparation: Option<&'a Preparation>,
    /// Places in the list.
    places: Vec<usize>,
    at: usize,
    size: usize,
}

impl Examples {
    /// The examples as inputs, at most `size` of them at a time. The preparation may be missing if the
    /// examples are ready.
    #[must_use]
    pub fn chunks<'a>(&'a self, preparation: Option<&'a Preparation>, size: usize) -> Chunks<'a> {
        self.chunks_of((0..self.list.len()).collect(), preparation, size)
    }

    /// The same of some of them, by their places in the list, which ascend.
    #[must_use]
    pub fn chunks_of<'a>(
        &'a self,
        places: Vec<usize>,
        preparation: Option<&'a Preparation>,
        size: usize,
    ) -> Chunks<'a> {
        Chunks { examples: self, preparation, places, at: 0, size: size.max(1) }
    }

    /// The digest of each example's content in the order of the list, once [`Self::digest`] has read them.
    #[must_use]
    pub fn digests(&self) -> Option<&[Sha256Digest]> {
        self.digests.as_deref()
    }

    /// Digest of the list (names and classes, in order) and of the content of every example, which are all
    /// read for it. What cannot be read counts as empty. Chunks refuse what changes afterwards.
    pub fn digest(&mut self, progress: &dyn Progress) -> Sha256Digest {
        if self.digests.is_none() {
            let step = Step::Encoding;
            progress.begin(step, self.list.len() as u64);
            let mut digests = Vec::with_capacity(self.list.len());
            let places: Vec<usize> = (0..self.list.len()).collect();
            for part in places.chunks(AT_ONCE) {
                progress.advance(step, part.len() as u64);
                digests.extend(self.digests_of(part));
            }
            progress.end(step);
            self.digests = Some(digests);
        }
        let mut lines = String::new();
        for (example, digest) in self.list.iter().zip(self.digests.iter().flatten()) {
            let class = example.label.map_or("-".into(), |class| class.to_string());
            lines.push_str(&format!("{digest} {class} {}\n", example.id));
        }
        Sha256Digest::of(lines.as_bytes())
    }

    fn digests_of(&self, part: &[usize]) -> Vec<Sha256Digest> {
        self.on_each(part, |_, content| content.map_or(Sha256Digest::of(&[]), |content| content.digest()))
    }

    /// Does something with the content of each example of a part, on all cores.
    fn on_each<T: Send>(
        &self,
        part: &[usize],
        with: impl Fn(usize, Result<Fetched, Fault>) -> T + Sync,
    ) -> Vec<T> {
        let examples = part.iter().filter_map(|place| Some((*place, self.list.get(*place)?)));
        let (part, sources): (Vec<usize>, Vec<&Source>) =
            examples.map(|(place, example)| (place, &example.source)).unzip();
        let mut ahead = self.store.ahead(&sources);
        let tasks = part.into_iter().zip(sources).enumerate();
        let tasks: Vec<_> = tasks.map(|(at, (place, source))| (place, source, ahead.remove(&at))).collect();
        // Pictures are large, so that each is a task of its own.
        let each = tasks.into_par_iter().with_max_len(1);
        each.map(|(place, source, ahead)| with(place, ahead.unwrap_or_else(|| self.store.fetch(source))))
            .collect()
    }
}

/// How many examples are read at once for a digest.
const AT_ONCE: usize = 64;

impl Chunks<'_> {
    fn prepare(&self, place: usize, content: Fetched) -> Result<Inputs, Fault> {
        let known = self.examples.digests.as_ref().and_then(|digests| digests.get(place));
        if known.is_some_and(|known| *known != content.digest()) {
            return Err(Fault::new("it has changed since it was read before"));
        }
        match (content.content(), self.preparation) {
            (Some(content), Some(preparation)) => {
                preparation.prepare(content).map_err(|unfit| Fault { reason: unfit.reason, hint: unfit.hint })
            }
            (Some(_), None) => Err(Fault::new("it is not known how it becomes inputs")),
            (None, _) => content.ready().ok_or_else(|| Fault::new("it has no content")),
        }
    }
}

impl Chunks<'_> {
    /// The next chunk, with what is made of each example's inputs by the thread that prepared them: so the inputs of
    /// a few examples are in memory at a time, and not those of a chunk.
    ///
    /// # Errors
    /// Only if the examples are to be used strictly and one cannot be; nothing comes behind it.
    pub fn next_through<T: Send>(
        &mut self,
        with: impl Fn(usize, Inputs) -> T + Sync,
    ) -> Option<Result<Chunk<T>, Error>> {
        let examples = self.examples;
        let end = self.at.saturating_add(self.size).min(self.places.len());
        let part = &self.places[self.at..end];
        if part.is_empty() {
            return None;
        }
        let made = examples.on_each(part, |place, content| {
            let inputs = content.and_then(|content| self.prepare(place, content));
            (place, inputs.map(|inputs| with(place, inputs)))
        });
        self.at = end;
        let mut chunk = Chunk { inputs: Vec::new(), unusable: Vec::new() };
        for (place, made) in made {
            let id = &examples.list[place].id;
            match made {
                Ok(made) => chunk.inputs.push((place, made)),
                Err(fault) if examples.strict => {
                    self.at = self.places.len();
                    let reason = format!("`{}`: {}", shown(id), fault.reason);
                    return Some(Err(Fault { reason, ..fault }.at(&examples.path)));
                }
                Err(Fault { reason, .. }) => {
                    chunk.unusable.push((place, Unusable { id: id.clone(), reason }));
                }
            }
        }
        Some(Ok(chunk))
    }
}

impl Iterator for Chunks<'_> {
    /// As [`Chunks::next_through`], with the inputs themselves.
    type Item = Result<Chunk, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_through(|_, inputs| inputs)
    }
}
