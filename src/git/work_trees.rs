//! Where a repository puts what is pushed to it, or may.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{Repository, failed, output};
use crate::error::Error;

/// What a repository has on disk: work trees, and its own folder, which no checkout writes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WorkTrees {
    trees: Vec<PathBuf>,
    own: PathBuf,
}

impl WorkTrees {
    /// Whether a path, links resolved, is in one of them.
    #[must_use]
    pub fn hold(&self, path: &Path) -> bool {
        let within = |tree: &&PathBuf| path.starts_with(tree) && path != tree.as_path();
        let is_own =
            |tree: &PathBuf| self.own.starts_with(tree) && self.own != *tree && path.starts_with(&self.own);
        self.trees.iter().filter(within).any(|tree| !is_own(tree))
    }
}

impl Repository {
    /// All of its work trees, from whichever one is asked.
    ///
    /// # Errors
    /// [`Error::Git`] if git does not say, [`Error::Io`] if one cannot be looked for.
    pub fn work_trees(&self) -> Result<WorkTrees, Error> {
        let own = resolved(&self.path(&["--path-format=absolute", "--git-common-dir"])?)?;
        let mut trees = self.listed()?;
        // In a hook of the side that is pushed to, git takes the folder of the repository for one.
        trees.extend(self.work_tree()?.filter(|tree| !tree.starts_with(&own)));
        // As a submodule has it. It counts from the folder of the repository.
        trees.extend(self.settings("core.worktree")?.into_iter().map(|tree| own.join(tree)));
        let trees = trees.iter().map(|tree| resolved(tree)).collect::<Result<_, _>>()?;
        Ok(WorkTrees { trees, own })
    }

    /// The first one and those that were added; a bare repository has no first one.
    fn listed(&self) -> Result<Vec<PathBuf>, Error> {
        let said = output(self.command().args(["worktree", "list", "--porcelain", "-z"]))?;
        if !said.status.success() {
            return Err(failed("worktree", &said));
        }
        let mut trees = Vec::new();
        for line in said.stdout.split(|byte| *byte == 0) {
            if let Some(path) = line.strip_prefix(b"worktree ") {
                trees.push(PathBuf::from(OsStr::from_bytes(path)));
            } else if line == b"bare" {
                trees.pop();
            }
        }
        Ok(trees)
    }
}

/// Without links; one that is gone is where it was.
fn resolved(path: &Path) -> Result<PathBuf, Error> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        resolved => resolved.map_err(Error::io(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_repository_is_not_the_work_tree_around_it() {
        let trees = |trees: &[&str], own: &str| WorkTrees {
            trees: trees.iter().map(PathBuf::from).collect(),
            own: own.into(),
        };
        let usual = trees(&["/w", "/linked"], "/w/.git");
        for inside in ["/w/x", "/w/.gitmodules", "/w/sub/.git/x", "/linked/a/b"] {
            assert!(usual.hold(Path::new(inside)), "{inside}");
        }
        for outside in ["/", "/w", "/wide/x", "/w/.git", "/w/.git/x", "/x"] {
            assert!(!usual.hold(Path::new(outside)), "{outside}");
        }
        assert!(!trees(&[], "/bare.git").hold(Path::new("/bare.git/x")));
        assert!(trees(&["/own"], "/own").hold(Path::new("/own/x")));
    }
}
