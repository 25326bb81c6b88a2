//! Follows the logits forward to the outputs, operator by operator, and gathers what counts the classes.

use std::collections::HashMap;

use declass_formats::{Artifact, onnx::Dim};

use super::{
    super::{Order, Site},
    arithmetic, axes, links,
    operator::{self, Linear},
    stage::{Affine, Stage, Tracked},
    storage::view,
};
use crate::graph::{Flow, Ranks, ValueId, evaluate};

/// Operators behind the head that are followed; a hostile graph may have very many.
const MAX_FOLLOWED: usize = 4096;

/// The values behind the head, and the places there that count the classes.
pub(super) struct Follower<'f, 'a> {
    pub(super) artifact: &'f Artifact,
    pub(super) flow: &'f Flow<'a>,
    pub(super) classes: usize,
    ranks: Ranks,
    pub(super) tracked: HashMap<ValueId, Tracked>,
    pub(super) sites: Vec<Site>,
    /// Why the class axis cannot be shortened, if something off the main path stands in the way.
    pub(super) obstacle: Option<String>,
}

/// What a constant operand says about each class.
pub(super) struct PerClass {
    pub(super) values: Vec<f64>,
    /// Whether it is one value for all.
    pub(super) same: bool,
}

/// What an operator makes: each result's position and meaning.
pub(super) type Results = Result<Vec<(usize, Tracked)>, String>;

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
        }
    }

    /// Registers the result of a linear operator as logits, with its bias if it has one.
    pub(super) fn start(&mut self, head: usize, linear: &Linear) -> Result<(), String> {
        let mut affine = Affine::of_head(head, self.classes, linear.alpha);
        if let Some((input, beta)) = linear.bias {
            arithmetic::add_bias(
                self,
                &mut affine,
                linear.node,
                input,
                linear.bias_axis,
                beta,
            )?;
        }
        let name = self
            .flow
            .node(linear.node)
            .outputs
            .first()
            .ok_or("the head has no result")?;
        let mut start = Tracked {
            stage: Stage::Logits,
            logits: affine.into(),
            order: Order::Strict,
            axis: linear.axis,
            rank: linear.rank,
            unit_tail: linear.axis == 0,
        };
        start.unit_tail |= axes::declared_unit_tail(self.flow, name, linear.axis);
        let maker = self
            .name(linear.node, linear.data)
            .and_then(|name| self.flow.producer(self.flow.id(name)?));
        start.unit_tail |=
            maker.is_some_and(|node| self.flow.node(node).op_type.starts_with("Global"));
        self.track(name, start);
        Ok(())
    }

    pub(super) fn track(&mut self, name: &str, tracked: Tracked) {
        if let Some(value) = self.flow.id(name) {
            let rank = tracked.rank.or_else(|| self.ranks.of(value));
            self.tracked.insert(value, Tracked { rank, ..tracked });
        }
    }

    /// Follows every value to the end. `strict` are the nodes on the way to the classes' output: what is not
    /// understood there is an error, elsewhere it is an obstacle to shortening the class axis.
    pub(super) fn follow(&mut self, strict: &[bool]) -> Result<(), String> {
        let mut followed = 0;
        for node in self.flow.order().iter().copied() {
            if !self.touches(node) {
                continue;
            }
            followed += 1;
            if followed > MAX_FOLLOWED {
                return Err(format!(
                    "more than {MAX_FOLLOWED} operators follow the head"
                ));
            }
            let sites = self.sites.len();
            match self.step(node) {
                Ok(results) => {
                    for (at, tracked) in results {
                        if let Some(name) = self.flow.node(node).outputs.get(at) {
                            self.track(name, tracked);
                        }
                    }
                }
                Err(problem) => {
                    let op = &self.flow.node(node).op_type;
                    let what = format!(
                        "`{op}` (`{}`) behind the last linear operator {problem}",
                        self.flow.title(node)
                    );
                    if strict[node] {
                        return Err(what);
                    }
                    self.sites.truncate(sites);
                    self.obstacle.get_or_insert(what);
                }
            }
        }
        self.note_outputs();
        Ok(())
    }

    pub(super) fn operand(&self, node: usize, input: usize) -> Option<&Tracked> {
        self.tracked.get(&self.flow.id(self.name(node, input)?)?)
    }

    /// The tracked value that an operator with one data operand works on.
    pub(super) fn data(&self, node: usize) -> Result<Tracked, String> {
        self.operand(node, 0)
            .cloned()
            .ok_or_else(|| "does not read the logits as its data".into())
    }

    pub(super) fn name(&self, node: usize, input: usize) -> Option<&'a str> {
        self.flow
            .node(node)
            .inputs
            .get(input)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// The integers of a constant operand.
    pub(super) fn integers(&self, node: usize, input: usize) -> Result<Option<Vec<i64>>, String> {
        let Some(name) = self
            .name(node, input)
            .filter(|name| self.flow.is_static(name))
        else {
            return Ok(None);
        };
        Ok(Some(evaluate(self.artifact, self.flow, name)?.integers()))
    }

    /// A constant operand that meets the logits: one value, or one per class along their class axis. The
    /// latter is noted as a place that counts the classes.
    pub(super) fn per_class(
        &mut self,
        node: usize,
        input: usize,
        axis: usize,
    ) -> Result<PerClass, String> {
        let name = self
            .name(node, input)
            .filter(|name| self.flow.is_static(name));
        let name = name.ok_or("mixes the logits with something that is not constant")?;
        let view = view(self.artifact, self.flow, name)?;
        let shape = view.info.shape.clone();
        match view.info.elements() {
            1 => {
                let value = evaluate(self.artifact, self.flow, name)?
                    .values
                    .first()
                    .copied()
                    .unwrap_or_default();
                Ok(PerClass {
                    values: vec![value; self.classes],
                    same: true,
                })
            }
            elements
                if elements == self.classes
                    && extent_from_right(&shape, axis) == Some(elements) =>
            {
                let values = evaluate(self.artifact, self.flow, name)?.values;
                let (operand, sites) = view.operand(self.flow, node, input, shape.len() - 1 - axis);
                self.sites.extend(sites);
                self.sites.push(Site::Values(operand));
                Ok(PerClass {
                    values,
                    same: false,
                })
            }
            _ => Err(format!(
                "meets a constant of shape {shape:?}, which is neither one value nor one per class"
            )),
        }
    }

    fn touches(&self, node: usize) -> bool {
        let node = self.flow.node(node);
        let names = node.inputs.iter().chain(&node.captures);
        names
            .filter_map(|name| self.flow.id(name))
            .any(|value| self.tracked.contains_key(&value))
    }

    fn step(&mut self, node: usize) -> Results {
        let evidence = self.flow.evidence(node);
        if matches!(self.flow.node(node).op_type.as_str(), "Shape" | "Size") {
            return Ok(Vec::new());
        }
        if !evidence
            .iter()
            .any(|value| self.tracked.contains_key(value))
        {
            return Err("is steered by the classes".into());
        }
        if evidence
            .iter()
            .any(|value| !self.tracked.contains_key(value))
        {
            return Err(self.mixture(node));
        }
        if !operator::is_standard(self.flow.node(node)) {
            return Err("is no standard operator".into());
        }
        let single = |tracked: Tracked| Ok(vec![(0, tracked)]);
        match self.flow.node(node).op_type.as_str() {
            "Add" | "Div" | "Max" | "Mean" | "Min" | "Mul" | "Sub" | "Sum" => {
                single(arithmetic::combine(self, node)?)
            }
            "BatchNormalization" => single(arithmetic::batch_normalisation(self, node)?),
            "Clip" | "Exp" | "Log" | "Neg" | "Relu" => single(arithmetic::pointwise(self, node)?),
            "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" | "MaxPool" => {
                single(links::pool(self, node)?)
            }
            "ReduceLogSumExp" | "ReduceMax" | "ReduceMean" | "ReduceSum" => {
                single(links::reduce(self, node)?)
            }
            "Cast" | "CastLike" | "Dropout" | "Identity" => single(self.data(node)?),
            "Expand" | "Flatten" | "Reshape" | "Squeeze" | "Transpose" | "Unsqueeze" => {
                single(axes::rearrange(self, node)?)
            }
            "Gather" | "GatherND" | "Slice" => single(axes::pick(self, node)?),
            "ArgMax"
            | "ArrayFeatureExtractor"
            | "HardSigmoid"
            | "LogSoftmax"
            | "Normalizer"
            | "Sigmoid"
            | "Softmax"
            | "TopK"
            | "ZipMap" => links::apply(self, node),
            _ => Err("is not understood there".into()),
        }
    }

    fn mixture(&self, node: usize) -> String {
        match self.flow.node(node).op_type.as_str() {
            "Mul" => "makes a product with another value that depends on the input".into(),
            "Max" => "takes the max with another value that depends on the input".into(),
            _ => "mixes the logits with another value that depends on the input".into(),
        }
    }

    /// Declared outputs whose class axis has a fixed extent.
    fn note_outputs(&mut self) {
        for (output, value) in self.flow.graph().outputs.iter().enumerate() {
            let tracked = self
                .flow
                .id(&value.name)
                .and_then(|id| self.tracked.get(&id));
            let Some(tracked) = tracked.filter(|tracked| tracked.stage.has_classes()) else {
                continue;
            };
            let Some(shape) = value.shape.as_deref() else {
                continue;
            };
            let Some(axis) = shape.len().checked_sub(tracked.axis + 1) else {
                continue;
            };
            if i64::try_from(self.classes).is_ok_and(|classes| shape[axis] == Dim::Fixed(classes)) {
                self.sites.push(Site::OutputDim { output, axis });
            }
        }
    }
}

/// The extent at an axis counted from the last one.
pub(super) fn extent_from_right(shape: &[usize], axis: usize) -> Option<usize> {
    shape
        .len()
        .checked_sub(axis + 1)
        .and_then(|at| shape.get(at))
        .copied()
}
