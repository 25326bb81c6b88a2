//! Reads constant operands of a model. Its graph is put in order at most once, and only if an operand has to
//! be computed.

use std::cell::OnceCell;

use declass_formats::{Artifact, onnx::Attribute};

use super::{Operand, Source, WholeProduct, refusal};
use crate::{
    error::{Error, LocateError},
    net::{Flow, evaluate},
};

/// Most values of a head: 1 GiB in single precision, several times as many classes and features as any head
/// is known to have. Beyond that no error but an abort would tell of the lack of memory.
const MAX_VALUES: usize = 1 << 28;

/// Reads operands of one model.
pub(crate) struct Reader<'a> {
    artifact: &'a Artifact,
    flow: OnceCell<Flow<'a>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(artifact: &'a Artifact) -> Self {
        Self { artifact, flow: OnceCell::new() }
    }

    /// The graph as a flow; `None` if the model has no graph.
    ///
    /// # Errors
    /// As [`Flow::new`].
    pub(crate) fn flow(&self) -> Result<Option<&Flow<'a>>, Error> {
        if let (None, Some(graph)) = (self.flow.get(), self.artifact.graph()) {
            // Nobody can have set it meanwhile.
            let _ = self.flow.set(Flow::new(graph)?);
        }
        Ok(self.flow.get())
    }

    /// All elements in the order of `info.shape`, checked to be finite and as many as the shape says.
    ///
    /// # Errors
    /// [`Error::LargeHead`], [`Error::NotFinite`], [`Error::NotAClassifier`] if they cannot be computed,
    /// [`Error::Format`] if they cannot be read.
    pub(crate) fn read(&self, operand: &Operand) -> Result<Vec<f32>, Error> {
        check_size(&operand.tensor, operand.info.elements())?;
        let values = match &operand.source {
            Source::Attribute { node, name } => self.attribute(*node, name),
            Source::Computed { value, .. } => self.computed(operand, value)?,
            Source::Whole(product) => self.whole(product)?,
            Source::Part { .. } | Source::Stored => {
                operand.info.dtype.decode(&operand.stored_in(self.artifact)?)
            }
        };
        let values = values.filter(|values| values.len() == operand.info.elements());
        let values = values.ok_or_else(|| unreadable(operand))?;
        check_finite(&operand.tensor, &values)?;
        Ok(values)
    }

    fn computed(&self, operand: &Operand, value: &str) -> Result<Option<Vec<f32>>, Error> {
        // A shared tensor that is stored as it is read may be larger than what is computed with.
        if value == operand.tensor && self.artifact.tensors().get(value) == Some(&operand.info) {
            return Ok(operand.info.dtype.decode(&self.artifact.read_tensor(value)?));
        }
        let Some(flow) = self.flow()? else {
            return Ok(None);
        };
        let constant = evaluate(self.artifact, flow, value)
            .and_then(|constant| constant.expand(&operand.info.shape))
            .map_err(|problem| refusal(format!("the head cannot be computed: {problem}"), ""))?;
        Ok(Some(constant.values.into_iter().map(|value| value as f32).collect()))
    }

    fn whole(&self, product: &WholeProduct) -> Result<Option<Vec<f32>>, Error> {
        let Some(flow) = self.flow()? else {
            return Ok(None);
        };
        let constant = product.weight.values(self.artifact, flow);
        let constant =
            constant.map_err(|problem| refusal(format!("the head cannot be computed: {problem}"), ""))?;
        Ok(Some(constant.values.into_iter().map(|value| value as f32).collect()))
    }

    fn attribute(&self, node: usize, name: &str) -> Option<Vec<f32>> {
        match self.artifact.graph()?.nodes.get(node)?.attributes.get(name)? {
            Attribute::Floats(values) => Some(values.clone()),
            _ => None,
        }
    }
}

impl Operand {
    /// All elements; where several operands are read, one [`Reader`] puts the graph in order only once.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(crate) fn read(&self, artifact: &Artifact) -> Result<Vec<f32>, Error> {
        Reader::new(artifact).read(self)
    }

    /// All elements in double precision: what is stored, to the last bit.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(crate) fn read_doubles(&self, artifact: &Artifact) -> Result<Vec<f64>, Error> {
        check_size(&self.tensor, self.info.elements())?;
        let stored = match &self.source {
            Source::Attribute { .. } | Source::Whole(_) => None,
            Source::Part { .. } => Some(&self.info),
            Source::Computed { value, .. } if *value != self.tensor => None,
            _ => artifact.tensors().get(&self.tensor).filter(|info| **info == self.info),
        };
        match stored {
            Some(info) => {
                let values = info.dtype.decode_f64(&self.stored_in(artifact)?);
                values.ok_or_else(|| unreadable(self))
            }
            None => Ok(self.read(artifact)?.into_iter().map(f64::from).collect()),
        }
    }
}

fn unreadable(operand: &Operand) -> Error {
    refusal(format!("tensor `{}` cannot be read as numbers", operand.tensor), "")
}

pub(super) fn check_size(tensor: &str, values: usize) -> Result<(), Error> {
    if values > MAX_VALUES {
        return Err(LocateError::Large { tensor: tensor.to_owned(), values, limit: MAX_VALUES }.into());
    }
    Ok(())
}

pub(super) fn check_finite(tensor: &str, values: &[f32]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => {
            Err(LocateError::NotFinite { tensor: tensor.to_owned(), index, value: values[index] }.into())
        }
        None => Ok(()),
    }
}
