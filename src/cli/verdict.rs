//! What `declass verify` found, for people and for machines.

use std::path::PathBuf;

use anyhow::Result;
use declass::{
    claim::{NamedClass, StoredClaim, names::CLAIM_FILE},
    gate::{Judgement, Measurement},
    sign::Role,
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::{VerdictFormat, VerifyArgs},
    findings::{self, github, sarif},
    measured::{self, Measured},
    output::{Printer, counted},
    schema::Schema,
};

/// All that is known of a release.
pub(super) struct Verdict<'a> {
    pub(super) args: &'a VerifyArgs,
    /// Where the release lies.
    pub(super) place: PathBuf,
    pub(super) judgement: Judgement<Measured>,
}

impl Verdict<'_> {
    pub(super) fn print(&self, printer: &Printer) -> Result<Exit> {
        let exit = findings::exit(&self.judgement.findings);
        match self.args.output.format() {
            VerdictFormat::Github => {
                github(&self.judgement.findings, &self.args.judged.release)
                    .iter()
                    .for_each(|line| printer.line(line));
            }
            VerdictFormat::Human => self.tell(exit, printer),
            VerdictFormat::Json => printer.answer(Schema::Verify, &self.as_json(exit))?,
            VerdictFormat::Sarif => {
                printer.json(&sarif(&self.judgement.findings, &self.args.judged.release, exit as u8))?
            }
        }
        Ok(exit)
    }

    fn tell(&self, exit: Exit, printer: &Printer) {
        printer
            .row("release", format!("{}{}", self.args.judged.release.display(), self.signature_in_words()));
        for signer in self.judgement.examination.iter().flat_map(|found| &found.signers) {
            let what = if signer.role == Role::Claim { "the claim" } else { "all files" };
            let stamped = signer.stamped.as_ref().map_or_else(String::new, |it| format!(", stamped {it}"));
            printer.row("signed", format!("{what}, by {} ({}){stamped}", signer.identity, signer.key));
            for reason in &signer.ignored_stamps {
                printer.row("", format!("a time stamp does not count: {reason}"));
            }
        }
        if let Some(at) = self.args.judged.at {
            printer.row("as of", format!("{at}, as was asked, and not now"));
        }
        if let Some(original) = measured::original(&self.args.judged) {
            printer.row("original", original);
        }
        self.judgement.measured.iter().for_each(|measured| measured::tell(measured, printer));
        self.judgement.listed.iter().for_each(|check| printer.check(check, None));
        for finding in self.judgement.examination.iter().flat_map(|found| &found.findings) {
            printer.row(finding.code.id, finding.to_string());
        }
        if let (Some(policy), Exit::Yes) = (&self.args.judged.policy, exit) {
            printer.row("policy", format!("{}: met", policy.display()));
        }
        printer.verdict(exit, self.in_words(exit));
        for (at, what) in not_shown(&self.judgement).iter().enumerate() {
            printer.limit(if at == 0 { "limits" } else { "" }, format!("this does not show {what}"));
        }
    }

    fn in_words(&self, exit: Exit) -> String {
        let failed = self.judgement.findings.len();
        match (exit, &self.judgement.examination, &self.judgement.measured) {
            (Exit::Yes, ..) => "passed".to_owned(),
            (Exit::No, None, Some(measured)) => {
                format!("FAILED: {failed} of {} checks say no", measured.checks().len())
            }
            (exit, ..) => {
                let word = if exit == Exit::No { "FAILED" } else { "COULD NOT TELL" };
                format!("{word}: {}; `declass explain CODE` says what to do", counted(failed, "finding"))
            }
        }
    }

    /// Without trusted keys nothing is said about signatures but whether there are any.
    fn signature_in_words(&self) -> &'static str {
        match (&self.judgement.examination, self.is_signed()) {
            (Some(_), _) => "",
            (None, true) => " (signature of the claim NOT CHECKED: no --trust)",
            (None, false) => " (UNSIGNED claim)",
        }
    }

    fn is_signed(&self) -> bool {
        let folder = if self.place.is_dir() { Some(&*self.place) } else { self.place.parent() };
        folder
            .and_then(|folder| StoredClaim::read(folder).ok())
            .is_some_and(|claim| claim.name() == CLAIM_FILE)
    }

    fn as_json(&self, exit: Exit) -> Value {
        let signers = self.judgement.examination.as_ref().map(|found| &found.signers);
        let signatures = signers.map(|signers| signers.iter().map(findings::signature).collect::<Vec<_>>());
        let signed = signers.is_some_and(|signers| signers.iter().any(|signer| signer.role == Role::Claim));
        let (changes, evaluation) = measured::as_json(self.judgement.measured.as_ref());
        json!({
            "passed": exit == Exit::Yes,
            "verdict": findings::word(exit),
            "signed": signed,
            "signatures": signatures,
            "at": self.args.judged.at,
            "forgotten": self.forgotten(),
            "findings": self.judgement.findings.iter().map(findings::json).collect::<Vec<_>>(),
            "checks": self.judgement.measured.as_ref().map(Measurement::checks),
            "repository": self.judgement.listed,
            "changes": changes,
            "evaluation": evaluation,
        })
    }

    /// The forgotten classes as measured, or else as a trusted claim says.
    fn forgotten(&self) -> Value {
        let claim = self.judgement.examination.as_ref().and_then(|found| found.claim.as_ref());
        match (&self.judgement.measured, claim) {
            (Some(measured), _) => measured::forgotten(measured).iter().map(class).collect(),
            (None, Some(claim)) => {
                claim.statement.predicate.removal.forgotten.iter().map(|entry| class(&entry.class)).collect()
            }
            (None, None) => Value::Null,
        }
    }
}

/// What a judgement does not show, each to be read behind "this does not show".
pub(super) fn not_shown(judgement: &Judgement<Measured>) -> Vec<String> {
    let behaviour = match &judgement.measured {
        None => Some("what the classifier does: that is measured with --original"),
        Some(measured) => measured::not_shown(measured),
    };
    let of_files = judgement.examination.iter().flat_map(|found| &found.not_shown);
    of_files.cloned().chain(behaviour.map(str::to_owned)).collect()
}

fn class(class: &NamedClass) -> Value {
    json!({"index": class.index, "label": class.label})
}
