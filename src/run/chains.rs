//! Operators that are one pass over their elements: an operator, and those behind it that work element by element.

use std::collections::{HashMap, HashSet};

use super::Network;
use crate::net::{
    ValueId,
    ops::{Kernel, Pairwise},
};

/// Operators of a chain, at most.
const LONGEST: usize = 12;

/// Who reads each value.
pub(super) struct Readers(HashMap<ValueId, Vec<usize>>);

impl Readers {
    pub(super) fn among(network: &Network<'_>, steps: &[usize]) -> Self {
        let mut readers: HashMap<ValueId, Vec<usize>> = HashMap::new();
        for at in steps {
            for value in network.steps[*at].operands.iter().flatten() {
                readers.entry(*value).or_default().push(*at);
            }
        }
        Self(readers)
    }

    /// The steps that read a value.
    pub(super) fn of(&self, value: ValueId) -> impl Iterator<Item = usize> {
        self.0.get(&value).into_iter().flatten().copied()
    }
}

impl Network<'_> {
    /// Whether what a step makes is read by such operators only as read it wherever its elements lie.
    pub(super) fn reads_views(&self, at: usize, readers: &Readers, wanted: &HashSet<ValueId>) -> bool {
        let takes = |at: usize| {
            matches!(self.steps[at].kernel, Ok(Kernel::MatMul | Kernel::Arithmetic(_) | Kernel::Transpose))
        };
        let mut results = self.steps[at].results.iter().flatten();
        results.all(|value| !wanted.contains(value) && readers.of(*value).all(takes))
    }

    /// The longest run of steps behind a step that read nothing but what stands before it and what they make
    /// themselves, and of which nothing but the last result is read by others.
    pub(super) fn chain(
        &self,
        head: usize,
        readers: &Readers,
        stands: impl Fn(ValueId) -> bool,
        wanted: &HashSet<ValueId>,
    ) -> Vec<usize> {
        let first = &self.steps[head];
        let is_head = first.kernel.as_ref().is_ok_and(|kernel| begins(*kernel, first.operands.len()));
        let (Some(mut newest), true) = (first.results.first().copied().flatten(), is_head) else {
            return Vec::new();
        };
        let (mut made, mut chain, mut closed) = (vec![newest], vec![head], 1);
        let outside = |value: &ValueId, chain: &[usize]| -> Vec<usize> {
            readers.of(*value).filter(|at| !chain.contains(at)).collect()
        };
        while chain.len() <= LONGEST {
            let Some(next) = made.iter().flat_map(|value| outside(value, &chain)).min() else { break };
            let step = &self.steps[next];
            let operands = || step.operands.iter().flatten();
            let joins = step.kernel.as_ref().is_ok_and(|kernel| continues(*kernel, step.operands.len()))
                && operands().all(|value| made.contains(value) || stands(*value));
            let (Some(result), true) = (step.results.first().copied().flatten(), joins) else { break };
            newest = result;
            made.push(result);
            chain.push(next);
            let is_open = |value: &ValueId| wanted.contains(value) || !outside(value, &chain).is_empty();
            if !made.iter().filter(|value| **value != newest).any(is_open) {
                closed = chain.len();
            }
        }
        chain[1..closed].to_vec()
    }
}

/// Whether an operator hands on its elements as soon as they stand.
fn begins(kernel: Kernel, operands: usize) -> bool {
    matches!(kernel, Kernel::Convolution | Kernel::MatMul | Kernel::Gemm) || continues(kernel, operands)
}

/// Whether an operator works element by element.
fn continues(kernel: Kernel, operands: usize) -> bool {
    let plain = [Pairwise::Sum, Pairwise::Difference, Pairwise::Product, Pairwise::Quotient];
    match kernel {
        Kernel::Map(_) => true,
        Kernel::Arithmetic(what) => operands == 2 && plain.contains(&what),
        _ => false,
    }
}
