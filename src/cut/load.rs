//! Reads a head's weights into one matrix.

use declass_formats::Artifact;

use super::{Head, Operand, Source, refusal};
use crate::{
    error::{Error, LocateError},
    head::LinearHead,
    net::{Flow, evaluate},
};

/// Most values of a head: 1 GiB in single precision, several times as many classes and features as any head is known to
/// have. Beyond that no error but an abort would tell of the lack of memory.
const MAX_VALUES: usize = 1 << 28;

pub(super) fn load(head: &Head, artifact: &Artifact) -> Result<LinearHead, Error> {
    let (classes, width) = (head.classes, head.width());
    let name = head.branches.first().map_or("", |branch| branch.weight.tensor.as_str());
    check_size(name, classes.saturating_mul(width))?;
    let mut weight = vec![0.0_f32; classes * width];
    let mut bias = head.shift.clone();
    let mut first = 0;
    for branch in &head.branches {
        let values = branch.weight.read(artifact)?;
        for class in 0..classes {
            let target = &mut weight[class * width + first..][..branch.width];
            for (slot, at) in target.iter_mut().zip(branch.weight.row(class, classes)) {
                *slot = (branch.gain[class] * f64::from(values[at])) as f32;
            }
        }
        if let Some(operand) = &branch.bias {
            let values = operand.read(artifact)?;
            for (class, sum) in bias.iter_mut().enumerate() {
                for at in operand.row(class, classes) {
                    *sum += branch.bias_gain[class] * f64::from(values[at]);
                }
            }
        }
        first += branch.width;
    }
    let has_bias = head.branches.iter().any(|branch| branch.bias.is_some());
    let bias: Vec<f32> = bias.into_iter().map(|value| value as f32).collect();
    check_finite(name, &weight)?;
    check_finite(name, &bias)?;
    Ok(LinearHead { classes, width, weight, bias, has_bias })
}

impl Operand {
    /// All elements in double precision: what is stored, to the last bit.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn read_doubles(&self, artifact: &Artifact) -> Result<Vec<f64>, Error> {
        check_size(&self.tensor, self.info.elements())?;
        let stored = match &self.source {
            Source::Attribute { .. } => None,
            Source::Computed { value, .. } if *value != self.tensor => None,
            _ => artifact.tensors().get(&self.tensor).filter(|info| **info == self.info),
        };
        match stored {
            Some(info) => {
                let values = info.dtype.decode_f64(&artifact.read_tensor(&self.tensor)?);
                values
                    .ok_or_else(|| refusal(format!("tensor `{}` cannot be read as numbers", self.tensor), ""))
            }
            None => Ok(self.read(artifact)?.into_iter().map(f64::from).collect()),
        }
    }

    /// All elements in the order of `info.shape`, checked to be finite and as many as the shape says.
    pub(crate) fn read(&self, artifact: &Artifact) -> Result<Vec<f32>, Error> {
        check_size(&self.tensor, self.info.elements())?;
        let values = match &self.source {
            Source::Attribute { node, name } => attribute(artifact, *node, name),
            Source::Computed { value, .. } => self.computed(artifact, value)?,
            Source::Stored => self.info.dtype.decode(&artifact.read_tensor(&self.tensor)?),
        };
        let values = values.filter(|values| values.len() == self.info.elements());
        let values = values
            .ok_or_else(|| refusal(format!("tensor `{}` cannot be read as numbers", self.tensor), ""))?;
        check_finite(&self.tensor, &values)?;
        Ok(values)
    }

    fn computed(&self, artifact: &Artifact, value: &str) -> Result<Option<Vec<f32>>, Error> {
        // A shared tensor that is stored as it is read may be larger than what is computed with.
        if value == self.tensor && artifact.tensors().get(value) == Some(&self.info) {
            return Ok(self.info.dtype.decode(&artifact.read_tensor(value)?));
        }
        let Some(graph) = artifact.graph() else {
            return Ok(None);
        };
        let flow = Flow::new(graph)?;
        let constant =
            evaluate(artifact, &flow, value).and_then(|constant| constant.expand(&self.info.shape));
        let constant =
            constant.map_err(|problem| refusal(format!("the head cannot be computed: {problem}"), ""))?;
        Ok(Some(constant.values.into_iter().map(|value| value as f32).collect()))
    }
}

fn attribute(artifact: &Artifact, node: usize, name: &str) -> Option<Vec<f32>> {
    match artifact.graph()?.nodes.get(node)?.attributes.get(name)? {
        declass_formats::onnx::Attribute::Floats(values) => Some(values.clone()),
        _ => None,
    }
}

fn check_size(tensor: &str, values: usize) -> Result<(), Error> {
    match values > MAX_VALUES {
        true => Err(LocateError::Large { tensor: tensor.to_owned(), values, limit: MAX_VALUES }.into()),
        false => Ok(()),
    }
}

fn check_finite(tensor: &str, values: &[f32]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => {
            Err(LocateError::NotFinite { tensor: tensor.to_owned(), index, value: values[index] }.into())
        }
        None => Ok(()),
    }
}
