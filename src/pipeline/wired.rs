//! A model with the graph that it is run by: its own, or one that belongs to it.

#[cfg(feature = "inputs")]
use std::collections::BTreeSet;
use std::path::Path;

use declass_formats::Artifact;

#[cfg(feature = "inputs")]
use crate::inputs::Modality;
use crate::{
    blueprint::Blueprint,
    cut::{Branch, Cut},
    error::Error,
    net::{Flow, Places, Source, ValueId},
};

/// What a model is run by, beside its own files.
pub(super) struct Wired(Option<(Blueprint, Places)>);

impl Wired {
    /// The graph of a model; for one that has none itself the one that is `named`, or that belongs to it.
    ///
    /// # Errors
    /// As [`Blueprint::open`]; [`Error::Run`] if there is none.
    pub(super) fn of(model: &Artifact, cut: &Cut, named: Option<&Path>) -> Result<Self, Error> {
        if model.graph().is_some() && named.is_none() {
            return Ok(Self(None));
        }
        let hint = "name an ONNX file that was exported of it";
        let none = |reason| Error::Run { reason, hint: Some(hint.into()) };
        let blueprint = Blueprint::of(model, cut, named)?.map_err(none)?;
        let places = blueprint.places(model).map_err(failed)?;
        Ok(Self(Some((blueprint, places))))
    }

    /// A model that is a graph itself.
    pub(super) fn own() -> Self {
        Self(None)
    }

    /// The graph with the model's weights.
    pub(super) fn source<'a>(&'a self, model: &'a Artifact) -> Result<Source<'a>, Error> {
        let source = match &self.0 {
            Some((blueprint, places)) => blueprint.source(model, places),
            None => Source::of(model),
        };
        source.ok_or_else(|| failed("there is no graph".into()))
    }

    /// What the graph takes, by the names that libraries give such inputs; none if it is not one of them.
    #[cfg(feature = "inputs")]
    pub(super) fn modality(&self, model: &Artifact) -> Option<Modality> {
        let source = self.source(model).ok()?;
        let inputs = source.graph().inputs.iter().filter(|input| source.info(&input.name).is_none());
        let found: BTreeSet<Modality> = inputs.filter_map(|input| Modality::of_input(&input.name)).collect();
        let first = found.first().copied();
        first.filter(|_| found.len() == 1)
    }

    /// The values that the head reads, with their widths.
    pub(super) fn embeddings(
        &self,
        source: Source<'_>,
        flow: &Flow<'_>,
        cut: &Cut,
    ) -> Result<Vec<(ValueId, usize)>, Error> {
        let embedding = |branch: &Branch| {
            let found = match self.0 {
                Some(_) => source.met(flow, &branch.weight.tensor),
                None => flow.id(&branch.embedding),
            };
            Some((found?, branch.width))
        };
        let found: Option<Vec<_>> = cut.head.branches.iter().map(embedding).collect();
        found.ok_or_else(|| failed("the embedding is no value of the graph".into()))
    }
}

/// Why something cannot be run.
pub(super) fn failed(reason: String) -> Error {
    Error::Run { reason, hint: None }
}
