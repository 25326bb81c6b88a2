//! The original and its copy, run on the same: whole networks on made-up inputs, and what stands behind the
//! embedding on synthetic embeddings.

use std::collections::{BTreeSet, HashMap};

use candle_core::{Device, Tensor};

use super::{
    Stop,
    layout::Layout,
    shared::{Shared, Side},
};
use crate::{
    cut::{Branch, Head},
    evidence::{Change, Unjudged},
    head::LinearHead,
    net::{Flow, Kind, ValueId},
    run::{Fault, Floats, Limits, Network, Run, Value},
    tail::Weights,
};

/// An output as numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    /// Whether they are whole numbers, or yes and no.
    pub(super) whole: bool,
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Vec<f64>,
}

impl Given {
    /// How many entries lie behind an axis of so many entries, if the other axes count the inputs, or the inputs and
    /// the places of each.
    pub(super) fn inner(&self, axis: usize, extent: usize, rows: Rows) -> Option<usize> {
        let inner = self.shape.get(axis + 1..)?.iter().product();
        let fits = match rows {
            Rows::OfInputs(batch) => self.numbers.len() == batch * extent,
            Rows::OfPlaces(batch) => {
                let first = if batch == 1 { 0 } else { 1 };
                axis >= first && batch * extent > 0 && self.numbers.len().is_multiple_of(batch * extent)
            }
        };
        (self.shape[axis] == extent && fits && !self.numbers.is_empty()).then_some(inner)
    }

    /// The entries along an axis, for each input or each place of each input. Without an axis those of an input in
    /// the order in which they lie, or one by one where each is of a place of its own; none if it is not as many for
    /// each input.
    pub(super) fn rows(&self, axis: Option<usize>, rows: Rows) -> Option<Vec<Vec<f64>>> {
        let all = self.numbers.len();
        let (Rows::OfInputs(batch) | Rows::OfPlaces(batch)) = rows;
        let per = match (axis, rows) {
            (Some(axis), Rows::OfPlaces(_)) => *self.shape.get(axis)?,
            (None, Rows::OfPlaces(_)) => 1,
            (_, Rows::OfInputs(batch)) => all / batch.max(1),
        };
        let inner = match axis {
            Some(axis) => self.inner(axis, per, rows)?,
            None => 1,
        };
        if per == 0 || all == 0 || !all.is_multiple_of(per * batch.max(1)) {
            return None;
        }
        let row = |at: usize| {
            let start = at / inner * per * inner + at % inner;
            self.numbers[start..].iter().step_by(inner).take(per).copied().collect()
        };
        Some((0..all / per).map(row).collect())
    }
}

/// What has a row of an output each, of so many inputs that were run together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows {
    OfInputs(usize),
    OfPlaces(usize),
}

/// What was seen of one run of both networks.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Inputs, or embeddings, that were run together.
    pub(super) batch: usize,
    /// The logits that the heads as they were read make of the embeddings, `[batch, places, C]` over the original's
    /// classes; none where branches read embeddings of different places.
    pub(super) logits: Option<Change<Vec<f32>>>,
    /// Embeddings of each input that the logits are of.
    pub(super) places: usize,
    /// Every output that was run, in the order of [`Pair::outputs`].
    pub(super) outputs: Change<Vec<Given>>,
}

/// Both networks, ready to be run.
pub(super) struct Pair<'a> {
    networks: Change<&'a Network<'a>>,
    /// The outputs that are run, by name.
    pub(super) outputs: Vec<(&'a str, Change<ValueId>)>,
    shared: Shared,
    branches: &'a [Branch],
    /// Whether each of several places of an input has a row of its own.
    pub(super) every_place: bool,
    /// The value that each branch reads, in the original.
    embeddings: Vec<ValueId>,
    heads: Change<Weights>,
    /// Values in front of the head that something behind it reads as well.
    beside: Vec<ValueId>,
    /// Titles of the operators behind the embedding.
    behind: BTreeSet<String>,
    /// Whether the graph is not the models' own, so that it knows nothing of what the copy lacks.
    is_lent: bool,
}

/// What was there when both were run on inputs: the values around the embeddings that other embeddings are put
/// among.
pub(super) struct Around {
    batch: usize,
    layouts: Vec<Layout>,
    embeddings: Vec<Value>,
    beside: HashMap<ValueId, Value>,
}

/// What came out of both.
struct Both {
    outputs: Change<Vec<Given>>,
    /// Further values of the original.
    further: Vec<Value>,
    /// What the original took.
    work: u64,
}

/// Which of the two could not be run, and why.
#[derive(Debug)]
pub(super) enum Trouble {
    Original(Fault),
    Copy(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Original(fault)
    }
}

/// What one run may take: some seconds of one core, and 4 GiB.
const LIMITS: Limits = Limits { elements: 1 << 30, work: 1 << 38 };

impl<'a> Pair<'a> {
    /// Both networks; `changed` are the stored tensors whose elements differ. Outputs that cannot be run are left
    /// out and told, with the reason.
    pub(super) fn new(
        sides: Change<Side<'a>>,
        networks: Change<&'a Network<'a>>,
        heads: &Change<LinearHead>,
        head: &'a Head,
        changed: &BTreeSet<&str>,
    ) -> Result<(Self, Vec<Unjudged>), String> {
        let branches = head.branches.as_slice();
        let weights = |head| Weights::of(head, &Device::Cpu).map_err(|error| error.to_string());
        let Change { before, after } = sides;
        let both = |name: &str| Some(Change { before: before.flow.id(name)?, after: after.flow.id(name)? });
        let (mut outputs, mut left_out) = (Vec::new(), Vec::new());
        for name in before.flow.graph().outputs.iter().map(|output| output.name.as_str()) {
            let Some(ids) = both(name) else { continue };
            match networks.before.supported(&[ids.before], &[]) {
                // Chance behind the embedding is found when it is run.
                Err(fault) if *fault.root() != Fault::Random => {
                    left_out.push(Unjudged { output: name.to_owned(), reason: fault.to_string() })
                }
                _ => outputs.push((name, ids)),
            }
        }
        let embedding = |branch: &Branch| {
            let missing = || format!("the embedding `{}` is no value of the graph", branch.embedding);
            let found = if before.source.is_lent() {
                before.source.met(before.flow, &branch.weight.tensor)
            } else {
                before.flow.id(&branch.embedding)
            };
            found.ok_or_else(missing)
        };
        let embeddings = branches.iter().map(embedding).collect::<Result<Vec<_>, _>>()?;
        let shared = Shared::between(before, after, changed);
        let (beside, behind) = around(before.flow, &embeddings, &shared);
        let pair = Self {
            networks,
            outputs,
            shared,
            branches,
            every_place: head.position.place().is_some(),
            embeddings,
            heads: Change { before: weights(&heads.before)?, after: weights(&heads.after)? },
            beside,
            behind,
            is_lent: before.source.is_lent(),
        };
        Ok((pair, left_out))
    }

    /// Whether what stands in the way is chance, behind the embedding: then nothing is certain of what comes out.
    pub(super) fn is_chance_behind(&self, fault: &Fault) -> bool {
        matches!(fault, Fault::At { title, fault, .. } if **fault == Fault::Random && self.behind.contains(title))
    }

    /// What it means that one of the two does not run.
    pub(super) fn stop(&self, trouble: Trouble) -> Stop {
        match trouble {
            Trouble::Original(fault) => Stop::NotExecuted(fault.to_string()),
            Trouble::Copy(fault) if self.is_lent => {
                Stop::NotExecuted(format!("the graph does not fit the copy: {fault}"))
            }
            Trouble::Copy(fault) => {
                Stop::Wrong(format!("the copy does not run, and the original does: {fault}"))
            }
        }
    }

    /// Runs both on inputs; gives what was seen, what stays the same around other embeddings (none if the head
    /// reads no plain embeddings), and the work that the original took.
    pub(super) fn run(
        &self,
        inputs: &HashMap<ValueId, Value>,
        batch: usize,
    ) -> Result<(Seen, Option<Around>, u64), Trouble> {
        let further: Vec<ValueId> = self.embeddings.iter().chain(&self.beside).copied().collect();
        let Both { outputs, further: values, work } = self.both(inputs, &further)?;
        let (embeddings, beside) = values.split_at(self.embeddings.len());
        let around = self.layouts(embeddings, batch).map(|layouts| Around {
            batch,
            layouts,
            embeddings: embeddings.to_vec(),
            beside: self.beside.iter().copied().zip(beside.iter().cloned()).collect(),
        });
        let places = around.as_ref().and_then(|around| around.layouts.first()).map_or(0, |it| it.places);
        let is_plain = places == 1 || self.every_place;
        let plain =
            around.as_ref().filter(|around| is_plain && around.layouts.iter().all(|it| it.places == places));
        let logits = plain.map(|around| self.logits(around, embeddings, Layout::rows)).transpose()?;
        Ok((Seen { batch, logits, places, outputs }, around, work))
    }

    /// Runs what stands behind the embedding on these, `[batch, D]`, in the place of those that were there.
    pub(super) fn run_behind(&self, rows: &[f32], around: &Around) -> Result<Seen, Trouble> {
        let mut given = around.beside.clone();
        let width: usize = self.branches.iter().map(|branch| branch.width).sum();
        let mut from = 0;
        for (((branch, id), value), layout) in
            self.branches.iter().zip(&self.embeddings).zip(&around.embeddings).zip(&around.layouts)
        {
            let row = |batch: usize| &rows[batch * width + from..][..branch.width];
            let placed = Floats::of(layout.spread(row), value.shape(), value.dtype(), &Device::Cpu)?;
            // Branches may read the same embedding: then it is that of the first.
            given.entry(*id).or_insert_with(|| placed.into());
            from += branch.width;
        }
        let placed: Vec<Value> = self.embeddings.iter().filter_map(|id| given.get(id).cloned()).collect();
        let Both { outputs, .. } = self.both(&given, &[])?;
        let logits = Some(self.logits(around, &placed, Layout::first_rows)?);
        Ok(Seen { batch: around.batch, logits, places: 1, outputs })
    }

    /// The outputs of both, and further values of the original; what is the same in both is computed once.
    fn both(&self, given: &HashMap<ValueId, Value>, further: &[ValueId]) -> Result<Both, Trouble> {
        let outputs = self.outputs.iter().map(|(_, ids)| ids.before);
        let shared = self.shared.values.iter().map(|(_, original)| *original);
        let wanted: Vec<ValueId> = outputs.chain(shared).chain(further.iter().copied()).collect();
        let run = Run { given, wanted: &wanted, learns: false, limits: LIMITS };
        let (made, work) = self.networks.before.run_counted(&run)?;
        let (before, rest) = made.split_at(self.outputs.len());
        let (shared, further) = rest.split_at(self.shared.values.len());
        let copied = self.shared.values.iter().zip(shared).map(|((copy, _), value)| (*copy, value.clone()));
        let wanted: Vec<ValueId> = self.outputs.iter().map(|(_, ids)| ids.after).collect();
        let run = Run { given: &copied.collect(), wanted: &wanted, learns: false, limits: LIMITS };
        let after = self.networks.after.run(&run).and_then(|after| numbers(&after)).map_err(Trouble::Copy)?;
        Ok(Both { outputs: Change { before: numbers(before)?, after }, further: further.to_vec(), work })
    }

    fn layouts(&self, embeddings: &[Value], batch: usize) -> Option<Vec<Layout>> {
        let layout = |(branch, value): (&Branch, &Value)| {
            value.floats().ok().and_then(|_| Layout::of(value.shape(), batch, branch.width))
        };
        self.branches.iter().zip(embeddings).map(layout).collect()
    }

    /// What the heads as they were read make of these rows of embeddings.
    fn logits(
        &self,
        around: &Around,
        embeddings: &[Value],
        rows: impl Fn(Layout, &[f64]) -> Vec<f32>,
    ) -> Result<Change<Vec<f32>>, Fault> {
        let parts = embeddings.iter().zip(&around.layouts).zip(self.branches);
        let parts = parts.map(|((value, layout), branch)| {
            let rows = rows(*layout, &value.numbers()?);
            let count = rows.len() / branch.width.max(1);
            Ok(Tensor::from_vec(rows, (count, branch.width), &Device::Cpu)?)
        });
        let joint = Tensor::cat(&parts.collect::<Result<Vec<_>, Fault>>()?, 1)?;
        let of = |head: &Weights| -> Result<Vec<f32>, Fault> {
            Ok(head.logits(&joint)?.flatten_all()?.to_vec1()?)
        };
        Ok(Change { before: of(&self.heads.before)?, after: of(&self.heads.after)? })
    }
}

/// The values that do not follow from the embeddings, and that something which does follow reads, or a part of the
/// copy that is another; and the titles of the operators that follow.
fn around(flow: &Flow<'_>, embeddings: &[ValueId], shared: &Shared) -> (Vec<ValueId>, BTreeSet<String>) {
    let mut behind: BTreeSet<ValueId> = embeddings.iter().copied().collect();
    let (mut read, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for index in flow.order() {
        let node = flow.node(*index);
        let ids = |names: &[String]| names.iter().filter_map(|name| flow.id(name)).collect::<Vec<_>>();
        let (operands, results) = ([ids(&node.inputs), ids(&node.captures)].concat(), ids(&node.outputs));
        if operands.iter().any(|value| behind.contains(value)) {
            titles.insert(flow.title(*index));
            read.extend(operands);
            behind.extend(results);
        }
    }
    // What the head reads in its other places, where it has several: where both part only there.
    let parts: BTreeSet<ValueId> = shared.values.iter().map(|(_, original)| *original).collect();
    if embeddings.iter().all(|embedding| parts.contains(embedding)) {
        read.extend(parts);
    }
    // Outputs that do not follow from the embeddings stay what they are.
    read.extend(flow.graph().outputs.iter().filter_map(|output| flow.id(&output.name)));
    let moves = |value: &ValueId| flow.kind(*value) != Kind::Static;
    (read.into_iter().filter(|value| !behind.contains(value) && moves(value)).collect(), titles)
}

fn numbers(values: &[Value]) -> Result<Vec<Given>, Fault> {
    let given = |value: &Value| {
        Ok(Given { whole: value.whole().is_ok(), shape: value.shape().to_vec(), numbers: value.numbers()? })
    };
    values.iter().map(given).collect()
}
