//! `declass verify`.

use anyhow::Result;
use declass::{
    error::Error,
    evaluate::{Data, Evaluation, Pair, evaluate},
    formats::Artifact,
    release::{Claimed, StoredClaim, not_covered},
    verify::{self, Check, Outcome, Report},
};
use serde_json::json;

use super::{Exit, args::VerifyArgs, bars::Bars, labelled, output::Printer};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let claimed = read_claim(&release)?;
    let original = Artifact::open(&args.original).map_err(Error::from)?;
    let data = labelled::open_if_named(&args.data)?;
    if let Some(data) = &data {
        claimed.require_data(data)?;
    }
    let request = claimed.request(args.seed);
    let bars = Bars::new(args.json || printer.is_quiet());
    let report = verify::verify(&original, &release, &request, &args.device.open()?, &bars)?;
    let measured = |data| measure(&claimed, &report, (&original, &release), data);
    let evaluation = data.as_ref().map(measured).transpose()?;
    let claimed = claimed.check(&report, evaluation.as_ref());
    let checks = [report.checks(), &claimed, &[not_covered(&release)]].concat();
    let failed = checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    if args.json {
        printer.json(&as_json(&report, &checks, evaluation.as_ref(), failed == 0))?;
    } else {
        printer.row("release", format!("{} (UNSIGNED claim)", args.release.display()));
        printer.row("original", args.original.display().to_string());
        checks.iter().for_each(|check| printer.check(check));
        evaluation.iter().for_each(|evaluation| labelled::print(evaluation, printer));
        let verdict = match failed {
            0 => "passed".to_owned(),
            _ => format!("FAILED: {failed} of {} checks say no", checks.len()),
        };
        printer.row("verdict", verdict);
    }
    Ok(if failed == 0 { Exit::Yes } else { Exit::No })
}

/// The figures on labelled embeddings as the run that made the claim measured them, with its seed.
fn measure(
    claimed: &Claimed,
    report: &Report<'_>,
    (original, release): (&Artifact, &Artifact),
    data: &Data,
) -> Result<Evaluation, Error> {
    let request = report.request();
    let forgotten = request.forgotten.clone();
    let pair = Pair::load((original, report.cut()), release, request.head, forgotten)?;
    evaluate(&pair, data, claimed.seed())
}

fn as_json(
    report: &Report<'_>,
    checks: &[Check],
    evaluation: Option<&Evaluation>,
    passed: bool,
) -> serde_json::Value {
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
        "evaluation": evaluation,
    })
}

pub(super) fn read_claim(release: &Artifact) -> Result<Claimed> {
    let stored = StoredClaim::read(release.folder())?;
    let claimed = Claimed::read(stored.statement());
    Ok(claimed.map_err(|reason| Error::NotAClaim { path: stored.path().to_owned(), reason })?)
}
