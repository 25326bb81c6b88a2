//! Evaluation of short constant chains on the host: what exporters put between a stored tensor and its use.

use std::collections::{BTreeSet, HashMap};

use declass_formats::{Artifact, TensorInfo, onnx::Node};

use super::{
    attributes::ints_attribute,
    constant::{Constant, MAX_ELEMENTS},
    flow::Flow,
    ops::{Op, Operands},
    problem::{Problem, TooLarge, Unsupported},
};

/// Operators a constant chain may have.
const MAX_NODES: usize = 64;
/// Elements that one evaluation may hold, loaded or computed: 512 MiB. Four times the largest constant is
/// enough for a normalised weight.
const MAX_HELD: usize = 4 * MAX_ELEMENTS;
/// Elements that all evaluations of one graph may make together, which bounds their time.
const MAX_MADE: usize = 16 * MAX_ELEMENTS;

/// A stored tensor: an initializer, or the value of a `Constant` node.
pub(crate) fn stored_info<'a>(artifact: &'a Artifact, name: &str) -> Option<&'a TensorInfo> {
    artifact.tensors().get(name)
}

/// Computes a static value.
///
/// # Errors
/// What cannot be computed: an operator or a use of one that is not known, or a chain that is too large or
/// too costly.
pub(crate) fn evaluate(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Result<Constant, Problem> {
    let mut known: HashMap<&str, Constant> = HashMap::new();
    let mut held = 0;
    let mut count = |constant: Constant| {
        held += constant.values.len();
        let made = flow.computed.get().saturating_add(constant.values.len());
        flow.computed.set(made);
        let within = held <= MAX_HELD && made <= MAX_MADE;
        within.then_some(constant).ok_or_else(|| TooLarge::Together(name.to_owned()))
    };
    for node in chain(artifact, flow, name)? {
        let operands: Vec<Option<&str>> =
            flow.node(node).inputs.iter().map(|name| (!name.is_empty()).then_some(name.as_str())).collect();
        for operand in operands.iter().flatten().filter(|operand| stored_info(artifact, operand).is_some()) {
            if !known.contains_key(operand) {
                known.insert(operand, count(load(artifact, operand)?)?);
            }
        }
        let values: Vec<Option<&Constant>> = operands.iter().map(|name| known.get((*name)?)).collect();
        let result =
            apply(flow.op(node), flow.node(node), &values).map_err(|problem| flow.at(node, problem))?;
        if let Some(output) = flow.node(node).outputs.first() {
            known.insert(output, count(result)?);
        }
    }
    match known.remove(name) {
        Some(constant) => Ok(constant),
        None => Ok(count(load(artifact, name)?)?),
    }
}

/// The integers of a constant operand; `None` if it is absent or computed from the input.
///
/// # Errors
/// As [`evaluate`].
pub(crate) fn integers_of(
    artifact: &Artifact,
    flow: &Flow<'_>,
    node: usize,
    operand: usize,
) -> Result<Option<Vec<i64>>, Problem> {
    match flow.node(node).inputs.get(operand).filter(|name| !name.is_empty() && flow.is_static(name)) {
        Some(name) => Ok(Some(evaluate(artifact, flow, name)?.integers())),
        None => Ok(None),
    }
}

/// The axes of a reduction or a squeeze: an attribute in old operator sets, an operand in new ones.
///
/// # Errors
/// [`Problem::NotConstant`], and as [`evaluate`].
pub(crate) fn axes_of(
    artifact: &Artifact,
    flow: &Flow<'_>,
    node: usize,
) -> Result<Option<Vec<i64>>, Problem> {
    let onnx = flow.node(node);
    match (ints_attribute(onnx, "axes"), onnx.inputs.get(1).filter(|name| !name.is_empty())) {
        (Some(axes), _) => Ok(Some(axes.to_vec())),
        (None, Some(name)) if !flow.is_static(name) => {
            Err(Problem::NotConstant(format!("axes `{name}` are not constant")))
        }
        (None, _) => integers_of(artifact, flow, node, 1),
    }
}

/// The nodes that make a value out of stored tensors, in the order they run.
fn chain(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Result<Vec<usize>, Problem> {
    let mut nodes = BTreeSet::new();
    let mut pending = vec![name];
    while let Some(name) = pending.pop() {
        let Some(value) = flow.id(name).filter(|_| stored_info(artifact, name).is_none()) else {
            continue;
        };
        if let Some(node) = flow.producer(value)
            && nodes.insert((flow.rank(node), node))
        {
            pending.extend(flow.node(node).inputs.iter().map(String::as_str).filter(|name| !name.is_empty()));
        }
        if nodes.len() > MAX_NODES {
            return Err(TooLarge::Chain { name: name.to_owned(), most: MAX_NODES }.into());
        }
    }
    Ok(nodes.into_iter().map(|(_, node)| node).collect())
}

fn load(artifact: &Artifact, name: &str) -> Result<Constant, Problem> {
    let info = stored_info(artifact, name)
        .ok_or_else(|| Problem::NotConstant(format!("`{name}` is not a stored constant")))?;
    if info.elements() > MAX_ELEMENTS {
        return Err(TooLarge::Tensor(name.to_owned()).into());
    }
    let data = artifact.read_tensor(name).map_err(|error| Problem::Unreadable(error.to_string()))?;
    Constant::read(info, &data)
}

fn apply(op: &Op, node: &Node, values: &[Option<&Constant>]) -> Result<Constant, Problem> {
    let rule = op.known().map_err(Clone::clone)?.constant.ok_or(Unsupported::Operator)?;
    rule(&Operands::new(node, values))
}
