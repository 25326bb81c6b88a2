//! The head of an ONNX graph: back from the outputs to the last linear operators, then forward again to see
//! what the model makes of their results, at every output that depends on them.

mod arithmetic;
mod axes;
mod bodies;
mod bound;
mod boxes;
mod check;
mod choose;
mod class_axis;
mod classical;
mod combine;
mod extents;
mod floated;
mod follower;
mod found;
mod function;
mod further;
mod interpolated;
mod links;
mod listed;
mod meeting;
mod metadata;
mod named;
mod numbers;
mod open;
mod others;
mod output;
mod pair;
mod part;
mod place;
mod problem;
mod proven;
mod readers;
mod reductions;
mod report;
mod rows;
mod shapes;
mod stage;
mod storage;
mod tail;
mod target;
mod whole;

use std::collections::{HashMap, HashSet};

use declass_formats::{Artifact, onnx::Graph};
pub(crate) use metadata::{CHARACTERS, LABEL_KEYS, characters};
#[cfg(feature = "compute")]
pub(crate) use report::points;
pub(super) use shapes::locate;

use super::{Cut, Head, known, labels::Stated, multi_label, not_this_head};
use crate::{
    classes::Labels,
    error::{Error, LocateError},
    evidence::Untouched,
    head::Hints,
    net::{Flow, picked_from},
};
use found::{Found, Route};
use output::Exit;

/// Heads that may be named; each is followed by itself.
const MAX_NAMED: usize = 8;

/// How the names of initializers end that an edit adds.
pub(crate) const OWN_COPY: &str = ".declass";

/// Locates by the structure of the graph, which is the artifact's own, perhaps without its declared shapes.
fn locate_in(artifact: &Artifact, graph: &Graph, hints: &Hints) -> Result<Cut, Error> {
    let flow = Flow::new(graph)?;
    let picked = if hints.older { HashMap::new() } else { picked_from(artifact, &flow) };
    let flow = flow.reading(picked);
    let stated = metadata::stated(artifact)?;
    let stated = match hints.older {
        true => stated,
        false => stated.map(|stated| known::with_no_object(artifact, stated)),
    };
    let count = hints.classes.or(stated.as_ref().map(|stated| stated.count));
    let exits = output::exits(&flow, count)?;
    let question = Question { artifact, flow: &flow, exits: &exits, hints, stated, count };
    match head_in_one_place(question.clone()) {
        Err(error) if !hints.older => boxes::locate(question)?.ok_or(error),
        found => found,
    }
}

/// A graph, and what is said of it.
#[derive(Clone)]
struct Question<'q, 'a> {
    artifact: &'q Artifact,
    flow: &'q Flow<'a>,
    exits: &'q [Exit<'a>],
    hints: &'q Hints,
    /// Labels that are stated.
    stated: Option<Stated>,
    /// How many classes are stated.
    count: Option<usize>,
}

/// The head whose results nothing but itself makes, as nearly all models have it.
fn head_in_one_place(question: Question<'_, '_>) -> Result<Cut, Error> {
    let Question { artifact, flow, exits, hints, stated, count } = question;
    let mut found = match hints.head() {
        Some(name) => named_head(artifact, flow, exits, name)?,
        None => {
            let own = choose::choose(artifact, flow, exits, count)?;
            let routes = own.into_iter().map(|main| Route { tail: &main.tail, main, named: false });
            found::first(artifact, flow, routes, found::follow)?
        }
    };
    if !hints.older {
        listed::note(&mut found.follower, &found.parts);
        shapes::note(&mut found.follower, &found.parts);
    }
    bodies::note_shapes(&mut found.follower, &found.parts);
    found.answer.link = multi_label::link(found.answer.link, artifact, hints, found.compares)?;
    let notes = stated.iter().flat_map(|stated| stated.notes.clone()).collect::<Vec<_>>();
    place::settle(artifact, &mut found, count, hints)?;
    let labels = metadata::labels(flow, &found.follower, stated, hints.older)?;
    let mut why = report::why(&found, labels.is_some(), hints.head().is_some());
    why.notes.extend(notes.into_iter().chain(multi_label::suggestion(artifact, found.answer.link)));
    why.runners_up = report::runners_up(artifact, flow, exits, &found);
    let bound = match found.parts.as_slice() {
        [part] => bound::of(artifact, flow, part),
        _ => None,
    };
    let points = report::points(flow, found.value);
    let mut heads = found.heads.clone();
    let mut picks = found.follower.picks.clone();
    let title = choose::describe(flow, &heads, &[&found.output.name], Some(found.follower.classes));
    let mut head = found.head(labels.as_ref())?;
    let further = further_heads(artifact, flow, exits, hints, labels.as_ref(), &mut head)?;
    heads.extend(further.operators);
    picks.extend(further.picks);
    if !hints.older {
        readers::settle(flow, &mut head, &picks);
    }
    let mut others = others::of(artifact, flow, exits, &heads, head.classes);
    if head.position.place().is_some() && !hints.older {
        let beside = others::beside(artifact, flow, &heads, head.classes);
        let is_new = |it: &Untouched| others.untouched.iter().all(|other| other.name != it.name);
        let new: Vec<Untouched> = beside.into_iter().filter(is_new).collect();
        others.untouched.extend(new);
    }
    if hints.heads.is_empty() && !others.rivals.is_empty() {
        let candidates = [vec![title], others.rivals].concat();
        return Err(LocateError::Ambiguous { candidates }.into());
    }
    report::note_others(&mut why, &head, &others.untouched);
    Ok(Cut { head, bound, why, labels, points, untouched: others.untouched, older: false })
}

fn named_head<'f, 'a>(
    artifact: &'f Artifact,
    flow: &'f Flow<'a>,
    exits: &[Exit<'a>],
    name: &str,
) -> Result<Found<'f, 'a>, Error> {
    let found = named::find(artifact, flow, exits, name)?;
    let routes = found.iter().map(|(tail, main)| Route { tail, main, named: true });
    Ok(found::first(artifact, flow, routes, found::follow)?)
}

/// The operators of the heads that are named beside the first one, and those that read tables by their best class.
#[derive(Default)]
struct FurtherHeads {
    operators: Vec<usize>,
    picks: HashSet<usize>,
}

/// Takes the heads that are named beside the first one into it.
fn further_heads(
    artifact: &Artifact,
    flow: &Flow<'_>,
    exits: &[Exit<'_>],
    hints: &Hints,
    labels: Option<&Labels>,
    head: &mut Head,
) -> Result<FurtherHeads, Error> {
    if hints.heads.len() > MAX_NAMED {
        return Err(not_this_head(format!("{} heads are named, {MAX_NAMED} may be", hints.heads.len())));
    }
    let mut all = FurtherHeads::default();
    for name in hints.heads.iter().skip(1) {
        let mut found = named_head(artifact, flow, exits, name)?;
        found.answer.link = multi_label::link(found.answer.link, artifact, hints, found.compares)?;
        shapes::note(&mut found.follower, &found.parts);
        all.operators.extend(&found.heads);
        all.picks.extend(&found.follower.picks);
        let further = further::beside(head, found, name, labels)?;
        head.auxiliary.push(further.auxiliary);
        head.merging.extend(further.merging);
        head.sites.extend(further.sites);
        head.obstacle = head.obstacle.take().or(further.obstacle);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
