//! What of a head is in whole numbers, and what a removal makes of that.

use super::{
    super::{Floated, Site, Source},
    follower::Follower,
    part::Part,
    storage,
};
use crate::net::{Flow, ops::Values};

/// What of the head is in whole numbers.
pub(super) fn of(flow: &Flow<'_>, follower: &Follower<'_, '_>, parts: &[Part]) -> Option<Floated> {
    let whole = |part: &Part| match &part.weight.source {
        Source::Computed { value, .. } => storage::quantised(flow, value).map(str::to_owned),
        Source::Whole(_) => Some(part.weight.tensor.clone()),
        Source::Attribute { .. } | Source::Part { .. } | Source::Stored => None,
    };
    let weights: Vec<String> = parts.iter().filter_map(whole).collect();
    // A product that is made real in one step was rounded before.
    let rounds = |part: &Part| matches!(&part.weight.source, Source::Whole(it) if it.real == it.last);
    let results =
        parts.iter().any(rounds) || follower.sites.iter().any(|site| matches!(site, Site::Rounding { .. }));
    let embedding = reads_rounded(flow, parts);
    (!weights.is_empty() || results).then_some(Floated { weights, embedding, results })
}

/// Whether an embedding is rounded to whole numbers before the head reads it.
pub(super) fn reads_rounded(flow: &Flow<'_>, parts: &[Part]) -> bool {
    let reads = |part: &Part| {
        let data = flow.node(part.node).inputs.get(part.linear.as_ref()?.data)?;
        let node = flow.producer(flow.id(data)?)?;
        Some(flow.op(node).values() == Values::Dequantised || matches!(part.weight.source, Source::Whole(_)))
    };
    parts.iter().any(|part| reads(part).unwrap_or(false))
}
