//! What of a head lies in model-local functions. A file has a body once for all its calls: weights that a call
//! hands in, and constants of a body that is called once, are edited where they are; anything else there is
//! left to be put in line first.

use super::{
    super::{Branch, Operand, Site, Source, refusal},
    follower::Follower,
    part::Part,
};
use crate::{error::Error, net::Flow};

/// What helps where a body would have to be edited.
const IN_LINE: &str = "put the functions in line first, with `onnx.inliner.inline_local_functions`";

/// Refuses a head whose weight or bias has no place of its own outside of a body.
pub(super) fn check(flow: &Flow<'_>, branches: &[Branch]) -> Result<(), Error> {
    let operands = branches.iter().flat_map(|branch| [Some(&branch.weight), branch.bias.as_ref()]);
    for operand in operands.flatten() {
        if let Some(function) = holder(flow, operand) {
            let reason = format!(
                "`{}` of the head is shared, computed or an attribute in the model-local function `{function}`",
                operand.tensor
            );
            return Err(refusal(reason, IN_LINE));
        }
    }
    Ok(())
}

/// Why classes cannot be dropped, if something in a body counts them.
pub(super) fn obstacle(flow: &Flow<'_>, sites: &[Site]) -> Option<String> {
    let function = sites.iter().find_map(|site| match site {
        Site::CountingAttribute { node, .. }
        | Site::Extent { node, .. }
        | Site::LongerExtent { node, .. }
        | Site::LabelAttribute { node, .. } => within(flow, *node),
        Site::Values(operand) => holder(flow, operand),
        Site::Background
        | Site::CountingTensor { .. }
        | Site::DeclaredDim { .. }
        | Site::FunctionShapes
        | Site::OutputDim { .. }
        | Site::Picks { .. }
        | Site::ReadElsewhere { .. }
        | Site::Rounding { .. }
        | Site::ShapesNeeded
        | Site::Texts { .. }
        | Site::Undeclared { .. }
        | Site::Columns { .. } => None,
    });
    function.map(|function| format!("the model-local function `{function}` counts the classes: {IN_LINE}"))
}

/// Notes that shapes in functions may count the classes, where the head or what follows it lies in one.
pub(super) fn note_shapes(follower: &mut Follower<'_, '_>, parts: &[Part]) {
    let flow = follower.flow;
    let behind = follower.tracked.keys().filter_map(|value| flow.producer(*value));
    if parts.iter().map(|part| part.node).chain(behind).any(|node| within(flow, node).is_some()) {
        follower.sites.push(Site::FunctionShapes);
    }
}

/// The function in whose body an operand would have to be replaced.
fn holder<'a>(flow: &Flow<'a>, operand: &Operand) -> Option<&'a str> {
    match &operand.source {
        Source::Attribute { node, .. } | Source::Computed { node, .. } => within(flow, *node),
        Source::Part { .. } | Source::Stored | Source::Whole(_) => None,
    }
}

/// The function whose body a node is a part of.
pub(super) fn within<'a>(flow: &Flow<'a>, node: usize) -> Option<&'a str> {
    flow.node(node).function.as_deref()
}
