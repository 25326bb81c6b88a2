//! How many embeddings of each class are wanted, and what came of it.

use serde::Serialize;

use super::{Distribution, Embeddings};

/// How many embeddings each class shall get.
#[derive(Clone, Debug)]
pub struct Quota {
    /// Wanted per class.
    pub per_class: Vec<usize>,
    /// Classes that are content with what plain draws give them; the others are filled whatever it takes.
    content: Vec<bool>,
}

impl Quota {
    /// So many of each class, whatever it takes.
    #[must_use]
    pub fn new(per_class: Vec<usize>) -> Self {
        Self { content: vec![false; per_class.len()], per_class }
    }

    /// The same, but classes that pass the test get only what plain draws give them.
    #[must_use]
    pub fn content_for(mut self, content: impl Fn(usize) -> bool) -> Self {
        self.content = (0..self.per_class.len()).map(content).collect();
        self
    }

    /// Whether a class is to be filled whatever it takes.
    pub(super) fn insists_on(&self, class: usize) -> bool {
        !self.content[class]
    }

    /// Embeddings wanted in all.
    pub(super) fn total(&self) -> usize {
        self.per_class.iter().sum()
    }
}

/// How the sampling went.
#[derive(Clone, Debug, Serialize)]
pub struct Sampling {
    /// What was drawn from.
    pub distribution: &'static str,
    /// Plain draws made, all classes together.
    pub draws: u64,
    /// Kept per class.
    pub accepted: Vec<usize>,
    /// Wanted per class.
    pub wanted: Vec<usize>,
    /// Classes that plain draws left short and another sampler filled.
    pub rare: Vec<Rare>,
}

/// One class that plain draws hardly reach.
#[derive(Clone, Debug, Serialize)]
pub struct Rare {
    /// Its index.
    pub class: usize,
    /// What filled it.
    pub sampler: Sampler,
    /// How many embeddings it made.
    pub made: usize,
    /// Draws that were looked at until some logit exceeded the class's.
    pub tries: u64,
}

/// What fills a class that plain draws hardly reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Elliptical slice sampling: a Markov chain of the same distribution.
    EllipticalSlice,
    /// None: the class is the top class nowhere near where the distribution lies.
    OutOfReach,
    /// Rejection of one coordinate after the other: independent draws.
    Sequential,
}

impl Sampling {
    /// That nothing was drawn.
    #[must_use]
    pub fn none(distribution: Distribution, classes: usize) -> Self {
        let none = vec![0; classes];
        let (accepted, wanted) = (none.clone(), none);
        Self { distribution: distribution.name(), draws: 0, accepted, wanted, rare: Vec::new() }
    }

    /// Classes that got fewer than they wanted.
    pub fn starved(&self) -> impl Iterator<Item = usize> + '_ {
        let short = |&(_, (got, want)): &(usize, (&usize, &usize))| got < want;
        self.accepted.iter().zip(&self.wanted).enumerate().filter(short).map(|(class, _)| class)
    }

    /// Draws of all samplers together, those for rare classes included.
    #[must_use]
    pub fn all_draws(&self) -> u64 {
        self.rare.iter().fold(self.draws, |sum, rare| sum.saturating_add(rare.tries))
    }

    /// Draws per kept embedding, all samplers together.
    #[must_use]
    pub fn overhead(&self) -> f64 {
        self.all_draws() as f64 / self.accepted.iter().sum::<usize>().max(1) as f64
    }
}

/// The kept embeddings, class by class.
pub(super) struct Bins<'a> {
    quota: &'a Quota,
    width: usize,
    kept: Vec<Vec<f32>>,
    missing: usize,
}

impl<'a> Bins<'a> {
    pub(super) fn new(quota: &'a Quota, width: usize) -> Self {
        Self { quota, width, kept: vec![Vec::new(); quota.per_class.len()], missing: quota.total() }
    }

    pub(super) fn full(&self) -> bool {
        self.missing == 0
    }

    /// How many embeddings a class lacks.
    pub(super) fn lacks(&self, class: usize) -> usize {
        self.quota.per_class[class] - self.kept[class].len() / self.width
    }

    /// What a class has got so far, one embedding after the other.
    pub(super) fn of(&self, class: usize) -> &[f32] {
        &self.kept[class]
    }

    /// Whether some class that still lacks embeddings is to be filled whatever it takes.
    pub(super) fn must_go_on(&self) -> bool {
        (0..self.kept.len()).any(|class| self.quota.insists_on(class) && self.lacks(class) > 0)
    }

    /// Whether no class that still lacks embeddings has got any.
    pub(super) fn untouched(&self) -> bool {
        (0..self.kept.len()).filter(|&class| self.lacks(class) > 0).all(|class| self.kept[class].is_empty())
    }

    /// Takes what is still wanted of a batch and says how much that was.
    pub(super) fn take(&mut self, batch: &Embeddings) -> usize {
        let before = self.missing;
        for (row, &label) in batch.values.chunks_exact(self.width).zip(&batch.labels) {
            if self.lacks(label as usize) > 0 {
                self.kept[label as usize].extend_from_slice(row);
                self.missing -= 1;
            }
        }
        before - self.missing
    }

    /// The same, from draws that stand for one class only: whatever else is among them is no fair draw of its
    /// class.
    pub(super) fn take_only(&mut self, class: usize, batch: &Embeddings) -> usize {
        self.take(&batch.filter(|label| label == class))
    }

    pub(super) fn counts(&self) -> Vec<usize> {
        self.kept.iter().map(|bin| bin.len() / self.width).collect()
    }

    pub(super) fn into_embeddings(self) -> Embeddings {
        let repeated = |(class, count)| std::iter::repeat_n(class as u32, count);
        let labels = self.counts().into_iter().enumerate().flat_map(repeated).collect();
        Embeddings { width: self.width, values: self.kept.concat(), labels }
    }
}
