//! What models end in: softmax and its relatives, the choice of the best class, pooling over positions.

use declass_formats::onnx::Attribute;

use super::{
    super::Site,
    axes,
    follower::{Follower, Results},
    stage::{Stage, Tracked},
    storage::view,
};
use crate::head::{Link, Order};
use crate::net::{axes_of, int_attribute, ints_attribute};

/// Softmax, Sigmoid, ArgMax, TopK, ZipMap and the like.
pub(super) fn apply(follower: &mut Follower<'_, '_>, node: usize) -> Results {
    let op = follower.flow.node(node).op_type.as_str();
    if op == "ArrayFeatureExtractor" {
        return Ok(vec![(0, look_up(follower, node)?)]);
    }
    let tracked = follower.data(node)?;
    match op {
        "ArgMax" => arg_max(follower, node, tracked),
        "HardSigmoid" | "Sigmoid" => {
            let order = if op == "Sigmoid" { tracked.order } else { Order::Weak };
            linked(Tracked { order, ..tracked }, Link::Sigmoid)
        }
        "LogSoftmax" | "Softmax" => {
            check_softmax_axis(follower, node, &tracked)?;
            linked(tracked, if op == "Softmax" { Link::Softmax } else { Link::LogSoftmax })
        }
        "Normalizer" if matches!(tracked.stage, Stage::Output(_)) => Ok(vec![(0, tracked)]),
        "TopK" => top(follower, node, &tracked),
        "ZipMap" => {
            label_attributes(follower, node)?;
            Ok(vec![(0, tracked)])
        }
        _ => Err("does not follow from logits".into()),
    }
}

/// A label picked from a constant table by the index of the best class.
pub(super) fn look_up(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let index = follower.operand(node, 1).filter(|tracked| tracked.stage == Stage::Index).cloned();
    let index = index.ok_or("picks by something else than the index of the best class")?;
    let name =
        follower.name(node, 0).filter(|name| follower.flow.is_static(name)).ok_or("has no constant table")?;
    let view = view(follower.artifact, follower.flow, name)?;
    let axis = view.info.shape.iter().position(|extent| *extent == follower.classes);
    let axis =
        axis.filter(|_| view.info.elements() == follower.classes).ok_or("has a table of another length")?;
    let (operand, sites) = view.operand(follower.flow, node, 0, axis);
    follower.sites.extend(sites);
    follower.sites.push(Site::Values(operand));
    Ok(index)
}

/// Notes every label list of a node that has one entry per class.
pub(super) fn label_attributes(follower: &mut Follower<'_, '_>, node: usize) -> Result<(), String> {
    let attributes = &follower.flow.node(node).attributes;
    for (name, value) in attributes.iter().filter(|(name, _)| name.starts_with("classlabels")) {
        let entries = match value {
            Attribute::Ints(values) => values.len(),
            Attribute::Strings(values) => values.len(),
            _ => 0,
        };
        if entries == follower.classes {
            follower.sites.push(Site::LabelAttribute { node, name: name.clone() });
        } else if entries > 0 {
            return Err(format!("has {entries} labels for {} classes", follower.classes));
        }
    }
    Ok(())
}

/// Pooling over the positions of a map.
pub(super) fn pool(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    if !matches!(tracked.stage, Stage::Logits | Stage::Rectified) || tracked.axis == 0 {
        return Err("pools over something else than positions".into());
    }
    let padded = ints_attribute(onnx, "pads").is_some_and(|pads| pads.iter().any(|pad| *pad != 0));
    if padded || onnx.attributes.contains_key("auto_pad") {
        return Err("pools over padded positions".into());
    }
    let unit_tail = tracked.unit_tail || onnx.op_type.starts_with("Global");
    // A maximum of linear functions is convex, as ReLU is: a class below the mean of the others stays there.
    let is_max = onnx.op_type.ends_with("MaxPool");
    let (stage, order) =
        if is_max { (Stage::Rectified, Order::Weak) } else { (tracked.stage, tracked.order) };
    Ok(Tracked { stage, order, unit_tail, ..tracked })
}

/// A reduction, over the classes or over positions.
pub(super) fn reduce(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Rectified};
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    let keep = int_attribute(onnx, "keepdims", 1) != 0;
    let axes = axes_of(follower.artifact, follower.flow, node)?.ok_or("reduces all axes")?;
    if !tracked.stage.has_classes() {
        return Err("reduces what has no classes".into());
    }
    let over_classes =
        axes.iter().map(|axis| axes::is_class(*axis, &tracked)).collect::<Result<Vec<_>, _>>()?;
    let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
    match (onnx.op_type.as_str(), tracked.stage, over_classes.as_slice()) {
        ("ReduceMax" | "ReduceMean" | "ReduceSum", Logits | Centred, [true]) => becomes(Common),
        ("ReduceSum", Exponents, [true]) => becomes(ExponentSum),
        ("ReduceLogSumExp", Logits | Centred, [true]) => becomes(LogExponentSum),
        ("ReduceMax" | "ReduceMean", Logits | Rectified, over) if !over.contains(&true) => {
            Ok(over_positions(&tracked, &axes, keep, onnx.op_type == "ReduceMax"))
        }
        _ => Err("reduces the logits in a way that is not followed".into()),
    }
}

/// What a mean or a maximum over positions leaves.
fn over_positions(tracked: &Tracked, axes: &[i64], keep: bool, is_max: bool) -> Tracked {
    let (stage, order) =
        if is_max { (Stage::Rectified, Order::Weak) } else { (tracked.stage, tracked.order) };
    let behind = (0..tracked.axis).filter(|at| reduces(axes, tracked, *at)).count();
    Tracked {
        stage,
        order,
        axis: if keep { tracked.axis } else { tracked.axis - behind },
        rank: tracked.rank.map(|rank| if keep { rank } else { rank.saturating_sub(axes.len()) }),
        unit_tail: tracked.unit_tail || behind == tracked.axis,
        ..tracked.clone()
    }
}

/// Whether the axis at a place from the right is among the reduced ones.
fn reduces(axes: &[i64], tracked: &Tracked, place: usize) -> bool {
    axes.iter()
        .any(|axis| axes::is_class(*axis, &Tracked { axis: place, ..tracked.clone() }).unwrap_or(false))
}

fn linked(tracked: Tracked, link: Link) -> Results {
    match tracked.stage {
        Stage::Logits | Stage::Rectified => Ok(vec![(0, Tracked { stage: Stage::Output(link), ..tracked })]),
        Stage::Centred if link != Link::Sigmoid => {
            Ok(vec![(0, Tracked { stage: Stage::Output(link), ..tracked })])
        }
        _ => Err("does not follow from logits".into()),
    }
}

/// Before operator set 13 everything from the axis on was one axis.
fn check_softmax_axis(follower: &Follower<'_, '_>, node: usize, tracked: &Tracked) -> Result<(), String> {
    let old = follower.flow.graph().opsets.get("").is_some_and(|version| *version < 13);
    let axis = int_attribute(follower.flow.node(node), "axis", if old { 1 } else { -1 });
    let over_classes = axes::is_class(axis, tracked)?;
    if over_classes && (!old || tracked.unit_tail) {
        Ok(())
    } else {
        Err("does not run over the classes".into())
    }
}

fn arg_max(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Results {
    let axis = int_attribute(follower.flow.node(node), "axis", 0);
    if !tracked.stage.has_classes() || !axes::is_class(axis, &tracked)? {
        return Err("does not run over the classes".into());
    }
    Ok(vec![(0, Tracked { stage: Stage::Index, ..tracked })])
}

fn top(follower: &mut Follower<'_, '_>, node: usize, tracked: &Tracked) -> Results {
    let axis = int_attribute(follower.flow.node(node), "axis", -1);
    let largest = int_attribute(follower.flow.node(node), "largest", 1) != 0;
    let Some(link) = tracked.stage.link().filter(|_| tracked.stage.has_classes()) else {
        return Err("does not follow from logits".into());
    };
    if !largest || !axes::is_class(axis, tracked)? {
        return Err("does not pick the largest".into());
    }
    let count =
        follower.scalar(node, 1)?.unwrap_or_else(|| int_attribute(follower.flow.node(node), "k", 0) as f64);
    follower.sites.push(Site::Picks { node, count: count as usize });
    let best = Tracked { stage: Stage::Best(link), ..tracked.clone() };
    Ok(vec![(0, best), (1, Tracked { stage: Stage::Index, ..tracked.clone() })])
}
