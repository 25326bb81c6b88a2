//! Heads that multiply whole numbers: how the product of an 8-bit model hangs together with the scales around
//! it.

use super::{
    super::{Operand, Source, WholeProduct},
    follower::Follower,
    problem::{Meaning, Problem},
    storage,
};
use crate::net::{
    Flow, Quantised, element_type, evaluate, int_attribute,
    ops::{Arithmetic, Behind, Linear, Results, Values, View, WholeNumbers},
};
use declass_formats::{Dtype, TensorInfo};

/// Products with scales that may follow each other.
const MAX_SCALES: usize = 8;

/// A product of whole numbers, read as one of real ones.
pub(super) struct Product {
    pub(super) weight: Operand,
    pub(super) linear: Linear,
    /// The node whose first result has all scales.
    pub(super) result: usize,
}

/// Reads a product of whole numbers as one of real ones.
///
/// # Errors
/// Where the scales are not all known, or something else reads what lies between.
pub(super) fn product(
    follower: &Follower<'_, '_>,
    node: usize,
    operands: WholeNumbers,
) -> Result<Product, Problem> {
    let flow = follower.flow;
    let name = |at: usize| follower.name(node, at).ok_or(Meaning::Scales);
    let (value, scale, zero) = operands.weight;
    let weight = name(value)?;
    let data = (name(operands.data.0)?, name(operands.data.2)?);
    let mut scales: Vec<&str> = scale.map(name).into_iter().collect::<Result<_, _>>()?;
    let way = match operands.rounded {
        Some(rounded) => way_of_rounded(follower, node, rounded).map(|last| Way { real: last, last }),
        None => way_of_scaled(follower, node, &data, &mut scales),
    };
    let Way { real, last } = way.ok_or(Meaning::Scales)?;
    let data_scale = match operands.data.1 {
        Some(at) => {
            let scale = evaluate(follower.artifact, flow, name(at)?)?;
            if scale.dtype != Dtype::F32 || scale.values.len() != 1 {
                return Err(Meaning::Scales.into());
            }
            name(at)?
        }
        None => {
            flow.node(made(flow, data.0).ok_or(Meaning::Scales)?).outputs.get(1).ok_or(Meaning::Scales)?
        }
    };
    if [node, real, last].iter().any(|node| flow.node(*node).function.is_some()) {
        return Err(Meaning::InFunction.into());
    }
    let weight = Quantised {
        value: weight.to_owned(),
        zero: follower.name(node, zero).map(str::to_owned),
        scales: scales.into_iter().map(str::to_owned).collect(),
    };
    let shape = weight.values(follower.artifact, flow)?.shape;
    let [batch @ .., _, _] = shape.as_slice() else { return Err(Meaning::Scales.into()) };
    if batch.iter().any(|extent| *extent != 1) || shape.contains(&0) {
        return Err(Meaning::Scales.into());
    }
    let axis = shape.len() - 1;
    let data = [data.0, data_scale, data.1].map(str::to_owned);
    let tensor = storage::view(follower.artifact, flow, &weight.value)?.tensor;
    let source = Source::Whole(Box::new(WholeProduct { weight, data, product: node, real, last }));
    let weight = Operand { tensor, info: TensorInfo { dtype: Dtype::F32, shape }, axis, source };
    let linear = Linear {
        data: operands.data.0,
        weight_axis: axis,
        axis: 0,
        reads_last_axis: true,
        rank: None,
        alpha: 1.0,
        bias: None,
    };
    Ok(Product { weight, linear, result: last })
}

/// Where the product becomes one of real numbers, and where it has all its scales.
struct Way {
    real: usize,
    last: usize,
}

/// A product that is rounded to whole numbers again is made real by the only reader, with the same scale.
fn way_of_rounded(follower: &Follower<'_, '_>, node: usize, rounded: (usize, usize)) -> Option<usize> {
    let last = only_reader(follower.flow, follower.flow.node(node).outputs.first()?)?;
    let is_restored = follower.flow.op(last).values() == Values::Dequantised
        && follower.name(node, rounded.0) == follower.name(last, 1)
        && follower.name(node, rounded.1) == follower.name(last, 2);
    is_restored.then_some(last)
}

/// A product that is cast to real numbers and then multiplied with the scale of the data, which is measured as
/// the model runs, and with constant ones.
fn way_of_scaled<'a>(
    follower: &Follower<'_, 'a>,
    node: usize,
    (data, zero): &(&str, &str),
    scales: &mut Vec<&'a str>,
) -> Option<Way> {
    let flow = follower.flow;
    let measured = flow.node(made(flow, data)?);
    let [first, scale, third] = measured.outputs.as_slice() else { return None };
    if first != data || third != zero {
        return None;
    }
    let real = only_reader(flow, flow.node(node).outputs.first()?)?;
    let cast = flow.op(real).known().ok().and_then(|operator| operator.view);
    let to = element_type(int_attribute(flow.node(real), "to", 0)).ok();
    if !matches!(cast, Some(View::Retyped)) || to != Some(Dtype::F32) {
        return None;
    }
    let mut last = real;
    for _ in 0..MAX_SCALES {
        let value = flow.node(last).outputs.first()?;
        last = only_reader(flow, value)?;
        let other = factors(flow, last)?.into_iter().find(|operand| operand != value)?;
        let mut found = 0;
        gather(flow, other, scale, scales, &mut found, 0)?;
        match found {
            0 => {}
            1 => return Some(Way { real, last }),
            _ => return None,
        }
    }
    None
}

/// The constant factors of a product of scales, and how often the measured one is among them.
fn gather<'a>(
    flow: &Flow<'a>,
    value: &'a str,
    measured: &str,
    scales: &mut Vec<&'a str>,
    found: &mut usize,
    depth: usize,
) -> Option<()> {
    if value == measured {
        *found += 1;
        return Some(());
    }
    if flow.is_static(value) {
        scales.push(value);
        return Some(());
    }
    let node = flow.producer(flow.id(value)?).filter(|_| depth < MAX_SCALES)?;
    factors(flow, node)?
        .into_iter()
        .try_for_each(|factor| gather(flow, factor, measured, scales, found, depth + 1))
}

/// The two factors of a product, element by element.
fn factors<'a>(flow: &Flow<'a>, node: usize) -> Option<[&'a str; 2]> {
    let is_product = matches!(flow.op(node).behind(), Ok(Behind::Combined(Arithmetic::Product)));
    match flow.node(node).inputs.as_slice() {
        [left, right] if is_product && left != right => Some([left, right]),
        _ => None,
    }
}

/// The node that measures the range of a value and rounds it to whole numbers.
fn made(flow: &Flow<'_>, data: &str) -> Option<usize> {
    let node = flow.producer(flow.id(data)?)?;
    (flow.op(node).results() == Results::FirstTellsClass).then_some(node)
}

fn only_reader(flow: &Flow<'_>, name: &str) -> Option<usize> {
    match flow.readers(flow.id(name)?) {
        [reader] if !flow.is_output(name) => Some(reader.node),
        _ => None,
    }
}

/// Logits that are rounded to whole numbers and made real again: what the removal takes away, so that only
/// the head itself decides.
pub(super) fn rounding(follower: &mut Follower<'_, '_>, node: usize) -> Result<(), Problem> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let result = onnx.outputs.first().ok_or(Meaning::Scales)?;
    let readers = flow.id(result).map(|value| flow.readers(value)).unwrap_or_default();
    let axis = int_attribute(onnx, "axis", 1);
    let restored: Vec<usize> = readers.iter().map(|reader| reader.node).collect();
    let is_restored = |reader: &usize| {
        let same = |at: usize| follower.name(*reader, at) == follower.name(node, at);
        let onnx = flow.node(*reader);
        let is_free = onnx.function.is_none() && int_attribute(onnx, "output_dtype", 0) == 0;
        let is_free = is_free && int_attribute(onnx, "axis", 1) == axis;
        flow.op(*reader).values() == Values::Dequantised && same(1) && same(2) && is_free
    };
    if restored.is_empty()
        || flow.is_output(result)
        || onnx.function.is_some()
        || !restored.iter().all(is_restored)
    {
        return Err(Meaning::Rounded.into());
    }
    let scale = follower.per_number(node, 1)?;
    if !scale.iter().all(|scale| *scale > 0.0 && scale.is_finite()) {
        return Err(Meaning::Reorders.into());
    }
    follower.sites.push(super::super::Site::Rounding { quantise: node, dequantise: restored });
    Ok(())
}
