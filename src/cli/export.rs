//! `declass export`.

use std::path::Path;

use anyhow::Result;
use declass::{
    attest,
    claim::{Claim, StoredClaim},
    error::Error,
    export::{ClaimFile, Format},
    pipeline::card_of,
};

use super::{
    Exit,
    args::{ExportArgs, ExportFormat},
    bars::Bars,
    hub::{self, Claims},
    output::Printer,
    outside::write_outside,
};

pub(super) fn run(args: &ExportArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.out.is_none() || printer.is_quiet());
    let Claims { folder, .. } = &hub::claims(&args.release, args.hub.offline, &bars)?;
    let exported = match args.format {
        ExportFormat::Cyclonedx => of_claim(Format::Cyclonedx, folder)?,
        ExportFormat::Intoto => of_claim(Format::Intoto, folder)?,
        ExportFormat::ModelCard => card_of(folder)?,
        ExportFormat::Slsa => of_claim(Format::Slsa, folder)?,
    };
    match &args.out {
        None => printer.file(&exported)?,
        Some(out) => {
            write_outside(out, folder, exported.as_bytes())?;
            printer.row("wrote", out.display().to_string());
        }
    }
    Ok(Exit::Yes)
}

fn of_claim(format: Format, folder: &Path) -> Result<String> {
    let stored = StoredClaim::read(folder)?;
    let read = Claim::from_bytes(stored.statement())
        .map_err(|error| Error::NotAClaim { path: stored.path().to_owned(), reason: error.to_string() })?;
    let (name, digest, bundle) = (stored.name(), stored.digest(), stored.bundle());
    let claim = ClaimFile { statement: &read.statement, name, digest, bundle, words: attest::WORDS };
    Ok(format.export(&claim, &model_name(folder))?)
}

/// The last part of the folder's path.
fn model_name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}
