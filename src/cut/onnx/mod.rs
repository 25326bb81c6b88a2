//! The head of an ONNX graph: back from the output to the last linear operators, then forward again to see
//! what the model makes of their results.

mod arithmetic;
mod axes;
mod classical;
mod links;
mod metadata;
mod operator;
mod output;
mod report;
mod stage;
mod storage;
mod tail;

use declass_formats::{
    Artifact,
    onnx::{Dim, Value},
};

pub(crate) use metadata::LABEL_KEYS;

use super::{Branch, Cut, Head, Link, Operand, refusal};
use crate::{
    error::Error,
    graph::{Flow, Kind, ValueId, is_classical, stored_info},
};
use operator::Linear;
use output::Tail;
use stage::Tracked;
use tail::Follower;

const PLAIN_HEAD: &str = "supply a model whose logits come from a plain linear layer";

/// Operators through which the embedding is seen: they keep its values.
const NEUTRAL: &[&str] = &[
    "Cast",
    "DequantizeLinear",
    "Dropout",
    "DynamicQuantizeLinear",
    "Identity",
    "QuantizeLinear",
];

/// A last linear operator: what it reads, and its weight.
struct Part {
    node: usize,
    embedding: String,
    weight: Operand,
    linear: Option<Linear>,
}

/// Locates by the structure of the graph.
pub(super) fn locate(artifact: &Artifact, wanted: Option<&str>) -> Result<Cut, Error> {
    let graph = artifact
        .graph()
        .ok_or_else(|| refusal("the file holds no graph", ""))?;
    let flow = Flow::new(graph)?;
    let stated = metadata::stated(artifact)?;
    let (output, value) = output::choose(&flow, stated.as_ref().map(|stated| stated.count))?;
    let tail = match wanted {
        Some(name) => named(artifact, &flow, value, name)?,
        None => output::last_linear(&flow, value)?,
    };
    let mut follower = Follower::new(artifact, &flow);
    let parts = parts(&mut follower, &tail)?;
    follower
        .follow(&tail.nodes)
        .map_err(|problem| match is_embedding(output) {
            true => embedding_output(output),
            false => refusal(problem, PLAIN_HEAD),
        })?;
    let Some(last) = follower.tracked.get(&value).cloned() else {
        return Err(refusal(
            format!(
                "output `{}` does not come from the last linear operator",
                output.name
            ),
            PLAIN_HEAD,
        ));
    };
    let link = check_output(&flow, output, &last, follower.classes)?;
    let labels = metadata::labels(&flow, &follower, stated, artifact)?;
    let why = report::why(
        &flow,
        &follower,
        &parts,
        output,
        link,
        labels.is_some(),
        wanted.is_some(),
    );
    let head = assemble(&flow, follower, parts, &last, link)?;
    Ok(Cut {
        head,
        why,
        labels,
        points: report::points(&flow, value),
    })
}

/// The operator of the given name, weight or result, with everything between it and the output.
fn named(artifact: &Artifact, flow: &Flow<'_>, output: ValueId, name: &str) -> Result<Tail, Error> {
    let weighted: Vec<usize> = flow
        .order()
        .iter()
        .copied()
        .filter(|node| flow.weight_operand(*node).is_some() || is_classical(flow.node(*node)))
        .collect();
    let is_meant = |node: &usize| {
        let onnx = flow.node(*node);
        let weight = flow
            .weight_operand(*node)
            .map(|input| weight_source(artifact, flow, &onnx.inputs[input]));
        onnx.name == name
            || onnx.outputs.iter().any(|output| output == name)
            || weight == Some(name)
    };
    let Some(head) = weighted.iter().copied().rfind(is_meant) else {
        let candidates = weighted
            .iter()
            .rev()
            .take(8)
            .map(|node| flow.title(*node))
            .collect();
        return Err(Error::UnknownHead {
            name: name.to_owned(),
            candidates,
        });
    };
    let before = flow.nodes_before(output);
    if !before[head] {
        return Err(refusal(
            format!("`{name}` does not lead to the output"),
            "name another head with --head",
        ));
    }
    let mut behind = vec![false; before.len()];
    behind[head] = true;
    for node in flow.order() {
        behind[*node] |= flow
            .evidence(*node)
            .iter()
            .any(|value| flow.producer(*value).is_some_and(|from| behind[from]));
    }
    let mut nodes: Vec<bool> = behind
        .iter()
        .zip(&before)
        .map(|(behind, before)| *behind && *before)
        .collect();
    nodes[head] = false;
    Ok(Tail {
        heads: vec![head],
        nodes,
    })
}

/// The stored tensor behind a constant operand, following its first operands.
fn weight_source<'a>(artifact: &Artifact, flow: &Flow<'a>, value: &'a str) -> &'a str {
    let mut name = value;
    for _ in 0..16 {
        let node = flow.id(name).and_then(|value| flow.producer(value));
        match node.and_then(|node| flow.node(node).inputs.first()) {
            Some(source) if stored_info(artifact, name).is_none() => name = source,
            _ => break,
        }
    }
    name
}

/// Reads the last linear operators and starts to follow their results.
fn parts(follower: &mut Follower<'_, '_>, tail: &Tail) -> Result<Vec<Part>, Error> {
    if let [node] = tail.heads.as_slice()
        && is_classical(follower.flow.node(*node))
    {
        return classical::part(follower, *node).map(|part| vec![part]);
    }
    let mut parts = Vec::new();
    for node in &tail.heads {
        parts.push(part(follower, *node)?);
    }
    let widths: Vec<usize> = parts
        .iter()
        .map(|part| part.weight.info.shape[part.weight.axis])
        .collect();
    follower.classes = widths.first().copied().unwrap_or_default();
    if widths.iter().any(|width| *width != follower.classes) {
        let reason = format!(
            "{} linear operators of widths {widths:?} end at the output side by side",
            widths.len()
        );
        return Err(refusal(reason, PLAIN_HEAD));
    }
    if follower.classes <= 1 {
        return Err(refusal(
            "it has one output: a regression, reward or yes/no head",
            "there is no class to remove",
        ));
    }
    for (index, part) in parts.iter().enumerate() {
        if let Some(linear) = &part.linear {
            let started = follower.start(index, linear);
            started.map_err(|problem| unfit(follower.flow, part.node, &problem))?;
        }
    }
    Ok(parts)
}

fn part(follower: &mut Follower<'_, '_>, node: usize) -> Result<Part, Error> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let title = flow.title(node);
    if let Some(why) = operator::foreign(onnx) {
        return Err(frozen(&title, &onnx.op_type, why));
    }
    let fail = |problem: String| unfit(flow, node, &problem);
    let Some(input) = flow.weight_operand(node) else {
        return Err(fail("is a model of another kind, not a linear head".into()));
    };
    let value = onnx.inputs[input].as_str();
    if let Some(tensor) = quantised(flow, value) {
        return Err(frozen(
            &title,
            &onnx.op_type,
            &format!("its weight `{tensor}` is quantised"),
        ));
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
    let embedding = embedding(flow, &onnx.inputs[linear.data]);
    Ok(Part {
        node,
        embedding,
        weight,
        linear: Some(linear),
    })
}

fn unfit(flow: &Flow<'_>, node: usize, problem: &str) -> Error {
    let op = &flow.node(node).op_type;
    refusal(
        format!(
            "the last linear operator `{}` ({op}) cannot be a head: {problem}",
            flow.title(node)
        ),
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
fn embedding(flow: &Flow<'_>, data: &str) -> String {
    let mut name = data;
    while let Some(node) = flow.id(name).and_then(|value| flow.producer(value)) {
        let source = flow
            .evidence(node)
            .first()
            .filter(|_| NEUTRAL.contains(&flow.node(node).op_type.as_str()));
        let Some(source) = source.filter(|source| flow.kind(**source) == Kind::Data) else {
            break;
        };
        name = flow.name(*source);
    }
    name.to_owned()
}

/// What the output is, once it is sure that it holds one score per class.
fn check_output(
    flow: &Flow<'_>,
    output: &Value,
    last: &Tracked,
    classes: usize,
) -> Result<Link, Error> {
    let name = &output.name;
    let fail = |reason: String| {
        Err(refusal(
            reason,
            "supply a model that gives one logit per class",
        ))
    };
    let Some(link) = last.stage.link() else {
        return fail(format!(
            "output `{name}` is a part of a softmax, not its result"
        ));
    };
    if link == Link::None && is_embedding(output) {
        return Err(embedding_output(output));
    }
    if !last.stage.has_classes() {
        return Ok(link);
    }
    let shape = flow.declared(name).unwrap_or_default();
    let class_axis = shape.len().checked_sub(last.axis + 1);
    let extra =
        |(axis, dim): (usize, &Dim)| axis > 0 && Some(axis) != class_axis && *dim != Dim::Fixed(1);
    let rank = if shape.is_empty() {
        last.rank.unwrap_or(2)
    } else {
        shape.len()
    };
    if rank > 2 && (shape.is_empty() || shape.iter().enumerate().any(extra)) {
        return fail(format!(
            "output `{name}` has rank {rank}: a decision for every token, pixel or box"
        ));
    }
    match class_axis.map(|axis| &shape[axis]) {
        Some(Dim::Fixed(extent)) if usize::try_from(*extent) != Ok(classes) => fail(format!(
            "output `{name}` declares {extent} values, the last linear operator makes {classes}"
        )),
        _ => Ok(link),
    }
}

/// Whether an output is named as backbones name theirs; often nothing else tells them from classifiers.
fn is_embedding(output: &Value) -> bool {
    let name = output.name.to_lowercase();
    ["embed", "pooler", "hidden_state", "feature"]
        .iter()
        .any(|word| name.contains(word))
}

fn embedding_output(output: &Value) -> Error {
    refusal(
        format!("output `{}` is an embedding", output.name),
        "supply a model that gives one logit per class",
    )
}

fn assemble(
    flow: &Flow<'_>,
    follower: Follower<'_, '_>,
    parts: Vec<Part>,
    last: &Tracked,
    link: Link,
) -> Result<Head, Error> {
    let classes = follower.classes;
    let name = parts
        .first()
        .map(|part| flow.title(part.node))
        .unwrap_or_default();
    let mut branches = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let Some(term) = last.logits.terms.get(&index) else {
            continue;
        };
        if term
            .gain
            .iter()
            .chain(&term.bias_gain)
            .any(|gain| !gain.is_finite())
        {
            return Err(refusal(
                "a constant behind the head is not finite",
                "export the model again",
            ));
        }
        branches.push(Branch {
            embedding: part.embedding,
            width: part.weight.width(),
            weight: part.weight,
            bias: term.bias.clone(),
            gain: term.gain.clone(),
            bias_gain: term.bias_gain.clone(),
        });
    }
    Ok(Head {
        name,
        classes,
        branches,
        link,
        order: last.order,
        auxiliary: Vec::new(),
        shift: last.logits.shift.clone(),
        sites: follower.sites,
        obstacle: follower.obstacle,
    })
}
