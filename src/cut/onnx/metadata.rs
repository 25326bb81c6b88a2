//! Labels that an ONNX file carries: in its metadata, in attributes of its last operators, or beside it.

use std::{collections::BTreeSet, ops::Range};

use declass_formats::{Artifact, onnx::Attribute};

use super::{
    super::{
        Site, counts_from,
        labels::{self, Stated},
        literal, refusal,
    },
    follower::Follower,
};
use crate::{classes::Labels, error::Error, net::Flow};

/// Metadata keys that hold labels, as exporters write them.
pub(crate) const LABEL_KEYS: &[&str] = &["names", "labels", "id2label", "classes", "class_names"];

/// Metadata key of text recognisers: a character a line.
pub(crate) const CHARACTERS: &str = "character";

/// The labels in a list of one character a line, and which of them it spells out.
///
/// The exporter's own reader puts `blank` before the lines and a space behind them, or only the former. That
/// is told by their number; a list that then has two equal labels or an empty one is none.
pub(crate) fn characters(text: &str, classes: usize) -> Option<(Vec<String>, Range<usize>)> {
    let lines: Vec<&str> = text.split('\n').collect();
    let (before, after): (&[&str], &[&str]) = match classes.checked_sub(lines.len())? {
        0 => (&[], &[]),
        1 => (&["blank"], &[]),
        2 => (&["blank"], &[" "]),
        _ => return None,
    };
    let spelled = before.len()..before.len() + lines.len();
    let names = [before, &lines, after].concat();
    let distinct: BTreeSet<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    let unambiguous = distinct.len() == classes;
    unambiguous.then(|| (names.into_iter().map(str::to_owned).collect(), spelled))
}

/// What the metadata or else the files beside the graph say about the classes.
pub(super) fn stated(artifact: &Artifact) -> Result<Option<Stated>, Error> {
    let Some(graph) = artifact.graph() else {
        return Ok(None);
    };
    let listed = LABEL_KEYS.iter().filter_map(|key| {
        let (_, text) = graph.metadata.iter().find(|(name, _)| name == key)?;
        Some(Labels { names: literal::labels(text)?, source: format!("metadata `{key}`") })
    });
    labels::with_metadata(artifact, listed.collect())
}

/// The labels, checked to be as many as the classes. Those in the graph itself come first. A `config.json`
/// that lies beside the file may belong to another model and counts only if it fits.
pub(super) fn labels(
    flow: &Flow<'_>,
    follower: &Follower<'_, '_>,
    stated: Option<Stated>,
    older: bool,
) -> Result<Option<Labels>, Error> {
    let mut in_graph = listed(flow, follower, older);
    // Numbers that count the classes are no names where there are some.
    let is_named = stated.as_ref().is_some_and(|stated| stated.names_all(follower.classes));
    in_graph.retain(|labels| older || !is_named || !is_counting(&labels.names));
    // Nor are those that are the indices where others are given.
    let says_more =
        |labels: &&Labels| labels.names.iter().enumerate().any(|(index, name)| *name != index.to_string());
    let own = in_graph.iter().find(says_more).filter(|_| !older).or(in_graph.first()).cloned();
    if let Some(own) = own {
        in_graph.extend(stated.and_then(Stated::labels));
        in_graph.retain(|labels| labels.names.len() == own.names.len());
        labels::check(&in_graph)?;
        return Ok(Some(own));
    }
    let Some(stated) = stated.filter(|stated| !stated.beside || stated.count == follower.classes) else {
        let numbers = || table_labels(follower).filter(|_| !older);
        return Ok(character_labels(flow, follower.classes).or_else(numbers));
    };
    if stated.count == follower.classes {
        let own = stated.labels();
        return Ok(own.or_else(|| character_labels(flow, follower.classes)));
    }
    Err(refusal(
        format!(
            "labels and weights disagree: {} has {} labels, the head has {} classes",
            stated.source, stated.count, follower.classes
        ),
        "correct the labels in the model's metadata",
    ))
}

/// Every list of the classes in the graph itself: attributes with labels, and tables of texts, which older
/// versions did not read.
fn listed(flow: &Flow<'_>, follower: &Follower<'_, '_>, older: bool) -> Vec<Labels> {
    let texts = |tensor: &str| texts(follower.artifact, tensor).filter(|_| !older);
    let of_site = |site: &Site| match site {
        Site::LabelAttribute { node, name } => attribute_labels(flow, *node, name),
        Site::Texts { tensor } => texts(tensor),
        Site::Values(operand) if operand.info.dtype.is_text() => texts(&operand.tensor),
        _ => None,
    };
    follower.sites.iter().filter_map(of_site).collect()
}

fn is_counting(names: &[String]) -> bool {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    numbers.is_some_and(|numbers| counts_from(&numbers).is_some())
}

fn texts(artifact: &Artifact, tensor: &str) -> Option<Labels> {
    let texts = artifact.read_strings(tensor).ok()??;
    let names = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    Some(Labels { names, source: format!("tensor `{tensor}`") })
}

fn character_labels(flow: &Flow<'_>, classes: usize) -> Option<Labels> {
    let (_, text) = flow.graph().metadata.iter().find(|(key, _)| key == CHARACTERS)?;
    let (names, _) = characters(text, classes)?;
    Some(Labels { names, source: format!("metadata `{CHARACTERS}`") })
}

/// The numbers of a table behind the index of the best class, where they are one for each and not all are indices.
fn table_labels(follower: &Follower<'_, '_>) -> Option<Labels> {
    let (node, first, _) = follower.tables.first()?;
    let is_same = |(_, table, whole): &(usize, Vec<i64>, bool)| *whole && table == first;
    let distinct: BTreeSet<&i64> = first.iter().collect();
    // Only indices: what they count, in whatever order, may be something else.
    let is_index = first.iter().all(|number| usize::try_from(*number).is_ok_and(|it| it < follower.classes));
    if is_index || distinct.len() != follower.classes || !follower.tables.iter().all(is_same) {
        return None;
    }
    let names = first.iter().map(ToString::to_string).collect();
    Some(Labels { names, source: format!("the table of `{}`", follower.flow.title(*node)) })
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

#[cfg(test)]
mod tests {
    use super::characters;

    #[test]
    fn the_number_of_lines_tells_what_stands_around_them() {
        let read =
            |text, classes| characters(text, classes).map(|(names, spelled)| (names.join("|"), spelled));
        assert_eq!(read("a\nb", 2), Some(("a|b".into(), 0..2)));
        assert_eq!(read("a\nb", 3), Some(("blank|a|b".into(), 1..3)));
        assert_eq!(read("a\nb", 4), Some(("blank|a|b| ".into(), 1..3)));
        for (text, classes) in
            [("a\nb", 1), ("a\nb", 5), ("a\n ", 4), ("blank\na", 3), ("a\nb\n", 3), ("a\na", 2)]
        {
            assert_eq!(read(text, classes), None, "{text:?} as {classes}");
        }
    }
}
