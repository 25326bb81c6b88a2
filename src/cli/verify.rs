//! `declass verify`.

use anyhow::{Context, Result};
use declass::{
    error::Error,
    formats::{Artifact, RelPath},
    release::{Claimed, STATEMENT_FILE, not_covered},
    verify::{self, Check, Outcome, Report},
};
use serde_json::json;

use super::{Exit, args::VerifyArgs, bars::Bars, output::Printer};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let claimed = read_claim(&release)?;
    let original = Artifact::open(&args.original).map_err(Error::from)?;
    let request = claimed.request(args.seed);
    let bars = Bars::new(args.json || printer.is_quiet());
    let report = verify::verify(&original, &release, &request, &args.device.open()?, &bars)?;
    let checks = [report.checks(), &claimed.check(&report), &[not_covered(&release)]].concat();
    let failed = checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    if args.json {
        printer.json(&as_json(&report, &checks, failed == 0))?;
    } else {
        printer.row("release", format!("{} (UNSIGNED claim)", args.release.display()));
        printer.row("original", args.original.display().to_string());
        checks.iter().for_each(|check| printer.check(check));
        let verdict = match failed {
            0 => "passed".to_owned(),
            _ => format!("FAILED: {failed} of {} checks say no", checks.len()),
        };
        printer.row("verdict", verdict);
    }
    Ok(if failed == 0 { Exit::Yes } else { Exit::No })
}

fn as_json(report: &Report<'_>, checks: &[Check], passed: bool) -> serde_json::Value {
    let labels = report.cut().labels.as_ref();
    let forgotten = report.request().forgotten.indices().map(|index| {
        let label = labels.and_then(|labels| labels.names.get(index));
        json!({"index": index, "label": label})
    });
    json!({
        "passed": passed,
        "signed": false,
        "forgotten": forgotten.collect::<Vec<_>>(),
        "checks": checks,
        "changes": report.changes(),
    })
}

pub(super) fn read_claim(release: &Artifact) -> Result<Claimed> {
    let path = RelPath::try_from(STATEMENT_FILE).context("naming the claim")?;
    let not_a_claim =
        |reason: String| Error::NotAClaim { path: release.folder().join(STATEMENT_FILE), reason };
    let bytes = release.read_file(&path).map_err(|error| not_a_claim(error.problem.to_string()))?;
    Ok(Claimed::read(&bytes).map_err(not_a_claim)?)
}
