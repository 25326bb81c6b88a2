//! Models whose graph lies in a folder `onnx` below the one with the configuration, and other models that lie in
//! folders of their own below one.

use std::{collections::BTreeSet, path::Path};

use super::{CONFIG, INDEX, SINGLE, has_extension};
use crate::RelPath;
use crate::beside::is_weight_name;

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

/// Folders below a model's own with weights that a copy leaves out, such as those of checkpoints.
pub(super) struct Others<'f>(BTreeSet<&'f str>);

impl<'f> Others<'f> {
    pub(super) fn of(files: &'f [(RelPath, u64)], own: &BTreeSet<&RelPath>) -> Self {
        let weights = files.iter().map(|(file, _)| file).filter(|file| is_weight_name(file.file_name()));
        let mut folders: BTreeSet<&str> = weights.filter_map(|file| Some(split(file)?.0)).collect();
        for (folder, _) in own.iter().filter_map(|file| split(file)) {
            folders.remove(folder);
        }
        Self(folders)
    }

    /// Whether a file is the configuration of a model there: it would promise what is not in the copy.
    pub(super) fn describe(&self, file: &RelPath) -> bool {
        split(file).is_some_and(|(folder, name)| name == CONFIG && self.0.contains(folder))
    }
}

fn split(file: &RelPath) -> Option<(&str, &str)> {
    file.as_str().rsplit_once('/')
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
        let files = paths(&[
            "config.json",
            "c/config.json",
            "c/model.safetensors",
            "d/config.json",
            "d/a.txt",
            "e/config.json",
            "e/x.pb",
        ]);
        let others: Vec<&str> = files
            .iter()
            .filter(|(file, _)| Others::of(&files, &BTreeSet::new()).describe(file))
            .map(|(file, _)| file.as_str())
            .collect();
        assert_eq!(others, ["c/config.json", "e/config.json"]);
        let own = BTreeSet::from([&files[2].0]);
        assert!(!Others::of(&files, &own).describe(&files[1].0));
    }
}
