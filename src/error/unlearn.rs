//! Why a head does not forget.

/// Why unlearning gave no head.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnlearnError {
    /// A multi-label head has no place for the constant that would seal a slot.
    #[error("a sigmoid head without bias cannot be sealed: its zero row would mean a probability of 1/2")]
    CannotSeal,
    /// No attempt both forgot every stratum and left the retained classes alone.
    #[error("unlearning did not succeed{}: {}", if *trains { " at any learning rate tried" } else { "" }, attempts.join("; "))]
    DidNotForget {
        /// Whether the method trains, so that there are settings of training to change.
        trains: bool,
        /// What came of each learning rate, in words.
        attempts: Vec<String>,
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
    /// No synthetic embedding reached a class that is to be unlearnt by training.
    #[error("none of {draws} draws reached class {}", numbers(classes))]
    Unreached {
        /// The classes.
        classes: Vec<usize>,
        /// Draws made.
        draws: u64,
    },
}

fn numbers(classes: &[usize]) -> String {
    classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
