//! What is wrong with classes that somebody named.

use std::fmt;

/// Why named classes cannot be forgotten.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassError {
    /// Several classes have the same label.
    #[error("label `{name}` belongs to {} classes: {}", classes.len(), some(classes))]
    Ambiguous {
        /// The label.
        name: String,
        /// The indices of the classes that have it, ascending.
        classes: Vec<usize>,
    },
    /// A number that is the label of one class and the index of another.
    #[error("`{name}` is the label of class {labelled} and the index of class {indexed}")]
    LabelAndIndex {
        /// As it was named.
        name: String,
        /// The index of the class that has it for a label.
        labelled: usize,
        /// The class that has it for an index.
        indexed: Likely,
    },
    /// Every class was to be forgotten.
    #[error("all {classes} classes are to be removed: no classifier would be left")]
    NothingLeft {
        /// Number of classes of the model.
        classes: usize,
    },
    /// No class was named.
    #[error("no class to forget was named")]
    NothingNamed,
    /// All classes are to be kept.
    #[error("every class is to be kept: nothing is left to forget")]
    NothingToForget,
    /// A class was named twice, perhaps once by label and once by index.
    #[error("class `{name}` is named twice")]
    Repeated {
        /// As it was named the second time.
        name: String,
    },
    /// Several classes in one name, separated by commas.
    #[error("the model has no class `{name}`: each part of it is a class of its own")]
    SeveralInOne {
        /// As it was named.
        name: String,
    },
    /// No such class.
    #[error("the model has no class `{name}` (it has {classes} classes)")]
    Unknown {
        /// As it was named.
        name: String,
        /// Number of classes of the model.
        classes: usize,
        /// Classes whose labels are almost like it, or have it in them, the best first.
        near: Vec<Likely>,
    },
    /// No label is one that a pattern describes.
    #[error("no class has a label like `{pattern}`")]
    Unmatched {
        /// The pattern.
        pattern: String,
    },
    /// No such class, and none that has a label.
    #[error("the model has no class `{name}` (it has {classes} classes, without labels)")]
    Unlabelled {
        /// As it was named.
        name: String,
        /// Number of classes of the model.
        classes: usize,
    },
}

/// A class that may have been meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Likely {
    /// Its index.
    pub index: usize,
    /// Its label.
    pub label: String,
}

impl fmt::Display for Likely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.index, self.label)
    }
}

impl ClassError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ambiguous { .. } => {
                "name all of them by their indices: the label is gone only when all of them are".into()
            }
            Self::LabelAndIndex { name, .. } => {
                format!("say which: `label:{name}` or `index:{name}`")
            }
            Self::SeveralInOne { .. } => "name them one by one".into(),
            Self::Unknown { near, .. } if !near.is_empty() => {
                let near: Vec<String> = near.iter().map(ToString::to_string).collect();
                format!("did you mean {}?", near.join(" or "))
            }
            Self::Unknown { classes, .. } => format!("indices go from 0 to {}", classes.saturating_sub(1)),
            Self::Unlabelled { classes, .. } => {
                format!("name it by its index, 0 to {}", classes.saturating_sub(1))
            }
            Self::Unmatched { .. } => {
                "`*` stands for any text and `?` for any letter, and capitals count".into()
            }
            Self::NothingLeft { .. } | Self::NothingNamed | Self::NothingToForget | Self::Repeated { .. } => {
                return None;
            }
        })
    }
}

/// The first few of a list of indices.
fn some(classes: &[usize]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = classes.iter().take(SHOWN).map(ToString::to_string).collect();
    if classes.len() > SHOWN {
        shown.push("...".into());
    }
    shown.join(", ")
}
