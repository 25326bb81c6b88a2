//! Paths inside a model's folder.

use std::{cmp::Ordering, fmt};

use crate::Problem;

/// The path of a file inside a model's folder: components separated by `/`, none of them empty, `.` or
/// `..`. Ordered component by component, as signatures over folders list their files.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RelPath(String);

impl RelPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path known when compiling.
    pub(crate) fn from_static(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// Its last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path of `name` in the folder that this path's file lies in.
    pub(crate) fn sibling(&self, name: &str) -> Result<Self, Problem> {
        match self.0.rsplit_once('/') {
            Some((folder, _)) => {
                // The name is checked by itself, so that `../x` is an error also where it would stay inside.
                let name = Self::try_from(name)?;
                Ok(Self(format!("{folder}/{}", name.0)))
            }
            None => Self::try_from(name),
        }
    }
}

impl TryFrom<&str> for RelPath {
    type Error = Problem;

    fn try_from(path: &str) -> Result<Self, Problem> {
        let why = if path.is_empty() {
            "is empty"
        } else if path.starts_with('/') {
            "is absolute"
        } else if path.contains(['\\', '\0']) {
            "holds a backslash or a zero byte"
        } else if path.split('/').any(|part| part == "..") {
            "leaves its folder"
        } else if path.split('/').any(|part| part.is_empty() || part == ".") {
            "has an empty component"
        } else {
            return Ok(Self(path.to_owned()));
        };
        Err(Problem::BadPath { path: path.to_owned(), why })
    }
}

impl Ord for RelPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.split('/').cmp(other.0.split('/'))
    }
}

impl PartialOrd for RelPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_decide_the_order() {
        let path = |text| RelPath::try_from(text).unwrap();
        assert!(path("onnx/model.onnx") < path("onnx.txt"));
        assert!(path("a") < path("a/b"));
    }

    #[test]
    fn only_plain_relative_paths() {
        for bad in ["", "/x", "../x", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0"] {
            assert!(RelPath::try_from(bad).is_err(), "{bad:?}");
        }
        assert!(RelPath::try_from("a/b c/é.txt").is_ok());
    }
}
