//! What decides the values of a network, in one digest.

use declass_formats::{Sha256Digest, onnx::Attribute};
use rayon::prelude::*;

use super::{Fault, Network};
use crate::net::ValueId;

impl Network<'_> {
    /// Digest of everything that decides these values but the inputs: the operators in front of them, in order, and
    /// the weights that those read. None if an operator has a setting that is not told apart here.
    ///
    /// # Errors
    /// [`Fault`] if a weight cannot be read.
    pub(crate) fn digest(&self, wanted: &[ValueId]) -> Result<Option<Sha256Digest>, Fault> {
        let steps = self.before(wanted, |_| false);
        let mut lines: Vec<String> = self.inputs().map(|input| format!("input {input:?}")).collect();
        let mut weights: Vec<ValueId> = wanted.to_vec();
        for step in steps.iter().map(|at| &self.steps[*at]) {
            let node = step.node;
            if !node.attributes.values().all(is_told) {
                return Ok(None);
            }
            let [domain, name] = [&node.domain, &node.op_type];
            let said = (domain, name, step.version, &node.inputs, &node.outputs, &node.attributes);
            lines.push(format!("step {said:?}"));
            weights.extend(step.operands.iter().flatten());
        }
        weights.retain(|value| self.info(*value).is_some());
        weights.sort_unstable();
        weights.dedup();
        let weights: Vec<String> =
            weights.par_iter().map(|value| self.line_of(*value)).collect::<Result<_, _>>()?;
        lines.extend(weights);
        lines.extend(wanted.iter().filter_map(|value| Some(format!("wanted {:?}", self.names.get(value)?))));
        Ok(Some(Sha256Digest::of(lines.join("\n").as_bytes())))
    }

    /// A weight, with the digest of its bytes.
    fn line_of(&self, value: ValueId) -> Result<String, Fault> {
        let (name, info) = (self.names.get(&value), self.info(value));
        let named = name.copied().unwrap_or_default();
        let digest = match info.is_some_and(|info| info.dtype.is_text()) {
            true => Sha256Digest::of(format!("{:?}", self.source.texts(named)?).as_bytes()),
            false => Sha256Digest::of(&self.source.read(named)?),
        };
        Ok(format!("weight {named:?} {info:?} {digest}"))
    }
}

/// Whether an attribute says all of itself when it is written down.
fn is_told(attribute: &Attribute) -> bool {
    match attribute {
        Attribute::Float(_) | Attribute::Floats(_) | Attribute::Int(_) | Attribute::Ints(_) => true,
        Attribute::String(_) | Attribute::Strings(_) => true,
        // Of a large tensor only its shape is carried.
        Attribute::Tensor(tensor) => !tensor.data.is_empty() || tensor.info.shape.contains(&0),
        _ => false,
    }
}
