//! A head and what the model makes of its result, followed to every output that depends on it.

use declass_formats::{Artifact, onnx::Value};

use super::{
    super::{Branch, Head, not_this_head, refusal},
    bodies,
    check::{self, Answer, Refused},
    classical, floated,
    follower::Follower,
    open,
    output::{Exit, Tail},
    part::{self, PLAIN_HEAD, Part},
    proven,
    stage::Tracked,
    tail,
};
use crate::{
    classes::Labels,
    error::Error,
    net::{Flow, ValueId},
};

/// A head that is understood up to the outputs.
pub(super) struct Found<'f, 'a> {
    pub(super) follower: Follower<'f, 'a>,
    pub(super) parts: Vec<Part>,
    /// Their nodes.
    pub(super) heads: Vec<usize>,
    /// The output that tells what the model makes of the head's result.
    pub(super) output: &'a Value,
    pub(super) value: ValueId,
    pub(super) answer: Answer,
    /// Whether anything that is given out is made by comparing the classes.
    pub(super) compares: bool,
    last: Tracked,
}

/// Where a head begins and the main one of its outputs.
pub(super) struct Route<'e, 'a> {
    pub(super) tail: &'e Tail,
    pub(super) main: &'e Exit<'a>,
    /// Whether somebody named the head: then nothing is guessed from names.
    pub(super) named: bool,
}

/// Outputs of one head that are tried.
const MAX_TRIED: usize = 4;

/// The first route on which a head is understood: one of its outputs may tell less of the classes than another.
///
/// # Errors
/// As [`follow`]: what is said of the first route, unless an output of another one stands in the way.
pub(super) fn first<'f, 'a, 'e>(
    artifact: &'f Artifact,
    flow: &'f Flow<'a>,
    routes: impl IntoIterator<Item = Route<'e, 'a>>,
    follow: fn(&'f Artifact, &'f Flow<'a>, &Route<'e, 'a>) -> Result<Found<'f, 'a>, Refused>,
) -> Result<Found<'f, 'a>, Refused>
where
    'a: 'e,
{
    let mut reason = None;
    for route in routes.into_iter().take(MAX_TRIED) {
        match follow(artifact, flow, &route) {
            Ok(found) => return Ok(found),
            // It names the output that stands in the way.
            Err(unproven @ Refused::Unproven(_)) => return Err(unproven),
            Err(refused) => {
                reason.get_or_insert(refused);
            }
        }
    }
    Err(reason.unwrap_or_else(|| refusal("nothing comes from this head", PLAIN_HEAD).into()))
}

/// Follows the results of the last linear operators to the outputs.
///
/// # Errors
/// What makes it no head of classes, or what behind it is not proven to keep a forgotten class from every output.
pub(super) fn follow<'f, 'a>(
    artifact: &'f Artifact,
    flow: &'f Flow<'a>,
    route: &Route<'_, 'a>,
) -> Result<Found<'f, 'a>, Refused> {
    let mut found = answer(artifact, flow, route)?;
    let joint =
        proven::every_output(&found.follower, &found.heads, found.output).map_err(Refused::Unproven)?;
    found.answer.link = joint.link(found.answer.link);
    found.compares = joint.compares;
    Ok(found)
}

/// The same as far as the main output alone tells.
///
/// # Errors
/// What makes it no head of classes.
pub(super) fn answer<'f, 'a>(
    artifact: &'f Artifact,
    flow: &'f Flow<'a>,
    route: &Route<'_, 'a>,
) -> Result<Found<'f, 'a>, Refused> {
    let Route { tail, main: Exit { output, value, .. }, named } = *route;
    let mut follower = Follower::new(artifact, flow);
    let parts = parts(&mut follower, tail)?;
    tail::follow(&mut follower, &tail.nodes).map_err(|problem| {
        if check::is_embedding(output) && !named {
            check::embedding_output(output)
        } else {
            behind(problem.to_string(), named)
        }
    })?;
    let Some(last) = follower.tracked.get(value).cloned() else {
        let reason = format!("output `{}` does not come from the last linear operator", output.name);
        return Err(behind(reason, named).into());
    };
    let answer = check::check_output(flow, output, &last, follower.classes, named)?;
    Ok(Found {
        follower,
        parts,
        heads: tail.heads.clone(),
        output,
        value: *value,
        answer,
        compares: false,
        last,
    })
}

/// What helps where every class has a classifier of its own.
const ONE_HEAD: &str =
    "supply a model with one linear head for all classes, such as a multinomial logistic regression";

/// What stands behind a head. Behind a named one it may be that another was meant.
fn behind(reason: String, named: bool) -> Error {
    if named { not_this_head(reason) } else { refusal(reason, PLAIN_HEAD) }
}

/// Reads the last linear operators and starts to follow their results.
fn parts(follower: &mut Follower<'_, '_>, tail: &Tail) -> Result<Vec<Part>, Refused> {
    if let [node] = tail.heads.as_slice()
        && follower.flow.op(*node).is_classical()
    {
        return Ok(vec![classical::part(follower, *node)?]);
    }
    if tail.heads.iter().any(|node| follower.flow.op(*node).is_classical()) {
        let reason =
            format!("{} classifiers make the output together, as one for each class do", tail.heads.len());
        return Err(refusal(reason, ONE_HEAD).into());
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
        return Err(refusal(reason, PLAIN_HEAD).into());
    }
    if follower.classes <= 1 {
        return Err(Refused::NotPerInput(refusal(
            "it has one output: a regression, reward or yes/no head",
            "there is no class to remove",
        )));
    }
    for (index, part) in parts.iter().enumerate() {
        if let Some(linear) = &part.linear {
            let started = tail::start(follower, index, part.result, linear);
            started.map_err(|problem| part::unfit(follower.flow, part.node, &format!("it {problem}")))?;
        }
    }
    Ok(parts)
}

impl Found<'_, '_> {
    /// The head, ready to be read and edited. The labels tell whether numbers in the graph are names.
    ///
    /// # Errors
    /// A factor behind the head that is not finite.
    pub(super) fn head(mut self, labels: Option<&Labels>) -> Result<Head, Error> {
        let open = open::of(&mut self.follower, &self.last, labels);
        let renamed = labels.and_then(|labels| open::renamed(&self.follower, labels));
        let merging = open::merging(&self.follower, &self.last, &self.output.name);
        let Self { follower, parts, answer, last, .. } = self;
        let floated = floated::of(follower.flow, &follower, &parts);
        let reads_rounded = floated::reads_rounded(follower.flow, &parts);
        let obstacle = bodies::obstacle(follower.flow, &follower.sites);
        let name = parts.first().map(|part| follower.flow.title(part.node)).unwrap_or_default();
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
        bodies::check(follower.flow, &branches)?;
        Ok(Head {
            name,
            classes: follower.classes,
            branches,
            link: answer.link,
            position: answer.position,
            ties: last.ties,
            auxiliary: Vec::new(),
            shift: last.logits.shift.clone(),
            obstacle: follower.obstacle.map(|obstacle| obstacle.to_string()).or(obstacle).or(renamed),
            fewest: None,
            sites: follower.sites,
            floated,
            reads_rounded,
            open,
            merging,
        })
    }
}
