//! Everything in an ONNX graph that counts the classes, beside the head's weights.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
};

use declass_formats::{
    Artifact, Dtype, NewTensor, TensorInfo,
    onnx::{Attribute, Dim, Graph, GraphEdit},
};

use super::{Rows, companions, place::Placement, rows, texts};
use crate::{
    cut::{CHARACTERS, Cut, Site, characters},
    error::Error,
    evidence::{Untouched, UntouchedKind},
    net::{evaluate, ops},
};

/// Shortens every place that counts the classes.
pub(super) fn shorten(placement: &mut Placement<'_>, cut: &Cut) -> Result<(), Error> {
    let sites = &cut.head.sites;
    let Some(graph) = placement.artifact.graph() else {
        return Ok(());
    };
    // By node and operand, so that a shape that counts the classes twice is rewritten once.
    let mut extents: BTreeMap<(usize, usize), BTreeMap<usize, bool>> = BTreeMap::new();
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    for site in sites {
        match site {
            Site::CountingAttribute { node, name } => {
                texts::shorten_counting_attribute(placement, graph, *node, name);
            }
            Site::CountingTensor { tensor } => texts::shorten_counting(placement, tensor)?,
            Site::Background
            | Site::Columns { .. }
            | Site::DeclaredDim { .. }
            | Site::ReadElsewhere { .. }
            | Site::ShapesNeeded
            | Site::Undeclared { .. } => {}
            Site::Texts { tensor } => {
                texts.insert(tensor);
            }
            Site::Values(operand) if operand.info.dtype.is_text() => {
                texts.insert(&operand.tensor);
            }
            Site::Extent { node, input, position } => {
                extents.entry((*node, *input)).or_default().insert(*position, false);
            }
            Site::LongerExtent { node, input, position } => {
                extents.entry((*node, *input)).or_default().insert(*position, true);
            }
            Site::LabelAttribute { node, name } => shorten_labels(placement, graph, (*node, name), cut),
            Site::OutputDim { output, axis } => {
                if let Some(extent) = shorter_output(placement, graph, *output, *axis) {
                    let edit = GraphEdit::SetOutputDim { output: *output, axis: *axis, extent };
                    placement.edits.graph.push(edit);
                }
            }
            Site::Picks { count, .. } if *count <= placement.left() => {}
            Site::Picks { node, count } => return Err(too_few(placement, graph, cut, (*node, *count))),
            Site::Values(operand) if matches!(operand.info.dtype, Dtype::I32 | Dtype::I64) => {
                texts::shorten_numbers(placement, operand, cut)?;
            }
            Site::Values(operand) => placement.put(operand, &Rows::new())?,
            Site::FunctionShapes => placement.edits.graph.push(GraphEdit::ClearFunctionInfo),
            // Whatever becomes of the slots.
            Site::Rounding { .. } => {}
        }
    }
    for (place, positions) in extents {
        shorten_extent(placement, place, &positions)?;
    }
    texts::shorten(placement, &texts)?;
    shorten_shapes(placement, graph, sites);
    shorten_metadata(placement, graph, cut)
}

/// Lists of the classes that only other parts of the graph read.
pub(super) fn stale(artifact: &Artifact, cut: &Cut) -> Vec<Untouched> {
    let lists = cut.head.sites.iter().filter_map(|site| match site {
        Site::ReadElsewhere { tensor } => Some(tensor),
        _ => None,
    });
    let part = |tensor: &String| {
        let extents = artifact.tensors().get(tensor).map(|info| info.shape.clone()).unwrap_or_default();
        Untouched::new(UntouchedKind::Tensor, tensor, &extents)
    };
    lists.map(part).collect()
}

/// Declared shapes go, unless the head could not be found again: then those stay that hold, and those with an axis
/// of classes are corrected.
fn shorten_shapes(placement: &mut Placement<'_>, graph: &Graph, sites: &[Site]) {
    if graph.value_info.is_empty() {
        return;
    }
    if !sites.iter().any(|site| matches!(site, Site::ShapesNeeded)) {
        placement.edits.graph.push(GraphEdit::ClearValueInfo);
        return;
    }
    let extent = i64::try_from(placement.left()).unwrap_or(i64::MAX);
    let edit = |site: &Site| match site {
        Site::DeclaredDim { value, axis } => {
            Some(GraphEdit::SetValueInfoDim { value: *value, axis: *axis, extent })
        }
        Site::Undeclared { value } => Some(GraphEdit::RemoveValueInfo { value: *value }),
        _ => None,
    };
    placement.edits.graph.extend(sites.iter().filter_map(edit));
}

/// Takes the rounding to whole numbers away that lies behind an edited head, so that nothing but the head
/// decides.
pub(super) fn keep_real(placement: &mut Placement<'_>, sites: &[Site]) {
    let Some(graph) = placement.artifact.graph() else { return };
    let is_edited = !placement.edits.graph.is_empty() || !placement.edits.tensors.is_empty();
    for site in sites.iter().filter(|_| is_edited) {
        let Site::Rounding { quantise, dequantise } = site else { continue };
        let Some(real) = graph.nodes.get(*quantise).and_then(|node| node.inputs.first()) else { continue };
        placement.replace(*quantise, None);
        for node in dequantise {
            let onnx = graph.nodes.get(*node);
            let by = onnx.and_then(|onnx| Some(ops::kept(&onnx.name, real, onnx.outputs.first()?)));
            placement.replace(*node, by);
        }
    }
}

/// Removes what nothing reads any more because of the edits: constants, and the nodes that only passed them
/// on.
pub(super) fn remove_orphans(placement: &mut Placement<'_>) {
    let rewired = !placement.rewired.is_empty();
    let Some(graph) = placement.artifact.graph().filter(|_| rewired) else {
        return;
    };
    let reads = placement.reads.clone();
    let mut uses = count_uses(graph, &placement.rewired, &reads);
    let mut producers: HashMap<&String, usize> = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        producers.extend(node.outputs.iter().map(|output| (output, index)));
    }
    let read = |(node, at): &(usize, usize)| graph.nodes.get(*node)?.inputs.get(*at);
    let mut pending: Vec<&String> = placement.rewired.keys().filter_map(read).collect();
    let mut gone = BTreeSet::new();
    while let Some(name) = pending.pop() {
        let is_read = uses.get(name.as_str()).is_some_and(|uses| *uses > 0);
        if name.is_empty() || is_read || !gone.insert(name) {
            continue;
        }
        if graph.initializers.contains_key(name) {
            let name = name.clone();
            let edit = GraphEdit::RemoveInitializer { name };
            placement.edits.graph.push(edit);
        } else if let Some(node) = producers.get(name)
            && !placement.replaced.contains(node)
            && graph.nodes[*node].function.is_none()
            && is_unread(graph, *node, &uses)
        {
            let edit = GraphEdit::RemoveNode { node: *node };
            placement.edits.graph.push(edit);
            for input in &graph.nodes[*node].inputs {
                uses.entry(input).and_modify(|uses| *uses = uses.saturating_sub(1));
                pending.push(input);
            }
        }
        placement.edits.tensors.remove(name);
    }
}

/// How often each value is read once the edits are made.
fn count_uses<'g>(
    graph: &'g Graph,
    rewired: &BTreeMap<(usize, usize), String>,
    reads: &'g [String],
) -> HashMap<&'g str, usize> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for (node, onnx) in graph.nodes.iter().enumerate() {
        let inputs = onnx.inputs.iter().enumerate();
        let kept = inputs.filter(|(at, _)| !rewired.contains_key(&(node, *at)));
        for name in kept.map(|(_, name)| name).chain(&onnx.captures) {
            *uses.entry(name).or_default() += 1;
        }
    }
    for name in graph.passed.iter().chain(reads) {
        *uses.entry(name).or_default() += 1;
    }
    for output in &graph.outputs {
        *uses.entry(&output.name).or_default() += 1;
    }
    uses
}

fn is_unread(graph: &Graph, node: usize, uses: &HashMap<&str, usize>) -> bool {
    graph.nodes[node].outputs.iter().all(|output| uses.get(output.as_str()).is_none_or(|uses| *uses == 0))
}

fn shorten_labels(placement: &mut Placement<'_>, graph: &Graph, (node, name): (usize, &String), cut: &Cut) {
    let value = match graph.nodes.get(node).and_then(|node| node.attributes.get(name)) {
        Some(Attribute::Ints(values)) if cut.is_counted(values) => {
            Attribute::Ints(values.iter().copied().take(placement.left()).collect())
        }
        Some(Attribute::Ints(values)) => Attribute::Ints(placement.kept(values)),
        Some(Attribute::Strings(values)) => Attribute::Strings(placement.kept(values)),
        _ => return,
    };
    placement.edits.graph.push(GraphEdit::SetAttribute { node, name: name.clone(), value });
}

fn shorten_extent(
    placement: &mut Placement<'_>,
    place: (usize, usize),
    positions: &BTreeMap<usize, bool>,
) -> Result<(), Error> {
    let (node, input) = place;
    let missing = || Error::Unwritable {
        tensor: format!("operand {input} of node {node}"),
        reason: "this model has no such operand".to_owned(),
    };
    let flow = placement.reader.flow()?.ok_or_else(missing)?;
    let name = flow.graph().nodes.get(node).and_then(|node| node.inputs.get(input)).ok_or_else(missing)?;
    let unwritable = |reason: String| Error::Unwritable { tensor: name.to_owned(), reason };
    let shape =
        evaluate(placement.artifact, flow, name).map_err(|problem| unwritable(problem.to_string()))?;
    let mut entries = shape.integers();
    for (position, counts_more) in positions {
        if let Some(entry) = entries.get_mut(*position)
            && (*counts_more || usize::try_from(*entry) == Ok(placement.classes))
        {
            *entry -= gone(placement);
        }
    }
    if entries == shape.integers() {
        return Ok(());
    }
    let data = rows::whole_numbers(shape.dtype, &entries)
        .ok_or_else(|| unwritable(format!("a shape cannot be of type {}", shape.dtype.name())))?;
    let info = TensorInfo { dtype: shape.dtype, shape: shape.shape };
    placement.rewire(node, input, name, NewTensor { info, data });
    Ok(())
}

/// Fewer classes would be left than an operator picks.
fn too_few(placement: &Placement<'_>, graph: &Graph, cut: &Cut, (node, count): (usize, usize)) -> Error {
    // Nodes need no name; what they give has one.
    let node = graph.nodes.get(node);
    let given = node.and_then(|node| node.outputs.first()).map(String::as_str).unwrap_or_default();
    let left = placement.left();
    let obstacle = format!("`{given}` is the {count} best classes, and only {left} would stay");
    Error::CannotDrop { obstacle, keepable: cut.head.can_be_sealed() }
}

/// How many classes go.
fn gone(placement: &Placement<'_>) -> i64 {
    i64::try_from(placement.forgotten.len()).unwrap_or(i64::MAX)
}

/// The extent of a declared output once the classes are gone, where it is a number.
fn shorter_output(placement: &Placement<'_>, graph: &Graph, output: usize, axis: usize) -> Option<i64> {
    match graph.outputs.get(output)?.shape.as_ref()?.get(axis)? {
        Dim::Fixed(extent) => Some(extent - gone(placement)),
        Dim::Symbolic(_) => None,
    }
}

fn shorten_metadata(placement: &mut Placement<'_>, graph: &Graph, cut: &Cut) -> Result<(), Error> {
    let names = companions::Names::of(cut, placement.forgotten);
    for (key, text) in &graph.metadata {
        if key == CHARACTERS
            && let Some((listed, spelled)) = characters(text, placement.classes)
        {
            let value = shorter_characters(placement, &listed, spelled)?;
            placement.edits.graph.push(GraphEdit::SetMetadata { key: key.clone(), value });
        }
    }
    for (key, value) in companions::shorter_texts(placement.artifact, &names)? {
        placement.edits.graph.push(GraphEdit::SetMetadata { key, value });
    }
    Ok(())
}

fn shorter_characters(
    placement: &Placement<'_>,
    names: &[String],
    spelled: Range<usize>,
) -> Result<String, Error> {
    if let Some(class) = placement.forgotten.iter().find(|class| !spelled.contains(class)) {
        let reason = format!("every reader of it adds class {class} of its own accord");
        return Err(Error::Unwritable { tensor: format!("metadata {CHARACTERS}"), reason });
    }
    let lines = spelled.filter(|class| placement.keeps(*class)).filter_map(|class| names.get(class));
    Ok(lines.map(String::as_str).collect::<Vec<_>>().join("\n"))
}
