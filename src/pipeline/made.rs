//! Whether what lies in the place of a task is its release.

use std::{collections::BTreeMap, path::Path};

use declass_formats::{RelPath, Role, Sha256Digest};

use crate::{
    batch::{Address, Outcome, Row, Task},
    claim::{INPUT_MODEL, Statement, StoredClaim, root_digest},
    error::Error,
    model::Model,
    progress::Silent,
    removal::Removal,
    sign::digest_of,
};

/// What a task asks for.
pub(super) struct Meant<'a> {
    pub(super) model: &'a Model,
    pub(super) removal: &'a Removal,
    pub(super) address: &'a Address,
}

/// A release that lies where it should: its files must be those of its claim, and its claim about this model and this
/// removal.
pub(super) fn intact(task: &Task, meant: &Meant<'_>) -> Row {
    let there = meant.address.release();
    let found = whole(&there).and_then(|statement| Ok((is_meant(&statement, meant)?, statement)));
    let what = match found {
        Ok((true, statement)) => return Row::done(task, meant.address.release_name(), &statement),
        Ok((false, _)) => "is the release of another model or another removal".to_owned(),
        Err(error) => format!("is not whole: {error}"),
    };
    let reason = format!("`{}` lies in its place, and {what}", there.display());
    Row::without(task, Outcome::Unknown, reason)
}

/// The claim of a release, if its files are those that it is about.
fn whole(folder: &Path) -> Result<Statement, Error> {
    let statement = StoredClaim::read(folder)?.claim()?.statement;
    let claimed = |name: &str| statement.subject.iter().find(|it| it.name == name)?.digest.as_ref();
    let mut digests = BTreeMap::new();
    // The first subject is all files together.
    let files = statement.subject.iter().skip(1);
    let subjects: Vec<RelPath> =
        files.filter_map(|file| RelPath::try_from(file.name.as_str()).ok()).collect();
    for path in &subjects {
        let digest = digest_of(&folder.join(path.as_str()), &Silent)?;
        if claimed(path.as_str()).is_none_or(|it| it.sha256 != digest.to_string()) {
            return Err(Error::OtherRelease { path: folder.join(path.as_str()) });
        }
        digests.insert(path, digest);
    }
    let all = statement.subject.first().and_then(|all| all.digest.as_ref());
    if subjects.is_empty() || all.is_none_or(|all| all.sha256 != root_digest(&digests).to_string()) {
        return Err(Error::OtherRelease { path: folder.to_owned() });
    }
    Ok(statement)
}

/// Whether a claim is about this removal from this model.
fn is_meant(statement: &Statement, meant: &Meant<'_>) -> Result<bool, Error> {
    let removal = meant.removal;
    let build = &statement.predicate.build_definition;
    let asked = &build.external_parameters;
    let named = |classes: &[usize]| classes.iter().copied().eq(removal.forgotten().indices());
    let forgotten = statement.predicate.removal.forgotten.iter().map(|it| it.class.index);
    let is_asked = named(&asked.forget.iter().map(|class| class.index).collect::<Vec<_>>())
        && named(&forgotten.collect::<Vec<_>>())
        && (asked.method.as_str(), asked.slot, asked.seal)
            == (removal.method().name, removal.slot(), removal.is_sealed())
        && asked.seed == removal.seed().into();
    let input = build.resolved_dependencies.iter().find(|it| it.name == INPUT_MODEL);
    let input = input.and_then(|input| input.digest.as_ref());
    let is_input = match input {
        Some(input) => input.sha256 == input_root(meant)?.to_string(),
        None => false,
    };
    Ok(is_asked && is_input)
}

/// The digest of all files that the removal reads, the card left out, as a claim has it.
fn input_root(meant: &Meant<'_>) -> Result<Sha256Digest, Error> {
    let artifact = meant.model.artifact().with_twins(&meant.removal.other_paths())?;
    let mut digests = BTreeMap::new();
    for file in artifact.files().iter().filter(|file| file.role != Role::Card) {
        let digest = match meant.address.digest(&file.path) {
            Some(known) => known,
            None => digest_of(&artifact.folder().join(file.path.as_str()), &Silent)?,
        };
        digests.insert(&file.path, digest);
    }
    Ok(root_digest(&digests))
}
