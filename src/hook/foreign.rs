//! Rules that no push can change: they lie outside of every work tree, and so does every link on the way to
//! them.

use std::{
    collections::VecDeque,
    io,
    path::{Component, Path, PathBuf, absolute},
};

use crate::{error::Error, git::Repository};

/// As many links are followed by the system, too.
const MAX_LINKS: usize = 40;

/// The whole path of a trust file or policy, which must not lie in a work tree of the repository: whoever can
/// push would say whom it trusts. Whether the repository keeps the file now says nothing about the next push.
/// The keys that it names may lie anywhere; they are known by their digests.
///
/// # Errors
/// [`Error::Hook`] in that case, [`Error::Io`] if the file cannot be found, [`Error::Git`] if git does not
/// say where its work trees are.
pub fn require_foreign(repository: &Repository, rules: &Path) -> Result<PathBuf, Error> {
    let trees = repository.work_trees()?;
    let whole = whole(rules).map_err(Error::io(rules))?;
    let passed = passed(&whole).map_err(Error::io(rules))?;
    if passed.iter().any(|place| trees.hold(place)) {
        return Err(Error::Hook {
            path: rules.to_owned(),
            reason: "it lies in a work tree of the repository that is checked, or a link on the way does: \
                     a repository must not say itself whom to trust"
                .into(),
            hint: Some("keep it elsewhere, outside of every work tree of this repository".into()),
        });
    }
    Ok(whole)
}

/// A path from the top. The current folder is known without links, and so is what `..` at the start of a path
/// leads to.
fn whole(path: &Path) -> io::Result<PathBuf> {
    let mut whole = absolute(Path::new("."))?;
    let mut rest = path.components();
    let mut next = rest.clone();
    while let Some(Component::ParentDir | Component::CurDir) = next.next() {
        if rest.next() == Some(Component::ParentDir) {
            whole.pop();
        }
    }
    Ok(whole.join(rest.as_path()))
}

/// Every place that is passed on the way to a file, itself included, as the system goes: by the names in the
/// path and in the links.
fn passed(file: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut passed, mut at, mut links) = (Vec::new(), PathBuf::from("/"), 0);
    let mut names: VecDeque<PathBuf> = file.iter().map(PathBuf::from).collect();
    while let Some(name) = names.pop_front() {
        match name.components().next() {
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::ParentDir) => _ = at.pop(),
            Some(Component::Normal(name)) => {
                let place = at.join(name);
                passed.push(place.clone());
                if !place.symlink_metadata()?.is_symlink() {
                    at = place;
                    continue;
                }
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::other("too many links"));
                }
                for name in place.read_link()?.iter().rev() {
                    names.push_front(name.into());
                }
            }
            _ => {}
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn every_link_on_the_way_is_passed() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("file"), "").unwrap();
        symlink("../c", top.join("a/link")).unwrap();
        symlink(top.join("file"), top.join("c")).unwrap();
        let all = passed(&top.join("a/b/../link")).unwrap();
        let below: Vec<_> = all.iter().filter_map(|place| place.strip_prefix(&top).ok()).collect();
        let below: Vec<_> = below.into_iter().filter(|place| *place != Path::new("")).collect();
        assert_eq!(below, ["a", "a/b", "a/link", "c", "file"].map(Path::new));
        symlink("loop", top.join("loop")).unwrap();
        passed(&top.join("loop")).unwrap_err();
        passed(&top.join("none")).unwrap_err();
    }

    #[test]
    fn parents_of_the_current_folder_are_no_way_through_it() {
        let here = absolute(Path::new(".")).unwrap();
        let parent = here.parent().unwrap();
        for (path, expected) in [
            ("x", here.join("x")),
            ("./x", here.join("x")),
            (".././x/../y", parent.join("x/../y")),
            ("/x/../y", PathBuf::from("/x/../y")),
        ] {
            assert_eq!(whole(Path::new(path)).unwrap(), expected);
        }
    }
}
