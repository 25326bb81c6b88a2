//! `declass sign`.

use anyhow::Result;
use declass::{
    error::{Error, HubError},
    evidence::Finding,
    fetch::{HubRef, ModelRef},
    gate,
    release::{clear_leftovers, sign_release},
};
use serde_json::json;

use super::{Exit, args::SignArgs, bars::Bars, key, output::Printer, schema::Schema};

pub(super) fn run(args: &SignArgs, printer: &Printer) -> Result<Exit> {
    if let ModelRef::Hub(reference) = ModelRef::of(&args.release) {
        return Err(Error::from(elsewhere(&reference)).into());
    }
    let key = key::open_or_default(&args.key)?;
    let bars = Bars::new(args.json || printer.is_quiet());
    if args.release.is_dir() {
        clear_leftovers(&args.release)?;
    }
    let findings = gate::examine_unsigned(&args.release, &bars)?;
    if !findings.is_empty() {
        let tell = |finding: &Finding| printer.warn(&format!("{} {finding}", finding.code.id));
        findings.iter().for_each(tell);
        printer.warn("the claim does not fit the files: nothing was signed");
        return Ok(Exit::No);
    }
    let manifest = sign_release(&args.release, &key, &bars)?;
    let (id, root) = (key.public().fingerprint(), manifest.root().to_string());
    let files: Vec<&str> = manifest.files().keys().map(|path| path.as_str()).collect();
    if args.json {
        printer.answer(Schema::Sign, &json!({"signedBy": id, "root": root, "files": files}))?;
    } else {
        printer.row("signed", format!("{}: {}", args.release.display(), files.join(" ")));
        printer.row("root", root);
        printer.row("key", id);
    }
    Ok(Exit::Yes)
}

/// Only what lies here is signed.
fn elsewhere(reference: &HubRef) -> HubError {
    HubError::Unsuitable {
        repo: reference.to_string(),
        reason: "there is no such folder, and a release is signed in its folder, not on a hub".into(),
        hint: Some("sign the folder that `declass unlearn` wrote, then `declass push` it".into()),
    }
}
