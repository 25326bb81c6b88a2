//! What can go wrong, where, and what to do about it.

mod hint;
mod hub;
mod removal;

use std::{
    io,
    path::{Path, PathBuf},
};

use declass_formats::FormatError;

pub use hub::HubError;
pub use removal::{Parameter, RemovalError};

/// Why a command could not be carried out. A gate that says no is not an error but a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Several tensors could be the head.
    #[error("{} tensors could be the classifier head: {}", candidates.len(), candidates.join(", "))]
    AmbiguousHead {
        /// Their names.
        candidates: Vec<String>,
    },
    /// Two classes have the same label.
    #[error("label `{name}` belongs to more than one class")]
    AmbiguousLabel {
        /// The label.
        name: String,
    },
    /// A multi-label head has no place for the constant that would seal a slot.
    #[error("a sigmoid head without bias cannot be sealed: its zero row would mean a probability of 1/2")]
    CannotSeal,
    /// A signature could not stand for something in a folder.
    #[error("`{}` cannot be signed: {reason}", path.display())]
    CannotSign {
        /// What is in the way.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A time stamp cannot be asked for, or is not one of what it should be of.
    #[error("`{}` cannot be used for a time stamp: {reason}", path.display())]
    CannotStamp {
        /// The signature or the answer of the service.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// A computation on the device failed.
    #[error("{stage} failed on the device")]
    Compute {
        /// What was being computed.
        stage: &'static str,
        /// What the device library said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something is where the release shall go.
    #[error("`{}` exists", path.display())]
    DestinationExists {
        /// The place.
        path: PathBuf,
        /// Whether it is an earlier release (or empty), which may be replaced.
        release: bool,
    },
    /// No attempt both forgot every stratum and left the retained classes alone.
    #[error("unlearning did not succeed at any learning rate tried: {}", attempts.join("; "))]
    DidNotForget {
        /// What came of each learning rate, in words.
        attempts: Vec<String>,
    },
    /// A release that would be replaced holds files that are not its own.
    #[error("`{}` holds files that are not of the release in it: {}", path.display(), list(files))]
    ForeignFiles {
        /// The place.
        path: PathBuf,
        /// Files that the claim of the release in it does not name.
        files: Vec<PathBuf>,
    },
    /// The user's labelled embeddings cannot be used.
    #[error("embeddings `{}`: {reason}", path.display())]
    Embeddings {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where in it.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// The model's files cannot be read or written.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Git has no answer, or one that makes no sense.
    #[error("git: {reason}")]
    Git {
        /// What was asked for, and what came of it.
        reason: String,
    },
    /// A hook cannot be put in its place, removed or run.
    #[error("`{}`: {reason}", path.display())]
    Hook {
        /// The hook, the repository or the file that is in the way.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// A repository on a hub could not be read or written.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The output would lie in the model's own folder.
    #[error("`{}` lies inside the input", path.display())]
    InsideInput {
        /// The place of the output.
        path: PathBuf,
    },
    /// The disk refused.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A private key cannot be made, read or opened.
    #[error("the key cannot be used: {reason}")]
    Key {
        /// Why.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// The device that was asked for cannot be used.
    #[error("device `cuda:{number}` cannot be used")]
    NoDevice {
        /// Which GPU.
        number: usize,
        /// Whether this build has GPU support at all.
        built_in: bool,
        /// What the device library said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A copy does not say which classes were removed from it.
    #[error("`{}` has no claim that says which classes were forgotten", path.display())]
    NoClaim {
        /// The copy.
        path: PathBuf,
    },
    /// A path that ends in no name, such as `x/..`.
    #[error("`{}` does not end in the name of a folder", path.display())]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// Labels cannot be those of a model.
    #[error("labels `{from}`: {reason}")]
    Labels {
        /// Where they are from.
        from: String,
        /// What does not fit.
        reason: String,
    },
    /// The head has more values than can be computed with.
    #[error("tensor `{tensor}` has {values} values, a head may have {limit} at most")]
    LargeHead {
        /// Name of the tensor.
        tensor: String,
        /// How many values it has.
        values: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The head holds a value that is not a number.
    #[error("tensor `{tensor}` holds {value} at index {index}")]
    NotFinite {
        /// Name of the tensor.
        tensor: String,
        /// Which element.
        index: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// The model is something else than a classifier this tool can treat.
    #[error("not a classifier that can be treated: {reason}")]
    NotAClassifier {
        /// Why.
        reason: String,
        /// What to do instead.
        hint: String,
    },
    /// A method that lowers a bias met a head without one.
    #[error("{method} needs a head with a bias")]
    NeedsBias {
        /// Its name.
        method: &'static str,
    },
    /// A method that is no more than the seal was asked to train.
    #[error("{method} trains nothing")]
    NothingToTrain {
        /// Its name.
        method: &'static str,
    },
    /// What the head says does not settle what the model answers.
    #[error("the model's answers cannot be told from its head alone: {reason}")]
    NoTopClass {
        /// Why.
        reason: &'static str,
    },
    /// The claims of a release do not continue each other.
    #[error("the input is a release whose history is broken: {reason}")]
    BrokenLineage {
        /// What does not fit.
        reason: String,
    },
    /// A folder has no claim that this version can read.
    #[error("claim `{}`: {reason}", path.display())]
    NotAClaim {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A copy differs from its original in more than a removal at the head changes.
    #[error("more than the head differs: {what}")]
    NotOnlyTheHead {
        /// The first difference.
        what: String,
    },
    /// Every class was to be forgotten.
    #[error("all {classes} classes are to be forgotten: no classifier would be left")]
    NothingLeft {
        /// Number of classes of the model.
        classes: usize,
    },
    /// No class was named.
    #[error("no class to forget was named")]
    NothingToForget,
    /// A model does not have the classes that it should have.
    #[error("the model has {found} classes, expected {expected}")]
    OtherClasses {
        /// What it has.
        found: usize,
        /// What it should have.
        expected: usize,
    },
    /// Two heads do not read the same embedding.
    #[error("the head reads {found} values, that of the original {expected}")]
    OtherWidth {
        /// Width of the candidate's embedding.
        found: usize,
        /// Width of the original's.
        expected: usize,
    },
    /// The permission to publish was given to other files.
    #[error("file `{}` is not what was verified", path.display())]
    OtherRelease {
        /// The first file that differs, is missing, or was added.
        path: PathBuf,
    },
    /// The output would replace the input.
    #[error("`{}` holds the input", path.display())]
    OverwritesInput {
        /// The place of the output.
        path: PathBuf,
    },
    /// The register says no: it was tampered with, or an event makes no sense in it.
    #[error("`{}`: {reason}", path.display())]
    RegisterRefuses {
        /// The register, or the file that does not go with it.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// A register or what belongs to it cannot be used, so that nothing can be said of it.
    #[error("`{}`: {reason}", path.display())]
    RegisterUnusable {
        /// The register, its key, a record or a proof.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead; empty if nothing is known to help.
        hint: String,
    },
    /// What is to be removed makes no sense.
    #[error(transparent)]
    Removal(#[from] RemovalError),
    /// A class was named twice, perhaps once by label and once by index.
    #[error("class `{name}` is named twice")]
    RepeatedClass {
        /// As it was named the second time.
        name: String,
    },
    /// A trust file or a policy cannot be used.
    #[error("rules `{}`: {reason}", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No such class.
    #[error("the model has no class `{name}` (it has {classes} classes)")]
    UnknownClass {
        /// As it was named.
        name: String,
        /// Number of classes of the model.
        classes: usize,
        /// Labels that are spelt almost like it.
        near: Vec<String>,
    },
    /// Nothing in the model has the name that was given for the head.
    #[error("there is no head `{name}`")]
    UnknownHead {
        /// The name.
        name: String,
        /// What could have been meant.
        candidates: Vec<String>,
    },
    /// No synthetic embedding reached a class that is to be unlearnt by training.
    #[error("none of {draws} draws reached class {}", classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Unreached {
        /// The classes.
        classes: Vec<usize>,
        /// Draws made.
        draws: u64,
    },
    /// A claim is not signed where its signature is wanted.
    #[error("the claim `{name}` is not signed")]
    Unsigned {
        /// Its file name.
        name: String,
    },
    /// A new value has no place in the model.
    #[error("tensor `{tensor}` cannot be written: {reason}")]
    Unwritable {
        /// Name of the tensor.
        tensor: String,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// Names the file or folder that the disk refused.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// Names the stage in which a device library failed.
    pub(crate) fn compute<E>(stage: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Compute { stage, source: source.into() }
    }
}

/// The first few of a list of files.
fn list(files: &[PathBuf]) -> String {
    const SHOWN: usize = 5;
    let mut shown: Vec<String> =
        files.iter().take(SHOWN).map(|file| format!("`{}`", file.display())).collect();
    if files.len() > SHOWN {
        shown.push(format!("{} more", files.len() - SHOWN));
    }
    shown.join(", ")
}
