//! A model whose head is found.

use std::path::Path;

use declass_formats::Artifact;

use crate::{
    claim::names::open_model,
    classes::{Forgotten, Labels, is_generic},
    cut::{Cut, Head},
    error::Error,
    fetch::PackageUrl,
    head::Hints,
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
            let reason = format!("there are {given} labels, the model has {classes} classes");
            return Err(Error::Labels { from: labels.source, reason });
        }
        Ok(Self { labels: Some(labels), ..self })
    }

    /// Whether labels from elsewhere can be its own, before they are read.
    ///
    /// # Errors
    /// [`Error::Labels`] if it has labels.
    pub fn require_unlabelled(&self, from: &str) -> Result<(), Error> {
        match self.cut.labels.as_ref().filter(|labels| !is_generic(&labels.names)) {
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

    /// The removal of classes by label or index, with the default method for this model's head.
    ///
    /// # Errors
    /// What [`Forgotten::resolve`] says.
    pub fn forget<S: AsRef<str>>(&self, classes: &[S]) -> Result<Builder, Error> {
        let head = &self.cut.head;
        let forgotten = Forgotten::resolve(classes, head.classes, self.labels.as_ref())?;
        let method = methods::choose(None, head.link)?;
        Ok(Removal::of(forgotten, method).hints(self.hints.clone()))
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
