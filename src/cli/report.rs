//! `declass report`: what `declass verify` finds, as a page that people look at.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Result;
use declass::{
    claim::{Claim, ClaimError, History, StoredClaim},
    error::Error,
    export::{Report, Said, Signed, Verdict, report},
    gate::{Judgement, Measurement, Signer},
    pipeline::Named,
    sign::Role,
};

use super::{
    Exit,
    args::ReportArgs,
    bars::Bars,
    findings,
    measured::{self, Measured},
    output::{Printer, counted},
    outside::{require_outside, write_outside},
    register,
    verdict::not_shown,
    verify::{judge, locate},
};

pub(super) fn run(args: &ReportArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(printer.is_quiet());
    let located = locate(&args.judged, &bars)?;
    let folder = folder_of(&located.path);
    require_outside(&args.out, &folder)?;
    let stored = StoredClaim::read(&folder)?;
    let not_a_claim =
        |error: ClaimError| Error::NotAClaim { path: stored.path().to_owned(), reason: error.to_string() };
    let statement = Claim::from_bytes(stored.statement()).map_err(not_a_claim)?.statement;
    let history = History::of_release(&folder)?;
    let judgement = judge(&args.judged, &located, &bars, (printer, printer))?;
    let entries = match &args.judged.register {
        Some(path) => register::entries_about(path, args.judged.vkey.as_deref(), &folder)?,
        None => Vec::new(),
    };
    let exit = findings::exit(&judgement.findings);
    let measured = judgement.measured.as_ref().map(Measurement::checks);
    let checks = measured.map(|checks| checks.iter().chain(&judgement.listed).cloned().collect::<Vec<_>>());
    let signers = judgement.examination.iter().flat_map(|found| &found.signers);
    let page = report(&Report {
        statement: &statement,
        beside: Named::of(&folder, &statement)?.beside(stored.bundle().is_some()),
        verdict: &verdict(args, &judgement, exit),
        checks: checks.as_deref(),
        is_data_measured: judgement.measured.as_ref().is_some_and(measured::is_data_measured),
        earlier: history.claims(),
        signed: &signers.map(signed).collect::<Vec<_>>(),
        entries: &entries,
    });
    write_outside(&args.out, &folder, page.as_bytes())?;
    printer.row("wrote", format!("{}: open it in a browser, or print it", args.out.display()));
    match said(args, exit) {
        Said::Unchecked => printer.limit(
            "limits",
            "nobody checked: name the original with --original, or trusted keys with --trust",
        ),
        Said::Passed => printer.verdict(exit, "passed"),
        Said::Failed => printer.verdict(exit, "FAILED: the page says why"),
        Said::Unknown => printer.verdict(exit, "COULD NOT TELL: the page says why"),
    }
    Ok(exit)
}

/// Where the records of a release lie.
fn folder_of(release: &Path) -> PathBuf {
    if release.is_dir() { release } else { release.parent().unwrap_or(Path::new(".")) }.to_owned()
}

fn said(args: &ReportArgs, exit: Exit) -> Said {
    let is_judged = args.judged.trust.is_some() || args.judged.original.is_some();
    match exit {
        Exit::No => Said::Failed,
        Exit::Unknown => Said::Unknown,
        Exit::Yes if is_judged => Said::Passed,
        Exit::Yes => Said::Unchecked,
    }
}

fn verdict(args: &ReportArgs, judgement: &Judgement<Measured>, exit: Exit) -> Verdict {
    let mut basis = Vec::new();
    if let Some(measured) = &judgement.measured {
        let original = measured::original(&args.judged).unwrap_or_default();
        let checks = counted(measured.checks().len(), "check");
        basis.push(format!("Measured again against the original `{original}`: {checks}, listed below."));
    }
    if let Some(trust) = &args.judged.trust {
        let signers = judgement.examination.iter().flat_map(|found| &found.signers);
        let names: BTreeSet<&str> = signers.map(|signer| &*signer.identity).collect();
        let trust = trust.display();
        basis.push(match names.into_iter().collect::<Vec<_>>()[..] {
            [] => format!("Nobody whom `{trust}` trusts signed it."),
            ref names => format!("Signed by {}, whom `{trust}` trusts.", names.join(" and ")),
        });
    }
    if let Some(policy) = &args.judged.policy {
        basis.push(format!("Claim held against the policy `{}`.", policy.display()));
    }
    Verdict {
        said: said(args, exit),
        basis,
        findings: judgement.findings.clone(),
        not_shown: not_shown(judgement),
    }
}

pub(super) fn signed(signer: &Signer) -> Signed {
    Signed {
        is_of_files: signer.role == Role::Oms,
        identity: signer.identity.clone(),
        key: signer.key.clone(),
        stamped: signer.stamped.as_ref().map(ToString::to_string),
    }
}
