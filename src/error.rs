//! What can go wrong, where, and what to do about it.

use declass_formats::FormatError;

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
    /// A computation on the device failed.
    #[error("{stage} failed on the device")]
    Compute {
        /// What was being computed.
        stage: &'static str,
        /// What the device library said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model's files cannot be read or written.
    #[error(transparent)]
    Format(#[from] FormatError),
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
    /// Nothing in the model has the name that was given for the head.
    #[error("there is no head `{name}`")]
    UnknownHead {
        /// The name.
        name: String,
        /// What could have been meant.
        candidates: Vec<String>,
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
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::AmbiguousHead { .. } => Some("name it with --head".into()),
            Self::Format(error) => error.hint(),
            Self::UnknownHead { candidates, .. } if !candidates.is_empty() => {
                Some(format!("candidates are {}", candidates.join(", ")))
            }
            Self::NotAClassifier { hint, .. } if !hint.is_empty() => Some(hint.clone()),
            _ => None,
        }
    }
}
