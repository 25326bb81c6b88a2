//! One run: from what is given to what is wanted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use declass_formats::onnx::{Dim, Value as Declared};

use super::{
    Fault, Limits, Network, Value, budget::Budget, call::elements, chains::Readers, packing::Fixed,
    steps::Task,
};
use crate::net::ValueId;

/// What is given, what is wanted, and how.
pub(crate) struct Run<'r> {
    /// Values by hand: inputs of the graph, or any other value, which is not computed then: a weight, or what
    /// stands at a cut.
    pub(crate) given: &'r HashMap<ValueId, Value>,
    /// What is asked for: outputs, or any other values.
    pub(crate) wanted: &'r [ValueId],
    /// Whether derivatives will be asked for.
    pub(crate) learns: bool,
    /// What it may take.
    pub(crate) limits: Limits,
}

impl Network<'_> {
    /// Runs everything that the wanted values need and that is not given.
    ///
    /// # Errors
    /// [`Fault`] with the operator that cannot be run, the input that is missing, or the limit that was met.
    pub(crate) fn run(&self, run: &Run<'_>) -> Result<Vec<Value>, Fault> {
        self.run_counted(run).map(|(values, _)| values)
    }

    /// The same, with the work that it took: multiplications, or elements made.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) fn run_counted(&self, run: &Run<'_>) -> Result<(Vec<Value>, u64), Fault> {
        self.check(run.given)?;
        let needed = self.before(run.wanted, |value| run.given.contains_key(&value));
        for step in needed.iter().map(|at| &self.steps[*at]) {
            step.kernel.clone().map_err(|fault| step.at(fault))?;
        }
        let moving = self.moving(&needed, run.given);
        let steps: Vec<usize> = needed.into_iter().filter(|at| moving.contains(at)).collect();
        let made: HashSet<ValueId> =
            steps.iter().flat_map(|at| self.steps[*at].results.iter().flatten().copied()).collect();
        let is_fixed = |value: ValueId| !made.contains(&value) && !run.given.contains_key(&value);
        let budget = Budget::new(run.limits);
        let wanted = run.wanted.iter().copied().collect();
        let fixed = self.fixed(&steps, &wanted, is_fixed, run.learns, &budget)?;
        Ok((self.moved(run, &steps, &fixed, &budget)?, budget.spent()))
    }

    /// The steps that depend on what is given, or on an input that is not.
    fn moving(&self, steps: &[usize], given: &HashMap<ValueId, Value>) -> HashSet<usize> {
        let mut values: HashSet<ValueId> = given.keys().copied().collect();
        let mut moving = HashSet::new();
        for at in steps {
            let step = &self.steps[*at];
            if step.operands.iter().flatten().any(|value| values.contains(value)) {
                values.extend(step.results.iter().flatten());
                moving.insert(*at);
            }
        }
        moving
    }

    fn moved(
        &self,
        run: &Run<'_>,
        steps: &[usize],
        fixed: &Fixed,
        budget: &Budget,
    ) -> Result<Vec<Value>, Fault> {
        let wanted: HashSet<ValueId> = run.wanted.iter().copied().collect();
        let readers = Readers::among(self, steps);
        let mut values: HashMap<ValueId, Value> = HashMap::new();
        let mut done: HashSet<usize> = HashSet::new();
        for at in steps {
            if done.contains(at) {
                continue;
            }
            let of = |value: ValueId| {
                values
                    .get(&value)
                    .or_else(|| run.given.get(&value))
                    .or_else(|| fixed.values.get(&value))
                    .cloned()
            };
            let behind = match run.learns {
                true => Vec::new(),
                false => self.chain(*at, &readers, |value| of(value).is_some(), &wanted),
            };
            let packed = fixed.packed.get(at).map(Arc::as_ref);
            let views = !run.learns && self.reads_views(*at, &readers, &wanted);
            let task = Task { at: *at, behind: &behind, packed, learns: run.learns, views };
            let (made, passed) = self.together(&task, of, budget)?;
            done.extend(&passed);
            let is_read =
                |value: ValueId| wanted.contains(&value) || readers.of(value).any(|at| !done.contains(&at));
            for (result, value) in made.into_iter().filter(|(result, _)| is_read(*result)) {
                budget.keep(value.elements());
                values.insert(result, value);
            }
            for value in passed.iter().flat_map(|at| self.steps[*at].operands.iter().flatten()) {
                if !is_read(*value)
                    && let Some(gone) = values.remove(value)
                {
                    budget.release(gone.elements());
                }
            }
        }
        let found = |value: &ValueId| {
            let found =
                values.get(value).or_else(|| run.given.get(value)).or_else(|| fixed.values.get(value));
            found.cloned().ok_or_else(|| self.missing(*value))
        };
        run.wanted.iter().map(found).collect()
    }

    /// Whether inputs are what the graph declares.
    fn check(&self, given: &HashMap<ValueId, Value>) -> Result<(), Fault> {
        for input in self.inputs() {
            if let Some(value) = self.value(&input.name).and_then(|id| given.get(&id)) {
                let what = misfit(input, value)?;
                what.map_or(Ok(()), |what| Err(Fault::Input { name: input.name.clone(), what }))?;
            }
        }
        Ok(())
    }

    pub(super) fn missing(&self, value: ValueId) -> Fault {
        let name = self.names.get(&value).copied().unwrap_or_default();
        Fault::Input { name: name.to_owned(), what: "is not given".to_owned() }
    }
}

/// How a value is not what an input is declared to be.
fn misfit(input: &Declared, value: &Value) -> Result<Option<String>, Fault> {
    if input.elem_type != 0 {
        let declared = elements(i64::from(input.elem_type))?;
        if declared != value.dtype() {
            let (declared, given) = (declared.name(), value.dtype().name());
            return Ok(Some(format!("has elements of type {declared}, and {given} is given")));
        }
    }
    let Some(dims) = &input.shape else { return Ok(None) };
    let shape = value.shape();
    let fits = |(dim, extent): (&Dim, &usize)| match dim {
        Dim::Fixed(fixed) => usize::try_from(*fixed).is_ok_and(|fixed| fixed == *extent),
        Dim::Symbolic(_) => true,
    };
    let fit = dims.len() == shape.len() && dims.iter().zip(shape).all(fits);
    let written = |dim: &Dim| match dim {
        Dim::Fixed(fixed) => fixed.to_string(),
        Dim::Symbolic(name) if name.is_empty() => "?".to_owned(),
        Dim::Symbolic(name) => name.clone(),
    };
    let declared = || dims.iter().map(written).collect::<Vec<_>>().join(", ");
    Ok((!fit).then(|| format!("is [{}], and {shape:?} is given", declared())))
}
