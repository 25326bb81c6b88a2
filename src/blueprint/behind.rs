//! What stands behind the embedding in a graph must be the folder's, weight by weight.

use std::collections::{BTreeSet, HashSet};

use declass_formats::onnx::Graph;

use super::matching::Matched;
use crate::{
    cut::{Cut, Head},
    net::{Flow, Kind, ValueId},
};

/// Whether the graph has the head's weights, and behind it none that the folder has not.
///
/// # Errors
/// In words: the weight that is missing on either side.
pub(super) fn require_complete(graph: &Graph, matched: &Matched, cut: &Cut) -> Result<(), String> {
    let flow = Flow::new(graph).map_err(|error| error.to_string())?;
    for head in std::iter::once(cut.head.clone()).chain(cut.head.further()) {
        for embedding in embeddings(&flow, matched, &head)? {
            if let Some(missing) =
                behind(&flow, embedding).iter().find(|name| matched.missing.contains(**name))
            {
                return Err(format!(
                    "the folder has no tensor with the numbers of `{}`, which stands behind the embedding",
                    missing.escape_debug()
                ));
            }
        }
    }
    Ok(())
}

/// What the weights of a head are multiplied with.
fn embeddings(flow: &Flow<'_>, matched: &Matched, head: &Head) -> Result<Vec<ValueId>, String> {
    let of = |tensor: &str| {
        let names = matched
            .found
            .iter()
            .filter(|(_, found)| found.tensor == tensor || found.alike.iter().any(|it| it == tensor));
        let found = names.filter_map(|(name, _)| flow.met_by(flow.id(name)?)).next();
        found.ok_or_else(|| {
            format!("it does not multiply anything with `{}`, the head of the folder: it was exported of another model, or its \
                     weights were changed on the way", tensor.escape_debug())
        })
    };
    head.branches.iter().map(|branch| of(&branch.weight.tensor)).collect()
}

/// Names of all constants that what follows from a value reads.
fn behind<'a>(flow: &Flow<'a>, value: ValueId) -> BTreeSet<&'a str> {
    let mut follows = HashSet::from([value]);
    let mut still: Vec<&'a str> = Vec::new();
    for index in flow.order() {
        let node = flow.node(*index);
        let ids =
            node.inputs.iter().chain(&node.captures).filter_map(|name| Some((name.as_str(), flow.id(name)?)));
        let ids: Vec<_> = ids.collect();
        if ids.iter().any(|(_, id)| follows.contains(id)) {
            follows.extend(node.outputs.iter().filter_map(|name| flow.id(name)));
            still.extend(ids.iter().filter(|(_, id)| flow.kind(*id) == Kind::Static).map(|(name, _)| *name));
        }
    }
    let mut names = BTreeSet::new();
    while let Some(name) = still.pop() {
        if names.insert(name)
            && let Some(maker) = flow.id(name).and_then(|id| flow.producer(id))
        {
            let node = flow.node(maker);
            still.extend(node.inputs.iter().chain(&node.captures).map(String::as_str));
        }
    }
    names
}
