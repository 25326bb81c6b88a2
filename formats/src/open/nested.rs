//! Models whose graph lies in a folder `onnx` below the one with the configuration, and other models that lie in
//! folders of their own below one.

use std::{collections::BTreeSet, path::Path};

use super::{CONFIG, INDEX, SINGLE, has_extension};
use crate::RelPath;
use crate::beside::is_weight_ending;

/// The folder that exporters for browsers and other run times put graphs in.
pub(super) const GRAPHS: &str = "onnx";

/// The graphs right below that folder.
pub(super) fn graphs(files: &[(RelPath, u64)]) -> Vec<&RelPath> {
    let inside = |file: &&RelPath| {
        let rest = file.as_str().strip_prefix(GRAPHS).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| !rest.contains('/')) && has_extension(file, "onnx")
    };
    files.iter().map(|(file, _)| file).filter(inside).collect()
}

/// The folder above one with graphs, if the configuration is there and not beside them, and no other weights are
/// that it would be about.
pub(super) fn model_folder(folder: &Path) -> Option<&Path> {
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == GRAPHS))?;
    let has = |folder: &Path, name: &str| folder.join(name).symlink_metadata().is_ok();
    let is_of_graphs = has(above, CONFIG) && !has(above, SINGLE) && !has(above, INDEX);
    (is_of_graphs && !has(folder, CONFIG)).then_some(above)
}

/// Whether a file is the configuration of a model in a folder of its own, such as a checkpoint, whose weights a
/// copy leaves out: it would promise what is not there.
pub(super) fn describes_others(file: &RelPath, files: &[(RelPath, u64)], own: &BTreeSet<&RelPath>) -> bool {
    let Some((folder, CONFIG)) = file.as_str().rsplit_once('/') else { return false };
    let beside = |other: &RelPath| other.as_str().rsplit_once('/').is_some_and(|(it, _)| it == folder);
    let is_weight = |other: &RelPath| {
        other
            .as_str()
            .rsplit_once('.')
            .is_some_and(|(_, ending)| is_weight_ending(&ending.to_ascii_lowercase()))
    };
    let mut others = files.iter().map(|(other, _)| other);
    !own.iter().any(|own| beside(own)) && others.any(|other| beside(other) && is_weight(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<(RelPath, u64)> {
        names.iter().map(|name| (RelPath::try_from(*name).unwrap(), 1)).collect()
    }

    #[test]
    fn graphs_lie_right_below_their_folder() {
        let files = paths(&["onnx/a.onnx", "onnx/b/c.onnx", "onnxes/d.onnx", "onnx/e.json", "f.onnx"]);
        let found: Vec<&str> = graphs(&files).into_iter().map(RelPath::as_str).collect();
        assert_eq!(found, ["onnx/a.onnx"]);
    }

    #[test]
    fn a_configuration_beside_weights_that_stay_behind_describes_others() {
        let files =
            paths(&["config.json", "c/config.json", "c/model.safetensors", "d/config.json", "d/a.txt"]);
        let others: Vec<&str> = files
            .iter()
            .filter(|(file, _)| describes_others(file, &files, &BTreeSet::new()))
            .map(|(file, _)| file.as_str())
            .collect();
        assert_eq!(others, ["c/config.json"]);
        let own = BTreeSet::from([&files[2].0]);
        assert!(!describes_others(&files[1].0, &files, &own));
    }
}
