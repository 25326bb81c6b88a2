//! Where a constant operand is stored, and which axis there counts the classes.

use declass_formats::{Artifact, Dtype, TensorInfo};

use super::super::{Operand, Site, Source};
use crate::net::{
    Flow, Problem, element_type, evaluate, int_attribute, integers_of, ops, permutation, stored_info,
};

/// Views that may lie between a stored tensor and its use.
const MAX_VIEWS: usize = 16;

/// A constant operand before the class axis is known: as the operator sees it, and how it comes there.
#[derive(Debug)]
pub(super) struct View {
    value: String,
    pub(super) tensor: String,
    /// As the operator sees it.
    pub(super) info: TensorInfo,
    stored: Option<Chain>,
}

/// The views from the stored tensor to the operator.
#[derive(Debug)]
struct Chain {
    info: TensorInfo,
    /// Each view's node with the shapes before and behind it.
    steps: Vec<Step>,
    /// Whether nothing else reads the stored tensor or anything on the way.
    exclusive: bool,
}

#[derive(Debug)]
struct Step {
    node: usize,
    before: Vec<usize>,
    after: Vec<usize>,
}

/// Traces a static value to where it is stored.
///
/// # Errors
/// If it is computed in a way that is not followed.
pub(super) fn view(artifact: &Artifact, flow: &Flow<'_>, value: &str) -> Result<View, Problem> {
    if let Some((tensor, chain, info)) = chain(artifact, flow, value) {
        return Ok(View { value: value.to_owned(), tensor, info, stored: Some(chain) });
    }
    let constant = evaluate(artifact, flow, value)?;
    let info = TensorInfo { dtype: constant.dtype, shape: constant.shape };
    let tensor = quantised(flow, value).unwrap_or(value).to_owned();
    Ok(View { value: value.to_owned(), tensor, info, stored: None })
}

impl View {
    /// The operand with its class axis, and the places on the way that count the classes too.
    pub(super) fn operand(
        self,
        flow: &Flow<'_>,
        node: usize,
        input: usize,
        axis: usize,
    ) -> (Operand, Vec<Site>) {
        let in_place =
            self.stored.as_ref().filter(|chain| chain.exclusive).and_then(|chain| chain.axis(flow, axis));
        if let (Some((axis, sites)), Some(chain)) = (in_place, &self.stored) {
            return (Operand::stored(&self.tensor, &chain.info, axis), sites);
        }
        let source = Source::Computed { value: self.value, node, input };
        (Operand { tensor: self.tensor, info: self.info, axis, source }, Vec::new())
    }

    /// One value for all classes, as if it were stored once for each: its own value for a class needs room.
    pub(super) fn broadcast(self, node: usize, input: usize, classes: usize, axis: usize) -> Operand {
        let mut shape = vec![1; axis + 1];
        shape[0] = classes;
        let info = TensorInfo { dtype: self.info.dtype, shape };
        let source = Source::Computed { value: self.value, node, input };
        Operand { tensor: self.tensor, info, axis: 0, source }
    }
}

/// The quantised tensor behind a constant operand, if there is one.
pub(super) fn quantised<'a>(flow: &Flow<'a>, value: &'a str) -> Option<&'a str> {
    let mut name = value;
    for _ in 0..MAX_VIEWS {
        let node = flow.producer(flow.id(name)?)?;
        let source = flow.node(node).inputs.first()?;
        if flow.op(node).values() == ops::Values::Dequantised {
            return Some(source);
        }
        name = source;
    }
    None
}

fn chain(artifact: &Artifact, flow: &Flow<'_>, value: &str) -> Option<(String, Chain, TensorInfo)> {
    let mut nodes = Vec::new();
    let mut name = value;
    while stored_info(artifact, name).is_none() {
        let node = flow.producer(flow.id(name)?)?;
        if nodes.len() == MAX_VIEWS || known_view(flow, node).is_none() {
            return None;
        }
        nodes.push(node);
        name = flow.node(node).inputs.first()?;
    }
    let info = stored_info(artifact, name)?;
    let mut seen = info.clone();
    let mut steps = Vec::new();
    let mut exclusive = read_once(flow, name);
    for node in nodes.into_iter().rev() {
        let before = seen.shape.clone();
        seen = viewed(artifact, flow, node, &seen)?;
        exclusive &= read_once(flow, flow.node(node).outputs.first()?);
        steps.push(Step { node, before, after: seen.shape.clone() });
    }
    Some((name.to_owned(), Chain { info: info.clone(), steps, exclusive }, seen))
}

fn known_view(flow: &Flow<'_>, node: usize) -> Option<ops::View> {
    flow.op(node).known().ok()?.view
}

fn read_once(flow: &Flow<'_>, name: &str) -> bool {
    let once = flow.id(name).is_some_and(|value| flow.readers(value).len() == 1);
    // Calls of a function share the constants of its body.
    once && !flow.is_output(name) && !flow.graph().repeated.contains(name)
}

/// The tensor behind one view; `None` for what would lose precision, since then the stored value is not the
/// one in use.
fn viewed(artifact: &Artifact, flow: &Flow<'_>, index: usize, info: &TensorInfo) -> Option<TensorInfo> {
    let node = flow.node(index);
    let TensorInfo { dtype, shape } = info;
    let shape = match known_view(flow, index)? {
        ops::View::Permuted => {
            permutation(node, shape.len()).ok()?.into_iter().map(|axis| shape[axis]).collect()
        }
        ops::View::Reshaped { shape: rule, .. } => {
            rule(node, shape, &|operand| integers_of(artifact, flow, index, operand)).ok()?
        }
        ops::View::Retyped => {
            let dtype = element_type(int_attribute(node, "to", 0)).ok()?;
            return holds(dtype, info.dtype).then(|| TensorInfo { dtype, shape: shape.clone() });
        }
        ops::View::Same => shape.clone(),
    };
    Some(TensorInfo { dtype: *dtype, shape })
}

/// Whether every value of the second type is one of the first.
fn holds(wide: Dtype, narrow: Dtype) -> bool {
    wide == narrow
        || matches!(
            (wide, narrow),
            (Dtype::F64, Dtype::Bf16 | Dtype::F16 | Dtype::F32) | (Dtype::F32, Dtype::Bf16 | Dtype::F16)
        )
}

impl Chain {
    /// The class axis of the stored tensor, given that of the view; `None` if rows are not kept in order.
    fn axis(&self, flow: &Flow<'_>, axis: usize) -> Option<(usize, Vec<Site>)> {
        let mut sites = Vec::new();
        let mut axis = axis;
        for step in self.steps.iter().rev() {
            let node = flow.node(step.node);
            match known_view(flow, step.node)? {
                ops::View::Permuted => {
                    axis = transposed(&permutation(node, step.before.len()).ok()?, &step.before, axis)?
                }
                ops::View::Reshaped { extents, .. } => {
                    let site = |input| Site::Extent { node: step.node, input, position: axis };
                    sites.extend(extents.map(site));
                    axis = same_block(&step.before, &step.after, axis)?;
                }
                ops::View::Retyped | ops::View::Same => {}
            }
        }
        Some((axis, sites))
    }
}

/// The axis before a transposition, if the other wide axes keep their order.
fn transposed(axes: &[usize], before: &[usize], axis: usize) -> Option<usize> {
    let source = *axes.get(axis)?;
    let others: Vec<usize> =
        axes.iter().copied().filter(|other| *other != source && before[*other] != 1).collect();
    others.is_sorted().then_some(source)
}

/// The axis before a reshape that has the same extent and as many blocks in front of it.
fn same_block(before: &[usize], after: &[usize], axis: usize) -> Option<usize> {
    let leading = |shape: &[usize], axis: usize| shape.iter().take(axis).product::<usize>();
    let extent = *after.get(axis)?;
    (0..before.len()).find(|at| before[*at] == extent && leading(before, *at) == leading(after, axis))
}
