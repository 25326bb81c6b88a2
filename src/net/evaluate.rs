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
/// Elements that one evaluation may hold, loaded or computed: 512 MiB. Four times the largest constant is enough for
/// a normalised weight.
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
/// In words, what cannot be computed: an operator that is not known here, or a chain that is too large or too costly.
pub(crate) fn evaluate(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Result<Constant, String> {
    let mut known: HashMap<&str, Constant> = HashMap::new();
    let mut held = 0;
    let mut count = |constant: Constant| {
        held += constant.values.len();
        let made = flow.computed.get().saturating_add(constant.values.len());
        flow.computed.set(made);
        let within = held <= MAX_HELD && made <= MAX_MADE;
        within.then_some(constant).ok_or_else(|| format!("constant `{name}` takes too much to compute"))
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
        let result = apply(flow.node(node), &values)
            .map_err(|problem| format!("`{}` ({}): {problem}", flow.title(node), flow.node(node).op_type))?;
        if let Some(output) = flow.node(node).outputs.first() {
            known.insert(output, count(result)?);
        }
    }
    match known.remove(name) {
        Some(constant) => Ok(constant),
        None => count(load(artifact, name)?),
    }
}

/// The axes of a reduction or a squeeze: an attribute in old operator sets, an operand in new ones.
pub(crate) fn axes_of(artifact: &Artifact, flow: &Flow<'_>, node: usize) -> Result<Option<Vec<i64>>, String> {
    let node = flow.node(node);
    match (ints_attribute(node, "axes"), node.inputs.get(1).filter(|name| !name.is_empty())) {
        (Some(axes), _) => Ok(Some(axes.to_vec())),
        (None, Some(name)) if flow.is_static(name) => Ok(Some(evaluate(artifact, flow, name)?.integers())),
        (None, Some(name)) => Err(format!("axes `{name}` are not constant")),
        (None, None) => Ok(None),
    }
}

/// The nodes that make a value out of stored tensors, in the order they run.
fn chain(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Result<Vec<usize>, String> {
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
            return Err(format!("constant `{name}` is computed by more than {MAX_NODES} operators"));
        }
    }
    Ok(nodes.into_iter().map(|(_, node)| node).collect())
}

fn load(artifact: &Artifact, name: &str) -> Result<Constant, String> {
    let info = stored_info(artifact, name).ok_or_else(|| format!("`{name}` is no stored constant"))?;
    if info.elements() > MAX_ELEMENTS {
        return Err(format!("tensor `{name}` is too large to compute with"));
    }
    let data = artifact.read_tensor(name).map_err(|error| error.to_string())?;
    Constant::read(info, &data)
}

/// The operands of a node that is evaluated.
struct Operands<'a> {
    node: &'a Node,
    values: &'a [Option<&'a Constant>],
}

impl<'a> Operands<'a> {
    fn get(&self, at: usize) -> Option<&'a Constant> {
        self.values.get(at).copied().flatten()
    }

    fn required(&self, at: usize) -> Result<&'a Constant, String> {
        self.get(at).ok_or_else(|| format!("operand {at} is missing"))
    }

    fn axes(&self) -> Option<Vec<i64>> {
        let stated = ints_attribute(self.node, "axes").map(<[i64]>::to_vec);
        stated.or_else(|| Some(self.get(1)?.integers()))
    }

    fn pair(&self, function: fn(f64, f64) -> f64) -> Result<Constant, String> {
        self.required(0)?.zip(self.required(1)?, function)
    }
}

fn apply(node: &Node, values: &[Option<&Constant>]) -> Result<Constant, String> {
    let operands = Operands { node, values };
    match node.op_type.as_str() {
        "Flatten" | "Identity" | "Reshape" | "Squeeze" | "Transpose" | "Unsqueeze" => rearranged(&operands),
        "Add" => operands.pair(|a, b| a + b),
        "Cast" => {
            let dtype = element_type(int_attribute(node, "to", 0))?;
            Ok(operands.required(0)?.clone().cast(dtype))
        }
        "Clip" => clipped(&operands),
        "ConstantOfShape" => filled(&operands),
        "Div" if operands.required(0)?.dtype.is_float() => operands.pair(|a, b| a / b),
        "Expand" => operands.required(0)?.expand(&extents(operands.required(1)?)?),
        "Mul" => operands.pair(|a, b| a * b),
        "ReduceL2" => {
            let keep = int_attribute(node, "keepdims", 1) != 0;
            tensor_ops::reduce_l2(operands.required(0)?, operands.axes().as_deref(), keep)
        }
        "Sqrt" => Ok(operands.required(0)?.clone().map(f64::sqrt)),
        "Sub" => operands.pair(|a, b| a - b),
        _ => Err("constants are not computed through this operator".into()),
    }
}

/// Operators that only change the shape or the order of the elements.
fn rearranged(operands: &Operands<'_>) -> Result<Constant, String> {
    let (node, constant) = (operands.node, operands.required(0)?);
    let shape = match node.op_type.as_str() {
        "Flatten" => tensor_ops::flattened(node, &constant.shape)?,
        "Reshape" => {
            let target = match operands.get(1) {
                Some(shape) => shape.integers(),
                None => ints_attribute(node, "shape").ok_or("the target shape is missing")?.to_vec(),
            };
            let allow_zero = int_attribute(node, "allowzero", 0) != 0;
            tensor_ops::reshaped(&constant.shape, &target, allow_zero)?
        }
        "Squeeze" => tensor_ops::squeezed(&constant.shape, operands.axes().as_deref())?,
        "Transpose" => {
            let axes = tensor_ops::permutation(node, constant.shape.len())?;
            return tensor_ops::transpose(constant, &axes);
        }
        "Unsqueeze" => {
            let axes = operands.axes().ok_or("the axes are missing")?;
            tensor_ops::unsqueezed(&constant.shape, &axes)?
        }
        _ => constant.shape.clone(),
    };
    Ok(Constant { shape, ..constant.clone() })
}

/// The bounds are attributes in old operator sets, operands in new ones.
fn clipped(operands: &Operands<'_>) -> Result<Constant, String> {
    let bound = |at: usize, name: &str, default: f32| {
        let stated = operands.get(at).and_then(|bound| bound.values.first().copied());
        stated.unwrap_or_else(|| float_attribute(operands.node, name, default).into())
    };
    let low = bound(1, "min", f32::NEG_INFINITY);
    let high = bound(2, "max", f32::INFINITY);
    let constant = operands.required(0)?.clone();
    Ok(constant.map(|value| value.max(low).min(high)))
}

fn filled(operands: &Operands<'_>) -> Result<Constant, String> {
    let (dtype, value) = match operands.node.attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => {
            let fill = Constant::read(&tensor.info, &tensor.data)?;
            let value = fill.values.first().copied();
            (fill.dtype, value.ok_or("the fill value is empty")?)
        }
        _ => (Dtype::F32, 0.0),
    };
    Constant::filled(dtype, extents(operands.required(0)?)?, value)
}

fn extents(constant: &Constant) -> Result<Vec<usize>, String> {
    let extents = constant.integers().into_iter().map(usize::try_from);
    extents.collect::<Result<_, _>>().map_err(|_| "a shape has a negative extent".into())
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
