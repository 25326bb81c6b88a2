//! Everything that is pushed, examined.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::SystemTime};

use declass_formats::RelPath;

use super::{
    Pushed,
    find::{Found, find},
    unpack::{GitRelease, Source},
};
use crate::{
    error::Error,
    evidence::{
        Finding,
        code::{MISSING, OBJECT},
    },
    gate::{self, Examination, Policy},
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
    /// The folders that were to be looked into and are not there.
    pub absent: Vec<RelPath>,
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
    let source = Source::of(repository)?;
    let mut known = Known { rules, source, found: BTreeMap::new(), examined: BTreeMap::new() };
    pushed.iter().map(|one| known.check(&mut names, one)).collect()
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

/// What was looked into already, by its object. A push may come with any number of refs that stand for the
/// same.
struct Known<'a> {
    rules: &'a Rules<'a>,
    source: Source,
    found: BTreeMap<ObjectId, Result<Found, String>>,
    examined: BTreeMap<ObjectId, Result<Arc<Examination>, String>>,
}

impl Known<'_> {
    fn check(&mut self, names: &mut Names, pushed: &Pushed) -> Result<Checked, Error> {
        let Pushed { name, object } = pushed.clone();
        let mut checked =
            Checked { name, object, releases: Vec::new(), findings: Vec::new(), absent: Vec::new() };
        let mut unreadable = |message: &str| checked.findings.push(Finding::new(&OBJECT, message).about("."));
        let Some(tree) = names.tree(&checked.object)? else {
            unreadable(&format!(
                "`{}` is not a commit, a tag of one, or a folder that is here",
                checked.object
            ));
            return Ok(checked);
        };
        let Self { rules, source, found, examined } = self;
        let mut find = || {
            let mut found = find(&mut source.objects.borrow_mut(), &tree, rules.within)?;
            look_at_others(source, &mut found)?;
            Ok::<_, Error>(found)
        };
        let found = found.entry(tree.clone()).or_insert_with(|| find().map_err(|error| error.to_string()));
        let found = match found {
            Ok(found) => found,
            Err(reason) => {
                unreadable(reason);
                return Ok(checked);
            }
        };
        checked.findings.extend(beside_releases(found));
        checked.absent.clone_from(&found.absent);
        for (folder, tree) in &found.releases {
            let folder = if folder.is_empty() { ".".into() } else { text(folder) };
            let examine = || examine(source, tree, rules).map_err(|error| error.to_string());
            match examined.entry(tree.clone()).or_insert_with(examine) {
                Ok(examination) => {
                    let examination = Arc::clone(examination);
                    checked.releases.push(Release { folder, tree: tree.clone(), examination });
                }
                Err(reason) => {
                    checked.findings.push(Finding::new(&OBJECT, reason.as_str()).about(folder));
                }
            }
        }
        Ok(checked)
    }
}

/// Counts among the weights what by its bytes may be some.
fn look_at_others(source: &mut Source, found: &mut Found) -> Result<(), Error> {
    for ((id, name), path) in std::mem::take(&mut found.others) {
        if let Some(suspicion) = source.suspicion(&id, &name)? {
            let above = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            found.unsigned.entry(path[..above].to_vec()).or_insert((path, suspicion));
        }
    }
    Ok(())
}

/// What is wrong with all that is in no release.
fn beside_releases(found: &Found) -> impl Iterator<Item = Finding> {
    let unsigned = found.unsigned.values().map(|(file, what)| {
        let message =
            format!("{what} without a manifest: no claim and no signature is here or in a folder above");
        Finding::new(&MISSING, message).about(text(file))
    });
    let closed = found.closed.iter().map(|path| {
        let message =
            "a link or another repository: what it stands for is not looked into, and was asked for";
        Finding::new(&OBJECT, message).about(text(path))
    });
    let twins = found.twins.iter().map(|[one, other]| {
        let message = format!("where case does not count, this is `{}`, and a release is there", text(one));
        Finding::new(&OBJECT, message).about(text(other))
    });
    unsigned.chain(closed).chain(twins)
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn examine(source: &Source, tree: &ObjectId, rules: &Rules<'_>) -> Result<Arc<Examination>, Error> {
    let release = GitRelease::read(source, tree, rules.scratch)?;
    gate::examine_stored(&release, rules.trust, rules.policy, rules.at).map(Arc::new)
}
