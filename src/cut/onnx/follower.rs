//! The values behind the head that are known, and how operators read their operands from them.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use declass_formats::{Artifact, onnx::Dim};

use super::{
    super::Site,
    problem::{Malformed, Meaning, Obstacle, Problem},
    stage::Tracked,
    storage::view,
};
use crate::head::Open;
use crate::net::{
    Flow, Ranks, ValueId, axes_of, evaluate, integers_of,
    ops::{Behind, Rearrangement},
    stored_info,
};

/// Numbers that are made at most: for a million classes twenty operators, for a thousand all that are followed.
const MAX_NUMBERS: usize = 1 << 26;

/// The values behind the head, and the places there that count the classes.
pub(super) struct Follower<'f, 'a> {
    pub(super) artifact: &'f Artifact,
    pub(super) flow: &'f Flow<'a>,
    pub(super) classes: usize,
    ranks: Ranks,
    pub(super) tracked: HashMap<ValueId, Tracked>,
    pub(super) sites: Vec<Site>,
    /// Why the class axis cannot be shortened, if something off the main path stands in the way.
    pub(super) obstacle: Option<Obstacle>,
    /// Why a slot that is kept may be the answer after all, if something gives more of the logits away than
    /// their order.
    pub(super) open: Option<Open>,
    /// Tables of numbers that give the classes other names than their indices, with the operators that read
    /// them, and whether they are stored as whole numbers.
    pub(super) tables: Vec<(usize, Vec<i64>, bool)>,
    /// The operators that read a table by the index of the best class.
    pub(super) picks: HashSet<usize>,
    /// By node, what is not followed off the main path.
    pub(super) stuck: HashMap<usize, Obstacle>,
    /// Numbers made so far: those of every class, at every operator.
    numbers: usize,
}

/// What a constant operand says about each class.
pub(super) struct PerClass {
    pub(super) values: Vec<f64>,
    /// Whether it is one value for all.
    pub(super) same: bool,
}

/// What an operator makes: each result's position and meaning.
pub(super) type Results = Result<Vec<(usize, Tracked)>, Problem>;

impl<'f, 'a> Follower<'f, 'a> {
    pub(super) fn new(artifact: &'f Artifact, flow: &'f Flow<'a>) -> Self {
        let ranks = Ranks::infer(artifact, flow);
        Self {
            artifact,
            flow,
            classes: 0,
            ranks,
            tracked: HashMap::new(),
            sites: Vec::new(),
            obstacle: None,
            open: None,
            tables: Vec::new(),
            picks: HashSet::new(),
            stuck: HashMap::new(),
            numbers: 0,
        }
    }

    /// Remembers what is known of a value.
    ///
    /// # Errors
    /// [`Problem::Large`] if that is more than is remembered.
    pub(super) fn track(&mut self, name: &str, tracked: Tracked) -> Result<(), Problem> {
        // What an operator leaves as it was is shared with its operand.
        if Rc::strong_count(&tracked.logits) == 1 {
            self.spend(tracked.logits.values())?;
        }
        if let Some(value) = self.flow.id(name) {
            let rank = tracked.rank.or_else(|| self.ranks.of(value));
            self.tracked.insert(value, Tracked { rank, ..tracked });
        }
        Ok(())
    }

    pub(super) fn spend(&mut self, numbers: usize) -> Result<(), Problem> {
        self.numbers = self.numbers.saturating_add(numbers);
        if self.numbers > MAX_NUMBERS { Err(Problem::Large(MAX_NUMBERS)) } else { Ok(()) }
    }

    pub(super) fn operand(&self, node: usize, input: usize) -> Option<&Tracked> {
        self.tracked.get(&self.flow.id(self.name(node, input)?)?)
    }

    /// The tracked value that an operator with one data operand works on.
    pub(super) fn data(&self, node: usize) -> Result<Tracked, Problem> {
        self.operand(node, 0).cloned().ok_or_else(|| Meaning::NotItsData.into())
    }

    pub(super) fn name(&self, node: usize, input: usize) -> Option<&'a str> {
        self.flow.node(node).inputs.get(input).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The integers of a constant operand.
    pub(super) fn integers(&self, node: usize, input: usize) -> Result<Option<Vec<i64>>, Problem> {
        Ok(integers_of(self.artifact, self.flow, node, input)?)
    }

    /// The only value of a constant operand.
    pub(super) fn scalar(&self, node: usize, input: usize) -> Result<Option<f64>, Problem> {
        let Some(name) = self.name(node, input).filter(|name| self.flow.is_static(name)) else {
            return Ok(None);
        };
        Ok(evaluate(self.artifact, self.flow, name)?.values.first().copied())
    }

    /// The rank of a value, behind the head or before it.
    pub(super) fn rank(&self, value: ValueId) -> Option<usize> {
        let followed = self.tracked.get(&value).and_then(|tracked| tracked.rank);
        followed.or_else(|| self.ranks.of(value))
    }

    /// Whether every input of the graph is declared with numbers alone from this axis on.
    pub(super) fn fixes_inputs(&self, from: usize) -> bool {
        let fixed = |shape: &[Dim]| shape.iter().skip(from).all(|dim| matches!(dim, Dim::Fixed(_)));
        self.flow.graph().inputs.iter().all(|input| input.shape.as_deref().is_some_and(fixed))
    }

    /// The rank of a value of this rank once it has met a constant operand.
    pub(super) fn rank_with(&self, node: usize, input: usize, rank: Option<usize>) -> Option<usize> {
        let other = self.name(node, input).and_then(|name| self.flow.id(name));
        Some(rank?.max(self.ranks.of(other?)?))
    }

    /// The last extent of an operand that is stored or declared.
    pub(super) fn last_extent(&self, name: &str) -> Option<usize> {
        match stored_info(self.artifact, name) {
            Some(info) => info.shape.last().copied(),
            None => match self.flow.declared(name).map(<[_]>::last) {
                Some(Some(Dim::Fixed(extent))) => usize::try_from(*extent).ok(),
                _ => self.inserted_last(name).then_some(1),
            },
        }
    }

    /// Whether the last axis of a value was inserted, and so has extent 1.
    fn inserted_last(&self, name: &str) -> bool {
        let Some(value) = self.flow.id(name) else { return false };
        let Some(node) = self.flow.producer(value) else { return false };
        let inserts = self.flow.op(node).behind() == Ok(Behind::Rearranged(Rearrangement::Inserted));
        let axes = axes_of(self.artifact, self.flow, node).ok().flatten().filter(|_| inserts);
        let last = self.ranks.of(value).and_then(|rank| i64::try_from(rank).ok()).map(|rank| rank - 1);
        axes.is_some_and(|axes| axes.iter().any(|axis| *axis == -1 || Some(*axis) == last))
    }

    /// Remembers who reads a table of labels, and its entries if they are numbers.
    pub(super) fn note_table(&mut self, node: usize, name: &str) {
        self.picks.insert(node);
        if let Ok(constant) = evaluate(self.artifact, self.flow, name) {
            let whole = !constant.dtype.is_float();
            self.tables.push((node, constant.integers(), whole));
        }
    }

    /// All values of a constant operand.
    pub(super) fn per_number(&self, node: usize, input: usize) -> Result<Vec<f64>, Problem> {
        let name = self.name(node, input).filter(|name| self.flow.is_static(name)).ok_or(Meaning::Mixed)?;
        Ok(evaluate(self.artifact, self.flow, name)?.values)
    }

    /// A constant operand that meets the logits: one value, or one per class along their class axis. The
    /// latter is noted as a place that counts the classes.
    pub(super) fn per_class(&mut self, node: usize, input: usize, axis: usize) -> Result<PerClass, Problem> {
        let name = self.name(node, input).filter(|name| self.flow.is_static(name));
        let name = name.ok_or(Meaning::Mixed)?;
        self.spend(self.classes)?;
        let view = view(self.artifact, self.flow, name)?;
        let shape = view.info.shape.clone();
        match view.info.elements() {
            1 => {
                let value =
                    evaluate(self.artifact, self.flow, name)?.values.first().copied().unwrap_or_default();
                Ok(PerClass { values: vec![value; self.classes], same: true })
            }
            elements if elements == self.classes && extent_from_right(&shape, axis) == Some(elements) => {
                let values = evaluate(self.artifact, self.flow, name)?.values;
                let (operand, sites) = view.operand(self.flow, node, input, shape.len() - 1 - axis);
                self.sites.extend(sites);
                self.sites.push(Site::Values(operand));
                Ok(PerClass { values, same: false })
            }
            _ => Err(Malformed::ConstantShape(shape).into()),
        }
    }
}

/// The extent at an axis counted from the last one.
pub(super) fn extent_from_right(shape: &[usize], axis: usize) -> Option<usize> {
    shape.len().checked_sub(axis + 1).and_then(|at| shape.get(at)).copied()
}
