//! Which linear operators are one head in several places: those of one width whose results are put end to end.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::Artifact;

use super::{
    super::{
        follower::Follower,
        named,
        output::{Exit, walk},
        part::{self, Part},
        problem::Obstacle,
        tail,
    },
    block::Block,
    follow::{Followed, follow},
    layout::Layout,
};
use crate::{
    cut::Operand,
    error::Error,
    net::{Flow, ValueId, ops::List},
};

/// Last linear operators of all outputs; a detector has a few for each scale.
const MAX_HEADS: usize = 64;

/// One head in several places.
#[derive(Clone, Debug)]
pub(super) struct Scales {
    /// Its nodes, in the order in which they run.
    pub(super) nodes: Vec<usize>,
    /// What each makes at every place.
    pub(super) layout: Layout,
}

/// One of the places: what its operator reads, and where its numbers are.
pub(super) struct Scale {
    pub(super) part: Part,
    /// The rows of the classes, for each anchor.
    pub(super) rows: Vec<ClassRows>,
    start: (ValueId, Block),
}

/// The rows of the classes.
pub(super) struct ClassRows {
    pub(super) weight: Operand,
    pub(super) bias: Option<Operand>,
}

/// All heads in several places that the outputs come from.
pub(super) fn all(artifact: &Artifact, flow: &Flow<'_>, exits: &[Exit<'_>]) -> Vec<Scales> {
    let ends = exits.iter().flat_map(|exit| walk(flow, exit.value).heads);
    let heads: BTreeSet<(usize, usize)> = ends.map(|node| (flow.rank(node), node)).collect();
    if heads.len() > MAX_HEADS {
        return Vec::new();
    }
    let mut follower = Follower::new(artifact, flow);
    let mut together: BTreeMap<(usize, usize, Option<usize>), Vec<usize>> = BTreeMap::new();
    for (_, node) in heads {
        let Some(width) = part::width(artifact, flow, node).filter(|width| *width > 1) else { continue };
        if let Some((place, start)) = end_to_end(&mut follower, node, width) {
            together.entry((place, width, start)).or_default().push(node);
        }
    }
    let several = together.into_iter().filter(|(_, nodes)| nodes.len() > 1);
    several.map(|((_, width, _), nodes)| Scales { nodes, layout: Layout::plain(width) }).collect()
}

/// Operators of one width that make more than the classes, where an output comes from several and none makes these
/// alone, and how many results each has.
pub(super) fn with_more(
    artifact: &Artifact,
    flow: &Flow<'_>,
    exits: &[Exit<'_>],
    count: usize,
) -> Option<(Vec<usize>, usize)> {
    let mut ends =
        exits.iter().map(|exit| walk(flow, exit.value).heads).filter(|heads| heads.len() <= MAX_HEADS);
    ends.find_map(|heads| {
        let mut together: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (_, node) in heads.into_iter().map(|node| (flow.rank(node), node)).collect::<BTreeSet<_>>() {
            together.entry(part::width(artifact, flow, node)?).or_default().push(node);
        }
        let (width, nodes) = together.iter().find(|(width, nodes)| **width > count && nodes.len() > 1)?;
        (!together.contains_key(&count)).then(|| (nodes.clone(), *width))
    })
}

/// Where the results of one operator are put end to end with others, and how many entries lie in front of them.
fn end_to_end(follower: &mut Follower<'_, '_>, node: usize, width: usize) -> Option<(usize, Option<usize>)> {
    let scale = Scale::read(follower, node, Layout::plain(width)).ok()?;
    let followed = follow(follower, [scale.start]).ok()?;
    let flow = follower.flow;
    let place = followed.stuck.iter().copied().find(|stuck| flow.op(*stuck).list() == List::Joins)?;
    let block = flow.node(place).inputs.iter().find_map(|name| followed.blocks.get(&flow.id(name)?))?;
    Some((place, block.start))
}

impl Scale {
    /// Reads one of the operators, which makes what the layout says.
    ///
    /// # Errors
    /// As [`part::part`], and where the rows of the classes are not stored as rows.
    pub(super) fn read(follower: &mut Follower<'_, '_>, node: usize, layout: Layout) -> Result<Self, Error> {
        follower.classes = layout.results();
        let part = part::part(follower, node)?;
        let unfit = |what: String| part::unfit(follower.flow, node, &what);
        let linear = part.linear.as_ref().ok_or_else(|| unfit("it is no linear one".into()))?;
        tail::start(follower, node, part.result, linear)
            .map_err(|problem| part::unfit(follower.flow, node, &format!("it {problem}")))?;
        let flow = follower.flow;
        let value = flow.node(part.result).outputs.first().and_then(|name| flow.id(name));
        let tracked = value.and_then(|value| Some((value, follower.tracked.get(&value)?)));
        let whole = tracked.and_then(|(value, tracked)| Some((value, tracked, tracked.rank?)));
        let Some((value, tracked, rank)) = whole else {
            return Err(part::unfit(flow, node, &"the rank of its result is not known"));
        };
        let term = tracked.logits.terms.get(&node);
        let plain = term.is_some_and(|term| {
            term.gain.iter().chain(&term.bias_gain).all(|gain| *gain == 1.0)
                && tracked.logits.shift.iter().all(|shift| *shift == 0.0)
        });
        if !plain {
            return Err(part::unfit(flow, node, &"it scales or shifts its results"));
        }
        let anchored = (layout.anchors > 1).then_some(layout);
        let block = Block {
            axis: tracked.axis,
            rank,
            start: Some(layout.before).filter(|_| anchored.is_none()),
            extent: Some(layout.each).filter(|_| anchored.is_none()),
            squashed: false,
            heads: BTreeSet::from([node]),
            anchored,
            taken: None,
        };
        let rows = class_rows(&part.weight, term.and_then(|term| term.bias.as_ref()), layout);
        let rows = rows.ok_or_else(|| unfit("its rows are not stored one behind the other".into()))?;
        follower.classes = layout.classes;
        Ok(Self { rows, part, start: (value, block) })
    }
}

/// The rows of the classes of each anchor; `None` if they are not stored as rows.
fn class_rows(weight: &Operand, bias: Option<&Operand>, layout: Layout) -> Option<Vec<ClassRows>> {
    let weights = layout.rows(weight)?;
    let biases: Vec<Option<Operand>> = match bias {
        Some(bias) => layout.rows(bias)?.into_iter().map(Some).collect(),
        None => vec![None; weights.len()],
    };
    Some(weights.into_iter().zip(biases).map(|(weight, bias)| ClassRows { weight, bias }).collect())
}

impl Scales {
    /// Reads all operators and follows what they make.
    ///
    /// # Errors
    /// As [`Scale::read`], and where too much follows.
    pub(super) fn follow(&self, follower: &mut Follower<'_, '_>) -> Result<(Vec<Scale>, Followed), Error> {
        let read = |node: &usize| Scale::read(follower, *node, self.layout);
        let scales = self.nodes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let starts = scales.iter().map(|scale| scale.start.clone());
        let followed = follow(follower, starts);
        let followed =
            followed.map_err(|obstacle: Obstacle| super::super::super::refusal(obstacle.to_string(), ""))?;
        Ok((scales, followed))
    }

    /// Whether a name is that of one of the operators, its weight or its result, or of an output that comes from it.
    pub(super) fn is_named(
        &self,
        artifact: &Artifact,
        flow: &Flow<'_>,
        exits: &[Exit<'_>],
        name: &str,
    ) -> bool {
        let own = |node: &usize| {
            let onnx = flow.node(*node);
            if (0..self.layout.anchors).any(|anchor| name == self.layout.name(&flow.title(*node), anchor)) {
                return true;
            }
            let weight = named::weight(artifact, flow, *node);
            onnx.name == name || onnx.outputs.iter().any(|it| it == name) || weight == Some(name)
        };
        let given_out = || exits.iter().filter(|exit| exit.output.name == name);
        self.nodes.iter().any(own)
            || given_out().any(|exit| {
                let before = flow.nodes_before(exit.value);
                self.nodes.iter().all(|node| before[*node])
            })
    }
}
