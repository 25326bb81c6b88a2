//! Why no head can be found in a model, or none that can be treated.

/// What stands in the way of finding a model's head and of reading it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// Several places could be the head.
    #[error("{}", undecided(candidates))]
    Ambiguous {
        /// Their names, with what is known of each; the likeliest first.
        candidates: Vec<String>,
    },
    /// The head has more values than can be computed with.
    #[error("tensor `{tensor}` has {values} values, a head may have {limit} at most")]
    Large {
        /// Name of the tensor.
        tensor: String,
        /// How many values it has.
        values: usize,
        /// How many it may have.
        limit: usize,
    },
    /// What was taken for the head is none, or nothing was: another may be named by hand.
    #[error("not a classifier that can be treated: {reason}")]
    NotThisHead {
        /// Why.
        reason: String,
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
    /// Nothing in the model has the name that was given for the head.
    #[error("there is no head `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// What could have been meant.
        candidates: Vec<String>,
    },
    /// The model is something else than a classifier this tool can treat.
    #[error("not a classifier that can be treated: {reason}")]
    Unsuitable {
        /// Why.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
}

impl LocateError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ambiguous { .. } => Some("name the head by hand".into()),
            Self::Large { .. } | Self::NotThisHead { .. } => Some("name another head by hand".into()),
            Self::Unknown { candidates, .. } if !candidates.is_empty() => {
                Some(format!("candidates are {}", some_of(candidates)))
            }
            Self::Unsuitable { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}

fn undecided(candidates: &[String]) -> String {
    format!("{} places could be the classifier head: {}", candidates.len(), some_of(candidates))
}

/// How many candidates are said.
const SAID: usize = 8;

fn some_of(candidates: &[String]) -> String {
    let said = candidates.iter().take(SAID).map(String::as_str).collect::<Vec<_>>().join(", ");
    match candidates.len().saturating_sub(SAID) {
        0 => said,
        more => format!("{said} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_candidates_are_said_and_the_others_counted() {
        let candidates: Vec<String> = (0..10).map(|at| format!("fc{at}")).collect();
        assert_eq!(some_of(&candidates[..2]), "fc0, fc1");
        let text = LocateError::Ambiguous { candidates }.to_string();
        assert!(text.starts_with("10 places") && text.ends_with("fc6, fc7 and 2 more"), "{text}");
    }
}
