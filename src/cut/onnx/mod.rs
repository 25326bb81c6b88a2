//! The head of an ONNX graph: back from the output to the last linear operators, then forward again to see
//! what the model makes of their results.

mod arithmetic;
mod axes;
mod bound;
mod check;
mod class_axis;
mod classical;
mod combine;
mod extents;
mod follower;
mod function;
mod links;
mod meeting;
mod metadata;
mod numbers;
mod open;
mod output;
mod pair;
mod part;
mod problem;
mod reductions;
mod report;
mod stage;
mod storage;
mod tail;

use declass_formats::Artifact;
pub(crate) use metadata::{CHARACTERS, LABEL_KEYS, characters};

use super::{Branch, Cut, Head, not_this_head, refusal};
use crate::{
    error::{Error, LocateError},
    head::Hints,
    net::{Flow, ValueId, stored_info},
};
use check::Answer;
use follower::Follower;
use output::Tail;
use part::{PLAIN_HEAD, Part};
use stage::Tracked;

/// Locates by the structure of the graph.
pub(super) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Cut, Error> {
    let wanted = hints.head();
    let graph = artifact.graph().ok_or_else(|| refusal("the file holds no graph", ""))?;
    let flow = Flow::new(graph)?;
    let stated = metadata::stated(artifact)?;
    let (output, value) = output::choose(&flow, stated.as_ref().map(|stated| stated.count))?;
    let tail = match wanted {
        Some(name) => named(artifact, &flow, value, name)?,
        None => output::last_linear(&flow, value)?,
    };
    let mut follower = Follower::new(artifact, &flow);
    let parts = parts(&mut follower, &tail)?;
    tail::follow(&mut follower, &tail.nodes).map_err(|problem| {
        if check::is_embedding(output) {
            check::embedding_output(output)
        } else {
            refusal(problem.to_string(), PLAIN_HEAD)
        }
    })?;
    let Some(last) = follower.tracked.get(&value).cloned() else {
        return Err(refusal(
            format!("output `{}` does not come from the last linear operator", output.name),
            PLAIN_HEAD,
        ));
    };
    let mut answer = check::check_output(&flow, output, &last, follower.classes)?;
    answer.link = check::competing(answer.link, &follower);
    let labels = metadata::labels(&flow, &follower, stated)?;
    follower.open = open::of(&mut follower, &last, labels.as_ref());
    let why = report::why(&follower, &parts, output, answer.link, labels.is_some(), wanted.is_some());
    let bound = match parts.as_slice() {
        [part] => bound::of(artifact, &flow, part),
        _ => None,
    };
    let merging = open::merging(&follower, &last, &output.name);
    let head = Head { merging, ..assemble(&flow, follower, parts, &last, answer)? };
    Ok(Cut { head, bound, why, labels, points: report::points(&flow, value), untouched: Vec::new() })
}

/// The operator of the given name, weight or result, with everything between it and the output.
fn named(artifact: &Artifact, flow: &Flow<'_>, output: ValueId, name: &str) -> Result<Tail, Error> {
    let weighted: Vec<usize> = flow
        .order()
        .iter()
        .copied()
        .filter(|node| flow.weight_operand(*node).is_some() || flow.op(*node).is_classical())
        .collect();
    let is_meant = |node: &usize| {
        let onnx = flow.node(*node);
        let weight =
            flow.weight_operand(*node).map(|input| weight_source(artifact, flow, &onnx.inputs[input]));
        onnx.name == name || onnx.outputs.iter().any(|output| output == name) || weight == Some(name)
    };
    let Some(head) = weighted.iter().copied().rfind(is_meant) else {
        let candidates = weighted.iter().rev().take(8).map(|node| flow.title(*node)).collect();
        return Err(LocateError::Unknown { name: name.to_owned(), candidates }.into());
    };
    let before = flow.nodes_before(output);
    if !before[head] {
        return Err(not_this_head(format!("`{name}` does not lead to the output")));
    }
    let mut behind = vec![false; before.len()];
    behind[head] = true;
    for node in flow.order() {
        behind[*node] |=
            flow.evidence(*node).iter().any(|value| flow.producer(*value).is_some_and(|from| behind[from]));
    }
    let mut nodes: Vec<bool> =
        behind.iter().zip(&before).map(|(behind, before)| *behind && *before).collect();
    nodes[head] = false;
    Ok(Tail { heads: vec![head], nodes })
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
        && follower.flow.op(*node).is_classical()
    {
        return classical::part(follower, *node).map(|part| vec![part]);
    }
    let mut parts = Vec::new();
    for node in &tail.heads {
        parts.push(part::part(follower, *node)?);
    }
    let widths: Vec<usize> = parts.iter().map(|part| part.weight.info.shape[part.weight.axis]).collect();
    follower.classes = widths.first().copied().unwrap_or_default();
    if widths.iter().any(|width| *width != follower.classes) {
        let reason =
            format!("{} linear operators of widths {widths:?} end at the output side by side", widths.len());
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
            let started = tail::start(follower, index, part.node, linear);
            started.map_err(|problem| part::unfit(follower.flow, part.node, &format!("it {problem}")))?;
        }
    }
    Ok(parts)
}

fn assemble(
    flow: &Flow<'_>,
    follower: Follower<'_, '_>,
    parts: Vec<Part>,
    last: &Tracked,
    answer: Answer,
) -> Result<Head, Error> {
    let classes = follower.classes;
    let name = parts.first().map(|part| flow.title(part.node)).unwrap_or_default();
    let mut branches = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let Some(term) = last.logits.terms.get(&index) else {
            continue;
        };
        if term.gain.iter().chain(&term.bias_gain).any(|gain| !gain.is_finite()) {
            return Err(refusal("a constant behind the head is not finite", "export the model again"));
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
        link: answer.link,
        position: answer.position,
        ties: last.ties,
        auxiliary: Vec::new(),
        shift: last.logits.shift.clone(),
        sites: follower.sites,
        obstacle: follower.obstacle.map(|obstacle| obstacle.to_string()),
        merging: Vec::new(),
        open: follower.open,
    })
}

#[cfg(test)]
mod tests;
