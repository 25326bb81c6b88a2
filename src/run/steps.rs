//! One operator of a run, alone or with those behind it.

use std::cell::Cell;

use super::{
    Fault, Network, Value,
    budget::Budget,
    call::{Call, Chain, Follower},
    kernels,
    network::Step,
    packed::Packed,
};
use crate::net::{ValueId, ops::Kernel};

/// An operator, and how it is run.
#[derive(Clone, Copy)]
pub(super) struct Task<'t> {
    pub(super) at: usize,
    /// A chain of others that may be done with it.
    pub(super) behind: &'t [usize],
    /// Its second operand, if that is in panels.
    pub(super) packed: Option<&'t Packed>,
    pub(super) learns: bool,
    /// Whether its result may be a view.
    pub(super) views: bool,
}

/// What an operator makes.
type Made = Vec<(ValueId, Value)>;

impl Network<'_> {
    /// Runs one operator.
    pub(super) fn step(
        &self,
        at: usize,
        of: impl Fn(ValueId) -> Option<Value>,
        budget: &Budget,
    ) -> Result<Made, Fault> {
        self.together(&Task { at, behind: &[], packed: None, learns: false, views: false }, of, budget)
            .map(|(made, _)| made)
    }

    /// Runs an operator and, if they fit, those of a chain behind it; which ones were run.
    pub(super) fn together(
        &self,
        task: &Task<'_>,
        of: impl Fn(ValueId) -> Option<Value>,
        budget: &Budget,
    ) -> Result<(Made, Vec<usize>), Fault> {
        let Task { at, behind, packed, learns, views } = *task;
        let step = &self.steps[at];
        let operand = |value: &Option<ValueId>| -> Result<Option<Value>, Fault> {
            value.map(|value| of(value).ok_or_else(|| self.missing(value))).transpose()
        };
        let own = step
            .operands
            .iter()
            .enumerate()
            .map(|(place, value)| if place == 1 && packed.is_some() { Ok(None) } else { operand(value) });
        let own = own.collect::<Result<Vec<_>, _>>()?;
        // Values of the chain, in their order; what else the operators read stands already.
        let made: Vec<Option<ValueId>> = [at].iter().chain(behind).map(|at| self.first_result(*at)).collect();
        let inside = |value: &Option<ValueId>| made.iter().position(|own| value.is_some() && own == value);
        let outside = |at: &usize| -> Result<Vec<_>, Fault> {
            let operands = self.steps[*at].operands.iter();
            operands.map(|value| if inside(value).is_some() { Ok(None) } else { operand(value) }).collect()
        };
        let outside = behind.iter().map(outside).collect::<Result<Vec<_>, _>>()?;
        let links = behind.iter().zip(&outside).map(|(at, operands)| {
            let step = &self.steps[*at];
            let call = self.call(step, operands, budget);
            let inside = step.operands.iter().map(inside).collect();
            Ok(Follower { kernel: kernel(step)?, call, inside })
        });
        let chain = Chain { links: links.collect::<Result<_, Fault>>()?, done: Cell::new(false) };
        let is_chain = !behind.is_empty();
        let call = Call {
            packed,
            learns,
            views,
            chain: is_chain.then_some(&chain),
            ..self.call(step, &own, budget)
        };
        let is_text = |value: &Value| value.dtype().is_text();
        if own.iter().flatten().any(is_text) && !kernel(step)?.takes_texts() {
            return Err(step.at(Fault::unsupported("it is not computed for texts")));
        }
        let results = kernels::run(kernel(step)?, &call).map_err(|fault| step.at(fault))?;
        let passed = if chain.done.get() { [&[at], behind].concat() } else { vec![at] };
        let last = &self.steps[*passed.last().unwrap_or(&at)];
        let results = last.results.iter().zip(results);
        Ok((results.filter_map(|(result, value)| Some(((*result)?, value))).collect(), passed))
    }

    fn call<'c>(&'c self, step: &'c Step<'_>, operands: &'c [Option<Value>], budget: &'c Budget) -> Call<'c> {
        let (node, version, device) = (step.node, step.version, &self.device);
        Call {
            node,
            version,
            operands,
            packed: None,
            device,
            learns: false,
            budget,
            views: false,
            chain: None,
        }
    }

    fn first_result(&self, at: usize) -> Option<ValueId> {
        self.steps[at].results.first().copied().flatten()
    }
}

fn kernel(step: &Step<'_>) -> Result<Kernel, Fault> {
    step.kernel.clone().map_err(|fault| step.at(fault))
}
