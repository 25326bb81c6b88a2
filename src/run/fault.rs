//! Why a network could not be run.

use thiserror::Error;

use crate::net::Problem;

/// Why a network, or one of its operators, could not be run.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum Fault {
    /// Something about one operator, with where it stands.
    #[error("`{title}` ({op}): {fault}")]
    At {
        /// The node's name, or the value it makes.
        title: String,
        /// Its operator.
        op: String,
        /// What is wrong there.
        fault: Box<Self>,
    },
    /// The device, or a shape that only turned out on the way.
    #[error("{0}")]
    Compute(String),
    /// The graph is none.
    #[error("{0}")]
    Graph(String),
    /// An input that is missing, or is not what the graph declares.
    #[error("input `{name}` {what}")]
    Input {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    #[cfg(test)]
    /// A parameter that was to be trained, and that the loss does not depend on as far as can be told.
    #[error("there is no derivative for `{0}`")]
    NoDerivative(String),
    /// The file is of a format without one.
    #[error("the file holds no graph")]
    NoGraph,
    /// More than may be computed.
    #[error("it takes more {0} than one run may have")]
    OverBudget(&'static str),
    /// An operator whose results differ from run to run.
    #[error("its results differ from run to run")]
    Random,
    /// What the graph itself says, or what is not known of it.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// Sound, and not provided for here.
    #[error("{0}")]
    Unsupported(String),
}

impl From<candle_core::Error> for Fault {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(error.to_string())
    }
}

impl Fault {
    /// What is wrong, without where.
    pub(crate) fn root(&self) -> &Self {
        match self {
            Self::At { fault, .. } => fault.root(),
            other => other,
        }
    }

    /// Sound, and not provided for.
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}
