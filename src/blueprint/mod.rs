//! The graph that says how the tensors of a folder are computed with: built from its configuration where the family
//! is known, or an ONNX file that was exported of the same model.
//!
//! A file is believed in what can be shown: each of its weights that the folder has too is found there by its
//! bytes, and the folder's are computed with. Behind the embedding that must hold for every weight. A graph that is
//! built has no weights of its own.

mod behind;
mod built;
mod matching;

use std::{collections::BTreeMap, fs, path::Path};

use declass_formats::{Artifact, Sha256Digest};

use crate::{
    cut::{Cut, CutPoint, points},
    error::Error,
    net::{Flow, Own, Places, Source},
};
use behind::require_complete;
use built::Built;
use matching::{Found, matches};

/// Where repositories on hubs keep the ONNX file of a model, below its folder.
const BESIDE: &str = "onnx/model.onnx";

const NO_GRAPH: &str = "a folder of safetensors does not say how its tensors are computed with";

/// The families of the transformers library whose graph is built of a configuration, each with the classes that
/// `architectures` may name.
#[must_use]
pub fn families() -> Vec<(&'static str, Vec<String>)> {
    built::families()
}

/// A graph for a folder of tensors.
#[derive(Debug)]
pub struct Blueprint(Kind);

#[derive(Debug)]
enum Kind {
    Lent(Box<Lent>),
    Built(Box<Built>),
}

/// Where a graph comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A file.
    File {
        /// Its digest.
        digest: &'a Sha256Digest,
        /// How many of its weights are the folder's.
        shared: usize,
        /// How many only it has.
        own: usize,
    },
    /// The configuration.
    Built {
        /// The family that it names.
        family: &'a str,
        /// Version of what is built.
        version: u32,
        /// How many tensors of the folder are read.
        weights: usize,
    },
}

/// A graph of a file.
#[derive(Debug)]
struct Lent {
    graph: Artifact,
    digest: Sha256Digest,
    /// Weights of the graph that the folder has, by their names in the graph.
    found: BTreeMap<String, Found>,
    /// Weights that only the graph has, in front of the head.
    own: Vec<String>,
}

impl Blueprint {
    /// The graph in an ONNX file, for a model whose head is known.
    ///
    /// # Errors
    /// [`Error::Format`] if either cannot be read; [`Error::Graph`] if the file is no export of this model, as far
    /// as its weights tell.
    pub fn open(path: &Path, model: &Artifact, cut: &Cut) -> Result<Self, Error> {
        Ok(Self(Kind::Lent(Box::new(Lent::open(path, model, cut)?))))
    }

    /// The graph that the configuration of a folder gives; none where it is of no family that is known.
    ///
    /// # Errors
    /// In words: the setting, or the tensor, that is not built.
    #[must_use]
    pub fn built(model: &Artifact) -> Option<Result<Self, String>> {
        let built = Built::of(model)?;
        Some(built.map(|built| Self(Kind::Built(Box::new(built)))))
    }

    /// The graph of a model that has none itself: the one that is named; else the one that its configuration gives; else
    /// the one in the place where repositories have it.
    ///
    /// # Errors
    /// As [`Self::open`] for one that is named; what is wrong with the others, or that there is none, is told in words.
    pub fn of(model: &Artifact, cut: &Cut, named: Option<&Path>) -> Result<Result<Self, String>, Error> {
        if let Some(path) = named {
            return Self::open(path, model, cut).map(Ok);
        }
        let not_built = match Self::built(model) {
            Some(Ok(built)) => return Ok(Ok(built)),
            Some(Err(reason)) => format!("no graph is built of its configuration: {reason}"),
            None => NO_GRAPH.to_owned(),
        };
        let path = model.folder().join(BESIDE);
        if !path.is_file() {
            return Ok(Err(not_built));
        }
        Ok(Self::open(&path, model, cut).map_err(|error| error.to_string()))
    }

    /// Where the graph comes from.
    #[must_use]
    pub fn origin(&self) -> Origin<'_> {
        match &self.0 {
            Kind::Lent(lent) => {
                Origin::File { digest: &lent.digest, shared: lent.found.len(), own: lent.own.len() }
            }
            Kind::Built(built) => {
                Origin::Built { family: built.family, version: built::VERSION, weights: built.weights() }
            }
        }
    }

    /// The values of the graph that everything behind it passes through, nearest the first output first, for
    /// [`Running::at`](crate::pipeline::Running::at).
    ///
    /// # Errors
    /// [`Error::Locate`] if the graph is malformed.
    pub fn points(&self) -> Result<Vec<CutPoint>, Error> {
        let graph = match &self.0 {
            Kind::Lent(lent) => lent.graph.graph(),
            Kind::Built(built) => Some(built.graph()),
        };
        let Some(graph) = graph else { return Ok(Vec::new()) };
        let flow = Flow::new(graph)?;
        let output = graph.outputs.first().and_then(|output| flow.id(&output.name));
        Ok(output.map(|output| points(&flow, output)).unwrap_or_default())
    }

    /// Where a model of this kind has the weights: the folder itself, or a copy of it with other rows.
    ///
    /// # Errors
    /// In words: the tensor that is not there, or that could be one of two which are no longer equal.
    pub(crate) fn places(&self, model: &Artifact) -> Result<Places, String> {
        match &self.0 {
            Kind::Lent(lent) => lent.places(model),
            Kind::Built(built) => built.places(model),
        }
    }

    /// The graph with the weights of a model.
    pub(crate) fn source<'a>(&'a self, model: &'a Artifact, places: &'a Places) -> Option<Source<'a>> {
        match &self.0 {
            Kind::Lent(lent) => {
                Some(Source::with(lent.graph.graph()?, Own::File(&lent.graph), model, places))
            }
            Kind::Built(built) => Some(built.source(model, places)),
        }
    }
}

impl Lent {
    fn open(path: &Path, model: &Artifact, cut: &Cut) -> Result<Self, Error> {
        let failed = |reason: String| Error::Graph { path: path.to_owned(), reason };
        if model.graph().is_some() {
            return Err(failed("the model is a graph itself".to_owned()));
        }
        let graph = Artifact::open(path)?;
        let own_graph = graph.graph().ok_or_else(|| failed("it is no ONNX file".to_owned()))?;
        let matched = matches(&graph, model)?;
        require_complete(own_graph, &matched, cut).map_err(failed)?;
        let own = matched.missing.into_iter().collect();
        let file = fs::File::open(path).map_err(Error::io(path))?;
        let digest = Sha256Digest::of_reader(file).map_err(Error::io(path))?;
        Ok(Self { graph, digest, found: matched.found, own })
    }

    fn places(&self, model: &Artifact) -> Result<Places, String> {
        let place =
            |(name, found): (&String, &Found)| Ok((name.clone(), found.place(name, &self.graph, model)?));
        self.found.iter().map(place).collect()
    }
}
