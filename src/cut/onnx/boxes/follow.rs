//! Follows the classes of a detector from its heads to the outputs: through what joins the scales, what stands beside
//! the classes, and what takes them apart again. Whatever else comes of them is lost, and is said.

use std::collections::HashMap;

use super::{
    super::{
        super::Site,
        axes::sliced_axes,
        follower::Follower,
        problem::{Lost, Malformed, Meaning, Obstacle, Problem},
        target::{self, Entry, target_beside},
    },
    block::{Block, Part},
    extents,
    layout::Layout,
};
use crate::net::{
    ValueId, element_type, int_attribute, ints_attribute,
    ops::{Behind, List, Operator, Picking, Rearrangement, Squash},
    permutation,
};
use declass_formats::onnx::Dim;

/// Operators behind the heads that are followed.
const MAX_FOLLOWED: usize = 4096;

/// What becomes of the heads' results.
pub(super) struct Followed {
    /// The values in which the classes are some entries.
    pub(super) blocks: HashMap<ValueId, Block>,
    /// The values that may tell a class in another way.
    pub(super) lost: HashMap<ValueId, Obstacle>,
    /// The operators that are not followed, in the order in which they run.
    pub(super) stuck: Vec<usize>,
    /// What has to become smaller if classes are dropped.
    pub(super) sites: Vec<Site>,
    /// The operators for which that is not known, in the order in which they run.
    pub(super) fixed: Vec<usize>,
}

/// Follows results of the heads through the graph.
pub(super) fn follow(
    follower: &Follower<'_, '_>,
    starts: impl IntoIterator<Item = (ValueId, Block)>,
) -> Result<Followed, Obstacle> {
    let flow = follower.flow;
    let blocks = starts.into_iter().collect();
    let mut all =
        Followed { blocks, lost: HashMap::new(), stuck: Vec::new(), sites: Vec::new(), fixed: Vec::new() };
    let mut followed = 0;
    for node in flow.order().iter().copied().filter(|node| !flow.op(*node).is_shape()) {
        let onnx = flow.node(node);
        let operands: Vec<ValueId> =
            onnx.inputs.iter().chain(&onnx.captures).filter_map(|name| flow.id(name)).collect();
        let touched = operands.iter().any(|it| all.blocks.contains_key(it) || all.lost.contains_key(it));
        if !touched {
            continue;
        }
        followed += 1;
        if followed > MAX_FOLLOWED {
            return Err(Obstacle::TooMany(MAX_FOLLOWED));
        }
        let results = onnx.outputs.iter().map(|name| flow.id(name));
        if let Some(earlier) = operands.iter().find_map(|it| all.lost.get(it)).cloned() {
            all.lost.extend(results.flatten().map(|value| (value, earlier.clone())));
            continue;
        }
        let mut step = Step { follower, node, blocks: &all.blocks, sites: Some(Vec::new()) };
        match step.results() {
            Ok(blocks) => {
                match step.sites {
                    Some(sites) => all.sites.extend(sites),
                    None => all.fixed.push(node),
                }
                let named = results.zip(blocks);
                all.blocks.extend(named.filter_map(|(value, block)| Some((value?, block?))));
            }
            Err(problem) => {
                let what = Obstacle::At { op: onnx.op_type.clone(), title: flow.title(node), problem };
                all.lost.extend(results.flatten().map(|value| (value, what.clone())));
                all.stuck.push(node);
            }
        }
    }
    Ok(all)
}

/// One operator that reads classes.
struct Step<'x, 'f, 'a> {
    follower: &'x Follower<'f, 'a>,
    node: usize,
    blocks: &'x HashMap<ValueId, Block>,
    /// What has to become smaller if classes are dropped; `None` where that is not known.
    sites: Option<Vec<Site>>,
}

impl Step<'_, '_, '_> {
    /// What each result has of the classes; `None` for one that has nothing of them.
    fn results(&mut self) -> Result<Vec<Option<Block>>, Problem> {
        let onnx = self.follower.flow.node(self.node);
        let operator = self.follower.flow.op(self.node).known().map_err(Clone::clone)?;
        if operator.list == List::Joins {
            return Ok(vec![Some(self.joined()?)]);
        }
        let from_graph =
            |name: &String| self.follower.flow.id(name).is_some_and(|it| self.blocks.contains_key(&it));
        let Some(data) = self.block(0).cloned() else { return Err(Meaning::Steered.into()) };
        let data = &data;
        if onnx.inputs.iter().skip(1).chain(&onnx.captures).any(from_graph) {
            return Err(Meaning::NotFollowed.into());
        }
        if operator.behind == Behind::Parted {
            return self.parted(data);
        }
        if onnx.outputs.len() > 1 {
            return Err(self.unknown(operator));
        }
        Ok(vec![self.single(operator, data)?])
    }

    fn single(&mut self, operator: &Operator, data: &Block) -> Result<Option<Block>, Problem> {
        match operator.behind {
            Behind::Same => Ok(Some(data.clone())),
            Behind::Link(Squash::Sigmoid) if !data.squashed => {
                Ok(Some(Block { squashed: true, ..data.clone() }))
            }
            Behind::Retyped => self.retyped(data).map(Some),
            Behind::Rearranged(Rearrangement::Permuted) => self.permuted(data).map(Some),
            Behind::Rearranged(Rearrangement::Reshaped) => self.reshaped(data).map(Some),
            Behind::Picked(Picking::Ranges) => self.sliced(data),
            _ => Err(self.unknown(operator)),
        }
    }

    /// Why an operator is not followed.
    fn unknown(&self, operator: &Operator) -> Problem {
        match operator.behind {
            Behind::Reduced(_) | Behind::SortedBest | Behind::IndexOfBest => Meaning::ChoosesBoxes.into(),
            Behind::Combined(_) => Meaning::MixedWithOther.into(),
            _ => Meaning::NotFollowed.into(),
        }
    }

    fn block(&self, input: usize) -> Option<&Block> {
        self.blocks.get(&self.follower.flow.id(self.follower.name(self.node, input)?)?)
    }

    /// Values end to end: the classes beside other entries, or the places of one scale behind those of another.
    fn joined(&self) -> Result<Block, Problem> {
        let onnx = self.follower.flow.node(self.node);
        let operands: Vec<Option<&Block>> = (0..onnx.inputs.len()).map(|input| self.block(input)).collect();
        let blocks: Vec<&Block> = operands.iter().flatten().copied().collect();
        let first = *blocks.first().ok_or(Meaning::Steered)?;
        let along = first.counted_from_right(int_attribute(onnx, "axis", 1)).ok_or(Malformed::Axes)?;
        if blocks.iter().any(|block| block.anchored.is_some()) {
            return Err(Meaning::NotFollowed.into());
        }
        if along != first.axis {
            let is_alike = |block: &&Block| {
                first.start.is_some() && Block { heads: first.heads.clone(), ..(*block).clone() } == *first
            };
            if blocks.len() < operands.len() || !blocks.iter().all(is_alike) {
                return Err(Meaning::OtherPlaces.into());
            }
            let heads = blocks.iter().flat_map(|block| block.heads.iter().copied()).collect();
            return Ok(Block { heads, ..first.clone() });
        }
        if blocks.len() > 1 {
            return Err(Meaning::ClassesTwice.into());
        }
        let extents = operands.iter().zip(&onnx.inputs).map(|(block, name)| match block {
            Some(block) => block.extent,
            None => extents::extent(self.follower, self.follower.flow.id(name)?, along),
        });
        let extents: Vec<Option<usize>> = extents.collect();
        let sum = |extents: &[Option<usize>]| {
            extents.iter().try_fold(0_usize, |sum, extent| sum.checked_add((*extent)?))
        };
        let at = operands.iter().position(Option::is_some).unwrap_or_default();
        let start = first.start.zip(sum(&extents[..at])).and_then(|(own, before)| own.checked_add(before));
        Ok(Block { start, extent: sum(&extents), ..first.clone() })
    }

    /// The classes have to stay whole.
    fn parted(&mut self, data: &Block) -> Result<Vec<Option<Block>>, Problem> {
        let onnx = self.follower.flow.node(self.node);
        let along = data.counted_from_right(int_attribute(onnx, "axis", 0)).ok_or(Malformed::Axes)?;
        if along != data.axis {
            return Ok(vec![Some(data.clone()); onnx.outputs.len()]);
        }
        let sizes =
            extents::sizes(self.follower, self.node, along, || data.extent).ok_or(Lost::SlicedAxes)?;
        let mut from = 0_usize;
        let mut results = Vec::new();
        for (position, size) in sizes.into_iter().enumerate() {
            let to = from.checked_add(size).ok_or(Malformed::Axes)?;
            let part = self.range(data, from, to)?;
            if part.is_some() {
                self.note(1, position);
            }
            results.push(part);
            from = to;
        }
        Ok(results)
    }

    fn sliced(&mut self, data: &Block) -> Result<Option<Block>, Problem> {
        let axes = sliced_axes(self.follower, self.node)?;
        let mut left = Some(data.clone());
        for (at, axis) in axes.iter().enumerate() {
            if data.counted_from_right(*axis).ok_or(Malformed::Axes)? != data.axis {
                continue;
            }
            let Some(block) = left else { return Ok(None) };
            let extent =
                data.extent.and_then(|extent| i64::try_from(extent).ok()).ok_or(Meaning::PicksClasses)?;
            if self.entry("steps", 4, at, Some(1))? != 1 {
                return Err(Meaning::PicksClasses.into());
            }
            let bound = |entry: i64| {
                let entry = if entry < 0 { entry.saturating_add(extent) } else { entry };
                usize::try_from(entry.clamp(0, extent)).map_err(|_| Malformed::Axes)
            };
            let (start, end) = (self.entry("starts", 1, at, None)?, self.entry("ends", 2, at, None)?);
            let from = bound(start)?;
            left = self.range(&block, from, bound(end)?)?;
            self.note_bound(data, 1, at, (start, extent));
            self.note_bound(data, 2, at, (end, extent));
        }
        Ok(left)
    }

    /// An entry of a list that is an attribute in old operator sets and an operand in new ones.
    fn entry(&self, name: &str, input: usize, at: usize, default: Option<i64>) -> Result<i64, Problem> {
        let list = match ints_attribute(self.follower.flow.node(self.node), name) {
            Some(list) => Some(list.to_vec()),
            None => self.follower.integers(self.node, input)?,
        };
        let is_given = self.follower.name(self.node, input).is_some();
        let entry = list.and_then(|list| list.get(at).copied());
        entry.or(default.filter(|_| !is_given)).ok_or_else(|| Meaning::PicksClasses.into())
    }

    /// A bound of a slice moves with the end of the classes, if it lies behind them.
    fn note_bound(&mut self, data: &Block, input: usize, at: usize, (bound, extent): (i64, i64)) {
        let behind = data.start.and_then(|start| i64::try_from(start + self.follower.classes).ok());
        match (bound, behind) {
            // Whatever is larger than the extent stands for the end.
            (0.., Some(behind)) if bound < behind || bound > extent => {}
            (0.., Some(_)) => self.note(input, at),
            // From the last entry on nothing moves but what lies in front of the classes.
            (_, Some(behind)) if bound.saturating_add(extent) >= behind => {}
            _ => self.sites = None,
        }
    }

    /// An entry of a list of numbers becomes smaller.
    fn note(&mut self, input: usize, position: usize) {
        let is_constant = matches!(self.follower.integers(self.node, input), Ok(Some(_)));
        let site = Site::LongerExtent { node: self.node, input, position };
        match &mut self.sites {
            Some(sites) if is_constant => sites.push(site),
            sites => *sites = None,
        }
    }

    /// The extent of the classes in a shape becomes smaller; one that is taken from a value does so by itself.
    fn note_shape(&mut self, axis: usize) {
        if let Ok(Some(shape)) = self.follower.integers(self.node, 1) {
            return match shape.len().checked_sub(axis + 1).map(|at| (at, shape[at])) {
                Some((at, 1..)) => self.note(1, at),
                Some((_, 0)) => {}
                _ => self.sites = None,
            };
        }
        let pieces = target::pieces(self.follower, self.node, 1);
        match (pieces.get(axis), &mut self.sites) {
            (Some((_, _, Entry::Classes | Entry::Number(0))), _) => {}
            (Some(((node, input), position, Entry::Number(1..))), Some(sites)) => {
                sites.push(Site::LongerExtent { node: *node, input: *input, position: *position });
            }
            (_, sites) => *sites = None,
        }
    }

    fn range(&self, data: &Block, from: usize, to: usize) -> Result<Option<Block>, Problem> {
        match data.part(from, to, self.follower.classes).ok_or(Meaning::PicksClasses)? {
            Part::All => Ok(Some(data.within(from, to, self.follower.classes))),
            Part::None => Ok(None),
            Part::Some => Err(Meaning::PicksClasses.into()),
        }
    }

    /// Floats stay floats: that of a sealed class is far from any that is rounded to it.
    fn retyped(&self, data: &Block) -> Result<Block, Problem> {
        let to = element_type(int_attribute(self.follower.flow.node(self.node), "to", 0));
        if to.is_ok_and(|to| to.is_float()) { Ok(data.clone()) } else { Err(Meaning::Cast.into()) }
    }

    fn permuted(&self, data: &Block) -> Result<Block, Problem> {
        let axes = permutation(self.follower.flow.node(self.node), data.rank)?;
        let source = data.rank.checked_sub(data.axis + 1).ok_or(Malformed::Axes)?;
        let place = axes.iter().position(|axis| *axis == source).ok_or(Malformed::Axes)?;
        Ok(Block { axis: data.rank - 1 - place, ..data.clone() })
    }

    /// The axes of a map become one: `[N, C, H, W]` as `[N, C, -1]`, or `[N, H, W, C]` as `[N, -1, C]`. Samples and
    /// classes have to stay what they are.
    fn reshaped(&mut self, data: &Block) -> Result<Block, Problem> {
        // Whatever is a block has as many samples as the results of its heads.
        let head = data.heads.first().and_then(|head| self.follower.flow.node(*head).outputs.first());
        let samples = head.and_then(|name| self.follower.flow.id(name));
        let target = target_beside(self.follower, (self.node, 1), samples);
        if let Some(layout) = data.anchored {
            return self.anchors(data, layout, &target);
        }
        let is_last = data.axis == 0;
        let (places, classes, samples) = match target.as_slice() {
            [classes, places, samples] if is_last => (places, classes, samples),
            [places, classes, samples] => (places, classes, samples),
            _ => return Err(Lost::Merged.into()),
        };
        let stands = data.rank > 2 && (is_last || data.rank - 2 == data.axis);
        let stays = match classes {
            Entry::Number(0) | Entry::Classes => true,
            Entry::Number(extent) => data.extent.is_some() && usize::try_from(*extent).ok() == data.extent,
            _ => false,
        };
        // With samples and classes what they were, the places are what is left, whoever counts them.
        let counts = !matches!(places, Entry::Classes | Entry::Number(0 | i64::MIN..=-2));
        if stands && stays && counts && self.is_samples(*samples) {
            let axis = usize::from(!is_last);
            self.note_shape(axis);
            Ok(Block { axis, rank: 3, ..data.clone() })
        } else {
            Err(Lost::Merged.into())
        }
    }

    /// The results of the anchors, one behind the other on the axis, get an axis for the anchors. If the samples stay
    /// what they are, the entries behind the axis together have to, too.
    fn anchors(&mut self, data: &Block, layout: Layout, target: &[Entry]) -> Result<Block, Problem> {
        self.sites = None;
        let is = |at: usize, wanted: usize| match target.get(at) {
            Some(Entry::Number(number)) => usize::try_from(*number).ok() == Some(wanted),
            _ => false,
        };
        let apart =
            target.len() == data.rank + 1 && is(data.axis, layout.each) && is(data.axis + 1, layout.anchors);
        if !apart || data.axis + 2 != data.rank || !self.is_samples(target[data.rank]) {
            return Err(Lost::Merged.into());
        }
        Ok(Block {
            rank: data.rank + 1,
            start: Some(layout.before),
            extent: Some(layout.each),
            anchored: None,
            ..data.clone()
        })
    }

    /// Whether the first entry of a target shape is that of the samples.
    fn is_samples(&self, entry: Entry) -> bool {
        match entry {
            Entry::First | Entry::Number(0) | Entry::Rows => true,
            Entry::Number(count) => self.counts_samples(count),
            _ => false,
        }
    }

    /// Whether every input of the graph is declared with so many samples.
    fn counts_samples(&self, count: i64) -> bool {
        let first = |shape: &Vec<Dim>| shape.first() == Some(&Dim::Fixed(count));
        self.follower.flow.graph().inputs.iter().all(|input| input.shape.as_ref().is_some_and(first))
    }
}
