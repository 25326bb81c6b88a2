//! `declass register`.

mod append;
mod args;
mod init;
mod list;
mod prove;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::Result;
pub(super) use args::RegisterArgs;
use args::RegisterCommand;
use declass::{error::Error, formats::read_regular, register::VerifierKey};

use super::{Exit, output::Printer};

/// More is not read of a public key, a checkpoint or a proof.
const LIMIT: u64 = 1 << 24;

pub(super) fn run(args: &RegisterArgs, printer: &Printer) -> Result<Exit> {
    match &args.command {
        RegisterCommand::Append(args) => append::run(args, printer),
        RegisterCommand::Init(args) => init::run(args, printer),
        RegisterCommand::List(args) => list::run(args, printer),
        RegisterCommand::Prove(args) => prove::run(args, printer),
        RegisterCommand::Verify(args) => verify::run(args, printer),
    }
}

/// Where the private key of a register is, unless it is said.
fn key_path(register: &Path, said: Option<&Path>) -> Result<PathBuf, Error> {
    said.map_or_else(|| beside(register, ".key"), |said| Ok(said.to_owned()))
}

/// Where the public key is that goes with a private one.
fn public_path(key: &Path) -> Result<PathBuf, Error> {
    match key.extension() {
        Some(end) if end == "vkey" => Err(unusable(
            key,
            "a private key does not end in .vkey",
            "its public key does: choose another name",
        )),
        Some(end) if end == "key" => Ok(key.with_extension("vkey")),
        _ => beside(key, ".vkey"),
    }
}

/// Reads the trusted public key.
fn trusted(register: &Path, said: Option<&Path>) -> Result<VerifierKey, Error> {
    let path = said.map_or_else(|| beside(register, ".vkey"), |said| Ok(said.to_owned()))?;
    if !path.exists() {
        return Err(unusable(&path, "there is no public key", "name the one that you trust with --vkey"));
    }
    let text = read(&path)?;
    let text = String::from_utf8_lossy(&text);
    text.trim_end()
        .parse()
        .map_err(|reason: String| unusable(&path, &reason, "name a .vkey file with --vkey"))
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

fn unusable(path: &Path, reason: &str, hint: &str) -> Error {
    Error::RegisterUnusable { path: path.to_owned(), reason: reason.into(), hint: hint.into() }
}
