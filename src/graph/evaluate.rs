//! Evaluation of short constant chains on the host: what exporters put between a stored tensor and its use.

use std::collections::{BTreeSet, HashMap};

use declass_formats::{
    Artifact, Dtype, TensorInfo,
    onnx::{Attribute, Node},
};

use super::{
    Flow,
    constant::{Constant, MAX_ELEMENTS},
    float_attribute, int_attribute, ints_attribute, tensor_ops,
};

/// Operators a constant chain may have.
const MAX_NODES: usize = 64;

/// A stored tensor: an initializer, or the value of a `Constant` node.
pub(crate) fn stored_info<'a>(artifact: &'a Artifact, name: &str) -> Option<&'a TensorInfo> {
    artifact.tensors().get(name)
}

/// Computes a static value.
///
/// # Errors
/// In words, what cannot be computed: an operator that is not known here, or a chain that is too large.
pub(crate) fn evaluate(
    artifact: &Artifact,
    flow: &Flow<'_>,
    name: &str,
) -> Result<Constant, String> {
    let mut known: HashMap<&str, Constant> = HashMap::new();
    for node in chain(artifact, flow, name)? {
        let operands: Vec<Option<&str>> = flow
            .node(node)
            .inputs
            .iter()
            .map(|name| (!name.is_empty()).then_some(name.as_str()))
            .collect();
        for operand in operands
            .iter()
            .flatten()
            .filter(|operand| stored_info(artifact, operand).is_some())
        {
            if !known.contains_key(operand) {
                known.insert(operand, load(artifact, operand)?);
            }
        }
        let values: Vec<Option<&Constant>> =
            operands.iter().map(|name| known.get((*name)?)).collect();
        let result = apply(flow.node(node), &values).map_err(|problem| {
            format!(
                "`{}` ({}): {problem}",
                flow.title(node),
                flow.node(node).op_type
            )
        })?;
        if let Some(output) = flow.node(node).outputs.first() {
            known.insert(output, result);
        }
    }
    match known.remove(name) {
        Some(constant) => Ok(constant),
        None => load(artifact, name),
    }
}

/// The axes of a reduction or a squeeze: an attribute in old operator sets, an operand in new ones.
pub(crate) fn axes_of(
    artifact: &Artifact,
    flow: &Flow<'_>,
    node: usize,
) -> Result<Option<Vec<i64>>, String> {
    let node = flow.node(node);
    match (
        ints_attribute(node, "axes"),
        node.inputs.get(1).filter(|name| !name.is_empty()),
    ) {
        (Some(axes), _) => Ok(Some(axes.to_vec())),
        (None, Some(name)) if flow.is_static(name) => {
            Ok(Some(evaluate(artifact, flow, name)?.integers()))
        }
        (None, Some(name)) => Err(format!("axes `{name}` are not constant")),
        (None, None) => Ok(None),
    }
}

/// The nodes that make a value out of stored tensors, in the order they run.
fn chain(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Result<Vec<usize>, String> {
    let mut nodes = BTreeSet::new();
    let mut pending = vec![name];
    while let Some(name) = pending.pop() {
        let Some(value) = flow
            .id(name)
            .filter(|_| stored_info(artifact, name).is_none())
        else {
            continue;
        };
        if let Some(node) = flow.producer(value)
            && nodes.insert((flow.rank(node), node))
        {
            pending.extend(
                flow.node(node)
                    .inputs
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !name.is_empty()),
            );
        }
        if nodes.len() > MAX_NODES {
            return Err(format!(
                "constant `{name}` is computed by more than {MAX_NODES} operators"
            ));
        }
    }
    Ok(nodes.into_iter().map(|(_, node)| node).collect())
}

fn load(artifact: &Artifact, name: &str) -> Result<Constant, String> {
    let info =
        stored_info(artifact, name).ok_or_else(|| format!("`{name}` is no stored constant"))?;
    if info.elements() > MAX_ELEMENTS {
        return Err(format!("tensor `{name}` is too large to compute with"));
    }
    let data = artifact
        .read_tensor(name)
        .map_err(|error| error.to_string())?;
    Constant::read(info, &data)
}

fn apply(node: &Node, operands: &[Option<&Constant>]) -> Result<Constant, String> {
    let operand = |at: usize| operands.get(at).copied().flatten();
    let required = |at: usize| operand(at).ok_or_else(|| format!("operand {at} is missing"));
    let binary = |function: fn(f64, f64) -> f64| required(0)?.zip(required(1)?, function);
    let axes = || {
        ints_attribute(node, "axes")
            .map(<[i64]>::to_vec)
            .or_else(|| Some(operand(1)?.integers()))
    };
    let viewed = |shape: Vec<usize>, from: &Constant| Constant {
        shape,
        ..from.clone()
    };
    match node.op_type.as_str() {
        "Add" => binary(|a, b| a + b),
        "Cast" => required(0)?
            .clone()
            .cast(element_type(int_attribute(node, "to", 0))?),
        "Clip" => {
            let low = operand(1).and_then(|bound| bound.values.first().copied());
            let high = operand(2).and_then(|bound| bound.values.first().copied());
            let low = low.unwrap_or_else(|| float_attribute(node, "min", f32::NEG_INFINITY).into());
            let high = high.unwrap_or_else(|| float_attribute(node, "max", f32::INFINITY).into());
            Ok(required(0)?.clone().map(|value| value.max(low).min(high)))
        }
        "ConstantOfShape" => {
            let fill = match node.attributes.get("value") {
                Some(Attribute::Tensor(tensor)) => Constant::read(&tensor.info, &tensor.data)?,
                _ => Constant::scalar(Dtype::F32, 0.0),
            };
            let value = fill
                .values
                .first()
                .copied()
                .ok_or("the fill value is empty")?;
            Constant::filled(fill.dtype, extents(required(0)?)?, value)
        }
        "Div" if required(0)?.dtype.is_float() => binary(|a, b| a / b),
        "Expand" => required(0)?.expand(&extents(required(1)?)?),
        "Flatten" => Ok(viewed(
            tensor_ops::flattened(node, &required(0)?.shape)?,
            required(0)?,
        )),
        "Identity" => required(0).cloned(),
        "Mul" => binary(|a, b| a * b),
        "ReduceL2" => tensor_ops::reduce_l2(
            required(0)?,
            axes().as_deref(),
            int_attribute(node, "keepdims", 1) != 0,
        ),
        "Reshape" => {
            let target = match operand(1) {
                Some(shape) => shape.integers(),
                None => ints_attribute(node, "shape")
                    .ok_or("the target shape is missing")?
                    .to_vec(),
            };
            let zero = int_attribute(node, "allowzero", 0) != 0;
            Ok(viewed(
                tensor_ops::reshaped(&required(0)?.shape, &target, zero)?,
                required(0)?,
            ))
        }
        "Sqrt" => Ok(required(0)?.clone().map(f64::sqrt)),
        "Squeeze" => Ok(viewed(
            tensor_ops::squeezed(&required(0)?.shape, axes().as_deref())?,
            required(0)?,
        )),
        "Sub" => binary(|a, b| a - b),
        "Transpose" => {
            let constant = required(0)?;
            tensor_ops::transpose(
                constant,
                &tensor_ops::permutation(node, constant.shape.len())?,
            )
        }
        "Unsqueeze" => {
            let axes = axes().ok_or("the axes are missing")?;
            Ok(viewed(
                tensor_ops::unsqueezed(&required(0)?.shape, &axes)?,
                required(0)?,
            ))
        }
        _ => Err("constants are not computed through this operator".into()),
    }
}

fn extents(constant: &Constant) -> Result<Vec<usize>, String> {
    let extents = constant.integers().into_iter().map(usize::try_from);
    extents
        .collect::<Result<_, _>>()
        .map_err(|_| "a shape has a negative extent".into())
}

/// The element type behind an ONNX type number.
pub(crate) fn element_type(number: i64) -> Result<Dtype, String> {
    Ok(match number {
        1 => Dtype::F32,
        2 => Dtype::U8,
        3 => Dtype::I8,
        6 => Dtype::I32,
        7 => Dtype::I64,
        9 => Dtype::Bool,
        10 => Dtype::F16,
        11 => Dtype::F64,
        16 => Dtype::Bf16,
        _ => return Err(format!("element type {number} is not computed with")),
    })
}
