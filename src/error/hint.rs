//! What to do about an error.

use super::{Error, Parameter, RemovalError};

impl Error {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.carried_hint().or_else(|| self.made_hint()).or_else(|| self.fixed_hint().map(Into::into))
    }

    /// What whoever found the error had to say.
    fn carried_hint(&self) -> Option<String> {
        match self {
            Self::Format(error) => error.hint(),
            Self::Hub(error) => error.hint(),
            Self::CannotStamp { hint, .. }
            | Self::Embeddings { hint, .. }
            | Self::Hook { hint, .. }
            | Self::Key { hint, .. }
            | Self::NotAClassifier { hint, .. }
            | Self::RegisterRefuses { hint, .. }
            | Self::RegisterUnusable { hint, .. } => Some(hint.clone()).filter(|hint| !hint.is_empty()),
            _ => None,
        }
    }

    /// What depends on the names in question.
    fn made_hint(&self) -> Option<String> {
        match self {
            Self::Removal(RemovalError::WithoutUse { parameters, .. }) => {
                let options: Vec<&str> = parameters.iter().copied().map(option).collect();
                Some(format!(
                    "leave out {}, or choose a method that trains: `declass methods`",
                    options.join(" and ")
                ))
            }
            Self::UnknownClass { name, .. } if name.contains(',') => None,
            Self::UnknownClass { near, .. } if !near.is_empty() => {
                let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                Some(format!("did you mean {}?", near.join(" or ")))
            }
            Self::UnknownClass { classes, .. } => Some(format!(
                "`declass inspect` lists the labels; indices go from 0 to {}",
                classes.saturating_sub(1)
            )),
            Self::UnknownHead { candidates, .. } if !candidates.is_empty() => {
                Some(format!("candidates are {}", candidates.join(", ")))
            }
            Self::Removal(RemovalError::UnknownSetting { known, .. }) if !known.is_empty() => {
                Some(format!("it has {}", known.join(", ")))
            }
            _ => None,
        }
    }

    fn fixed_hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::AmbiguousHead { .. } => "name it with --head",
            Self::AmbiguousLabel { .. } => "name the class by its index",
            Self::BrokenLineage { .. } => {
                "fetch the release again; without its claims a model is unlearned as one without history"
            }
            Self::CannotSeal => "use --slot drop",
            Self::DestinationExists { release: true, .. } => "replace it with --force",
            Self::DestinationExists { release: false, .. } => {
                "choose another place: --force replaces earlier releases and empty folders only"
            }
            Self::DidNotForget { .. } => "try --method seal, more --epochs, more --samples or another --lr",
            Self::ForeignFiles { .. } => "move them elsewhere, or choose another place with -o",
            Self::InsideInput { .. } | Self::OverwritesInput { .. } => "choose another place with -o",
            Self::LargeHead { .. } => "name the right head with --head, if this is none",
            Self::NeedsBias { .. } => "use --method seal; `declass methods` lists others",
            Self::NoClaim { .. } => {
                "name the forgotten classes with --forget, or a folder that `declass unlearn` wrote"
            }
            Self::NoDevice { built_in: false, .. } => {
                "this build has no CUDA support; build with --features cuda or use --device cpu"
            }
            Self::NoDevice { built_in: true, .. } => {
                "it takes a driver, cuBLAS where the loader finds it (LD_LIBRARY_PATH) and a GPU of the kind that this build is \
                 for; --device auto takes the CPU where there is none"
            }
            Self::NoName { .. } => "end -o with the name of the folder to write",
            Self::NotAClaim { .. } => "name a folder that `declass unlearn` of this version wrote",
            Self::NotOnlyTheHead { .. } => {
                "the embeddings are those of the original's encoder and say nothing of another: name a copy in which only the \
                 head differs, and the model that it was made from"
            }
            Self::NothingToTrain { .. } => "choose a method that trains: `declass methods`",
            Self::Removal(error) => return of_removal(error),
            Self::OtherClasses { .. } | Self::OtherWidth { .. } => {
                "is it the model that the release was made from?"
            }
            Self::UnknownClass { .. } => "name each class with a --forget of its own",
            Self::Unreached { .. } => "leave out --no-seal, or try another --distribution",
            Self::Unsigned { .. } => "sign the release first: `declass sign OUT --key KEY`",
            _ => return None,
        })
    }
}

fn of_removal(error: &RemovalError) -> Option<&'static str> {
    Some(match error {
        RemovalError::NotForMultiLabel { .. } => "use --method seal or --slot drop",
        RemovalError::NothingToDo => "leave out --no-seal or choose another --method",
        RemovalError::OneClassLeft => "keep the slots with --slot keep",
        RemovalError::SealOfDropped => "leave out --no-seal, or keep the slot with --slot keep",
        RemovalError::UnknownSetting { .. } => "it has no settings at all",
        _ => return None,
    })
}

/// The option that chooses it.
fn option(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Distribution => "--distribution",
        Parameter::Epochs => "--epochs",
        Parameter::LearningRate => "--lr",
        Parameter::Samples => "--samples",
    }
}
