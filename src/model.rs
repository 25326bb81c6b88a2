//! A model whose head is found.

use std::path::Path;

use declass_formats::Artifact;

use crate::{
    claim::{ForgottenClass, History, names::open_model},
    classes::{AS_LABEL, Forgotten, Granted, Labels, OUTSIDE, Space, Wish, is_generic},
    cut::{Cut, Head, NO_OBJECT},
    error::{ClassError, Error, RemovalError},
    evidence::{Untouched, UntouchedKind},
    fetch::PackageUrl,
    head::{Hints, Place},
    methods,
    removal::{Builder, Removal},
};

/// A trained classifier on disk: its files, its head, and what its classes are called.
#[derive(Clone, Debug)]
pub struct Model {
    artifact: Artifact,
    cut: Cut,
    labels: Option<Labels>,
    hints: Hints,
    origin: Option<PackageUrl>,
}

impl Model {
    /// Opens a folder with safetensors weights, a `.safetensors` file or an `.onnx` file, and finds the head.
    ///
    /// # Errors
    /// [`Error::Format`] if the files cannot be read; what [`Cut::locate`] says if there is no head, or more
    /// than one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::of(open_model(path.as_ref())?, Hints::default())
    }

    /// The same for a model of which something is said by hand, such as where its head is.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, hints: Hints) -> Result<Self, Error> {
        Self::of(open_model(path.as_ref())?, hints)
    }

    /// The model in files that are open already.
    ///
    /// # Errors
    /// What [`Cut::locate`] says.
    pub fn of(artifact: Artifact, hints: Hints) -> Result<Self, Error> {
        let hints = settled(&artifact, hints)?;
        let cut = Cut::locate(&artifact, &hints)?;
        let labels = cut.labels.clone();
        Ok(Self { artifact, cut, labels, hints, origin: None })
    }

    /// The same model with labels that the user gives, since it has none of its own, or only the names that
    /// libraries number classes with.
    ///
    /// # Errors
    /// [`Error::Labels`] if it has labels, or another number of classes.
    pub fn with_labels(self, labels: Labels) -> Result<Self, Error> {
        self.require_unlabelled(&labels.source)?;
        let (given, classes) = (labels.names.len(), self.cut.head.classes);
        if given != classes {
            let there =
                if given == 1 { "there is 1 label".to_owned() } else { format!("there are {given} labels") };
            let reason = format!("{there}, the model has {classes} classes");
            return Err(Error::Labels { from: labels.source, reason });
        }
        Ok(Self { labels: Some(labels), ..self })
    }

    /// Whether labels from elsewhere can be its own, before they are read.
    ///
    /// # Errors
    /// [`Error::Labels`] if it has labels.
    pub fn require_unlabelled(&self, from: &str) -> Result<(), Error> {
        // Numbers that a graph gives out are no names.
        let is_number = |name: &String| name.parse::<i64>().is_ok();
        let says_nothing = |names: &[String]| is_generic(names) || names.iter().all(is_number);
        match self.cut.labels.as_ref().filter(|labels| !says_nothing(&labels.names)) {
            Some(own) => {
                let reason = format!("the model has labels of its own (from {})", own.source);
                Err(Error::Labels { from: from.to_owned(), reason })
            }
            None => Ok(()),
        }
    }

    /// The same model as one that was fetched from a repository.
    #[must_use]
    pub fn from_repository(self, origin: PackageUrl) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// The removal of classes by label or index, with the default method for this model's head. Where tokens have
    /// labels, `PER` stands for `B-PER`, `I-PER` and whatever other pieces of it there are.
    ///
    /// # Errors
    /// What [`Forgotten::resolve`] says; [`RemovalError::AlreadyRemoved`] for the label of a class that an
    /// earlier removal dropped.
    pub fn forget<S: AsRef<str>>(&self, classes: &[S]) -> Result<Builder, Error> {
        let resolve = if self.names_entities() { Forgotten::resolve_entities } else { Forgotten::resolve };
        let forgotten = resolve(classes, self.cut.head.classes, self.labels.as_ref())
            .map_err(|error| self.removed_before(error))?;
        self.forgetting(forgotten)
    }

    /// The removal of these classes, with the default method for this model's head.
    ///
    /// # Errors
    /// What [`methods::choose`] says.
    pub fn forgetting(&self, forgotten: Forgotten) -> Result<Builder, Error> {
        let method = methods::choose(None, self.cut.head.link, self.cut.head.position.place())?;
        Ok(Removal::of(forgotten, method).hints(self.lasting_hints()))
    }

    /// The classes that a wish takes here. Where all but some go, what stands for no class stays: `O` of tokens, the
    /// background of pixels, no object of boxes.
    ///
    /// # Errors
    /// What [`Wish::resolve`] says; [`RemovalError::AlreadyRemoved`] as [`forget`](Self::forget).
    pub fn granted(&self, wish: &Wish) -> Result<Granted, Error> {
        let nothing: &[&str] = match self.cut.head.position.place() {
            Some(Place::Box) => &[NO_OBJECT],
            Some(Place::Pixel) => &BACKGROUND,
            Some(Place::Position | Place::Token) => &[OUTSIDE],
            // No object has no label there.
            Some(Place::Frame | Place::Mask) | None => &[],
        };
        let head = &self.cut.head;
        let label = |class: usize| self.labels.as_ref()?.names.get(class).map(String::as_str);
        let is_nothing = |class: &usize| {
            head.is_background(*class) || label(*class).is_some_and(|label| nothing.contains(&label))
        };
        let space = Space {
            classes: head.classes,
            labels: self.labels.as_ref(),
            entities: self.names_entities(),
            nothing: &(0..head.classes).filter(is_nothing).collect::<Vec<_>>(),
        };
        wish.resolve(space).map_err(|error| self.removed_before(error))
    }

    /// What finds the same head again in the model and in whatever a removal makes of it. Beside other outputs the
    /// head is named: once slots are dropped, another output may have as many results.
    pub(crate) fn lasting_hints(&self) -> Hints {
        let is_output = |it: &Untouched| it.kind == UntouchedKind::Output;
        if !self.hints.heads.is_empty() || !self.cut.untouched.iter().any(is_output) {
            return self.hints.clone();
        }
        let weights =
            |head: &Head| head.branches.iter().map(|it| it.weight.tensor.clone()).collect::<Vec<_>>();
        let own = weights(&self.cut.head);
        let named = |name: &String| Hints { heads: vec![name.clone()], ..self.hints.clone() };
        let is_same =
            |hints: &Hints| Cut::locate(&self.artifact, hints).is_ok_and(|found| weights(&found.head) == own);
        let names = std::iter::once(&self.cut.head.name).chain(&own);
        names.map(named).find(is_same).unwrap_or_else(|| self.hints.clone())
    }

    /// Whether labels may be pieces of entities, such as `B-PER`: those of tokens may.
    #[must_use]
    pub fn names_entities(&self) -> bool {
        self.cut.head.position.place().is_some_and(|place| place.may_have_entities())
    }

    /// Why there is no such class, if the reason is that the model is a release without it.
    fn removed_before(&self, error: ClassError) -> Error {
        let ClassError::Unknown { name, .. } = &error else { return error.into() };
        let name = name.strip_prefix(AS_LABEL).unwrap_or(name);
        let history =
            History::of_input(&self.artifact).and_then(|history| history.forgotten(&self.cut.head.name));
        let is_it = |class: &ForgottenClass| {
            class.index_after.is_none() && class.class.label.as_deref() == Some(name)
        };
        if history.is_ok_and(|classes| classes.iter().any(is_it)) {
            return RemovalError::AlreadyRemoved { classes: format!("`{name}`"), kept: false }.into();
        }
        error.into()
    }

    /// The model's files.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Where the embedding ends and the head begins.
    #[must_use]
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// The head: its name, its shape and where its tensors are.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.cut.head
    }

    /// What the classes are called: its own labels, or those that the user gave.
    #[must_use]
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// What was said of it by hand.
    #[must_use]
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Where it comes from, if it was fetched.
    #[must_use]
    pub fn origin(&self) -> Option<&PackageUrl> {
        self.origin.as_ref()
    }
}

/// What segmenters call pixels of none of their classes.
const BACKGROUND: [&str; 2] = ["background", "__background__"];

/// The same hints for whoever does not know how many classes there are: a head that was found by that alone is
/// named.
fn settled(artifact: &Artifact, hints: Hints) -> Result<Hints, Error> {
    let uncounted = Hints { classes: None, ..hints.clone() };
    if hints.classes.is_none() || !hints.heads.is_empty() {
        return Ok(uncounted);
    }
    let counted = Cut::locate(artifact, &hints)?;
    match Cut::locate(artifact, &uncounted) {
        Ok(found) if found.head.name == counted.head.name => Ok(uncounted),
        _ => Ok(Hints { heads: vec![counted.head.name], ..uncounted }),
    }
}
