//! The last linear operators: what each reads, and its weight.

use super::{
    super::{Operand, refusal},
    PLAIN_HEAD,
    follower::Follower,
    operator::{self, Linear},
    storage,
};
use crate::{
    error::Error,
    net::{Flow, Kind},
};

/// Operators through which the embedding is seen: they keep its values.
const NEUTRAL: &[&str] =
    &["Cast", "DequantizeLinear", "Dropout", "DynamicQuantizeLinear", "Identity", "QuantizeLinear"];

/// A last linear operator: what it reads, and its weight.
pub(super) struct Part {
    pub(super) node: usize,
    pub(super) embedding: String,
    pub(super) weight: Operand,
    pub(super) linear: Option<Linear>,
}

/// Reads one of the last linear operators.
pub(super) fn part(follower: &mut Follower<'_, '_>, node: usize) -> Result<Part, Error> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let title = flow.title(node);
    if let Some(why) = operator::foreign(onnx) {
        return Err(frozen(&title, &onnx.op_type, why));
    }
    let fail = |problem: String| unfit(flow, node, &problem);
    if !operator::is_standard(onnx) {
        return Err(fail(format!("it is an operator of `{}`", onnx.domain)));
    }
    let Some(input) = flow.weight_operand(node) else {
        return Err(fail("is a model of another kind, not a linear head".into()));
    };
    let Some(value) = onnx.inputs.get(input).map(String::as_str) else {
        return Err(fail("its weight is not among its operands".into()));
    };
    if let Some(tensor) = quantised(flow, value) {
        return Err(frozen(&title, &onnx.op_type, &format!("its weight `{tensor}` is quantised")));
    }
    let view = storage::view(follower.artifact, flow, value).map_err(fail)?;
    if !view.info.dtype.is_float() {
        return Err(frozen(
            &title,
            &onnx.op_type,
            &format!("its weight is stored as {}", view.info.dtype.name()),
        ));
    }
    let linear = operator::describe(flow, node, input, &view.info.shape).map_err(fail)?;
    let (weight, sites) = view.operand(flow, node, input, linear.weight_axis);
    follower.sites.extend(sites);
    if weight.width() == 0 {
        return Err(fail("its embedding has no elements".into()));
    }
    let Some(data) = onnx.inputs.get(linear.data) else {
        return Err(fail("its embedding is not among its operands".into()));
    };
    let embedding = embedding(flow, data);
    Ok(Part { node, embedding, weight, linear: Some(linear) })
}

pub(super) fn unfit(flow: &Flow<'_>, node: usize, problem: &str) -> Error {
    let op = &flow.node(node).op_type;
    refusal(
        format!("the last linear operator `{}` ({op}) cannot be a head: {problem}", flow.title(node)),
        PLAIN_HEAD,
    )
}

fn frozen(title: &str, op: &str, why: &str) -> Error {
    refusal(
        format!("the head was found at `{title}` ({op}), but {why}"),
        "dequantise the model first, or supply the export it was made from",
    )
}

/// The quantised tensor behind a constant operand, if there is one.
fn quantised<'a>(flow: &Flow<'a>, value: &'a str) -> Option<&'a str> {
    let mut name = value;
    for _ in 0..16 {
        let node = flow.node(flow.producer(flow.id(name)?)?);
        let source = node.inputs.first()?;
        if node.op_type == "DequantizeLinear" {
            return Some(source);
        }
        name = source;
    }
    None
}

/// The head's data operand, seen through operators that keep its values.
pub(super) fn embedding(flow: &Flow<'_>, data: &str) -> String {
    let mut name = data;
    while let Some(node) = flow.id(name).and_then(|value| flow.producer(value)) {
        let source =
            flow.evidence(node).first().filter(|_| NEUTRAL.contains(&flow.node(node).op_type.as_str()));
        let Some(source) = source.filter(|source| flow.kind(**source) == Kind::Data) else {
            break;
        };
        name = flow.name(*source);
    }
    name.to_owned()
}
