//! Lists of the classes in a graph that no score passes through: texts, tables from index to label, outputs that are
//! the same in every run.

use std::collections::HashSet;

use declass_formats::{
    Dtype,
    onnx::{Attribute, Dim},
};

use super::{
    super::{Operand, Site},
    choose::before,
    follower::Follower,
    part::Part,
    readers,
    tail::before_any_output,
};
use crate::net::{Kind, stored_info};

/// Operators between a stored list and an output.
const MAX_STEPS: usize = 16;

/// Notes every list with one entry per class, unless what lies before the head reads it: that one counts something
/// else.
pub(super) fn note(follower: &mut Follower<'_, '_>, parts: &[Part]) {
    let heads: Vec<usize> = parts.iter().map(|part| part.node).collect();
    let before = before(follower.flow, &heads);
    let texts = texts(follower, &before);
    let tables = tables(follower, &before);
    follower.sites.extend(texts);
    follower.sites.extend(tables);
    let outputs = constant_outputs(follower, &before);
    follower.sites.extend(outputs);
}

fn read_before(follower: &Follower<'_, '_>, before: &[bool], name: &str) -> bool {
    let flow = follower.flow;
    flow.id(name).is_some_and(|value| flow.readers(value).iter().any(|reader| before[reader.node]))
}

fn texts(follower: &Follower<'_, '_>, before: &[bool]) -> Vec<Site> {
    let tensors = follower.artifact.tensors().iter();
    let lists = tensors.filter(|(name, info)| {
        info.dtype.is_text()
            && info.elements() == follower.classes
            && info.shape.contains(&follower.classes)
            && !read_before(follower, before, name)
    });
    let site = |name: &String| match readers::of(follower.flow, follower.classes, &follower.picks, name).other
    {
        Some(_) => Site::ReadElsewhere { tensor: name.clone() },
        None => Site::Texts { tensor: name.clone() },
    };
    lists.map(|(name, _)| site(name)).collect()
}

/// Attributes with a text per class, and beside them those with a number per class. What reads something else than
/// constants has the classes of another head.
fn tables(follower: &Follower<'_, '_>, before: &[bool]) -> Vec<Site> {
    let known: HashSet<(usize, &str)> = follower
        .sites
        .iter()
        .filter_map(|site| match site {
            Site::LabelAttribute { node, name } => Some((*node, name.as_str())),
            _ => None,
        })
        .collect();
    let (classes, flow) = (follower.classes, follower.flow);
    let told = before_any_output(flow);
    let is_own = |node: usize| {
        let mut read = flow.node(node).inputs.iter().filter(|name| !name.is_empty());
        !before[node] && (!told[node] || read.all(|name| flow.is_static(name)))
    };
    let mut sites = Vec::new();
    for (node, onnx) in flow.graph().nodes.iter().enumerate().filter(|(node, _)| is_own(*node)) {
        let has_texts = onnx
            .attributes
            .values()
            .any(|it| matches!(it, Attribute::Strings(list) if list.len() == classes));
        for (name, value) in
            onnx.attributes.iter().filter(|(name, _)| has_texts && !known.contains(&(node, name.as_str())))
        {
            let name = name.clone();
            match value {
                Attribute::Strings(list) if list.len() == classes => {
                    sites.push(Site::LabelAttribute { node, name })
                }
                Attribute::Ints(list) if counts(list, classes) => {
                    sites.push(Site::CountingAttribute { node, name })
                }
                Attribute::Ints(list) if list.len() == classes => {
                    sites.push(Site::LabelAttribute { node, name })
                }
                _ => {}
            }
        }
    }
    sites
}

/// Whether these are the indices of the classes in order.
pub(super) fn counts(list: &[i64], classes: usize) -> bool {
    list.len() == classes && list.iter().zip(0..).all(|(entry, index)| *entry == index)
}

/// Outputs that no input has an effect on: where they come from a stored list of the classes, it is shortened.
fn constant_outputs(follower: &Follower<'_, '_>, before: &[bool]) -> Vec<Site> {
    let flow = follower.flow;
    let tables: HashSet<usize> = follower.sites.iter().filter_map(of_table).collect();
    let mut sites = Vec::new();
    for (output, value) in flow.graph().outputs.iter().enumerate() {
        let constant = flow.id(&value.name).is_some_and(|id| flow.kind(id) == Kind::Static);
        let Some((tensor, through_table)) =
            constant.then(|| stored(follower, &tables, &value.name)).flatten()
        else {
            continue;
        };
        let Some(info) =
            stored_info(follower.artifact, tensor).filter(|info| info.elements() == follower.classes)
        else {
            continue;
        };
        let Some(axis) = info.shape.iter().position(|extent| *extent == follower.classes) else { continue };
        if read_before(follower, before, tensor) {
            continue;
        }
        if readers::of(flow, follower.classes, &follower.picks, tensor).other.is_some() {
            sites.push(Site::ReadElsewhere { tensor: tensor.to_owned() });
            continue;
        }
        let integers = || info.dtype.decode_i64(&follower.artifact.read_tensor(tensor).ok()?);
        let counting = || integers().is_some_and(|list| counts(&list, follower.classes));
        if through_table && matches!(info.dtype, Dtype::I32 | Dtype::I64) && counting() {
            sites.push(Site::CountingTensor { tensor: tensor.to_owned() });
        } else if !info.dtype.is_text() {
            sites.push(Site::Values(Operand::stored(tensor, info, axis)));
        }
        let declared = value.shape.iter().flatten().enumerate();
        let fixed = i64::try_from(follower.classes).map(Dim::Fixed);
        let counted = declared.filter(|(_, dim)| fixed.as_ref().is_ok_and(|fixed| fixed == *dim));
        sites.extend(counted.map(|(axis, _)| Site::OutputDim { output, axis }));
    }
    sites
}

/// The node whose attribute is a table of labels.
fn of_table(site: &Site) -> Option<usize> {
    match site {
        Site::CountingAttribute { node, .. } | Site::LabelAttribute { node, .. } => Some(*node),
        _ => None,
    }
}

/// The stored tensor that a constant comes from by its first operands, and whether it passes a table of labels.
fn stored<'a>(
    follower: &Follower<'_, 'a>,
    tables: &HashSet<usize>,
    output: &'a str,
) -> Option<(&'a str, bool)> {
    let (flow, mut name, mut through_table) = (follower.flow, output, false);
    for _ in 0..MAX_STEPS {
        if stored_info(follower.artifact, name).is_some() {
            return Some((name, through_table));
        }
        let node = flow.producer(flow.id(name)?)?;
        let is_table = tables.contains(&node);
        if !is_table && !readers::keeps_entries(flow, node) {
            return None;
        }
        through_table |= is_table;
        name = flow.node(node).inputs.first()?;
    }
    None
}
