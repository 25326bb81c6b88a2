//! `declass verify`.

use anyhow::{Context, Result, anyhow};
use declass::{
    error::Error,
    formats::{Artifact, RelPath},
    release::{self, Claimed, STATEMENT_FILE, Statement},
    verify::{self, Outcome, Request},
};
use serde_json::json;

use super::{Exit, args::VerifyArgs, bars::Bars, output::Printer};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let statement = read_statement(&release)?;
    let original = Artifact::open(&args.original).map_err(Error::from)?;
    let claimed = Claimed::read(&statement).map_err(not_a_claim)?;
    let seed = args.seed.unwrap_or(claimed.seed);
    let request = Request {
        forgotten: &claimed.forgotten,
        slot: claimed.slot,
        sealed: claimed.sealed,
        method: claimed.method,
        head: claimed.head,
        seed,
    };
    let bars = Bars::new(args.json || printer.is_quiet());
    let mut report = verify::verify(&original, &release, &request, &args.device.open()?, &bars)?;
    let held = release::check(&statement, &report, claimed.seed == seed);
    report.checks.extend(held);
    let exit = if report.passed() { Exit::Yes } else { Exit::No };
    if args.json {
        printer.json(&json!({
            "passed": exit == Exit::Yes,
            "signed": false,
            "forgotten": statement.predicate.removal.forgotten,
            "checks": report.checks,
            "changes": report.changes,
        }))?;
        return Ok(exit);
    }
    printer.row("release", format!("{} (UNSIGNED claim)", args.release.display()));
    printer.row("original", args.original.display().to_string());
    report.checks.iter().for_each(|check| printer.check(check));
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    let verdict = match failed {
        0 => "passed".to_owned(),
        _ => format!("FAILED: {failed} of {} checks say no", report.checks.len()),
    };
    printer.row("verdict", verdict);
    Ok(exit)
}

pub(super) fn read_statement(release: &Artifact) -> Result<Statement> {
    let path = RelPath::try_from(STATEMENT_FILE).context("naming the claim")?;
    let bytes = release.read_file(&path).map_err(Error::from)?;
    Statement::parse(&bytes).map_err(not_a_claim)
}

pub(super) fn not_a_claim(problem: String) -> anyhow::Error {
    anyhow!("claim `{STATEMENT_FILE}`: {problem}")
}
