//! What cannot be asked of a removal.

use std::fmt;

/// Why a removal makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RemovalError {
    /// An earlier removal of this release did it.
    #[error("already removed by an earlier removal of this release: {classes}")]
    AlreadyRemoved {
        /// The classes, as they are shown.
        classes: String,
        /// Whether their slots are still there, sealed.
        kept: bool,
    },
    /// The slots hold what sealing would put there.
    #[error("already sealed: {classes}; nothing would change")]
    AlreadySealed {
        /// The classes, as they are shown.
        classes: String,
    },
    /// The earlier removals of this release are about the classes of another head.
    #[error(
        "the earlier removals of this release are about the {classes} classes of its head `{earlier}`, and this one has {found}"
    )]
    OtherClassesBefore {
        /// That head.
        earlier: String,
        /// How many classes it has.
        classes: usize,
        /// How many this one has.
        found: usize,
    },
    /// An earlier removal of this release was done in a further file, which this one would leave behind.
    #[error(
        "the earlier removal of this release was done in `{name}`, too, which this one would leave behind"
    )]
    FileLeft {
        /// The file.
        name: String,
    },
    /// A method made for competing classes was asked for on a multi-label head.
    #[error("method `{method}` needs classes that compete, those of a multi-label head do not")]
    NotForMultiLabel {
        /// Its name.
        method: &'static str,
    },
    /// A method that trains was asked for on a head beside whose classes a row of no object competes.
    #[error("method `{method}` would change how the classes compare with `no object`, which is not a class")]
    NotForMasks {
        /// Its name.
        method: &'static str,
    },
    /// Classes that stay have the label of a forgotten one.
    #[error("{left}: it would still be an answer")]
    LabelLeft {
        /// Which label stays on which classes, as it is shown.
        left: String,
        /// The classes that would have it.
        others: Vec<usize>,
    },
    /// A seed that a claim has no room for.
    #[error("seed {seed} is too large for a claim: seeds are below 2^53")]
    LargeSeed {
        /// The seed.
        seed: u64,
    },
    /// Neither training nor a seal was asked for.
    #[error("the method `seal` without its seal changes nothing")]
    NothingToDo,
    /// Of classes that compete, a single one would be left.
    #[error("only class {class} would be left: the model would answer it to every input")]
    OneAnswerLeft {
        /// The class, as it is shown.
        class: String,
    },
    /// Dropping the slots would leave a single class of those that compete.
    #[error("dropping the slots would leave a single class, which is always the answer")]
    OneClassLeft,
    /// Dropping the slots would leave a graph with a single output of independent ones.
    #[error(
        "dropping the slots would leave a graph with a single output, in which no class axis can be told"
    )]
    OneOutputLeft,
    /// A number has no use.
    #[error("{parameter}: the value cannot be used")]
    OutOfRange {
        /// Which one.
        parameter: Parameter,
    },
    /// The model was opened at another head than the removal names.
    #[error("the removal names another head than the one that the model was opened at")]
    OtherHead,
    /// Something was said about the seal of a slot that is dropped.
    #[error("a dropped slot has no row that could be sealed or left unsealed")]
    SealOfDropped,
    /// A method's setting has a value that makes no sense.
    #[error("setting `{name}` is {value}, which is not between {least} and {most}")]
    SettingOutOfRange {
        /// Its name.
        name: &'static str,
        /// What it was given.
        value: f64,
        /// The least that makes sense.
        least: f64,
        /// The most.
        most: f64,
    },
    /// No class differs from another.
    #[error("all rows of the head are equal: it is not trained, and there is nothing to forget")]
    Untrained,
    /// A method has no such setting, or it was given twice.
    #[error("{method} has no setting `{name}`, or it was given twice")]
    UnknownSetting {
        /// The method's name.
        method: &'static str,
        /// What was given.
        name: String,
        /// The settings that it has.
        known: Vec<&'static str>,
    },
    /// A method was to start at the minimum of its loss, and none is known.
    #[error("the loss of method `{method}` has no minimum that is known: it can only be trained")]
    NoMinimum {
        /// Its name.
        method: &'static str,
    },
    /// Something was chosen for drawing or training, and the method does neither or not that.
    #[error("method `{method}` makes no use of {}", listed(parameters))]
    WithoutUse {
        /// Its name.
        method: &'static str,
        /// What was chosen.
        parameters: Vec<Parameter>,
    },
}

/// What may be chosen for drawing and training.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parameter {
    /// What training embeddings are drawn from.
    Distribution,
    /// Most epochs of one attempt.
    Epochs,
    /// The learning rate.
    LearningRate,
    /// How the method gets to its head.
    Optimizer,
    /// Training embeddings per class.
    Samples,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Distribution => "the distribution of embeddings",
            Self::Epochs => "the number of epochs",
            Self::LearningRate => "the learning rate",
            Self::Optimizer => "the optimizer",
            Self::Samples => "the number of embeddings per class",
        })
    }
}

fn listed(parameters: &[Parameter]) -> String {
    parameters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
