//! What metrics look at that hold a changed head against a retrained model.

use super::{Retrained, experiment::Experiment, observe::Scores};

/// An evaluation, and what a retrained model says of the same rows.
pub(super) struct Beside<'a> {
    pub(super) experiment: &'a Experiment<'a>,
    pub(super) retrained: &'a Retrained,
    /// What the retrained model says of the test rows, and of the training rows.
    pub(super) test: Vec<Scores>,
    pub(super) train: Option<Vec<Scores>>,
}
