//! The releases in a folder of git, the weights that are in none, and what would keep somebody from finding
//! them.

use std::{
    collections::{BTreeMap, btree_map::Entry::Occupied},
    iter::successors,
};

use declass_formats::{RelPath, Suspicion, is_surely_weights, is_weight_name};

use crate::{
    claim::names::MARKS,
    error::Error,
    git::{Entry, Folder, Kind, ObjectId, Objects, plain_name},
};

/// What was found. Paths are as git has them, the empty one being all of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Folders with a claim or a signature, and their objects.
    pub(super) releases: BTreeMap<Vec<u8>, ObjectId>,
    /// Folders with what may be weights and no folder above or here has a claim or signature for, and the first
    /// such file in each.
    pub(super) unsigned: BTreeMap<Vec<u8>, (Vec<u8>, Suspicion)>,
    /// Folders that were asked for and are not there.
    pub(super) absent: Vec<RelPath>,
    /// Links and other repositories in the place of what was asked for, above it or in it, but not in a
    /// release.
    pub(super) closed: Vec<Vec<u8>>,
    /// Files that were looked for and are in no release; each object once by every name.
    pub(super) others: BTreeMap<(ObjectId, Vec<u8>), Vec<u8>>,
    /// All such files, until it is known where releases are.
    files: Vec<(Vec<u8>, ObjectId)>,
    /// Two paths that some systems take for one, and that lead to a release or are in one.
    pub(super) twins: Vec<[Vec<u8>; 2]>,
}

/// Looks for releases and weights: all of them, or those in some folders only.
pub(super) fn find(objects: &mut Objects, tree: &ObjectId, within: &[RelPath]) -> Result<Found, Error> {
    let mut found = Found { absent: within.to_vec(), ..Found::default() };
    objects.walk(tree, |folder| {
        found.note(folder, within);
        Ok(())
    })?;
    Ok(found.related())
}

impl Found {
    fn note(&mut self, folder: &Folder, within: &[RelPath]) {
        self.absent.retain(|limit| limit.as_str().as_bytes() != folder.path);
        let mut seen = BTreeMap::<String, &Entry>::new();
        for entry in &folder.entries {
            self.note_entry(folder, entry, within);
            match seen.entry(plain_name(&entry.name).to_lowercase()) {
                Occupied(twin) => self.twins.push([folder.path_of(twin.get()), folder.path_of(entry)]),
                place => _ = place.or_insert(entry),
            }
        }
    }

    fn note_entry(&mut self, folder: &Folder, entry: &Entry, within: &[RelPath]) {
        if entry.kind == Kind::Folder {
            return;
        }
        let asked = |of: &dyn Fn(&[u8]) -> bool| within.iter().any(|limit| of(limit.as_str().as_bytes()));
        let above = &folder.path;
        // A release may be larger than what was asked for.
        let is_around = within.is_empty() || asked(&|limit| is_in(above, limit) || is_in(limit, above));
        if is_around && MARKS.iter().any(|record| record.as_bytes() == entry.name) {
            self.releases.insert(above.clone(), folder.id.clone());
        }
        let is_within = within.is_empty() || asked(&|limit| is_in(above, limit));
        // What a link stands for is not read.
        let is_called =
            |name: &str| is_surely_weights(name) || (entry.kind == Kind::Other && is_weight_name(name));
        let is_weight = || names(&entry.name).any(|name| is_called(&name));
        if is_within && is_weight() {
            self.unsigned.entry(above.clone()).or_insert_with(|| (folder.path_of(entry), Suspicion::Name));
        } else if is_within && entry.kind == Kind::File {
            self.files.push((folder.path_of(entry), entry.id.clone()));
        }
        if entry.kind == Kind::Other && is_around {
            let path = folder.path_of(entry);
            if asked(&|limit| is_in(&path, limit) || is_in(limit, &path)) {
                self.closed.push(path);
            }
        }
    }

    /// What is left in the light of all that was found.
    fn related(mut self) -> Self {
        let Self { releases, unsigned, absent, closed, twins, others, files } = &mut self;
        let is_released = |path: &[u8]| parents(path).any(|folder| releases.contains_key(folder));
        let leads_to_one = |path: &[u8]| {
            let below = [path, b"/"].concat();
            releases.range(below.clone()..).next().is_some_and(|(release, _)| release.starts_with(&below))
        };
        unsigned.retain(|folder, _| !is_released(folder));
        for (path, id) in files.drain(..).filter(|(path, _)| !is_released(path)) {
            let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
            others.entry((id, name)).or_insert(path);
        }
        absent.retain(|limit| !closed.iter().any(|path| is_in(limit.as_str().as_bytes(), path)));
        closed.retain(|path| !is_released(path));
        twins.retain(|twins| twins.iter().any(|path| is_released(path) || leads_to_one(path)));
        self
    }
}

/// What other systems may take a name for: what stands behind a backslash is one of its own there.
pub(super) fn names(name: &[u8]) -> impl Iterator<Item = String> {
    name.split(|byte| *byte == b'\\').map(plain_name)
}

/// A path, and all folders above it.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    successors(Some(path), |path| {
        let above = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        path.get(..above).filter(|_| !path.is_empty())
    })
}

/// Whether a folder is another one or lies in it.
fn is_in(folder: &[u8], other: &[u8]) -> bool {
    let rest = folder.strip_prefix(other);
    other.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str], within: &[&str]) -> Found {
        let id: ObjectId = "a".repeat(40).parse().unwrap();
        let within: Vec<RelPath> = within.iter().map(|path| RelPath::try_from(*path).unwrap()).collect();
        let mut folders = BTreeMap::<&str, Vec<Entry>>::new();
        for path in paths {
            let (path, kind) = path.strip_suffix('@').map_or((*path, Kind::File), |path| (path, Kind::Other));
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let entry = Entry { kind, id: id.clone(), name: name.as_bytes().to_vec() };
            folders.entry(folder).or_default().push(entry);
        }
        let mut found = Found { absent: within.clone(), ..Found::default() };
        for (path, entries) in folders {
            found.note(&Folder { path: path.as_bytes().to_vec(), id: id.clone(), entries }, &within);
        }
        found.related()
    }

    fn text<'a>(paths: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<String> {
        paths.into_iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect()
    }

    #[test]
    fn paths_limit_what_is_looked_for() {
        let paths = [
            "a/model.sig",
            "ab/y.PTH",
            "b/c/class-removal.statement.json",
            "d/x.onnx. .",
            "x.onnx.txt",
            "z.bin",
        ];
        let found = |within: &[&str]| {
            let found = found(&paths, within);
            (text(found.releases.keys()), text(found.unsigned.values().map(|(path, _)| path)))
        };
        let all = found(&[]);
        assert_eq!(all.0, ["a", "b/c"]);
        assert_eq!(all.1, ["z.bin", "ab/y.PTH", "d/x.onnx. ."]);
        assert_eq!(found(&["a"]), (vec!["a".into()], vec![]));
        assert_eq!(found(&["b/c/d"]), (vec!["b/c".into()], vec![]), "the release around it");
        assert_eq!(found(&["d"]).1, ["d/x.onnx. ."]);
        assert_eq!(found(&["c"]), (vec![], vec![]));
    }

    #[test]
    fn weights_in_a_release_are_its_own() {
        let found = found(&["a/model.sig", "a/b/c/x.onnx", "a-/x.onnx"], &[]);
        assert_eq!(text(found.unsigned.values().map(|(path, _)| path)), ["a-/x.onnx"]);
    }

    #[test]
    fn what_cannot_be_looked_into_is_named() {
        let paths = ["a/model.sig", "a/link@", "b/c@", "d/e@", "f/x", "g@"];
        let found = |within: &[&str]| {
            let found = found(&paths, within);
            (
                text(&found.closed),
                found.absent.iter().map(|path| path.as_str().to_owned()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(found(&[]), (vec![], vec![]));
        assert_eq!(found(&["a"]), (vec![], vec![]), "the gate says what is wrong in a release");
        assert_eq!(found(&["b/c/x", "d"]), (vec!["b/c".into(), "d/e".into()], vec![]));
        assert_eq!(found(&["f", "h", "ga"]), (vec![], vec!["h".into(), "ga".into()]));
    }

    #[test]
    fn twins_count_where_releases_are() {
        let twins = |paths: &[&str]| found(paths, &[]).twins.len();
        assert_eq!(twins(&["x/README", "x/readme", "a/model.sig"]), 0);
        assert_eq!(twins(&["README", "readme", "model.sig"]), 1);
        assert_eq!(twins(&["a/model.sig", "a/b/x", "a/b/X."]), 1);
        // The folder itself, and a link beside one above it.
        assert_eq!(twins(&["A", "a", "a/model.sig"]), 1);
        assert_eq!(twins(&["B@", "b", "b/a/model.sig"]), 1);
        assert_eq!(twins(&["B@", "b", "b-/model.sig"]), 0);
    }
}
