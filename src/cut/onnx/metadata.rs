//! Labels that an ONNX file carries: in its metadata, in attributes of its last operators, or beside it.

use declass_formats::{Artifact, onnx::Attribute};

use super::{
    super::{
        Site,
        labels::{self, Stated},
        literal, refusal,
    },
    follower::Follower,
};
use crate::{classes::Labels, error::Error, graph::Flow};

/// Metadata keys that hold labels, as exporters write them.
pub(crate) const LABEL_KEYS: &[&str] = &["names", "labels", "id2label", "classes", "class_names"];

/// What the metadata or else a `config.json` beside the file says about the classes.
pub(super) fn stated(artifact: &Artifact) -> Result<Option<Stated>, Error> {
    let Some(graph) = artifact.graph() else {
        return Ok(None);
    };
    for key in LABEL_KEYS {
        let entry = graph.metadata.iter().find(|(name, _)| name == key);
        if let Some(names) = entry.and_then(|(_, text)| literal::labels(text)) {
            let source = format!("metadata `{key}`");
            return Ok(Some(Stated { count: names.len(), source, names: Some(names) }));
        }
    }
    artifact.config().map(labels::stated).transpose().map(Option::flatten)
}

/// The labels, checked to be as many as the classes. Those in the graph itself come first. A `config.json`
/// that lies beside the file may belong to another model and counts only if it fits.
pub(super) fn labels(
    flow: &Flow<'_>,
    follower: &Follower<'_, '_>,
    stated: Option<Stated>,
    artifact: &Artifact,
) -> Result<Option<Labels>, Error> {
    let in_graph = follower.sites.iter().find_map(|site| match site {
        Site::LabelAttribute { node, name } => attribute_labels(flow, *node, name),
        _ => None,
    });
    if in_graph.is_some() {
        return Ok(in_graph);
    }
    let Some(stated) = stated else {
        return Ok(None);
    };
    if stated.count == follower.classes {
        return Ok(stated.labels());
    }
    let config = artifact.config().is_some() && stated.source.starts_with("config.json");
    if config {
        return Ok(None);
    }
    Err(refusal(
        format!(
            "labels and weights disagree: {} has {} labels, the head has {} classes",
            stated.source, stated.count, follower.classes
        ),
        "correct the labels in the model's metadata",
    ))
}

fn attribute_labels(flow: &Flow<'_>, node: usize, name: &str) -> Option<Labels> {
    let node_title = flow.node(node).op_type.clone();
    let names = match flow.node(node).attributes.get(name)? {
        Attribute::Ints(values) => values.iter().map(ToString::to_string).collect(),
        Attribute::Strings(values) => {
            values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
        }
        _ => return None,
    };
    Some(Labels { names, source: format!("`{name}` of {node_title}") })
}
