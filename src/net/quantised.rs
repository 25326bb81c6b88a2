//! Matrices of whole numbers that stand for real ones.

use declass_formats::{Artifact, Dtype};

use super::{
    constant::Constant,
    evaluate::evaluate,
    flow::Flow,
    problem::{Malformed, Problem, Unsupported},
};

/// A constant matrix of whole numbers with what turns it into real ones: `(stored - zero) * scale * ...`, each
/// of them one number, or one per column.
#[derive(Clone, Debug)]
pub(crate) struct Quantised {
    /// The value that holds the whole numbers.
    pub(crate) value: String,
    pub(crate) zero: Option<String>,
    pub(crate) scales: Vec<String>,
}

impl Quantised {
    /// What it stands for, in single precision.
    ///
    /// # Errors
    /// As [`evaluate`], and for factors that are neither one number nor one per column.
    pub(crate) fn values(&self, artifact: &Artifact, flow: &Flow<'_>) -> Result<Constant, Problem> {
        let stored = evaluate(artifact, flow, &self.value)?;
        let columns = stored.shape.last().copied().unwrap_or(1);
        let factor = |name: &String| -> Result<Constant, Problem> {
            let factor = evaluate(artifact, flow, name)?;
            let along_last = factor.shape.last().is_none_or(|last| *last == factor.values.len());
            if factor.values.len() == 1 || (along_last && factor.values.len() == columns) {
                let shape = vec![factor.values.len()];
                return Ok(Constant { shape, ..factor });
            }
            Err(Malformed::Broadcast { left: stored.shape.clone(), right: factor.shape }.into())
        };
        // Whole numbers of eight bits, and their differences, are exact in any of these types.
        let mut values = Constant { dtype: Dtype::F32, ..stored.clone() };
        if let Some(zero) = &self.zero {
            values = values.zip(&factor(zero)?, |value, zero| value - zero)?;
        }
        for scale in &self.scales {
            let scale = factor(scale)?;
            if scale.dtype != Dtype::F32 {
                return Err(Unsupported::Elements(scale.dtype).into());
            }
            values = values.zip(&scale, |value, scale| value * scale)?;
        }
        Ok(values)
    }
}
