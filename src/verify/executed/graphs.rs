//! What says how the two models are computed: their own graphs, or one that was built, or exported, of the original.

use std::path::Path;

use declass_formats::Artifact;

use crate::{
    blueprint::{Blueprint, Origin},
    cut::Cut,
    error::Error,
    evidence::{BuiltGraph, Change, LentGraph},
    net::{Places, Source},
};

/// The graphs of both models.
pub(in crate::verify) enum Graphs {
    /// Each has its own.
    Own,
    /// One for both, with the weights of each.
    Lent {
        /// The graph.
        blueprint: Box<Blueprint>,
        /// Where each of the two has its weights.
        places: Change<Places>,
    },
}

impl Graphs {
    /// The graphs of two models, of which one was made of the other; for models without, the one that is `named`, or
    /// lies beside the original. In words, why there is none.
    ///
    /// # Errors
    /// As [`Blueprint::open`] for one that is named.
    pub(in crate::verify) fn of(
        models: &Change<&Artifact>,
        named: Option<&Path>,
        cut: &Cut,
    ) -> Result<Result<Self, String>, Error> {
        if models.before.graph().is_some() && named.is_none() {
            return Ok(Ok(Self::Own));
        }
        let blueprint = match Blueprint::of(models.before, cut, named)? {
            Ok(blueprint) => Box::new(blueprint),
            Err(reason) => return Ok(Err(reason)),
        };
        let places = blueprint
            .places(models.before)
            .and_then(|before| Ok(Change { before, after: blueprint.places(models.after)? }));
        Ok(places.map(|places| Self::Lent { blueprint, places }))
    }

    /// The graphs with their weights.
    pub(super) fn sources<'a>(
        &'a self,
        before: &'a Artifact,
        after: &'a Artifact,
    ) -> Result<Change<Source<'a>>, String> {
        let sources = match self {
            Self::Own => Source::of(before).zip(Source::of(after)),
            Self::Lent { blueprint, places } => {
                blueprint.source(before, &places.before).zip(blueprint.source(after, &places.after))
            }
        };
        let (before, after) = sources.ok_or("there is no graph")?;
        Ok(Change { before, after })
    }

    /// Which graph was run, for the record: a file that was lent, or one that was built.
    pub(super) fn origin(&self) -> (Option<LentGraph>, Option<BuiltGraph>) {
        let Self::Lent { blueprint, .. } = self else { return (None, None) };
        match blueprint.origin() {
            Origin::File { digest, shared, own } => {
                (Some(LentGraph { sha256: digest.to_string(), shared, own }), None)
            }
            Origin::Built { family, version, weights } => {
                (None, Some(BuiltGraph { family: family.to_owned(), version, weights }))
            }
        }
    }
}
