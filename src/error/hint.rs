//! What to do about an error, whoever calls: no option of the command line is named here.

use super::{Error, RemovalError};

impl Error {
    /// What can be done about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::CannotStamp { hint, .. }
            | Self::Embeddings { hint, .. }
            | Self::Hook { hint, .. }
            | Self::Inputs { hint, .. }
            | Self::Run { hint, .. } => hint.clone(),
            Self::Class(error) => error.hint(),
            Self::Format(error) => error.hint(),
            Self::Hub(error) => error.hint(),
            Self::Key(error) => error.hint().map(Into::into),
            Self::Locate(error) => error.hint(),
            Self::Register(error) => error.hint().map(Into::into),
            Self::Removal(RemovalError::OneAnswerLeft { .. } | RemovalError::OneClassLeft) => {
                Some("it would be no classifier any more: train another model, or retire this one".into())
            }
            Self::Removal(RemovalError::OneOutputLeft) => Some("keep the slots".into()),
            Self::Removal(RemovalError::Untrained) => {
                Some("is it the model that was trained, or the one that training began with?".into())
            }
            Self::Removal(RemovalError::UnknownSetting { known, .. }) if known.is_empty() => {
                Some("it has no settings at all".into())
            }
            Self::Removal(RemovalError::UnknownSetting { known, .. }) => {
                Some(format!("it has {}", known.join(", ")))
            }
            _ => self.fixed_hint().map(Into::into),
        }
    }

    fn fixed_hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::BrokenLineage { .. } => {
                "fetch the release again; without its claims a model is unlearned as one without history"
            }
            Self::CannotDrop { keepable: true, .. } => "keep the slots",
            Self::CannotKeep { droppable: true, .. } => "drop the slots",
            Self::CannotDrop { keepable: false, .. } | Self::CannotKeep { droppable: false, .. } => {
                "supply a model that gives one logit per class and no more"
            }
            Self::DestinationExists { .. } | Self::InsideInput { .. } | Self::OverwritesInput { .. } => {
                "choose another place"
            }
            Self::ForeignFiles { .. } => "move them elsewhere, or choose another place",
            Self::NoDevice { built_in: false, .. } => "this build has no CUDA support",
            Self::NoDevice { built_in: true, .. } => {
                "it takes a driver, cuBLAS where the loader finds it (LD_LIBRARY_PATH) and a GPU of the kind that this build is \
                 for"
            }
            Self::NotAClaim { .. } | Self::NotARelease { .. } => {
                "name a folder that `declass unlearn` wrote, of this version or an older one"
            }
            Self::NotOnlyTheHead { .. } => {
                "the embeddings are those of the original's encoder and say nothing of another: name a copy in which only the \
                 head differs, and the model that it was made from"
            }
            Self::Stale { keepable: true, .. } => {
                "keep the slots, correct or remove these first, or accept that they stay as they are"
            }
            Self::Stale { keepable: false, .. } => {
                "correct or remove these first, or accept that they stay as they are"
            }
            Self::OtherClasses { .. } | Self::OtherWidth { .. } => {
                "is it the model that the release was made from?"
            }
            _ => return None,
        })
    }
}
