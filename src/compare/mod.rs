//! Two models, or several, beside a first one: what differs on disk, and what they answer. There is no verdict: nothing
//! here says which model is the better one, or whether a class is gone.
//!
//! The figures are those that [`evaluate`](crate::evaluate) makes: on synthetic embeddings of the first model's head for
//! models that share its encoder, and on examples of the user for all of them. Nothing here knows files or networks.

mod described;
mod encoder;
mod instances;
pub mod summary;
mod synthetic;

pub use described::{Described, Recorded};
pub use encoder::{Encoder, differ_in_labels_only};
pub use instances::{Instance, instances};
pub use summary::Summary;
pub use synthetic::synthetic;

use serde::Serialize;

use crate::{
    classes::Labels,
    evaluate::{Compared, Evaluation},
    verify::Changes,
};

/// Models beside a first one, over its classes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The model that the others are held against.
    pub reference: Described,
    /// Labels of its classes, for those who read.
    #[serde(skip)]
    pub labels: Option<Labels>,
    /// Its classes that one of the others lost, by claims, by what was named or because a model has them no more.
    pub removed: Vec<usize>,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// The others, in the order in which they were named.
    pub models: Vec<Beside>,
}

/// A model beside the first one. In all figures `before` is the first model, `after` this one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Beside {
    /// What it is.
    #[serde(flatten)]
    pub described: Described,
    /// What differs in the files.
    pub changes: Changes,
    /// Whether it makes the embeddings that the first one makes.
    pub encoder: Encoder,
    /// What it answers to synthetic embeddings.
    pub synthetic: Answers,
    /// What it answers to the user's examples; absent if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Answers>,
    /// How far it is from a retrained model; absent if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrained: Option<Compared>,
}

/// What a model answers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answers {
    /// Figures, as an evaluation has them.
    Measured(Box<Evaluation>),
    /// It could not be measured, for this reason.
    NotRun(String),
}

impl Answers {
    /// The figures, if there are any.
    #[must_use]
    pub fn measured(&self) -> Option<&Evaluation> {
        match self {
            Self::Measured(evaluation) => Some(evaluation),
            Self::NotRun(_) => None,
        }
    }
}

impl Comparison {
    /// The inputs of the user to which one of the models gives another answer than the first, with what each answers.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        let on_data =
            |model: &Beside| model.data.as_ref().and_then(Answers::measured).map(|it| it.changed.clone());
        instances(&self.models.iter().map(on_data).collect::<Vec<_>>())
    }
}
