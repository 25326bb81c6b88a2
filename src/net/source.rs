//! A graph, and where the numbers lie that it does not compute.

use std::{borrow::Cow, collections::BTreeMap};

use declass_formats::{Artifact, NewTensor, TensorInfo, onnx::Graph};

use super::{Flow, Problem, ValueId};

/// A graph with its weights: those of its own file, or of another file of the same model in their place.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    graph: &'a Graph,
    own: Own<'a>,
    elsewhere: Option<(&'a Artifact, &'a Places)>,
}

/// Where the numbers lie that belong to a graph itself.
#[derive(Clone, Copy)]
pub(crate) enum Own<'a> {
    /// In the file of the graph.
    File(&'a Artifact),
    /// Beside it, by name: the graph was made in memory.
    Made(&'a BTreeMap<String, NewTensor>),
}

/// Weights of a graph that are read from another file, by their names in the graph.
pub(crate) type Places = BTreeMap<String, Place>;

/// Where a weight of a graph lies in another file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// Its name there.
    pub(crate) tensor: String,
    /// What the graph takes it for: the type may be a wider one than that of the file, which then holds the same
    /// numbers in fewer bits.
    pub(crate) info: TensorInfo,
    /// Whether rows and columns are the other way round there.
    pub(crate) transposed: bool,
}

impl<'a> Source<'a> {
    /// The graph of a file, if it has one.
    pub(crate) fn of(artifact: &'a Artifact) -> Option<Self> {
        Some(Self { graph: artifact.graph()?, own: Own::File(artifact), elsewhere: None })
    }

    /// A graph whose weights are those of another file, where `places` has them.
    pub(crate) fn with(graph: &'a Graph, own: Own<'a>, weights: &'a Artifact, places: &'a Places) -> Self {
        Self { graph, own, elsewhere: Some((weights, places)) }
    }

    pub(crate) fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// Whether its weights lie in another file.
    pub(crate) fn is_lent(&self) -> bool {
        self.elsewhere.is_some()
    }

    /// Type and shape of a weight, or of another constant; none of what is computed.
    pub(crate) fn info(&self, name: &str) -> Option<&'a TensorInfo> {
        match (self.place(name), self.own) {
            (Some((_, place)), _) => Some(&place.info),
            (None, Own::File(artifact)) => artifact.tensors().get(name),
            (None, Own::Made(made)) => made.get(name).map(|tensor| &tensor.info),
        }
    }

    /// The name of a weight in the file that holds it.
    pub(crate) fn stored<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.place(name).map_or(name, |(_, place)| &place.tensor)
    }

    /// Elements of a weight, row-major, little end first.
    ///
    /// # Errors
    /// [`Problem::Unreadable`] if the file cannot be read, or holds what the place does not say.
    pub(crate) fn read(&self, name: &str) -> Result<Cow<'a, [u8]>, Problem> {
        let unread = |error: declass_formats::FormatError| Problem::Unreadable(error.to_string());
        match (self.place(name), self.own) {
            (Some((artifact, place)), _) => place.read(artifact).map(Cow::Owned),
            (None, Own::File(artifact)) => artifact.read_tensor(name).map(Cow::Owned).map_err(unread),
            (None, Own::Made(made)) => match made.get(name) {
                Some(tensor) => Ok(Cow::Borrowed(&tensor.data)),
                None => Err(Problem::Unreadable(format!("`{name}` is no constant of the graph"))),
            },
        }
    }

    /// Texts of a constant, row-major.
    ///
    /// # Errors
    /// [`Problem::Unreadable`] if the file cannot be read, or has none there.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, Problem> {
        let none = || Problem::Unreadable(format!("`{name}` has no texts"));
        let Own::File(artifact) = self.own else { return Err(none()) };
        let texts = artifact.read_strings(name).map_err(|error| Problem::Unreadable(error.to_string()))?;
        texts.ok_or_else(none)
    }

    /// The value that a weight meets, by the name that the weight has in its file.
    pub(crate) fn met(&self, flow: &Flow<'_>, tensor: &str) -> Option<ValueId> {
        let read = self.graph.nodes.iter().flat_map(|node| &node.inputs).filter(|name| !name.is_empty());
        let weights = read.filter(|name| self.info(name).is_some() && self.stored(name) == tensor);
        weights.filter_map(|name| flow.met_by(flow.id(name)?)).next()
    }

    fn place(&self, name: &str) -> Option<(&'a Artifact, &'a Place)> {
        let (artifact, places) = self.elsewhere?;
        Some((artifact, places.get(name)?))
    }
}

impl Place {
    /// Its elements as the graph takes them.
    ///
    /// # Errors
    /// [`Problem::Unreadable`] if the file cannot be read, or holds what the place does not say.
    pub(crate) fn read(&self, artifact: &Artifact) -> Result<Vec<u8>, Problem> {
        let unread = |error: declass_formats::FormatError| Problem::Unreadable(error.to_string());
        let other = || Problem::Unreadable(format!("`{}` is not what the graph takes it for", self.tensor));
        let stored = artifact.tensor(&self.tensor).map_err(unread)?;
        let bytes = artifact.read_tensor(&self.tensor).map_err(unread)?;
        let bytes = if stored.dtype == self.info.dtype {
            bytes
        } else {
            let numbers = stored.dtype.decode_f64(&bytes).ok_or_else(other)?;
            self.info.dtype.encode(&numbers).ok_or_else(other)?
        };
        let bytes = match (self.transposed, stored.shape.as_slice()) {
            (false, _) => bytes,
            (true, [rows, columns]) => transposed(&bytes, *rows, *columns),
            (true, _) => return Err(other()),
        };
        (bytes.len() == self.info.byte_len()).then_some(bytes).ok_or_else(other)
    }
}

/// A matrix `[rows, columns]` with rows and columns the other way round.
pub(crate) fn transposed(bytes: &[u8], rows: usize, columns: usize) -> Vec<u8> {
    let width = bytes.len() / (rows * columns).max(1);
    let mut turned = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        for row in 0..rows {
            turned.extend_from_slice(&bytes[(row * columns + column) * width..][..width]);
        }
    }
    turned
}
