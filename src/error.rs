//! What can go wrong, where, and what to do about it.

mod class;
mod hint;
mod hub;
mod key;
mod locate;
mod register;
mod removal;
mod unlearn;

use std::{
    io,
    path::{Path, PathBuf},
};

use declass_formats::FormatError;

pub use class::{ClassError, Likely};
pub use hub::HubError;
pub use key::{KeyError, KeyKind};
pub use locate::LocateError;
pub use register::RegisterError;
pub use removal::{Parameter, RemovalError};
pub use unlearn::UnlearnError;

/// Why a command could not be carried out. A gate that says no is not an error but a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The claims of a release do not continue each other.
    #[error("the input is a release whose history is broken: {reason}")]
    BrokenLineage {
        /// What does not fit.
        reason: String,
    },
    /// A model that is meant to be a retrained one has other classes.
    #[error("`{}` is no retrained model of the original: {reason}", path.display())]
    OtherTask {
        /// The model.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A release cannot get another claim.
    #[error("`{}` cannot get another claim: {reason}", path.display())]
    CannotAmend {
        /// The release.
        path: PathBuf,
        /// Why.
        reason: String,
        /// Whether a key would help.
        needs_key: bool,
    },
    /// The outputs of a model cannot become fewer.
    #[error("the class axis cannot be shortened: {obstacle}")]
    CannotDrop {
        /// What stands in the way.
        obstacle: String,
        /// Whether the slots can be kept instead.
        keepable: bool,
    },
    /// A slot of a model that is kept could be given out however it is sealed.
    #[error("a kept slot could still be the answer: {reason}")]
    CannotKeep {
        /// How it could.
        reason: String,
        /// Whether the slot can be dropped instead.
        droppable: bool,
    },
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
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
    /// The classes that were named make no sense.
    #[error(transparent)]
    Class(#[from] ClassError),
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
    /// The user's labelled embeddings cannot be used.
    #[error("embeddings `{}`: {reason}", path.display())]
    Embeddings {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where in it.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
    /// A release that would be replaced holds files that are not its own.
    #[error("`{}` holds files that are not of the release in it: {}", path.display(), list(files))]
    ForeignFiles {
        /// The place.
        path: PathBuf,
        /// Files that the claim of the release in it does not name.
        files: Vec<PathBuf>,
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
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
    /// A repository on a hub could not be read or written.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The user's examples, or what a model says of how they become inputs, cannot be used.
    #[error("`{}`: {reason}", path.display())]
    Inputs {
        /// The file or the folder.
        path: PathBuf,
        /// What is wrong, and where in it.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
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
    #[error("the key cannot be used: {0}")]
    Key(KeyError),
    /// Labels cannot be those of a model.
    #[error("labels `{from}`: {reason}")]
    Labels {
        /// Where they are from.
        from: String,
        /// What does not fit.
        reason: String,
    },
    /// No head is found in a model, or none that can be treated.
    #[error(transparent)]
    Locate(#[from] LocateError),
    /// A copy does not say which classes were removed from it.
    #[error("`{}` has no claim that says which classes were removed", path.display())]
    NoClaim {
        /// The copy.
        path: PathBuf,
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
    /// A path that ends in no name, such as `x/..`.
    #[error("`{}` does not end in the name of a folder", path.display())]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// What the head says does not settle what the model answers.
    #[error("the model's answers cannot be told from its head alone: {reason}")]
    NoTopClass {
        /// Why.
        reason: &'static str,
    },
    /// A folder has no claim.
    #[error("`{}` is not a declass release: it has no claim", path.display())]
    NotARelease {
        /// The folder.
        path: PathBuf,
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
    /// A model does not have the classes that it should have.
    #[error("the model has {found} classes, expected {expected}")]
    OtherClasses {
        /// What it has.
        found: usize,
        /// What it should have.
        expected: usize,
    },
    /// The permission to publish was given to other files.
    #[error("file `{}` is not what was verified", path.display())]
    OtherRelease {
        /// The first file that differs, is missing, or was added.
        path: PathBuf,
    },
    /// Two heads do not read the same embedding.
    #[error("the head reads {found} values, that of the original {expected}")]
    OtherWidth {
        /// Width of the candidate's embedding.
        found: usize,
        /// Width of the original's.
        expected: usize,
    },
    /// The output would replace the input.
    #[error("`{}` holds the input", path.display())]
    OverwritesInput {
        /// The place of the output.
        path: PathBuf,
    },
    /// A register says no, or cannot be asked.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// What is to be removed makes no sense.
    #[error(transparent)]
    Removal(#[from] RemovalError),
    /// A trust file or a policy cannot be used.
    #[error("rules `{}`: {reason}", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A network could not be run.
    #[error("it cannot be run: {reason}")]
    Run {
        /// The operator, the input or the limit that stands in the way.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
    /// A graph is not that of a model.
    #[error("graph `{}`: {reason}", path.display())]
    Graph {
        /// The ONNX file.
        path: PathBuf,
        /// What it is instead, or lacks.
        reason: String,
    },
    /// The claim has figures on training embeddings, too, and none were given.
    #[error("embeddings `{}`: the figures of the claim are about training embeddings too", path.display())]
    TrainingEmbeddingsMissing {
        /// The test embeddings that were given.
        path: PathBuf,
    },
    /// A head did not forget.
    #[error(transparent)]
    Unlearn(#[from] UnlearnError),
    /// Slots would be dropped while something else goes on to count or name the classes.
    #[error("dropping the slots would leave what still counts or names the removed classes: {}", parts.join(", "))]
    Stale {
        /// The tensors and files, each with its name.
        parts: Vec<String>,
        /// Whether the slots can be kept instead.
        keepable: bool,
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

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
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
