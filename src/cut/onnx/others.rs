//! What has the classes, or gives a result of its own, and does not come from the heads that are treated.

use std::collections::BTreeSet;

use declass_formats::Artifact;

use super::{
    choose::{before, describe},
    named::{is_linear, weight},
    output::{Exit, fixed, walk},
    part::{self, Extent},
    proven::downstream,
};
use crate::{
    evidence::{Untouched, UntouchedKind},
    net::{
        Flow,
        ops::{Behind, List},
        stored_info,
    },
};

/// What a removal leaves as it is.
#[derive(Default)]
pub(super) struct Others {
    /// All of it, for the claim.
    pub(super) untouched: Vec<Untouched>,
    /// Those with as many results as there are classes, or where that cannot be told: they could be the head.
    pub(super) rivals: Vec<String>,
}

/// Everything that does not come from these heads. The outputs that do are proven elsewhere.
pub(super) fn of(
    artifact: &Artifact,
    flow: &Flow<'_>,
    exits: &[Exit<'_>],
    heads: &[usize],
    classes: usize,
) -> Others {
    let treated = downstream(flow, heads);
    let left: Vec<&Exit<'_>> =
        exits.iter().filter(|it| !flow.producer(it.value).is_some_and(|node| treated[node])).collect();
    let mut others = Others::default();
    for exit in &left {
        let shape = exit.output.shape.as_deref().unwrap_or_default();
        let extents: Vec<usize> = shape.iter().filter_map(fixed).collect();
        others.untouched.push(Untouched::new(UntouchedKind::Output, &exit.output.name, &extents));
        if may_have_classes(artifact, flow, exit, classes) {
            others.rivals.push(match exit.tail.heads.as_slice() {
                [] => format!("output `{}`", exit.output.name),
                heads => describe(flow, heads, &[&exit.output.name], width(artifact, flow, exit, classes)),
            });
        }
    }
    matrices(artifact, flow, &left, heads, classes, &mut others);
    others
}

/// Matrices beside the heads with a row per class: those by the best of whose results a detector chooses where to look,
/// and those of layers whose results are stacked with the heads' and not picked again.
pub(super) fn beside(
    artifact: &Artifact,
    flow: &Flow<'_>,
    heads: &[usize],
    classes: usize,
) -> Vec<Untouched> {
    let per_class = Extent { width: classes, is_last_axis: true };
    let nodes = 0..flow.graph().nodes.len();
    let stacks = nodes.clone().filter(|node| flow.picked(*node).is_some());
    let stacked = stacks.flat_map(|node| &flow.node(node).inputs).filter_map(|name| flow.id(name));
    let layers: BTreeSet<usize> = stacked.flat_map(|value| walk(flow, value).heads).collect();
    let inner = nodes.filter(|node| !heads.contains(node) && is_linear(flow, *node));
    let counts = |node: &usize| part::extent(artifact, flow, *node) == Some(per_class);
    let found = inner.filter(counts).filter(|node| layers.contains(node) || is_sorted(flow, *node));
    let named = found.map(|node| {
        let name = weight(artifact, flow, node).map_or_else(|| flow.title(node), str::to_owned);
        let shape = stored_info(artifact, &name).map(|info| info.shape.clone()).unwrap_or_default();
        Untouched::new(UntouchedKind::Matrix, name, &shape)
    });
    named.collect()
}

/// Operators between scores and what sorts them: a bias, the best class, an axis less.
const TO_SORT: usize = 4;

/// Whether the results of an operator are sorted soon.
fn is_sorted(flow: &Flow<'_>, node: usize) -> bool {
    let mut reached = BTreeSet::from([node]);
    for _ in 0..TO_SORT {
        let results =
            reached.iter().flat_map(|node| &flow.node(*node).outputs).filter_map(|name| flow.id(name));
        reached = results.flat_map(|value| flow.readers(value)).map(|reader| reader.node).collect();
        if reached.iter().any(|node| flow.op(*node).behind() == Ok(Behind::SortedBest)) {
            return true;
        }
    }
    false
}

/// Whether an output has a result per class, as far as can be told.
fn may_have_classes(artifact: &Artifact, flow: &Flow<'_>, exit: &Exit<'_>, classes: usize) -> bool {
    let shape = exit.output.shape.as_deref();
    let extents = shape.map(|shape| shape.get(usize::from(shape.len() > 1)..).unwrap_or_default());
    let declares_them = extents.is_some_and(|extents| extents.iter().any(|dim| fixed(dim) == Some(classes)));
    let is_declared = extents.is_some_and(|extents| extents.iter().all(|dim| fixed(dim).is_some()));
    let whole;
    let tail = match exit.tail.heads.as_slice() {
        // There are none, or more than make one head.
        [] => {
            whole = walk(flow, exit.value);
            &whole
        }
        _ => &exit.tail,
    };
    let behind = || (0..tail.nodes.len()).filter(|node| tail.nodes[*node]);
    // What is inside of an operator that is not known may be a head.
    let is_opaque = |node: usize| flow.op(node).known().is_err() || !flow.node(node).captures.is_empty();
    let meets_them = |node: usize| {
        let constants = flow.node(node).inputs.iter().filter(|name| flow.is_static(name));
        let stored = constants.filter_map(|name| stored_info(artifact, name));
        stored.into_iter().any(|info| info.dtype.is_float() && info.shape.contains(&classes))
    };
    let widths: Vec<_> = tail.heads.iter().map(|node| part::width(artifact, flow, *node)).collect();
    let joins_them =
        |node: usize| flow.op(node).list() == List::Joins && flow.node(node).inputs.len() == classes;
    // The best of how many it is cannot be told.
    let picks_of_any = |node: usize| {
        let is_known = !widths.is_empty() && widths.iter().all(Option::is_some);
        !is_known && matches!(flow.op(node).behind(), Ok(Behind::IndexOfBest | Behind::SortedBest))
    };
    declares_them
        || widths.contains(&Some(classes))
        || joined(&widths) == classes
        || behind().any(|node| meets_them(node) || joins_them(node) || picks_of_any(node))
        || (!is_declared && behind().any(is_opaque))
}

/// How many results the last operators of an output make: the first of them, or all together where those are the
/// classes.
fn width(artifact: &Artifact, flow: &Flow<'_>, exit: &Exit<'_>, classes: usize) -> Option<usize> {
    let widths: Vec<_> = exit.tail.heads.iter().map(|node| part::width(artifact, flow, *node)).collect();
    let first = widths.iter().flatten().next().copied();
    if joined(&widths) == classes { Some(classes) } else { first }
}

/// Several small layers make the classes together, one after the other.
fn joined(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().fold(0, |sum: usize, width| sum.saturating_add(*width))
}

/// Matrices with one row per class farther from the outputs that are left, but no part of what the heads read.
fn matrices(
    artifact: &Artifact,
    flow: &Flow<'_>,
    left: &[&Exit<'_>],
    heads: &[usize],
    classes: usize,
    others: &mut Others,
) {
    let per_class = Extent { width: classes, is_last_axis: true };
    let encoder = before(flow, heads);
    let mut leads = vec![false; encoder.len()];
    for exit in left {
        leads.iter_mut().zip(flow.nodes_before(exit.value)).for_each(|(mark, is_before)| *mark |= is_before);
    }
    let is_last = |node: &usize| left.iter().any(|exit| exit.tail.heads.contains(node));
    let inner = (0..encoder.len()).filter(|node| leads[*node] && !encoder[*node] && !heads.contains(node));
    for node in inner.filter(|node| is_linear(flow, *node) && !is_last(node)) {
        if part::extent(artifact, flow, node) == Some(per_class) {
            let name = weight(artifact, flow, node).map_or_else(|| flow.title(node), str::to_owned);
            let shape = stored_info(artifact, &name).map(|info| info.shape.clone()).unwrap_or_default();
            others.rivals.push(format!("{} (width {classes})", flow.title(node)));
            others.untouched.push(Untouched::new(UntouchedKind::Matrix, name, &shape));
        }
    }
}
