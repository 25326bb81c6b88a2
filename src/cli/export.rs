//! `declass export`.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context, Result, bail};
use declass::{
    error::Error,
    export::{ClaimFile, Format},
    release::{Statement, StoredClaim},
};

use super::{
    Exit,
    args::{ExportArgs, ExportFormat},
    bars::Bars,
    hub::{self, Claims},
    output::Printer,
};

pub(super) fn run(args: &ExportArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.out.is_none() || printer.is_quiet());
    let Claims { folder, .. } = &hub::claims(&args.release, args.hub.offline, &bars)?;
    let stored = StoredClaim::read(folder)?;
    let statement = Statement::from_bytes(stored.statement())
        .map_err(|reason| Error::NotAClaim { path: stored.path().to_owned(), reason })?;
    let claim = ClaimFile { statement: &statement, name: stored.name(), digest: stored.digest() };
    let format = match args.format {
        ExportFormat::Cyclonedx => Format::Cyclonedx,
        ExportFormat::Slsa => Format::Slsa,
    };
    let exported = format.export(&claim, &name(folder));
    match &args.out {
        None => printer.json(&exported)?,
        Some(out) => {
            write(out, folder, &(serde_json::to_string_pretty(&exported)? + "\n"))?;
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

/// A new file outside of the release, which would no longer be the one that was verified with a file more in it.
fn write(out: &Path, release: &Path, text: &str) -> Result<()> {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().with_context(|| format!("folder `{}`", parent.display()))?;
    if parent.starts_with(release.canonicalize()?) {
        bail!("`{}` lies in the release, which must not get another file", out.display());
    }
    let mut file = fs::File::create_new(out).with_context(|| format!("writing `{}`", out.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing `{}`", out.display()))
}
