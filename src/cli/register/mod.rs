//! `declass register`.

#[cfg(feature = "compute")]
mod about;
mod append;
mod args;
mod countersign;
mod dates;
#[cfg(feature = "compute")]
mod dossier;
mod facts;
mod gate;
mod import;
mod init;
mod keys;
mod list;
mod prove;
mod verify;
mod witness;

use std::path::{Path, PathBuf};

#[cfg(feature = "compute")]
pub(super) use about::entries_about;
use anyhow::Result;
pub(super) use args::RegisterArgs;
use args::RegisterCommand;
pub(super) use dates::recorded;
use declass::{
    error::{Error, RegisterError},
    formats::read_regular,
};
use keys::trusted;

use super::{Exit, output::Printer};

/// More is not read of a public key, a checkpoint or a proof.
const LIMIT: u64 = 1 << 24;

pub(super) fn run(args: &RegisterArgs, printer: &Printer) -> Result<Exit> {
    match &args.command {
        RegisterCommand::Append(args) => append::run(args, printer),
        RegisterCommand::Countersign(args) => countersign::run(args, printer),
        #[cfg(feature = "compute")]
        RegisterCommand::Dossier(args) => dossier::run(args, printer),
        RegisterCommand::Import(args) => import::run(args, printer),
        RegisterCommand::Init(args) => init::run(args, printer),
        RegisterCommand::List(args) => list::run(args, printer),
        RegisterCommand::Prove(args) => prove::run(args, printer),
        RegisterCommand::Verify(args) => verify::run(args, printer),
        RegisterCommand::Witness(args) => witness::run(args, printer),
    }
}

/// A public key, a checkpoint or a proof.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(read_regular(path, LIMIT)?)
}

/// A path with something at the end of its name.
fn beside(path: &Path, end: &str) -> Result<PathBuf, Error> {
    let Some(name) = path.file_name() else {
        return Err(unusable(path, "it has no name to call a key by", "name the key with --key or --vkey"));
    };
    let mut name = name.to_owned();
    name.push(end);
    Ok(path.with_file_name(name))
}

/// The register, or what belongs to it, says no.
fn refused(path: &Path, reason: &str) -> Error {
    RegisterError::Refuses { path: path.to_owned(), reason: reason.into(), hint: None }.into()
}

fn unusable(path: &Path, reason: &str, hint: &str) -> Error {
    RegisterError::Unusable { path: path.to_owned(), reason: reason.into(), hint: Some(hint.into()) }.into()
}
