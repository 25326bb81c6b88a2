//! Where a copy is not what its edits make of the original, to name the places; that it differs, digests have
//! told.

use super::{StructureChange, outline};
use crate::{
    Artifact, Edits, FormatError, RelPath,
    pieces::{Piece, Pieces},
    weights::Weights,
    write,
};

impl Artifact {
    /// Where the weights of `copy` are not what [`write`](Self::write) would make of these: parts of the
    /// graph, headers, tensors, or else the first byte of a file. Files that `copy` does not have are not
    /// named.
    pub fn deviations(&self, edits: &Edits, copy: &Self) -> Result<Vec<StructureChange>, FormatError> {
        deviations(self, edits, copy)
    }
}

fn deviations(
    original: &Artifact,
    edits: &Edits,
    copy: &Artifact,
) -> Result<Vec<StructureChange>, FormatError> {
    let planned = write::plan(original, edits)?;
    let mut found = match (&original.weights, &copy.weights) {
        (Weights::Onnx(old), Weights::Onnx(new)) => outline::compare(
            &old.whole_parts(&original.folder, edits)?,
            &new.whole_parts(&copy.folder, &Edits::default())?,
        ),
        _ => Vec::new(),
    };
    let graph_is_named = !found.is_empty();
    for file in original.weights.files().into_iter().filter(|path| copy.has(path)) {
        let is_graph = matches!(&original.weights, Weights::Onnx(onnx) if onnx.path() == file);
        if is_graph && graph_is_named {
            continue;
        }
        let at = first_difference(original, planned.get(file), file, copy)?;
        found.extend(at.map(|at| describe(copy, file, at)));
    }
    Ok(found)
}

fn first_difference(
    original: &Artifact,
    planned: Option<&Pieces>,
    path: &RelPath,
    copy: &Artifact,
) -> Result<Option<u64>, FormatError> {
    let (source, size) = original.folder.open_file(path)?;
    let (other, _) = copy.folder.open_file(path)?;
    let whole = Pieces::from(Piece::Source(0..size));
    let at = planned.unwrap_or(&whole).first_difference(&source, &other);
    at.map_err(|error| FormatError::new(copy.folder.locate(path), error))
}

/// What lies at a byte of a copy's file.
fn describe(copy: &Artifact, path: &RelPath, at: u64) -> StructureChange {
    let in_header = copy.weights.is_header(path, at);
    let covers =
        |name: &&String| copy.place(name).is_some_and(|(file, range)| file == path && range.contains(&at));
    let (kind, name, place) = match copy.tensors.keys().find(covers) {
        _ if in_header => ("header", path.to_string(), format!("header of `{path}`")),
        Some(name) => ("tensor", name.clone(), format!("tensor `{name}`")),
        None => ("file", path.to_string(), format!("file `{path}`")),
    };
    StructureChange { kind, name, place, what: format!("differs at byte {at} of the file") }
}
