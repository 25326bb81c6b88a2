//! `declass register verify`.

use std::path::Path;

use anyhow::Result;
use declass::register::{Finding, Proof, Proven, Record, VerifierKey, examine};
use serde_json::json;

use super::{Printer, args::VerifyArgs, list::told, read, trusted};
use crate::cli::Exit;

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let register = args.register.as_deref().unwrap_or(Path::new("."));
    let key = trusted(register, args.vkey.as_deref())?;
    match &args.proof {
        Some(proof) => check_proof(proof, &key, args.json, printer),
        None => check_register(register, &key, args, printer),
    }
}

fn check_register(path: &Path, key: &VerifierKey, args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    // Whatever cannot be read is no answer, however the register is.
    let older = args.old.iter().map(|old| read(old)).collect::<Result<Vec<_>, _>>()?;
    let record = args.record.as_deref().map(Record::open).transpose()?;
    let examination = examine(path, key)?;
    let mut findings = examination.findings();
    findings.extend(older.iter().map(|older| examination.compare(older)));
    findings.extend(record.iter().map(|record| examination.find(record)));
    let passed = findings.iter().all(|finding| finding.holds);
    if args.json {
        printer.json(&json!({"passed": passed, "checks": findings}))?;
    } else {
        printer.row("register", format!("{}, trusting {}", path.display(), key.short()));
        findings.iter().for_each(|finding| printer.answer(finding.holds, finding.check, &finding.summary));
        printer.row("verdict", verdict(&findings, passed));
    }
    Ok(if passed { Exit::Yes } else { Exit::No })
}

fn verdict(findings: &[Finding], passed: bool) -> String {
    let failed = findings.iter().filter(|finding| !finding.holds).count();
    if passed { "passed".into() } else { format!("FAILED: {failed} of {} checks say no", findings.len()) }
}

fn check_proof(path: &Path, key: &VerifierKey, as_json: bool, printer: &Printer) -> Result<Exit> {
    let proven = Proof::check(&read(path)?, key);
    let said = match &proven {
        Ok(Proven::Consistent(old, new)) => {
            format!(
                "`{}` with {} entries begins with the {} of the older checkpoint",
                new.origin, new.size, old.size
            )
        }
        Ok(Proven::Included(event, checkpoint)) => {
            let (seq, size) = (event.seq, checkpoint.size);
            format!("entry {seq} of {size} of `{}`: {}", checkpoint.origin, told(event))
        }
        Err(reason) => reason.clone(),
    };
    if as_json {
        printer.json(&json!({"passed": proven.is_ok(), "summary": said}))?;
    } else {
        printer.answer(proven.is_ok(), "proof", &said);
    }
    Ok(if proven.is_ok() { Exit::Yes } else { Exit::No })
}
