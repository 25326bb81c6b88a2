//! The examples as inputs of a model, some at a time: decoded by all cores, and never all in memory.

use std::ops::Range;

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
pub struct Chunk {
    /// The examples that can be used, by their places in the list, and their inputs.
    pub inputs: Vec<(usize, Inputs)>,
    /// Those that cannot, by their places in the list.
    pub unusable: Vec<(usize, Unusable)>,
}

/// The examples, chunk by chunk.
pub struct Chunks<'a> {
    examples: &'a Examples,
    preparation: Option<&'a Preparation>,
    at: usize,
    size: usize,
}

impl Examples {
    /// The examples as inputs, at most `size` of them at a time. The preparation may be missing if the
    /// examples are ready.
    #[must_use]
    pub fn chunks<'a>(&'a self, preparation: Option<&'a Preparation>, size: usize) -> Chunks<'a> {
        self.chunks_from(0, preparation, size)
    }

    /// The same from a place in the list on, for what was interrupted.
    #[must_use]
    pub fn chunks_from<'a>(
        &'a self,
        at: usize,
        preparation: Option<&'a Preparation>,
        size: usize,
    ) -> Chunks<'a> {
        Chunks { examples: self, preparation, at, size: size.max(1) }
    }

    /// Digest of the list (names and classes, in order) and of the content of every example, which are all
    /// read for it. What cannot be read counts as empty. Chunks refuse what changes afterwards.
    pub fn digest(&mut self, progress: &dyn Progress) -> Sha256Digest {
        if self.digests.is_none() {
            let step = Step::Encoding;
            progress.begin(step, self.list.len() as u64);
            let mut digests = Vec::with_capacity(self.list.len());
            for start in (0..self.list.len()).step_by(AT_ONCE) {
                let part = start..self.list.len().min(start + AT_ONCE);
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

    fn digests_of(&self, part: Range<usize>) -> Vec<Sha256Digest> {
        self.on_each(part, |_, content| content.map_or(Sha256Digest::of(&[]), |content| content.digest()))
    }

    /// Does something with the content of each example of a part, on all cores.
    fn on_each<T: Send>(
        &self,
        part: Range<usize>,
        with: impl Fn(usize, Result<Fetched, Fault>) -> T + Sync,
    ) -> Vec<T> {
        let sources: Vec<&Source> = self.list[part.clone()].iter().map(|example| &example.source).collect();
        let mut ahead = self.store.ahead(&sources);
        let tasks: Vec<_> = sources
            .into_iter()
            .enumerate()
            .map(|(at, source)| (part.start + at, source, ahead.remove(&at)))
            .collect();
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

impl Iterator for Chunks<'_> {
    /// An error only if the examples are to be used strictly and one cannot be; nothing comes behind it.
    type Item = Result<Chunk, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let examples = self.examples;
        let end = self.at.saturating_add(self.size).min(examples.list.len());
        let part = self.at..end;
        if part.is_empty() {
            return None;
        }
        let prepared = examples
            .on_each(part.clone(), |place, content| content.and_then(|content| self.prepare(place, content)));
        self.at = end;
        let mut chunk = Chunk { inputs: Vec::new(), unusable: Vec::new() };
        for (place, prepared) in part.zip(prepared) {
            let id = &examples.list[place].id;
            match prepared {
                Ok(inputs) => chunk.inputs.push((place, inputs)),
                Err(fault) if examples.strict => {
                    self.at = examples.list.len();
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
