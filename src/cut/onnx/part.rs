//! The last linear operators: what each reads, and its weight.

use std::fmt::Display;

use declass_formats::{Artifact, onnx::Attribute};

use super::{
    super::{Operand, refusal},
    follower::Follower,
    storage, whole,
};
use crate::{
    error::Error,
    net::{
        Flow, Kind,
        ops::{AsHead, Linear, Values},
    },
};

/// What helps where the last linear operator is no head.
pub(super) const PLAIN_HEAD: &str = "supply a model whose logits come from a plain linear layer";

/// A last linear operator: what it reads, and its weight.
pub(super) struct Part {
    pub(super) node: usize,
    /// The node whose first result the logits are made of: itself, but for products of whole numbers.
    pub(super) result: usize,
    pub(super) embedding: String,
    pub(super) weight: Operand,
    pub(super) linear: Option<Linear>,
}

/// Reads one of the last linear operators.
pub(super) fn part(follower: &mut Follower<'_, '_>, node: usize) -> Result<Part, Error> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let title = flow.title(node);
    if let Some(AsHead::Frozen(why)) = flow.op(node).named().map(|operator| operator.head) {
        return Err(frozen(&title, &onnx.op_type, &why.to_string()));
    }
    let rule = match flow.op(node).known().map(|operator| operator.head) {
        Ok(AsHead::Linear(rule)) => rule,
        Ok(AsHead::WholeNumbers(operands)) => {
            let data = onnx.inputs.get(operands.data.0).map(String::as_str).unwrap_or_default();
            let found = whole::product(follower, node, operands);
            let whole::Product { weight, linear, result } =
                found.map_err(|problem| frozen(&title, &onnx.op_type, &format!("it {problem}")))?;
            return Ok(Part { node, result, embedding: embedding(flow, data), weight, linear: Some(linear) });
        }
        Ok(_) => return Err(unfit(flow, node, &"it is a model of another kind, not a linear head")),
        Err(unknown) => return Err(unfit(flow, node, &format!("it {unknown}"))),
    };
    let weight = flow.weight_operand(node).and_then(|input| Some((input, onnx.inputs.get(input)?.as_str())));
    let Some((input, value)) = weight else {
        return Err(unfit(flow, node, &"its weight is not among its operands"));
    };
    let view = storage::view(follower.artifact, flow, value);
    let view = view.map_err(|problem| match storage::quantised(flow, value) {
        Some(tensor) => {
            frozen(&title, &onnx.op_type, &format!("its weight `{tensor}` is quantised: {problem}"))
        }
        None => unfit(flow, node, &problem),
    })?;
    if !view.info.dtype.is_float() {
        return Err(frozen(
            &title,
            &onnx.op_type,
            &format!("its weight is stored as {}", view.info.dtype.name()),
        ));
    }
    let mut linear = rule(onnx, input, &view.info.shape).map_err(|problem| unfit(flow, node, &problem))?;
    linear.bias =
        linear.bias.filter(|bias| onnx.inputs.get(bias.operand).is_some_and(|name| !name.is_empty()));
    let (weight, sites) = view.operand(flow, node, input, linear.weight_axis);
    follower.sites.extend(sites);
    if weight.width() == 0 {
        return Err(unfit(flow, node, &"its embedding has no elements"));
    }
    let Some(data) = onnx.inputs.get(linear.data) else {
        return Err(unfit(flow, node, &"its embedding is not among its operands"));
    };
    let embedding = embedding(flow, data);
    Ok(Part { node, result: node, embedding, weight, linear: Some(linear) })
}

/// What the weight of a linear operator, or a classical model, tells of its results.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Extent {
    /// How many it makes.
    pub(super) width: usize,
    /// Whether they are along the last axis, as those of a matrix product are and those of a convolution are
    /// not.
    pub(super) is_last_axis: bool,
}

/// How many results a linear operator or a classical model makes, where its weight tells.
pub(super) fn width(artifact: &Artifact, flow: &Flow<'_>, node: usize) -> Option<usize> {
    extent(artifact, flow, node).map(|extent| extent.width)
}

/// The same, and where they are.
pub(super) fn extent(artifact: &Artifact, flow: &Flow<'_>, node: usize) -> Option<Extent> {
    let onnx = flow.node(node);
    if flow.op(node).is_classical() {
        let lists = ["classlabels_ints", "classlabels_int64s", "classlabels_strings"];
        let counts = lists.iter().filter_map(|name| match onnx.attributes.get(*name)? {
            Attribute::Ints(values) => Some(values.len()),
            Attribute::Strings(values) => Some(values.len()),
            _ => None,
        });
        return counts.max().map(|width| Extent { width, is_last_axis: true });
    }
    let rule = match flow.op(node).named()?.head {
        AsHead::Linear(rule) => rule,
        AsHead::WholeNumbers(operands) => {
            let shape = storage::view(artifact, flow, onnx.inputs.get(operands.weight.0)?).ok()?.info.shape;
            return shape.last().map(|width| Extent { width: *width, is_last_axis: true });
        }
        AsHead::Frozen(_) | AsHead::Never => return None,
    };
    let input = flow.weight_operand(node)?;
    let name = onnx.inputs.get(input)?;
    let shape = storage::view(artifact, flow, name).ok()?.info.shape;
    let linear = rule(onnx, input, &shape).ok()?;
    let width = shape.get(linear.weight_axis).copied()?;
    Some(Extent { width, is_last_axis: linear.axis == 0 })
}

pub(super) fn unfit(flow: &Flow<'_>, node: usize, problem: &dyn Display) -> Error {
    let op = &flow.node(node).op_type;
    refusal(
        format!("the last linear operator `{}` ({op}) cannot be a head: {problem}", flow.title(node)),
        PLAIN_HEAD,
    )
}

fn frozen(title: &str, op: &str, why: &str) -> Error {
    refusal(
        format!("the head was found at `{title}` ({op}), but {why}"),
        "supply the export it was made from, and quantise the release of that",
    )
}

/// The head's data operand, seen through operators that keep its values.
pub(super) fn embedding(flow: &Flow<'_>, data: &str) -> String {
    let mut name = data;
    while let Some(node) = flow.id(name).and_then(|value| flow.producer(value)) {
        let keeps = flow.op(node).values() != Values::Other;
        let source = flow.evidence(node).first().filter(|_| keeps);
        let Some(source) = source.filter(|source| flow.kind(**source) == Kind::Data) else {
            break;
        };
        name = flow.name(*source);
    }
    name.to_owned()
}
