//! Paths by patterns.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{classes::matches_pattern, error::Error};

/// Most entries that a pattern may look at.
const MOST: usize = 200_000;

/// The paths below a folder that fit a pattern, in the order of their names: `*` stands for any letters of one name and `?`
/// for one. Names that begin with a point are left out. What the last part of a pattern finds is a folder or a file of a model.
///
/// # Errors
/// [`Error::Io`] if a folder cannot be read.
pub fn expand(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let mut found = vec![folder.to_owned()];
    let parts: Vec<Component<'_>> = Path::new(pattern).components().collect();
    let mut looked = 0;
    for (at, part) in parts.iter().enumerate() {
        let Some(text) = part.as_os_str().to_str().filter(|text| is_pattern(text)) else {
            found = found.into_iter().map(|path| path.join(part)).filter(|path| path.exists()).collect();
            continue;
        };
        let mut next = Vec::new();
        for path in found.iter().filter(|path| path.is_dir()) {
            for entry in fs::read_dir(path).map_err(Error::io(path))? {
                let name = entry.map_err(Error::io(path))?.file_name();
                looked += 1;
                if looked > MOST {
                    let what = format!("more than {MOST} names");
                    return Err(Error::io(path)(std::io::Error::other(what)));
                }
                let fits =
                    name.to_str().is_some_and(|name| !name.starts_with('.') && matches_pattern(text, name));
                next.extend(fits.then(|| path.join(&name)));
            }
        }
        next.sort_unstable();
        let is_last = at + 1 == parts.len();
        found = next.into_iter().filter(|path| !is_last || may_be_model(path)).collect();
    }
    Ok(found)
}

/// Whether a name stands for several.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn may_be_model(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|end| end == "onnx" || end == "safetensors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_models_in_order() {
        let home = tempfile::tempdir().unwrap();
        for path in ["b/model", "a/model", "a/.hidden", "a/other"] {
            fs::create_dir_all(home.path().join(path)).unwrap();
        }
        for file in ["a/x.onnx", "a/notes.txt"] {
            fs::write(home.path().join(file), "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let paths = expand(home.path(), pattern).unwrap();
            paths.iter().map(|path| path.strip_prefix(home.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(found("*/model"), ["a/model", "b/model"]);
        assert_eq!(found("a/*"), ["a/model", "a/other", "a/x.onnx"]);
        assert_eq!(found("?/m*"), ["a/model", "b/model"]);
        assert!(found("c/*").is_empty() && found("a/x.onnx/*").is_empty());
    }
}
