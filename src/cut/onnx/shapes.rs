//! Declared shapes of intermediate values: what a removal makes of them where they are needed to find the head
//! again. Where they are not, it drops them all, and whoever loads the file infers them anew.

use std::collections::BTreeSet;

use declass_formats::{
    Artifact,
    onnx::{Dim, Graph},
};

use super::{
    super::{Cut, Site, refusal},
    follower::Follower,
    part::Part,
};
use crate::{error::Error, head::Hints, net::ValueId};

/// Locates, and finds out whether the declared shapes were needed for it.
pub(in crate::cut) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Cut, Error> {
    let graph = artifact.graph().ok_or_else(|| refusal("the file holds no graph", ""))?;
    let mut cut = super::locate_in(artifact, graph, hints)?;
    if !graph.value_info.is_empty() && !hints.older {
        let bare = Graph { value_info: Vec::new(), ..graph.clone() };
        let found = |cut: &Cut| {
            let head = &cut.head;
            let kind = (head.link, head.position, head.ties, head.open.is_some());
            (head.name.clone(), head.classes, kind)
        };
        let same = super::locate_in(artifact, &bare, hints).is_ok_and(|other| found(&other) == found(&cut));
        if !same {
            cut.head.sites.push(Site::ShapesNeeded);
        }
    }
    Ok(cut)
}

/// Notes which declared shapes have an axis of classes, and which may change in ways that are not followed.
pub(super) fn note(follower: &mut Follower<'_, '_>, parts: &[Part]) {
    let declared = &follower.flow.graph().value_info;
    if declared.is_empty() {
        return;
    }
    let behind = behind_the_head(follower, parts);
    let classes = i64::try_from(follower.classes).ok().map(Dim::Fixed);
    let mut sites = Vec::new();
    for (value, info) in declared.iter().enumerate() {
        let Some(id) = follower.flow.id(&info.name).filter(|id| behind.contains(id)) else { continue };
        let shape = info.shape.as_deref().unwrap_or_default();
        let axis = match follower.tracked.get(&id) {
            Some(tracked) if tracked.stage.has_classes() => shape.len().checked_sub(tracked.axis + 1),
            Some(_) => continue,
            None => None,
        };
        match axis.filter(|axis| shape.get(*axis) == classes.as_ref()) {
            Some(axis) => sites.push(Site::DeclaredDim { value, axis }),
            None if axis.is_some_and(|axis| matches!(shape[axis], Dim::Symbolic(_))) => {}
            None => sites.push(Site::Undeclared { value }),
        }
    }
    follower.sites.extend(sites);
}

/// Every value that the head's tensors, or any other place that counts the classes, have an effect on.
fn behind_the_head(follower: &Follower<'_, '_>, parts: &[Part]) -> BTreeSet<ValueId> {
    let flow = follower.flow;
    let operands = follower.sites.iter().filter_map(|site| match site {
        Site::Values(operand) => Some(operand.tensor.as_str()),
        Site::CountingTensor { tensor } | Site::Texts { tensor } => Some(tensor.as_str()),
        _ => None,
    });
    let weights = parts.iter().map(|part| part.weight.tensor.as_str());
    let mut behind: BTreeSet<ValueId> = operands.chain(weights).filter_map(|name| flow.id(name)).collect();
    behind.extend(follower.tracked.keys());
    for node in flow.order() {
        let onnx = flow.node(*node);
        let mut read = onnx.inputs.iter().chain(&onnx.captures).filter_map(|name| flow.id(name));
        if read.any(|value| behind.contains(&value)) {
            behind.extend(onnx.outputs.iter().filter_map(|name| flow.id(name)));
        }
    }
    behind
}
