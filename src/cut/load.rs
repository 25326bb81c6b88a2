//! Reads a head's weights into one matrix.

use declass_formats::Artifact;

use super::{
    Head, Reader,
    reader::{check_finite, check_size},
};
use crate::{error::Error, head::LinearHead};

pub(super) fn load(head: &Head, artifact: &Artifact) -> Result<LinearHead, Error> {
    let (classes, width) = (head.classes, head.width());
    let name = head.branches.first().map_or("", |branch| branch.weight.tensor.as_str());
    check_size(name, classes.saturating_mul(width))?;
    let mut weight = vec![0.0_f32; classes * width];
    let mut bias = head.shift.clone();
    let mut first = 0;
    let reader = Reader::new(artifact);
    for branch in &head.branches {
        let values = reader.read(&branch.weight)?;
        for class in 0..classes {
            let target = &mut weight[class * width + first..][..branch.width];
            for (slot, at) in target.iter_mut().zip(branch.weight.row(class, classes)) {
                *slot = (branch.gain[class] * f64::from(values[at])) as f32;
            }
        }
        if let Some(operand) = &branch.bias {
            let values = reader.read(operand)?;
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
