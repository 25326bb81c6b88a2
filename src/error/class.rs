//! What is wrong with classes that somebody named.

/// Why named classes cannot be forgotten.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassError {
    /// Two classes have the same label.
    #[error("label `{name}` belongs to more than one class")]
    Ambiguous {
        /// The label.
        name: String,
    },
    /// Every class was to be forgotten.
    #[error("all {classes} classes are to be forgotten: no classifier would be left")]
    NothingLeft {
        /// Number of classes of the model.
        classes: usize,
    },
    /// No class was named.
    #[error("no class to forget was named")]
    NothingNamed,
    /// A class was named twice, perhaps once by label and once by index.
    #[error("class `{name}` is named twice")]
    Repeated {
        /// As it was named the second time.
        name: String,
    },
    /// No such class.
    #[error("the model has no class `{name}` (it has {classes} classes)")]
    Unknown {
        /// As it was named.
        name: String,
        /// Number of classes of the model.
        classes: usize,
        /// Labels that are spelt almost like it.
        near: Vec<String>,
    },
}

impl ClassError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ambiguous { .. } => Some("name the class by its index".into()),
            Self::Unknown { near, .. } if !near.is_empty() => {
                let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                Some(format!("did you mean {}?", near.join(" or ")))
            }
            Self::Unknown { classes, .. } => {
                Some(format!("indices go from 0 to {}", classes.saturating_sub(1)))
            }
            _ => None,
        }
    }
}
