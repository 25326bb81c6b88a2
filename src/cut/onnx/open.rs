//! Whether a slot that is kept, and can win nowhere, can be given out all the same.

use std::{collections::BTreeSet, rc::Rc};

use declass_formats::onnx::Attribute;

use super::{
    super::{Site, counts_from},
    follower::Follower,
    stage::{Stage, Tracked},
};
use crate::{
    classes::Labels,
    head::{Link, Open},
};

/// What speaks against keeping a slot, if anything does: every output that depends on the head has to follow
/// the order of the logits of the `last` value, that of the classes' output.
pub(super) fn of(follower: &mut Follower<'_, '_>, last: &Tracked, labels: Option<&Labels>) -> Option<Open> {
    if let Some(open) = follower.open.take() {
        return Some(open);
    }
    if let Some(node) = other_names(follower, labels) {
        let title = follower.flow.title(node);
        return Some(Open::Elsewhere(format!(
            "`{title}` gives classes numbers that are other classes' indices"
        )));
    }
    let flow = follower.flow;
    let outputs = flow.graph().outputs.iter().filter_map(|output| Some((output, flow.id(&output.name)?)));
    let given: Vec<_> =
        outputs.filter_map(|(output, value)| Some((output, follower.tracked.get(&value)?))).collect();
    let tells = |tracked: &Tracked| {
        tracked.stage.has_classes() || matches!(tracked.stage, Stage::Best(_) | Stage::Index { .. })
    };
    let agrees =
        |tracked: &Tracked| Rc::ptr_eq(&last.logits, &tracked.logits) || last.logits.agrees(&tracked.logits);
    if let Some((output, _)) = given.iter().find(|(_, tracked)| tells(tracked) && !agrees(tracked)) {
        let reason = format!("output `{}` has another order of the classes than the head", output.name);
        return Some(Open::Elsewhere(reason));
    }
    let is_index = |tracked: &Tracked| matches!(tracked.stage, Stage::Best(_) | Stage::Index { .. });
    // Without a bias the sealed row is the mean of the others and no less: rounding lifts it above them where they
    // are nearly equal.
    let level = last.logits.terms.values().all(|term| term.bias.is_none());
    if level && given.iter().any(|(_, tracked)| is_index(tracked)) {
        return Some(Open::Elsewhere(LEVEL.into()));
    }
    // Rates that are all near 0 are mostly what a sigmoid is off by, and so are their shares.
    if level && given.iter().any(|(_, tracked)| matches!(tracked.stage, Stage::Output(Link::OneVsRest))) {
        return Some(Open::Elsewhere(LEVEL_SHARES.into()));
    }
    let ties = |tracked: &Tracked| is_index(tracked) && tracked.numbers.merge();
    given.iter().any(|(_, tracked)| ties(tracked)).then_some(Open::FirstOfEquals)
}

const LEVEL: &str = "the head has no bias, so that a sealed slot has no distance from the others, and the index that \
                     the model gives out can be its own where rounding decides";

const LEVEL_SHARES: &str = "the head has no bias, so that a sealed slot has no distance from the others, and shares of \
                            independent rates are decided by rounding where all rates are near 0";

/// Other outputs than that of the `last` value in which classes with different logits may be equal.
pub(super) fn merging(follower: &Follower<'_, '_>, last: &Tracked, output: &str) -> Vec<String> {
    let flow = follower.flow;
    let others = flow.graph().outputs.iter().filter(|other| other.name != output);
    let merges = |name: &str| {
        let tracked = flow.id(name).and_then(|value| follower.tracked.get(&value));
        tracked.is_some_and(|tracked| tracked.stage.has_classes() && tracked.numbers.merge())
    };
    let others = others.filter(|other| !last.numbers.merge() && merges(&other.name));
    others.map(|other| other.name.clone()).collect()
}

/// A table of numbers behind the index of the best class that says another class's index. Such numbers are
/// names where the model's labels are the same numbers.
fn other_names(follower: &Follower<'_, '_>, labels: Option<&Labels>) -> Option<usize> {
    let misleads = |table: &[i64]| {
        let named = labels.is_some_and(|labels| {
            labels.names.iter().zip(table).all(|(name, number)| *name == number.to_string())
        });
        let mut sorted = table.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let elsewhere = table.iter().enumerate().any(|(index, number)| {
            let number = usize::try_from(*number);
            number.is_ok_and(|number| number != index && number < table.len())
        });
        sorted.len() < table.len() || (elsewhere && !named)
    };
    follower.tables.iter().find(|(_, table, _)| misleads(table)).map(|(node, ..)| *node)
}

/// Why dropping classes would leave numbers that mean other classes than before, if a table has the index of each
/// class in another order, or if nobody can tell whether its numbers count the classes or name them.
pub(super) fn renamed(follower: &Follower<'_, '_>, labels: &Labels) -> Option<String> {
    let tables = || follower.tables.iter().map(|(node, table, _)| (*node, table.as_slice()));
    let title = |node: usize| follower.flow.title(node);
    let listed = follower.sites.iter().filter_map(|site| match site {
        Site::LabelAttribute { node, name } => match follower.flow.node(*node).attributes.get(name)? {
            Attribute::Ints(list) => Some((*node, list.as_slice())),
            _ => None,
        },
        _ => None,
    });
    if let Some((node, _)) = tables().chain(listed).find(|(_, table)| counts_or_names(table, labels)) {
        let title = title(node);
        return Some(format!(
            "`{title}` gives numbers that count the classes, while the labels are other numbers: whether they are \
             indices or names is not said"
        ));
    }
    let node = other_names(follower, Some(labels))?;
    let classes = follower.classes;
    let are_indices = |table: &[i64]| {
        let indices: BTreeSet<usize> =
            table.iter().filter_map(|number| usize::try_from(*number).ok()).collect();
        indices.len() == classes && indices.last().is_some_and(|last| *last < classes)
    };
    let turns = tables().any(|(other, table)| other == node && are_indices(table));
    turns.then(|| format!("`{}` gives classes numbers that are other classes' indices", title(node)))
}

/// Whether numbers that count the classes could be names as well, since the labels are numbers too, and others.
fn counts_or_names(table: &[i64], labels: &Labels) -> bool {
    let numbers: Option<Vec<i64>> = labels.names.iter().map(|name| name.parse().ok()).collect();
    counts_from(table).is_some() && numbers.is_some_and(|numbers| numbers != table)
}

/// Whether independent probabilities compete after all: something was made of all of them.
pub(super) fn compete(tracked: &Tracked) -> bool {
    matches!(tracked.stage, Stage::Best(_) | Stage::Index { .. } | Stage::Output(Link::OneVsRest))
}
