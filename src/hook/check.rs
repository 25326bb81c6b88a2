//! Everything that is pushed, examined.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::SystemTime};

use declass_formats::RelPath;

use super::{Pushed, find::find, unpack::GitRelease};
use crate::{
    error::Error,
    gate::{self, Examination, Finding, MISSING, OBJECT, Policy},
    git::{Names, ObjectId, Repository},
    sign::Trust,
};

/// What a push is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The keys that count.
    pub trust: &'a Trust,
    /// What releases must be, if anything is asked.
    pub policy: Option<&'a Policy>,
    /// The time that keys must be valid at.
    pub at: SystemTime,
    /// Folders to look into; all if there is none.
    pub within: &'a [RelPath],
    /// Where files may be put for a while.
    pub scratch: &'a Path,
}

/// A ref, and what was found in what it stands for.
#[derive(Debug)]
pub struct Checked {
    /// The ref.
    pub name: String,
    /// What it stands for, by the name that it was pushed or asked for as.
    pub object: String,
    /// The releases in it.
    pub releases: Vec<Release>,
    /// What is wrong with it besides; paths are those of the repository.
    pub findings: Vec<Finding>,
}

/// A release in git.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its folder in the repository; `.` is all of it.
    pub folder: String,
    /// The object of the folder.
    pub tree: ObjectId,
    /// What there is to say about it; paths are those in its folder.
    pub examination: Arc<Examination>,
}

/// Examines whatever names stand for. What is the same in several of them is read once.
///
/// # Errors
/// [`Error::Git`] if git cannot be asked at all. What cannot be read of a push is a finding about it.
pub fn check(repository: &Repository, pushed: &[Pushed], rules: &Rules<'_>) -> Result<Vec<Checked>, Error> {
    let mut names = repository.names()?;
    let mut known = Known::new();
    pushed.iter().map(|one| check_one(repository, &mut names, &mut known, one, rules)).collect()
}

impl Checked {
    /// All findings, their paths being those of the repository.
    pub fn all_findings(&self) -> impl Iterator<Item = Finding> {
        self.findings.iter().cloned().chain(self.releases.iter().flat_map(Release::findings))
    }
}

impl Release {
    /// Its findings, their paths being those of the repository.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.examination.findings.iter().map(|finding| {
            let path = match (&finding.path, self.folder.as_str()) {
                (None, folder) => folder.to_owned(),
                (Some(path), ".") => path.clone(),
                (Some(path), folder) => format!("{folder}/{path}"),
            };
            finding.clone().about(path)
        })
    }
}

/// What was examined already, by its folder's object.
type Known = BTreeMap<ObjectId, Arc<Examination>>;

fn check_one(
    repository: &Repository,
    names: &mut Names,
    known: &mut Known,
    pushed: &Pushed,
    rules: &Rules<'_>,
) -> Result<Checked, Error> {
    let Pushed { name, object } = pushed.clone();
    let mut checked = Checked { name, object, releases: Vec::new(), findings: Vec::new() };
    let Some(tree) = names.tree(&checked.object)? else {
        let message = format!("`{}` is no commit, tag of one, or folder that is here", checked.object);
        checked.findings.push(Finding::new(&OBJECT, message).about("."));
        return Ok(checked);
    };
    let found = match find(repository, &tree, rules.within) {
        Ok(found) => found,
        Err(error) => {
            checked.findings.push(Finding::new(&OBJECT, error.to_string()).about("."));
            return Ok(checked);
        }
    };
    for file in found.unsigned.values() {
        let message = "weights without a manifest: no claim and no signature is here or in a folder above";
        checked.findings.push(Finding::new(&MISSING, message).about(String::from_utf8_lossy(file)));
    }
    for (folder, tree) in found.releases {
        let folder =
            if folder.is_empty() { ".".into() } else { String::from_utf8_lossy(&folder).into_owned() };
        let examination = known.get(&tree).cloned();
        let examination = examination.map_or_else(|| examine(repository, &tree, rules), Ok);
        match examination {
            Ok(examination) => {
                known.insert(tree.clone(), Arc::clone(&examination));
                checked.releases.push(Release { folder, tree, examination });
            }
            Err(error) => checked.findings.push(Finding::new(&OBJECT, error.to_string()).about(folder)),
        }
    }
    Ok(checked)
}

fn examine(repository: &Repository, tree: &ObjectId, rules: &Rules<'_>) -> Result<Arc<Examination>, Error> {
    let release = GitRelease::read(repository, tree, rules.scratch)?;
    gate::examine_stored(&release, rules.trust, rules.policy, rules.at).map(Arc::new)
}
