//! Which head makes the classes, where none is named. What decides is the graph and how many classes are stated;
//! where these leave several, so does this.

use declass_formats::{Artifact, onnx::Dim};

use super::{
    super::refusal,
    check::Refused,
    found::{self, Route},
    output::{Exit, Group, groups, last_linear},
    part,
};
use crate::{
    error::{Error, LocateError},
    head::Link,
    net::{Flow, ops::Behind},
};

/// Heads that are compared with each other.
const MAX_HEADS: usize = 64;

/// Heads that are followed to find out what they are.
const MAX_FOLLOWED: usize = 16;

/// A head that could make the classes, or what is known to be none.
struct Candidate<'g, 'e, 'a> {
    group: &'g Group<'e, 'a>,
    width: Option<usize>,
    /// Whether another head reads its results, so that they are features as far as can be told.
    is_read: bool,
    standing: Standing,
}

/// Which rows of classes are looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rows {
    PerInput,
    PerPlace,
}

/// What following a head has shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// One result per class, with what is made of it.
    Classes(Link),
    /// No row of classes, or none of those that are looked for.
    Other,
    /// Neither could be shown.
    Unclear,
}

/// The outputs of the only head that can make the classes, likeliest first. `count` is how many there are, if that is
/// stated.
///
/// # Errors
/// [`LocateError::Ambiguous`] if several can; the reason why the likeliest does not, if none can.
pub(super) fn choose<'e, 'a>(
    artifact: &Artifact,
    flow: &Flow<'a>,
    exits: &'e [Exit<'a>],
    count: Option<usize>,
) -> Result<Vec<&'e Exit<'a>>, Error> {
    let groups = groups(exits);
    let likeliest = match groups.as_slice() {
        [] => return Err(headless(flow, exits)),
        [only] => return Ok(only.exits.clone()),
        [first, ..] => &first.exits,
    };
    let mut candidates = candidates(artifact, flow, &groups, count, Rows::PerInput)?;
    // Heads with a row for every place are taken where none has one for the input.
    if candidates.iter().all(|it| it.standing == Standing::Other) {
        candidates = self::candidates(artifact, flow, &groups, count, Rows::PerPlace)?;
    }
    let fits = |it: &&Candidate<'_, '_, '_>| count.is_some() && it.width == count;
    let is_free = |it: &&Candidate<'_, '_, '_>| !it.is_read && it.standing != Standing::Other;
    let could_be = |it: &&Candidate<'_, '_, '_>| it.standing != Standing::Other;
    let stated: Vec<_> = candidates.iter().filter(fits).filter(is_free).collect();
    let stated_inside: Vec<_> = candidates.iter().filter(fits).filter(could_be).collect();
    let free: Vec<_> = candidates.iter().filter(is_free).collect();
    let pool = [stated, stated_inside, free].into_iter().find(|pool| !pool.is_empty());
    match pool.as_deref() {
        // Why it is none is said by whoever follows it.
        None if standing(artifact, flow, &groups[0], Rows::PerPlace) == Standing::Other => {
            Ok(likeliest.clone())
        }
        None => Err(ambiguous(flow, &candidates.iter().collect::<Vec<_>>())),
        Some([only]) => Ok(only.group.exits.clone()),
        Some(several) => Err(ambiguous(flow, several)),
    }
}

fn ambiguous(flow: &Flow<'_>, several: &[&Candidate<'_, '_, '_>]) -> Error {
    let described = several.iter().map(|it| {
        let outputs: Vec<&str> = it.group.exits.iter().map(|exit| exit.output.name.as_str()).collect();
        describe(flow, it.group.heads, &outputs, it.width)
    });
    LocateError::Ambiguous { candidates: described.collect() }.into()
}

/// A head for a message: its operators, the outputs that they lead to, and how many results it has.
pub(super) fn describe(flow: &Flow<'_>, heads: &[usize], outputs: &[&str], width: Option<usize>) -> String {
    let titles: Vec<String> = heads.iter().map(|node| flow.title(*node)).collect();
    let outputs: Vec<String> = outputs.iter().map(|output| format!("`{output}`")).collect();
    let plural = if outputs.len() == 1 { "output" } else { "outputs" };
    let width = width.map_or_else(|| "width not known".to_owned(), |width| format!("width {width}"));
    format!("{} ({plural} {}, {width})", titles.join(" + "), outputs.join(", "))
}

fn headless(flow: &Flow<'_>, exits: &[Exit<'_>]) -> Error {
    let reasons = exits.iter().map(|exit| last_linear(flow, exit.value));
    reasons
        .filter_map(Result::err)
        .next()
        .unwrap_or_else(|| refusal("no output depends on what is classified", "export the model again"))
}

fn candidates<'g, 'e, 'a>(
    artifact: &Artifact,
    flow: &Flow<'a>,
    groups: &'g [Group<'e, 'a>],
    count: Option<usize>,
    rows: Rows,
) -> Result<Vec<Candidate<'g, 'e, 'a>>, Error> {
    if groups.len() > MAX_HEADS {
        return Err(refusal(format!("the outputs come from more than {MAX_HEADS} heads"), ""));
    }
    let before: Vec<Vec<bool>> = groups.iter().map(|group| before(flow, group.heads)).collect();
    let mut candidates: Vec<Candidate<'g, 'e, 'a>> = Vec::new();
    // Readers come behind what they read: from the last heads backwards each one's readers are known.
    let mut order: Vec<usize> = (0..groups.len()).collect();
    let rank = |group: &Group<'_, '_>| group.heads.iter().map(|node| flow.rank(*node)).max();
    order.sort_by_key(|at| std::cmp::Reverse(rank(&groups[*at])));
    let mut others = vec![false; groups.len()];
    let mut followed = 0;
    for at in order {
        let group = &groups[at];
        let width = width(artifact, flow, group);
        let reads =
            |reader: &usize| !others[*reader] && group.heads.iter().all(|node| before[*reader][*node]);
        let is_read = (0..groups.len()).any(|reader| reads(&reader));
        let may_decide = !is_read || (count.is_some() && width == count) || decides(flow, group);
        let mut candidate = Candidate { group, width, is_read, standing: Standing::Unclear };
        if is_dense(group) && rows == Rows::PerInput {
            candidate.standing = Standing::Other;
        } else if may_decide {
            followed += 1;
            if followed > MAX_FOLLOWED {
                return Err(refusal(format!("more than {MAX_FOLLOWED} heads could make the classes"), ""));
            }
            candidate.standing = standing(artifact, flow, group, rows);
        }
        // What became probabilities, or an index, is no feature, whoever reads it.
        let decides = |link: Link| link != Link::None || decides(flow, group);
        if matches!(candidate.standing, Standing::Classes(link) if decides(link)) {
            candidate.is_read = false;
        }
        others[at] = candidate.standing == Standing::Other;
        candidates.push(candidate);
    }
    candidates.sort_by(|a, b| b.group.main().likelihood.total_cmp(&a.group.main().likelihood));
    Ok(candidates)
}

fn standing(artifact: &Artifact, flow: &Flow<'_>, group: &Group<'_, '_>, rows: Rows) -> Standing {
    // Named: what a name says decides nothing here.
    let routes = group.exits.iter().map(|main| Route { tail: &main.tail, main, named: true });
    match found::first(artifact, flow, routes, found::answer) {
        Ok(found) if rows == Rows::PerInput && found.answer.position.place().is_some() => Standing::Other,
        Ok(found) => Standing::Classes(found.answer.link),
        Err(Refused::NotPerInput(_)) => Standing::Other,
        Err(Refused::Unclear(_) | Refused::Unproven(_)) => Standing::Unclear,
    }
}

/// The results of a group's operators, if all make as many.
fn width(artifact: &Artifact, flow: &Flow<'_>, group: &Group<'_, '_>) -> Option<usize> {
    let mut widths = group.heads.iter().map(|node| part::width(artifact, flow, *node));
    let first = widths.next().flatten()?;
    widths.all(|width| width == Some(first)).then_some(first)
}

/// What the data that some linear operators read is made of.
pub(super) fn before(flow: &Flow<'_>, heads: &[usize]) -> Vec<bool> {
    let mut all = vec![false; flow.graph().nodes.len()];
    for value in heads.iter().flat_map(|node| flow.evidence(*node)) {
        for (mark, is_before) in all.iter_mut().zip(flow.nodes_before(*value)) {
            *mark |= is_before;
        }
    }
    all
}

/// Whether something behind a head makes probabilities or picks classes.
fn decides(flow: &Flow<'_>, group: &Group<'_, '_>) -> bool {
    let behind = |node: usize| flow.op(node).behind().ok();
    let is_link = |node: usize| {
        matches!(
            behind(node),
            Some(Behind::IndexOfBest | Behind::Labelled | Behind::Link(_) | Behind::SortedBest)
        )
    };
    group.heads.iter().any(|node| flow.op(*node).is_classical())
        || group
            .exits
            .iter()
            .any(|exit| (0..exit.tail.nodes.len()).any(|it| exit.tail.nodes[it] && is_link(it)))
}

/// Whether every output of a head declares rows for places of the input.
fn is_dense(group: &Group<'_, '_>) -> bool {
    let counts_places = |exit: &&Exit<'_>| {
        let shape = exit.output.shape.as_deref().unwrap_or_default();
        shape.iter().skip(1).filter(|dim| **dim != Dim::Fixed(1)).count() > 1
    };
    group.exits.iter().all(counts_places)
}
