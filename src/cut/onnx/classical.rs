//! The linear classifier of `ai.onnx.ml`: its weights are attributes.

use declass_formats::{
    Dtype, TensorInfo,
    onnx::{Attribute, Node},
};

use super::{
    super::{Operand, Source, refusal},
    follower::Follower,
    links,
    numbers::{Format, Numbers},
    part::{PLAIN_HEAD, Part, embedding, unfit},
    problem::Problem,
    stage::{Affine, Places, Stage, Tracked},
};
use crate::{
    error::Error,
    head::{Link, Ties},
    net::ops::{Classical, Weight},
};

/// Reads a classical model and starts to follow its two results, the label and the scores.
pub(super) fn part(follower: &mut Follower<'_, '_>, node: usize) -> Result<Part, Error> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let kind = match flow.op(node).weight() {
        Weight::Attributes(Classical::Linear) => None,
        Weight::Attributes(Classical::Trees) => Some("a tree ensemble"),
        _ => Some("a classical model"),
    };
    if let Some(kind) = kind {
        let reason = format!("`{}` is {kind} without a linear head for classes", onnx.op_type);
        return Err(refusal(reason, PLAIN_HEAD));
    }
    let fail = |problem: &str| unfit(flow, node, &problem);
    if let Err(unknown) = flow.op(node).known() {
        return Err(fail(&format!("it {unknown}")));
    }
    let classes = ["classlabels_ints", "classlabels_strings"].iter().map(|name| entries(onnx, name)).max();
    follower.classes = classes.unwrap_or_default();
    let coefficients = entries(onnx, "coefficients");
    if follower.classes < 2 || coefficients == 0 || !coefficients.is_multiple_of(follower.classes) {
        return Err(fail("it does not have one row of coefficients per class"));
    }
    let link = link(onnx).ok_or_else(|| fail("its `post_transform` is not a known one"))?;
    let (classes, width) = (follower.classes, coefficients / follower.classes);
    let bias = match entries(onnx, "intercepts") {
        0 => None,
        count if count == classes => Some(attribute(flow.title(node), node, "intercepts", vec![classes])),
        _ => return Err(fail("it does not have one intercept per class")),
    };
    links::label_attributes(follower, node).map_err(|problem| fail(&format!("it {problem}")))?;
    track_results(follower, onnx, link, bias).map_err(|problem| fail(&format!("it {problem}")))?;
    let weight = attribute(flow.title(node), node, "coefficients", vec![classes, width]);
    let data = onnx.inputs.first().map(String::as_str).unwrap_or_default();
    Ok(Part { node, result: node, embedding: embedding(flow, data), weight, linear: None })
}

/// The first result is the best class's label, the second its scores.
fn track_results(
    follower: &mut Follower<'_, '_>,
    onnx: &Node,
    link: Link,
    bias: Option<Operand>,
) -> Result<(), Problem> {
    let mut affine = Affine::of_head(0, follower.classes, 1.0);
    if let Some(term) = affine.place_for_bias() {
        term.bias = bias;
    }
    let logits = Tracked {
        stage: Stage::Logits,
        logits: affine.into(),
        axis: 0,
        stands: true,
        rank: Some(2),
        places: Places::One,
        pooled: false,
        ties: Ties::Never,
        numbers: Numbers::logits(Format::Wide),
    };
    // The label is chosen before anything is made of the logits.
    let label = Tracked { stage: Stage::Index { several: false }, rank: Some(1), ..logits.clone() };
    let scores = if link == Link::None { logits } else { links::linked(follower, logits, link)? };
    onnx.outputs.iter().zip([label, scores]).try_for_each(|(name, tracked)| follower.track(name, tracked))
}

fn attribute(title: String, node: usize, name: &str, shape: Vec<usize>) -> Operand {
    let source = Source::Attribute { node, name: name.to_owned() };
    Operand {
        tensor: format!("{title}.{name}"),
        info: TensorInfo { dtype: Dtype::F32, shape },
        axis: 0,
        source,
    }
}

fn entries(node: &Node, name: &str) -> usize {
    match node.attributes.get(name) {
        Some(Attribute::Floats(values)) => values.len(),
        Some(Attribute::Ints(values)) => values.len(),
        Some(Attribute::Strings(values)) => values.len(),
        _ => 0,
    }
}

fn link(node: &Node) -> Option<Link> {
    match node.attributes.get("post_transform") {
        None => Some(Link::None),
        Some(Attribute::String(name)) => match name.as_slice() {
            b"NONE" => Some(Link::None),
            b"SOFTMAX" => Some(Link::Softmax),
            b"LOGISTIC" => Some(Link::Sigmoid),
            _ => None,
        },
        Some(_) => None,
    }
}
