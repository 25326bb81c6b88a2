//! A graph that can be run: its steps in order, and the weights of its file.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};

use candle_core::Device;
use declass_formats::{
    Artifact,
    onnx::{Node, Value as Declared},
};

use super::{Fault, Value, kernels::Form, packed::Packed};
use crate::net::{
    Flow, Source, ValueId,
    ops::{Kernel, Nature},
};

/// A graph that can be run, with the weights of its file.
///
/// Values that depend on no input are computed at most once, and kept; several threads may run it at once.
pub(crate) struct Network<'a> {
    pub(super) source: Source<'a>,
    pub(super) device: Device,
    /// Every operator, in an order in which each comes after those whose results it reads.
    pub(super) steps: Vec<Step<'a>>,
    /// The step that makes each value.
    pub(super) makers: HashMap<ValueId, usize>,
    pub(super) names: HashMap<ValueId, &'a str>,
    pub(super) ids: HashMap<&'a str, ValueId>,
    /// A network whose weights this one has too where both files have the same bytes.
    pub(super) origin: Option<&'a Self>,
    /// Weights, and what was computed of weights alone, as far as it was read.
    pub(super) known: RwLock<HashMap<ValueId, Value>>,
    /// Weights as products read them, in place of those above where nothing else reads them.
    pub(super) packed: RwLock<Shelf>,
    /// Held by the one thread that reads weights and computes of them.
    pub(super) settling: Mutex<()>,
}

/// A weight in the form that a product reads; nothing where it has none.
type Shelf = HashMap<(ValueId, Form), Option<Arc<Packed>>>;

/// An operator in its place.
pub(super) struct Step<'a> {
    pub(super) node: &'a Node,
    pub(super) kernel: Result<Kernel, Fault>,
    /// Version of its operator set.
    pub(super) version: i64,
    pub(super) title: String,
    pub(super) operands: Vec<Option<ValueId>>,
    pub(super) results: Vec<Option<ValueId>>,
}

impl<'a> Network<'a> {
    /// The network of a file; nothing of its weights is read yet.
    ///
    /// # Errors
    /// [`Fault::NoGraph`] and [`Fault::Graph`] where the file holds none, or one that is malformed.
    pub(crate) fn new(artifact: &'a Artifact, device: Device) -> Result<Self, Fault> {
        Self::from(Source::of(artifact).ok_or(Fault::NoGraph)?, device)
    }

    /// The network of a graph with its weights.
    ///
    /// # Errors
    /// [`Fault::Graph`] where the graph is malformed.
    pub(crate) fn from(source: Source<'a>, device: Device) -> Result<Self, Fault> {
        let flow = Flow::new(source.graph()).map_err(|error| Fault::Graph(error.to_string()))?;
        Ok(Self::of(source, &flow, device))
    }

    /// The same, of a graph that was ordered already.
    pub(crate) fn of(source: Source<'a>, flow: &Flow<'a>, device: Device) -> Self {
        let steps: Vec<Step<'a>> = flow.order().iter().map(|node| Step::new(flow, *node)).collect();
        let results =
            steps.iter().enumerate().flat_map(|(at, step)| step.results.iter().zip([at].into_iter().cycle()));
        let makers = results.filter_map(|(result, at)| Some(((*result)?, at))).collect();
        let graph = flow.graph();
        let read = steps.iter().flat_map(|step| step.operands.iter().chain(&step.results)).flatten().copied();
        let declared = graph.inputs.iter().chain(&graph.outputs).filter_map(|value| flow.id(&value.name));
        let names: HashMap<ValueId, &str> = read.chain(declared).map(|id| (id, flow.name(id))).collect();
        let ids = names.iter().map(|(id, name)| (*name, *id)).collect();
        let (known, packed, settling) = (RwLock::default(), RwLock::default(), Mutex::default());
        Self { source, device, steps, makers, names, ids, origin: None, known, packed, settling }
    }

    /// The same for a copy of this network: what both have in the same bytes is loaded once.
    ///
    /// # Errors
    /// As [`Self::from`].
    pub(crate) fn beside<'b>(&'b self, copy: Source<'b>) -> Result<Network<'b>, Fault>
    where
        'a: 'b,
    {
        let network = Network::from(copy, self.device.clone())?;
        Ok(Network { origin: Some(self), ..network })
    }

    /// Inputs that a run must be given, as the graph declares them.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &'a Declared> + use<'a> {
        let source = self.source;
        source.graph().inputs.iter().filter(move |input| source.info(&input.name).is_none())
    }

    /// Outputs, as the graph declares them.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &'a Declared> + use<'a> {
        self.source.graph().outputs.iter()
    }

    /// The value of this name, if the graph has one.
    pub(crate) fn value(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    /// Whether there is a computation for every operator that these values need, from what is given on.
    ///
    /// # Errors
    /// [`Fault::At`] with the first operator that is not run, and why.
    pub(crate) fn supported(&self, wanted: &[ValueId], given: &[ValueId]) -> Result<(), Fault> {
        for at in self.before(wanted, |value| given.contains(&value)) {
            let step = &self.steps[at];
            step.kernel.clone().map_err(|fault| step.at(fault))?;
            let is_text = |value: &&ValueId| self.info(**value).is_some_and(|info| info.dtype.is_text());
            let reads_text = step.operands.iter().flatten().find(is_text).map(|value| self.names[value]);
            if let Some(name) = reads_text.filter(|_| !step.kernel.as_ref().is_ok_and(|it| it.takes_texts()))
            {
                return Err(step.at(Fault::unsupported(format!("`{name}` holds texts"))));
            }
        }
        Ok(())
    }

    /// The steps in front of some values, in order, as far as these do not stand already.
    pub(super) fn before(&self, wanted: &[ValueId], stands: impl Fn(ValueId) -> bool) -> Vec<usize> {
        let mut steps = HashSet::new();
        let mut pending = wanted.to_vec();
        while let Some(value) = pending.pop() {
            if stands(value) || self.info(value).is_some() {
                continue;
            }
            if let Some(step) = self.makers.get(&value)
                && steps.insert(*step)
            {
                pending.extend(self.steps[*step].operands.iter().flatten());
            }
        }
        let mut steps: Vec<usize> = steps.into_iter().collect();
        steps.sort_unstable();
        steps
    }
}

impl<'a> Step<'a> {
    fn new(flow: &Flow<'a>, index: usize) -> Self {
        let (node, op) = (flow.node(index), flow.op(index));
        let value = |name: &String| flow.id(name).filter(|_| !name.is_empty());
        let kernel = match op.known().map(|operator| operator.kernel) {
            Err(unknown) => Err(crate::net::Problem::from(unknown.clone()).into()),
            Ok(_) if op.nature() == Nature::Random => Err(Fault::Random),
            Ok(Kernel::None) => Err(Fault::unsupported("it is an operator that is not run")),
            Ok(kernel) => Ok(kernel),
        };
        Self {
            node,
            kernel,
            version: op.version(),
            title: flow.title(index),
            operands: node.inputs.iter().map(value).collect(),
            results: node.outputs.iter().map(value).collect(),
        }
    }

    /// A fault with where it stands.
    pub(super) fn at(&self, fault: Fault) -> Fault {
        Fault::At { title: self.title.clone(), op: self.node.op_type.clone(), fault: Box::new(fault) }
    }
}
