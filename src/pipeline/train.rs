//! Drawing and training, where there is anything to train.

use super::{Event, Job, NotTrained, Sealed, training::Training};
use crate::{
    cut::Cut,
    edit,
    embeddings::Sampling,
    error::{Error, UnlearnError},
    head::LinearHead,
    tail::with_crew,
    unlearn::{self, Material, Search, Started},
};

/// A job after training.
pub struct Unlearned<'a> {
    job: Job<'a>,
    before: LinearHead,
    training: Training,
}

impl<'a> Job<'a> {
    /// Draws embeddings and trains the head on them, as far as the method does and there is anything to
    /// train.
    ///
    /// # Errors
    /// [`RemovalError`](crate::error::RemovalError) if the head is not trained, or its slots are sealed already;
    /// what [`edit::check`] says;
    /// [`UnlearnError::DidNotForget`] if no attempt succeeded, [`UnlearnError::Unreached`] if no embedding
    /// reached the forgotten classes and nothing else is to become of their slots, what the method's formula
    /// says, [`Error::Compute`] if the device fails.
    pub fn train(self) -> Result<Unlearned<'a>, Error> {
        let before = self.model.cut().head.load(self.model.artifact())?;
        self.require_something_to_forget(&before)?;
        edit::check(self.model.artifact(), self.model.cut(), &before, self.removal.target())?;
        let search = || self.search(&before);
        let training =
            if self.removal.draws() { with_crew(usize::MAX, search)? } else { Training::default() };
        Ok(Unlearned { job: self, before, training })
    }

    fn search(&self, before: &LinearHead) -> Result<Training, Error> {
        let (removal, observer) = (&self.removal, self.observer);
        let started = unlearn::start(before, removal, &self.device, observer)?;
        let earlier = match started {
            Some(Started { sampling, search }) if search.succeeded() => {
                self.tell_sampled(&sampling, &[]);
                return self.finished(sampling, search, Vec::new());
            }
            Some(Started { search, .. }) => search.attempts,
            None => Vec::new(),
        };
        let material = Material::draw(before, removal, &self.device, observer)?;
        let unreached = material.unreached(removal.forgotten());
        self.tell_sampled(&material.sampling, &unreached);
        if unreached.len() == removal.forgotten().indices().count() {
            if !removal.target().is_final() {
                let draws = material.sampling.draws;
                return Err(UnlearnError::Unreached { classes: unreached, draws }.into());
            }
            observer.observe(Event::NotTrained(NotTrained::NoEmbedding));
            let sampling = Some(material.sampling);
            return Ok(Training { sampling, trained: None, unreached });
        }
        let search = unlearn::search(before, &material, removal, &self.device, observer)?;
        self.finished(material.sampling, search.after(earlier), unreached)
    }

    /// What a search came to.
    fn finished(&self, sampling: Sampling, search: Search, unreached: Vec<usize>) -> Result<Training, Error> {
        let (observer, sampling) = (self.observer, Some(sampling));
        observer.observe(Event::Searched(&search));
        let trained = search.trained()?;
        let kept = &trained.attempts[trained.kept];
        // A descent stops before the first epoch only where there is nothing to stop it later.
        if kept.learning_rate.is_some() && kept.epochs == 0 {
            observer.observe(Event::NotTrained(NotTrained::NoStratum));
            return Ok(Training { sampling, trained: None, unreached });
        }
        observer.observe(Event::Trained(&trained));
        Ok(Training { sampling, trained: Some(trained), unreached })
    }

    /// That nothing reaches a class which was removed before is as it should be.
    fn tell_sampled(&self, sampling: &Sampling, unreached: &[usize]) {
        let is_new = |class: &usize| !self.earlier.contains(class);
        let starved: Vec<usize> = sampling.starved().filter(is_new).collect();
        self.observer.observe(Event::Sampled { sampling, starved: &starved });
        let classes: Vec<usize> = unreached.iter().copied().filter(is_new).collect();
        if !classes.is_empty() {
            self.observer.observe(Event::Unreached { classes: &classes });
        }
    }
}

impl<'a> Unlearned<'a> {
    /// Gives the forgotten slots their treatment: what has to change in the files follows.
    ///
    /// # Errors
    /// As [`edit::rewrite`].
    pub fn seal(self) -> Result<Sealed<'a>, Error> {
        let Self { job, before, training } = self;
        let (model, target) = (job.model, job.removal.target());
        let trained = training.trained.as_ref().map_or(&before, |trained| &trained.head);
        let mut edits = edit::rewrite(model.artifact(), model.cut(), &before, trained, target)?;
        for other in job.removal.others() {
            let twin = job.artifact.twin(&other.path)?;
            let removal = job.removal.of_file(other);
            let cut = Cut::locate(&twin, removal.hints())?;
            let own = cut.head.load(&twin)?;
            let trained = own.following(&before, trained);
            let new = edit::rewrite(&twin, &cut, &own, &trained, removal.target())?;
            edits.twins.insert(other.path.clone(), new);
        }
        if target.is_sealed() {
            let link = model.cut().head.link;
            job.observer.observe(Event::Sealed { link, has_bias: before.has_bias });
        }
        Ok(Sealed { job, training, edits })
    }
}
