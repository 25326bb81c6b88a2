//! `declass verify`.

use anyhow::{Context, Result, anyhow};
use declass::{
    classes::Forgotten,
    edit::Slot,
    error::Error,
    formats::{Artifact, RelPath},
    methods,
    release::{self, STATEMENT_FILE, Statement},
    verify::{self, Outcome, Request},
};
use serde_json::json;

use super::{Exit, args::VerifyArgs, bars::Bars, output::Printer};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let statement = read_statement(&release)?;
    let original = Artifact::open(&args.original).map_err(Error::from)?;
    let claimed = &statement.predicate.build_definition.external_parameters;
    let indices =
        statement.predicate.removal.forgotten.iter().map(|forgotten| forgotten.class.index).collect();
    let forgotten = Forgotten::from_indices(indices, statement.predicate.removal.label_space.before)?;
    let recorded_seed = claimed.seed.parse::<u64>().ok();
    let seed = args.seed.or(recorded_seed).unwrap_or(0);
    let request = Request {
        forgotten: &forgotten,
        slot: if claimed.slot == "drop" { Slot::Drop } else { Slot::Keep },
        sealed: claimed.seal,
        method: methods::by_name(&claimed.method).ok_or_else(|| {
            anyhow!("the claim names a method `{}` that this version does not know", claimed.method)
        })?,
        head: claimed.head.as_deref(),
        seed,
    };
    let bars = Bars::new(args.json || printer.is_quiet());
    let mut report = verify::verify(&original, &release, &request, &args.device.open()?, &bars)?;
    let held = release::check(&statement, &report, recorded_seed == Some(seed));
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

fn read_statement(release: &Artifact) -> Result<Statement> {
    let path = RelPath::try_from(STATEMENT_FILE).context("naming the claim")?;
    let bytes = release.read_file(&path).map_err(Error::from)?;
    Statement::parse(&bytes).map_err(|problem| anyhow!("claim `{STATEMENT_FILE}`: {problem}"))
}
