//! The releases in a folder of git, and the weights that are in none.

use std::collections::BTreeMap;

use declass_formats::RelPath;

use crate::{
    error::Error,
    git::{Entry, Kind, ObjectId, Repository},
    release::{CLAIM_FILE, STATEMENT_FILE},
    sign::{SIGNATURE_FILE, is_weights},
};

/// What was found. Folders are paths as git has them, the empty one being all of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Folders with a claim or a signature, and their objects.
    pub(super) releases: BTreeMap<Vec<u8>, ObjectId>,
    /// Folders with weights that no folder above or here has a claim or signature for, and the first file in each.
    pub(super) unsigned: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Looks for releases and weights: all of them, or those in some folders only.
pub(super) fn find(repository: &Repository, tree: &ObjectId, within: &[RelPath]) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut ancestors = vec![(Vec::new(), tree.clone())];
    repository.list(tree, true, |entry| {
        let Some(folder) = enter(&mut ancestors, &entry) else {
            return Err(Error::Git { reason: format!("folder {tree} holds a name with a slash in it") });
        };
        found.note(&entry, folder, within);
        Ok(())
    })?;
    let Found { releases, unsigned } = &mut found;
    unsigned.retain(|folder, _| !releases.keys().any(|release| is_in(folder, release)));
    Ok(found)
}

type Folder = (Vec<u8>, ObjectId);

/// The folder of an entry among those above it, and that entry among them if it is a folder itself: a folder is listed before what
/// it holds. None if there is no such folder.
fn enter<'a>(ancestors: &'a mut Vec<Folder>, entry: &Entry) -> Option<&'a Folder> {
    let above = entry.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let above = entry.path.get(..above)?;
    while ancestors.last().is_some_and(|(path, _)| path.as_slice() != above) {
        ancestors.pop();
    }
    if entry.kind == Kind::Folder && !ancestors.is_empty() {
        ancestors.push((entry.path.clone(), entry.id.clone()));
    }
    ancestors.last()
}

impl Found {
    fn note(&mut self, entry: &Entry, (folder, id): &Folder, within: &[RelPath]) {
        if entry.kind == Kind::Folder {
            return;
        }
        let name = entry.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        let limits = || within.iter().map(|path| path.as_str().as_bytes());
        let is_asked_for = |of: &dyn Fn(&[u8]) -> bool| within.is_empty() || limits().any(of);
        // A release may be larger than what was asked for.
        if RECORDS.contains(&name.as_ref())
            && is_asked_for(&|limit| is_in(folder, limit) || is_in(limit, folder))
        {
            self.releases.insert(folder.clone(), id.clone());
        }
        if is_weights(&name) && is_asked_for(&|limit| is_in(folder, limit)) {
            self.unsigned.entry(folder.clone()).or_insert_with(|| entry.path.clone());
        }
    }
}

/// Whether a folder is another one or lies in it.
fn is_in(folder: &[u8], other: &[u8]) -> bool {
    let rest = folder.strip_prefix(other);
    other.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What makes a folder a release.
const RECORDS: [&str; 3] = [CLAIM_FILE, SIGNATURE_FILE, STATEMENT_FILE];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str], within: &[&str]) -> (Vec<String>, Vec<String>) {
        let id: ObjectId = "a".repeat(40).parse().unwrap();
        let within: Vec<RelPath> = within.iter().map(|path| RelPath::try_from(*path).unwrap()).collect();
        let mut found = Found::default();
        for path in paths {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let entry = Entry { kind: Kind::File, id: id.clone(), path: path.as_bytes().to_vec() };
            found.note(&entry, &(folder.as_bytes().to_vec(), id.clone()), &within);
        }
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        (found.releases.keys().map(text).collect(), found.unsigned.values().map(text).collect())
    }

    #[test]
    fn paths_limit_what_is_looked_for() {
        let paths =
            ["a/model.sig", "a/x.onnx", "ab/y.PT", "b/c/class-removal.statement.json", "x.onnx.txt", "z.bin"];
        let all = found(&paths, &[]);
        assert_eq!(all.0, ["a", "b/c"]);
        assert_eq!(all.1, ["z.bin", "a/x.onnx", "ab/y.PT"]);
        assert_eq!(found(&paths, &["a"]), (vec!["a".into()], vec!["a/x.onnx".into()]));
        assert_eq!(found(&paths, &["b/c/d"]), (vec!["b/c".into()], vec![]), "the release around it");
        assert_eq!(found(&paths, &["c"]), (vec![], vec![]));
    }

    #[test]
    fn the_folders_above_an_entry_are_known() {
        let id: ObjectId = "a".repeat(40).parse().unwrap();
        let mut ancestors = vec![(Vec::new(), id.clone())];
        let mut folder = |kind, path: &str| {
            let entry = Entry { kind, id: id.clone(), path: path.as_bytes().to_vec() };
            enter(&mut ancestors, &entry).map(|(path, _)| String::from_utf8(path.clone()).unwrap())
        };
        let mut file = |path| folder(Kind::File, path);
        assert_eq!(file("x").as_deref(), Some(""));
        let mut is =
            |kind, path, above: &str| assert_eq!(folder(kind, path).as_deref(), Some(above), "{path}");
        is(Kind::Folder, "a", "a");
        is(Kind::Folder, "a/b", "a/b");
        is(Kind::File, "a/b/x", "a/b");
        is(Kind::File, "a/y", "a");
        is(Kind::File, "z", "");
        assert_eq!(folder(Kind::File, "no/such"), None);
    }
}
