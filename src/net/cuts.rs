//! Single tensors through which everything a value depends on passes: the dominators of that value.

use std::collections::BTreeSet;

use declass_formats::TensorInfo;

use super::{flow::Flow, kinds::Kind, wiring::ValueId};

/// A dominator, with what lies behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dominator {
    pub(crate) value: ValueId,
    /// Operators with weights.
    pub(crate) weighted_after: usize,
    /// Numbers in the stored tensors that nothing before it reads.
    pub(crate) parameters_after: u64,
}

impl Flow<'_> {
    /// The values every data path to `sink` passes, nearest `sink` first.
    ///
    /// One sweep in topological order with the set of live values (made, and still to be read on a path to
    /// `sink`): whenever exactly one is live, everything later depends on it alone.
    pub(crate) fn dominators(&self, sink: ValueId) -> Vec<Dominator> {
        let relevant = self.nodes_before(sink);
        let mut uses = self.count_uses(&relevant, sink);
        let mut live: BTreeSet<ValueId> = (0..self.wiring.names.len())
            .map(ValueId)
            .filter(|value| {
                self.kind(*value) == Kind::Data && self.producer(*value).is_none() && uses[value.0] > 0
            })
            .collect();
        let total = self.order().iter().filter(|node| relevant[**node] && self.is_weighted(**node)).count();
        let mut weighted = 0;
        let mut parameters = Parameters { seen: vec![false; self.wiring.names.len()], numbers: 0 };
        // What lies before each; the rest lies behind, once all is known.
        let mut found: Vec<Dominator> = Vec::new();
        let mut note = |live: &BTreeSet<ValueId>, weighted: usize, before: u64| {
            let single = live.first().filter(|_| live.len() == 1);
            if let Some(value) = single.filter(|value| found.last().is_none_or(|last| last.value != **value))
            {
                let weighted_after = total - weighted;
                found.push(Dominator { value: *value, weighted_after, parameters_after: before });
            }
        };
        note(&live, weighted, 0);
        for node in self.order().iter().copied().filter(|node| relevant[*node]) {
            self.step(node, &mut uses, &mut live);
            weighted += usize::from(self.is_weighted(node));
            parameters.read_by(self, node);
            note(&live, weighted, parameters.numbers);
        }
        found.reverse();
        found.iter_mut().for_each(|it| it.parameters_after = parameters.numbers - it.parameters_after);
        found
    }

    /// Which nodes lie on a data path to `sink`.
    pub(crate) fn nodes_before(&self, sink: ValueId) -> Vec<bool> {
        let mut relevant = vec![false; self.graph().nodes.len()];
        let mut pending = vec![sink];
        while let Some(value) = pending.pop() {
            if let Some(node) = self.producer(value).filter(|_| self.kind(value) == Kind::Data)
                && !std::mem::replace(&mut relevant[node], true)
            {
                pending.extend(self.evidence(node));
            }
        }
        relevant
    }

    fn count_uses(&self, relevant: &[bool], sink: ValueId) -> Vec<usize> {
        let mut uses = vec![0; self.wiring.names.len()];
        for node in (0..relevant.len()).filter(|node| relevant[*node]) {
            for value in distinct(self.evidence(node)) {
                uses[value.0] += 1;
            }
        }
        uses[sink.0] += 1;
        uses
    }

    fn step(&self, node: usize, uses: &mut [usize], live: &mut BTreeSet<ValueId>) {
        for value in distinct(self.evidence(node)) {
            uses[value.0] -= 1;
            if uses[value.0] == 0 {
                live.remove(&value);
            }
        }
        for name in &self.node(node).outputs {
            if let Some(value) =
                self.id(name).filter(|value| self.kind(*value) == Kind::Data && uses[value.0] > 0)
            {
                live.insert(value);
            }
        }
    }
}

/// The stored numbers that operators have read so far, each tensor once.
struct Parameters {
    seen: Vec<bool>,
    numbers: u64,
}

impl Parameters {
    /// Adds what a node reads, also what constants are made of.
    fn read_by(&mut self, flow: &Flow<'_>, node: usize) {
        let operands = |node: usize| flow.node(node).inputs.iter().filter_map(|name| flow.id(name));
        let mut pending: Vec<ValueId> = operands(node).collect();
        while let Some(value) = pending.pop() {
            if flow.kind(value) != Kind::Static || std::mem::replace(&mut self.seen[value.0], true) {
                continue;
            }
            match flow.producer(value) {
                Some(maker) => pending.extend(operands(maker)),
                None => {
                    let stored = flow.graph().initializers.get(flow.name(value));
                    let numbers = stored.filter(|info| info.dtype.is_float()).map_or(0, TensorInfo::elements);
                    self.numbers = self.numbers.saturating_add(numbers as u64);
                }
            }
        }
    }
}

fn distinct(values: &[ValueId]) -> BTreeSet<ValueId> {
    values.iter().copied().collect()
}
