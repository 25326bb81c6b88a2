//! `declass verify`: what the signatures, the claim and the original say of a release; how it is printed is in
//! `verdict.rs`.

use std::{path::Path, time::SystemTime};

use anyhow::{Result, bail};
use declass::{
    classes::Labels,
    error::Error,
    evaluate::{Data, Evaluation, Pair, evaluate},
    evidence::{Check, Outcome},
    formats::Artifact,
    gate::{self, Examination, Finding, MEASURED_OTHERWISE, Policy, UNREADABLE},
    release::{self, Claimed, StoredClaim, check_lineage, not_covered},
    sign::Trust,
    verify::{self, Changes, Report},
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::{VerdictFormat, VerifyArgs},
    bars::Bars,
    device, hub, labelled,
    output::Printer,
    verdict::Verdict,
};

/// What was measured against the original.
pub(super) struct Measured {
    pub(super) checks: Vec<Check>,
    pub(super) changes: Changes,
    pub(super) forgotten: Value,
    /// Labels of the original.
    pub(super) labels: Option<Labels>,
    pub(super) evaluation: Option<Evaluation>,
}

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    if args.original.is_none() && args.data.eval_embeddings.is_some() {
        bail!("--eval-embeddings are measured on two models: name the other one with --original");
    }
    let bars = Bars::new(args.output.format() != VerdictFormat::Human || printer.is_quiet());
    let release = hub::locate(&args.release, None, args.hub.offline, &bars)?;
    let mut examination = examine(args, &release.path, &bars)?;
    let measured = match (measure(args, &release.path, &bars, printer), &mut examination) {
        (Ok(measured), _) => measured,
        // What the signatures say is worth telling nevertheless.
        (Err(error), Some(examination)) if !examination.findings.is_empty() => {
            examination.findings.push(Finding::new(&UNREADABLE, format!("not measured: {error}")));
            None
        }
        (Err(error), _) => return Err(error),
    };
    let mut findings = examination.iter().flat_map(|found| found.findings.clone()).collect::<Vec<_>>();
    let checks = measured.iter().flat_map(|measured| &measured.checks);
    findings.extend(checks.filter(|check| check.outcome == Outcome::Failed).map(finding));
    let listed = release.package.as_ref().map(|package| release::repository(package, &release.left));
    findings.extend(listed.iter().filter(|check| check.outcome == Outcome::Failed).map(finding));
    Verdict { args, place: release.path, listed, findings, examination, measured }.print(printer)
}

fn finding(check: &Check) -> Finding {
    Finding::new(&MEASURED_OTHERWISE, format!("{}: {}", check.definition.id, check.summary))
}

fn examine(args: &VerifyArgs, release: &Path, bars: &Bars) -> Result<Option<Examination>> {
    let Some(trust) = &args.trust else { return Ok(None) };
    refuse_rules_of_the_release(args)?;
    let trust = Trust::open(trust)?;
    let policy = args.policy.as_deref().map(Policy::open).transpose()?;
    Ok(Some(gate::examine(release, &trust, policy.as_ref(), SystemTime::now(), bars)?))
}

/// Whoever made a release could have written what lies in it.
fn refuse_rules_of_the_release(args: &VerifyArgs) -> Result<()> {
    let release = args.release.canonicalize().unwrap_or_default();
    for rules in [&args.trust, &args.policy].into_iter().flatten() {
        if release.is_dir() && rules.canonicalize().is_ok_and(|rules| rules.starts_with(&release)) {
            bail!("`{}` lies in the release, which must not say itself whom to trust", rules.display());
        }
    }
    Ok(())
}

fn measure(args: &VerifyArgs, release: &Path, bars: &Bars, printer: &Printer) -> Result<Option<Measured>> {
    let Some(original) = &args.original else { return Ok(None) };
    let release = Artifact::open(release).map_err(Error::from)?;
    let claimed = read_claim(&release)?;
    let original = hub::locate(original, args.hub.file.as_ref(), args.hub.offline, bars)?;
    let original = Artifact::open(&original.path).map_err(Error::from)?;
    let data = labelled::open_if_named(&args.data)?;
    if let Some(data) = &data {
        claimed.require_data(data)?;
    }
    let removal = claimed.removal();
    let removal = args.seed.map_or_else(|| removal.clone(), |seed| removal.verified_with(seed));
    let report = verify::verify(&original, &release, &removal, &device::open(args.device, printer)?, bars)?;
    let figures = |data| figures(&claimed, &report, (&original, &release), data);
    let evaluation = data.as_ref().map(figures).transpose()?;
    let checks = claimed.check(&report, evaluation.as_ref());
    let lineage = check_lineage(release.folder(), claimed.statement(), &original)?;
    Ok(Some(Measured {
        checks: [report.checks(), &checks, &[lineage, not_covered(&release)]].concat(),
        changes: report.changes().clone(),
        forgotten: forgotten(&report),
        labels: report.cut().labels.clone(),
        evaluation,
    }))
}

/// The figures on labelled embeddings as the run that made the claim measured them, with its seed.
fn figures(
    claimed: &Claimed,
    report: &Report,
    (original, release): (&Artifact, &Artifact),
    data: &Data,
) -> Result<Evaluation, Error> {
    let removal = claimed.removal();
    let forgotten = removal.forgotten().clone();
    let pair = Pair::load((original, report.cut()), release, removal.head(), forgotten)?;
    evaluate(&pair, data, removal.verification_seed())
}

fn forgotten(report: &Report) -> Value {
    let labels = report.cut().labels.as_ref();
    let class = |index| json!({"index": index, "label": labels.and_then(|labels| labels.names.get(index))});
    report.removal().forgotten().indices().map(class).collect()
}

pub(super) fn read_claim(release: &Artifact) -> Result<Claimed> {
    let stored = StoredClaim::read(release.folder())?;
    let claimed = Claimed::read(stored.statement());
    Ok(claimed.map_err(|reason| Error::NotAClaim { path: stored.path().to_owned(), reason })?)
}
