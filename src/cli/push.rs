//! `declass push`: a release to a hub, if it is what its claim says.

use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use declass::{
    claim::names::{is_record, open_model},
    error::Error,
    evidence::Outcome,
    fetch::Wanted,
    formats::{Artifact, RelPath},
    gate,
    pipeline::{Measuring, Release},
    push::{self, Push},
    sign::Trust,
};
use serde_json::json;

use super::{Exit, args::PushArgs, bars::Bars, device, hub, output::Printer, schema::Schema};

pub(super) fn run(args: &PushArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    if args.trust.is_none() && !args.unsigned {
        bail!("give --trust FILE, or --unsigned to upload without a signature check");
    }
    let release = open_model(&args.release).map_err(Error::from)?;
    let failed = [examined(args, &release, &bars)?, measured(args, &release, &bars, printer)?].concat();
    if !failed.is_empty() {
        failed.iter().for_each(|finding| printer.warn(finding));
        printer.warn("nothing was sent");
        return Ok(Exit::No);
    }
    let files = files(&release);
    let message = format!("Classes removed by declass {}", env!("CARGO_PKG_VERSION"));
    let request = Push {
        folder: release.folder(),
        files: &files,
        repo: &args.repo,
        private: args.private,
        pull_request: args.pr,
        message: &message,
    };
    let pushed = push::push(&request, &hub::settings(false)).context("nothing was sent")?;
    if args.json {
        let files: Vec<&str> = files.iter().map(RelPath::as_str).collect();
        printer.answer(Schema::Push, &json!({
            "repository": args.repo.to_string(), "commit": pushed.commit, "url": pushed.url, "files": files,
        }))?;
    } else {
        printer.row("pushed", format!("{} files to {}", files.len(), args.repo));
        pushed.url.iter().for_each(|url| printer.row("", url));
    }
    Ok(Exit::Yes)
}

/// Why the release is not the one of its claim, or not that of somebody who is trusted.
fn examined(args: &PushArgs, release: &Artifact, bars: &Bars) -> Result<Vec<String>> {
    let folder = release.folder();
    let findings = match &args.trust {
        Some(trust) => gate::examine(folder, &Trust::open(trust)?, None, SystemTime::now(), bars)?.findings,
        None => gate::examine_unsigned(folder, bars)?,
    };
    Ok(findings.iter().map(|finding| format!("{} {finding}", finding.code.id)).collect())
}

/// What measuring it against the original says no to.
fn measured(args: &PushArgs, release: &Artifact, bars: &Bars, printer: &Printer) -> Result<Vec<String>> {
    let Some(original) = &args.original else { return Ok(Vec::new()) };
    let release = Release::open(release.path())?;
    let wanted = Wanted::of(None, !release.removal().others().is_empty());
    let original = hub::locate(original, wanted, false, bars)?;
    let original = open_model(&original.path).map_err(Error::from)?;
    let how = Measuring { data: None, graph: None, seed: None, device: &device::open(args.device, printer)? };
    let measured = release.measure(&original, how, bars)?;
    let failed = measured.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    let failed = failed.map(|check| format!("{}: {}", check.definition.id, check.summary));
    let unknown =
        measured.unknown.iter().map(|id| format!("this version does not know the check `{id}` of the claim"));
    Ok(failed.chain(unknown).collect())
}

/// The model's files, and the records beside it.
fn files(release: &Artifact) -> Vec<RelPath> {
    let records = release.left_out().iter().filter(|path| is_record(path));
    release.files().iter().map(|file| &file.path).chain(records).cloned().collect()
}
