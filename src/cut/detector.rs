//! The head of a detector in a file without a configuration: one for each anchor of a place, all in one layer or a few.

use declass_formats::{Artifact, TensorInfo};

use super::{
    Auxiliary, Branch, Choice, Cut, Head, Operand, Site, Why,
    labels::{self, Stated},
    library::{
        boxes::{self, Scores},
        torchvision::{self, Detection, Layer, Stored},
    },
    multi_label, not_this_head, refusal,
};
use crate::{
    classes::Labels,
    error::Error,
    evidence::{Untouched, UntouchedKind},
    head::{Hints, Link, Place, Position},
};

/// Most anchors of all layers: several times as many as any detector is known to have.
const MAX_ANCHORS: usize = 1024;

/// The head of a detector of torchvision; `None` if it is none, or another head is named.
///
/// # Errors
/// If there is one class only, or more anchors than any detector has; if the labels contradict each other or the head,
/// or the classes are said to be independent where they are not.
pub(super) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Option<Cut>, Error> {
    let is_meant = |it: &Detection<'_>| hints.heads.iter().all(|name| it.is_named(name));
    let found = torchvision::detection(artifact).filter(|it| !hints.older && is_meant(it));
    let Some(detection) = found else { return Ok(None) };
    let has_background = detection.scores == Scores::WithNoObject;
    if detection.classes < if has_background { 3 } else { 2 } {
        let reason = format!("a {} of torchvision that tells one class from the background", detection.name);
        return Err(refusal(
            reason,
            "without that class there is nothing that it could find: do not use it at all",
        ));
    }
    let anchors: usize = detection.layers.iter().map(|layer| layer.anchors).sum();
    if anchors > MAX_ANCHORS {
        return Err(refusal(
            format!("it has {anchors} anchors, and {MAX_ANCHORS} are the most that are read"),
            "",
        ));
    }
    let link = if has_background { Link::None } else { Link::Sigmoid };
    let link = multi_label::link(link, artifact, hints, has_background)?;
    let (labels, notes) = labels(artifact, &detection)?;
    Ok(Some(cut(&detection, link, labels, notes)))
}

/// Labels that fit the rows, or all of them but that of the background.
fn labels(artifact: &Artifact, detection: &Detection<'_>) -> Result<(Option<Labels>, Vec<String>), Error> {
    let Some(stated) = labels::stated(artifact)? else { return Ok((None, Vec::new())) };
    let stated = match detection.scores {
        Scores::WithNoObject if stated.count + 1 == detection.classes => stated.with_first(boxes::BACKGROUND),
        _ => stated,
    };
    if stated.count == detection.classes {
        let notes = stated.notes.clone();
        return Ok((stated.labels(), notes));
    }
    let Stated { count, source, beside, .. } = stated;
    if beside {
        return Ok((None, Vec::new()));
    }
    Err(not_this_head(format!(
        "labels and weights disagree: {source} says {count} classes, the head has {}",
        detection.classes
    )))
}

fn cut(detection: &Detection<'_>, link: Link, labels: Option<Labels>, mut notes: Vec<String>) -> Cut {
    let mut anchors = detection.layers.iter().flat_map(|layer| self::anchors(layer, detection.classes));
    let first = anchors.next();
    let auxiliary: Vec<Auxiliary> =
        anchors.map(|(name, branch)| Auxiliary { name, branch, link, open: None }).collect();
    let has_background = detection.scores == Scores::WithNoObject;
    notes.extend(said(detection, 1 + auxiliary.len()));
    let (name, branches) = first.map(|(name, branch)| (name, vec![branch])).unwrap_or_default();
    let beside = detection.beside.iter();
    let rows = beside.clone().map(|it| Site::Values(all_rows(it, detection.classes)));
    let head = Head {
        name,
        link,
        position: Position::PerPlace(Place::Box),
        auxiliary,
        sites: rows.chain(has_background.then_some(Site::Background)).collect(),
        ..Head::plain(detection.classes, branches)
    };
    let rule = format!("its names and extents are those of torchvision's {}", detection.name);
    let untouched = beside.map(|it| Untouched::new(UntouchedKind::Matrix, it.name, &it.info.shape)).collect();
    Cut {
        head,
        bound: None,
        why: Why { rule, choice: Choice::Located, confidence: 0.95, runners_up: Vec::new(), notes },
        labels,
        points: Vec::new(),
        untouched,
        older: false,
    }
}

/// What a reader should know.
fn said(detection: &Detection<'_>, anchors: usize) -> Vec<String> {
    let mut said = Vec::new();
    if anchors > 1 {
        said.push(format!(
            "one head for each of {anchors} anchors; the first stands for all, and the others lose the classes, too (nothing \
             is trained there: a kept slot is always sealed)"
        ));
    }
    if detection.scores == Scores::WithNoObject {
        said.push("row 0 is that of the background, which is never given out".into());
    }
    if !detection.beside.is_empty() {
        said.push(
            "boxes and masks have rows of their own for each class: those of a sealed class are never given out, and stay".into(),
        );
    }
    said
}

/// The heads of a layer, one for each anchor.
fn anchors(layer: &Layer<'_>, classes: usize) -> impl Iterator<Item = (String, Branch)> {
    let width: usize = layer.weight.info.shape.iter().skip(1).product();
    (0..layer.anchors).map(move |anchor| {
        let name = match layer.anchors {
            1 => layer.module.clone(),
            _ => format!("{}, anchor {anchor}", layer.module),
        };
        let first = anchor * classes;
        let branch = Branch {
            embedding: format!("input of {}", layer.module),
            width,
            weight: rows(&layer.weight, first, classes),
            bias: Some(rows(&layer.bias, first, classes)),
            gain: vec![1.0; classes],
            bias_gain: vec![1.0; classes],
        };
        (name, branch)
    })
}

/// So many rows of a tensor, from one on.
fn rows(stored: &Stored<'_>, first: usize, classes: usize) -> Operand {
    let mut shape = stored.info.shape.clone();
    let row: usize = shape.iter().skip(1).product();
    shape.splice(..1, [classes]);
    Operand::part(stored.name, TensorInfo { dtype: stored.info.dtype, shape }, first * row)
}

/// All rows of a tensor that has several for every class.
fn all_rows(stored: &Stored<'_>, classes: usize) -> Operand {
    let mut shape = stored.info.shape.clone();
    let each = shape.first().map_or(1, |rows| rows / classes);
    shape.splice(..1, [classes, each]);
    Operand::part(stored.name, TensorInfo { dtype: stored.info.dtype, shape }, 0)
}
