//! `declass export`.

use std::path::Path;

use anyhow::Result;
use declass::{
    error::Error,
    export::{ClaimFile, Format},
    formats::Artifact,
    release::{Statement, StoredClaim},
};

use super::{
    Exit,
    args::{ExportArgs, ExportFormat},
    output::Printer,
    outside::write_outside,
};

pub(super) fn run(args: &ExportArgs, printer: &Printer) -> Result<Exit> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let stored = StoredClaim::read(release.folder())?;
    let statement = Statement::from_bytes(stored.statement())
        .map_err(|reason| Error::NotAClaim { path: stored.path().to_owned(), reason })?;
    let claim = ClaimFile { statement: &statement, name: stored.name(), digest: stored.digest() };
    let format = match args.format {
        ExportFormat::Cyclonedx => Format::Cyclonedx,
        ExportFormat::Slsa => Format::Slsa,
    };
    let exported = format.export(&claim, &name(release.folder()));
    match &args.out {
        None => printer.json(&exported)?,
        Some(out) => {
            let text = serde_json::to_string_pretty(&exported)? + "\n";
            write_outside(out, release.folder(), text.as_bytes())?;
            printer.row("wrote", out.display().to_string());
        }
    }
    Ok(Exit::Yes)
}

/// The last part of the folder's path.
fn name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}
