//! Models side by side: opened, held against the first of them file by file, and answer by answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use candle_core::Device;
use declass_formats::{Artifact, Diff, RelPath, Role, Sha256Digest};

use crate::{
    claim::{Statement, StoredClaim, root_digest},
    classes::{Forgotten, Labels, is_generic},
    compare::{Answers, Beside, Comparison, Described, Encoder, Recorded, differ_in_labels_only, synthetic},
    cut::Cut,
    error::Error,
    evaluate::{self, Data, Pair, Retrained, across},
    head::{Hints, LinearHead},
    progress::{Progress, Step},
    verify::{self, Changes},
};

/// A model that is compared.
#[derive(Debug)]
pub struct Contestant {
    /// What the user called it.
    pub name: String,
    /// Its files, with the further ones that its claim is about.
    artifact: Artifact,
    cut: Cut,
    claim: Option<Statement>,
}

/// What the answers to the user's examples are made with: the head of a model, over the first one's classes, and the model
/// itself, which may make other embeddings.
pub type Encode<'a> = dyn Fn(&Pair, LinearHead, &Contestant) -> Result<Option<Retrained>, Error> + 'a;

/// What models are compared on.
pub struct Comparing<'a> {
    /// The classes that are meant where the figures tell removed from other ones; if none are named, those of the claims, and
    /// those that a model has no more.
    pub forgotten: Option<Forgotten>,
    /// Examples of the user with the first model's embeddings, if there are any.
    pub data: Option<&'a Data>,
    /// Makes the embeddings of a model that does not share the first one's encoder; none where that cannot be done.
    pub encode: &'a Encode<'a>,
    /// Which of the others was trained without the classes, counted from 0.
    pub retrained: Option<usize>,
    /// Seed of all draws.
    pub seed: u64,
}

impl Contestant {
    /// Finds the head of a model, and reads its claim if it has one.
    ///
    /// # Errors
    /// What [`Cut::locate`] says; [`Error::NotAClaim`] if what should be a claim is none.
    pub fn of(name: impl Into<String>, artifact: Artifact, hints: &Hints) -> Result<Self, Error> {
        let claim = if StoredClaim::exists(artifact.folder()) {
            Some(StoredClaim::read(artifact.folder())?.claim()?.statement)
        } else {
            None
        };
        let cut = Cut::locate(&artifact, hints)?;
        Ok(Self { name: name.into(), artifact, cut, claim })
    }

    /// Its files.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The folder that must not get another file: that of a release, and of a model that is a whole folder.
    #[must_use]
    pub fn own_folder(&self) -> Option<&Path> {
        let is_own = self.artifact.path().is_dir() || self.claim.is_some();
        is_own.then(|| self.artifact.folder())
    }

    /// Where its head is.
    #[must_use]
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Further files that its claim is about.
    fn others(&self) -> impl Iterator<Item = RelPath> {
        let files = self.claim.iter().flat_map(|claim| &claim.predicate.removal.other_files);
        files.filter_map(|file| RelPath::try_from(file.name.as_str()).ok())
    }

    /// The names of its classes, if they say anything.
    fn names(&self) -> Option<&Labels> {
        self.cut.labels.as_ref().filter(|labels| !is_generic(&labels.names))
    }

    fn described(&self, digests: &BTreeMap<&RelPath, Sha256Digest>) -> Described {
        let files = self.artifact.files().iter().filter(|file| file.role != Role::Card);
        Described {
            name: self.name.clone(),
            root: root_digest(digests).to_string(),
            files: digests.len(),
            bytes: files.map(|file| file.size).sum(),
            head: self.cut.head.name.clone(),
            classes: self.cut.head.classes,
            width: self.cut.head.width(),
            removal: self.claim.as_ref().map(Recorded::of),
        }
    }
}

/// Holds every other model against the first.
///
/// # Errors
/// [`Error::NoTopClass`] if the largest logit of the first is not its answer, [`Error::Format`] if a file cannot be read,
/// [`Error::Embeddings`] if the examples do not fit the first model, what `encode` says, [`Error::Compute`] if the
/// arithmetic fails. A model that cannot be compared in its answers is none: the reason stands there.
pub fn compare_models(
    reference: &Contestant,
    others: &[Contestant],
    how: &Comparing<'_>,
    progress: &dyn Progress,
) -> Result<Comparison, Error> {
    let removed = match &how.forgotten {
        Some(forgotten) => forgotten.clone(),
        None => removed(reference, others),
    };
    let pair = match (Pair::alone(reference.artifact(), &reference.cut, removed.clone()), how.data) {
        (Ok(pair), data) => {
            data.map_or(Ok(()), |data| data.check(&pair))?;
            Ok(pair)
        }
        // What is on disk can be compared all the same.
        (Err(error @ Error::NoTopClass { .. }), None) => Err(error.to_string()),
        (Err(error), _) => return Err(error),
    };
    let held = Held { reference, removed, how, progress };
    let mut described = None;
    let mut models = Vec::new();
    let mut heads = Vec::new();
    for other in others {
        let OnDisk { before, after, changes, encoder } = held.on_disk(other)?;
        described.get_or_insert(before);
        let head = |pair: &Pair| {
            Retrained::head(pair, other.artifact(), &other.cut).map_err(|error| error.to_string())
        };
        heads.push(pair.as_ref().map_err(Clone::clone).and_then(head));
        let synthetic = Answers::NotRun(String::new());
        models.push(Beside { described: after, changes, encoder, synthetic, data: None, retrained: None });
    }
    let pair = pair.as_ref().ok();
    held.on_synthetic(pair, &mut models, &heads)?;
    if let (Some(pair), Some(data)) = (pair, how.data) {
        held.on_data((pair, data), others, &mut models, &heads)?;
    }
    Ok(Comparison {
        reference: described.unwrap_or_else(|| reference.described(&BTreeMap::new())),
        labels: reference.cut.labels.clone(),
        removed: held.removed.indices().collect(),
        seed: how.seed,
        models,
    })
}

/// Classes of the first model that another lost: by its claim, or because it has no class of that name.
fn removed(reference: &Contestant, others: &[Contestant]) -> Forgotten {
    let classes = reference.cut.head.classes;
    let mut removed = BTreeSet::new();
    let own = reference.names();
    let place = |name: &str| own.and_then(|labels| labels.names.iter().position(|other| other == name));
    for other in others {
        let claimed = other.claim.iter().flat_map(Statement::forgotten_in_all).map(|it| &it.class);
        removed.extend(claimed.filter_map(|class| match (&class.label, own) {
            (Some(name), Some(_)) => place(name),
            _ => Some(class.index).filter(|index| *index < classes),
        }));
        if let (Some(own), Some(theirs)) = (own, other.names()) {
            let is_gone = |name: &String| !theirs.names.contains(name);
            removed.extend(own.names.iter().enumerate().filter(|(_, name)| is_gone(name)).map(|(at, _)| at));
        }
    }
    Forgotten::from_indices(removed, classes).unwrap_or_else(|_| Forgotten::none(classes))
}

/// Whether nothing that is no weights differs but cards, which nobody computes with, and labels in the configuration: how
/// inputs are prepared, and what the layers are, is said in these files.
fn read_alike(diff: &Diff, [own, theirs]: [&Artifact; 2]) -> bool {
    let role = |path: &RelPath| {
        let mut files = own.files().iter().chain(theirs.files());
        files.find(|file| file.path == *path).map(|file| file.role)
    };
    let mut differing = diff.files.iter().filter(|file| file.before != file.after);
    differing.all(|file| match role(&file.path) {
        Some(Role::Card | Role::Weights) => true,
        Some(Role::Config) => match (own.config(), theirs.config()) {
            (Some(before), Some(after)) => differ_in_labels_only(before, after),
            _ => false,
        },
        Some(Role::Companion) | None => false,
    })
}

/// The first model, and what the others are held against it with.
struct Held<'a> {
    reference: &'a Contestant,
    /// The classes that are told from the others.
    removed: Forgotten,
    how: &'a Comparing<'a>,
    progress: &'a dyn Progress,
}

/// What differs in the files of two models.
struct OnDisk {
    before: Described,
    after: Described,
    changes: Changes,
    encoder: Encoder,
}

impl Held<'_> {
    fn on_disk(&self, other: &Contestant) -> Result<OnDisk, Error> {
        let both = [self.reference, other];
        // Only what both have can be the same.
        let has = |path: &RelPath| both.iter().all(|it| it.artifact.left_out().contains(path));
        let twins: Vec<RelPath> = other.others().filter(has).collect();
        let [own, theirs] = [both[0].artifact.with_twins(&twins)?, other.artifact.with_twins(&twins)?];
        let bytes = own.files().iter().chain(theirs.files()).map(|file| file.size).sum();
        self.progress.begin(Step::Comparing, bytes);
        let diff = Diff::between(&own, &theirs, &|bytes| self.progress.advance(Step::Comparing, bytes))?;
        self.progress.end(Step::Comparing);
        let changes = Changes::of(&diff);
        let is_card = |path: &RelPath| {
            let mut files = own.files().iter().chain(theirs.files()).filter(|file| file.path == *path);
            files.any(|file| file.role == Role::Card)
        };
        let of = |digest: fn(&declass_formats::FileDiff) -> Option<Sha256Digest>| {
            let files = diff.files.iter().filter(|file| !is_card(&file.path));
            files.filter_map(move |file| Some((&file.path, digest(file)?))).collect::<BTreeMap<_, _>>()
        };
        let encoder = Encoder::of(&changes, [&self.reference.cut.head, &other.cut.head]);
        let is_same = encoder == Encoder::Same && read_alike(&diff, [&own, &theirs]);
        let is_same = is_same || self.is_removal(other, [&own, &theirs]);
        let encoder = if is_same { Encoder::Same } else { Encoder::Other };
        Ok(OnDisk {
            before: self.reference.described(&of(|file| file.before)),
            after: other.described(&of(|file| file.after)),
            changes,
            encoder,
        })
    }

    /// Whether all that differs is what a removal makes of the first model: of the classes that this one lost, or else of
    /// those that are told from the others.
    fn is_removal(&self, other: &Contestant, [own, theirs]: [&Artifact; 2]) -> bool {
        let lost = removed(self.reference, std::slice::from_ref(other));
        let named = Some(&self.removed).filter(|named| named.as_set() != lost.as_set());
        let mut possible = [Some(&lost), named].into_iter().flatten().filter(|it| !it.as_set().is_empty());
        possible.any(|forgotten| {
            let found = verify::compare(own, theirs, forgotten, (&Hints::default(), &[]), self.progress);
            // Where no removal can be made sense of, it is none.
            found.is_ok_and(|found| found.require_only_the_head().is_ok())
        })
    }

    /// What the models that share the first one's encoder answer to synthetic embeddings.
    fn on_synthetic(
        &self,
        pair: Option<&Pair>,
        models: &mut [Beside],
        heads: &[Result<LinearHead, String>],
    ) -> Result<(), Error> {
        let mut asked = Vec::new();
        for (model, head) in models.iter_mut().zip(heads) {
            match head {
                Ok(head) if model.encoder == Encoder::Same => asked.push((model, head)),
                Ok(_) => {
                    let reason = "its encoder is another, or cannot be told to be the same: embeddings of the first model may mean nothing to it";
                    model.synthetic = Answers::NotRun(reason.into());
                }
                Err(reason) => model.synthetic = Answers::NotRun(reason.clone()),
            }
        }
        let heads: Vec<&LinearHead> = asked.iter().map(|(_, head)| *head).collect();
        if let Some(pair) = pair.filter(|_| !heads.is_empty()) {
            let found = synthetic(pair, &heads, self.how.seed, &Device::Cpu)?;
            for ((model, _), found) in asked.into_iter().zip(found) {
                model.synthetic = Answers::Measured(Box::new(found));
            }
        }
        Ok(())
    }

    fn on_data(
        &self,
        (pair, data): (&Pair, &Data),
        others: &[Contestant],
        models: &mut [Beside],
        heads: &[Result<LinearHead, String>],
    ) -> Result<(), Error> {
        let mut retrained = None;
        for (at, (other, head)) in others.iter().zip(heads).enumerate() {
            let encoder = models[at].encoder;
            let (answers, own) = self.answers((pair, data), other, encoder, head)?;
            models[at].data = Some(answers);
            retrained = own.filter(|_| self.how.retrained == Some(at)).or(retrained);
        }
        let Some(retrained) = retrained else { return Ok(()) };
        for (at, head) in heads.iter().enumerate().filter(|(at, _)| self.how.retrained != Some(*at)) {
            if let (Ok(head), Encoder::Same) = (head, models[at].encoder) {
                let pair = Pair { after: head.clone(), ..pair.clone() };
                models[at].retrained = Some(evaluate::compare(&pair, data, &retrained, self.how.seed)?);
            }
        }
        Ok(())
    }

    /// What a model answers to the user's examples, and the embeddings that it makes of them.
    fn answers(
        &self,
        (pair, data): (&Pair, &Data),
        other: &Contestant,
        encoder: Encoder,
        head: &Result<LinearHead, String>,
    ) -> Result<(Answers, Option<Retrained>), Error> {
        let head = match head {
            Ok(head) => head.clone(),
            Err(reason) => return Ok((Answers::NotRun(reason.clone()), None)),
        };
        let own = match encoder {
            Encoder::Same => Some(Retrained::new(head.clone(), data, data.test.clone(), data.train.clone())?),
            Encoder::Other => (self.how.encode)(pair, head.clone(), other)?,
        };
        let Some(own) = own else {
            let reason = "it has another encoder, and there are no examples that it could be run on";
            return Ok((Answers::NotRun(reason.into()), None));
        };
        let pair = Pair { after: head, ..pair.clone() };
        let found = across(&pair, data, &own, self.how.seed)?;
        Ok((Answers::Measured(Box::new(found)), Some(own)))
    }
}
