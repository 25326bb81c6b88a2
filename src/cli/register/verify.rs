//! `declass register verify`.

use std::path::Path;

use anyhow::Result;
use declass::{
    evidence::{
        Check, Finding, Outcome,
        code::{Code, NOT_REGISTERED, REGISTER, RULES},
    },
    register::{Proof, Proven, Question, Record, VerifierKey, Witnessed, examine},
    sign::Stamped,
};
use serde_json::{Value, json};

use super::{
    Printer,
    args::VerifyArgs,
    dates::{at, open_trust},
    list::told,
    read, trusted,
};
use crate::cli::{
    Exit,
    args::VerdictFormat,
    findings::{self, github, sarif},
    schema::Schema,
};

/// What was asked of a register or a proof, and the answers.
struct Verdict<'a> {
    /// The folder or the file.
    place: &'a Path,
    key: &'a VerifierKey,
    answers: Vec<Check>,
    /// What others say of its checkpoints, if anybody is trusted.
    witnessed: Option<Vec<Witnessed>>,
}

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    let register = args.register.as_deref().unwrap_or(Path::new("."));
    let key = &trusted(register, args.vkey.as_deref())?;
    let verdict = match &args.proof {
        Some(proof) => {
            Verdict { place: proof, key, answers: vec![check_proof(&read(proof)?, key)], witnessed: None }
        }
        None => check_register(register, key, args)?,
    };
    verdict.print(args.output.format(), printer)
}

fn check_register<'a>(place: &'a Path, key: &'a VerifierKey, args: &VerifyArgs) -> Result<Verdict<'a>> {
    // Whatever cannot be read is no answer, however the register is.
    let older = args.old.iter().map(|old| read(old)).collect::<Result<Vec<_>, _>>()?;
    let record = args.record.as_deref().map(Record::open).transpose()?;
    let (trust, now) = (args.trust.as_deref().map(open_trust).transpose()?, at(args.at).into());
    let examination = examine(place, key)?;
    let mut answers = examination.answers();
    answers.extend(trust.iter().filter_map(|trust| examination.rules(trust, now)));
    let witnessed = trust.map(|trust| examination.witnessed(&trust, now));
    answers.extend(older.iter().map(|older| examination.compare(older)));
    answers.extend(record.iter().map(|record| examination.find(record)));
    Ok(Verdict { place, key, answers, witnessed })
}

fn check_proof(proof: &[u8], key: &VerifierKey) -> Check {
    let in_words = |proven| match proven {
        Proven::Consistent(old, new) => {
            let (origin, new, old) = (new.origin, new.size, old.size);
            format!("`{origin}` with {new} entries begins with the {old} of the older checkpoint")
        }
        Proven::Excerpt(events, checkpoint, old) => {
            let numbers: Vec<String> = events.iter().map(|event| event.seq.to_string()).collect();
            let since = old.map_or_else(String::new, |old| {
                format!("; it begins with the {} of the older checkpoint", old.size)
            });
            let (origin, size) = (checkpoint.origin, checkpoint.size);
            format!("entries {} of {size} of `{origin}`{since}", numbers.join(", "))
        }
        Proven::Included(event, checkpoint) => {
            let (seq, size) = (event.seq, checkpoint.size);
            format!("entry {seq} of {size} of `{}`: {}", checkpoint.origin, told(&event))
        }
    };
    Question::Proof.answer(Proof::check(proof, key).map(in_words))
}

impl Verdict<'_> {
    fn print(&self, format: VerdictFormat, printer: &Printer) -> Result<Exit> {
        let failed = self.failed();
        let exit = if failed.is_empty() { Exit::Yes } else { Exit::No };
        match format {
            VerdictFormat::Github => github(&failed, self.place).iter().for_each(|line| printer.line(line)),
            VerdictFormat::Human => self.tell(printer),
            VerdictFormat::Json => {
                let findings: Vec<_> = failed.iter().map(findings::json).collect();
                let passed = failed.is_empty();
                let witnessed = self.witnessed.as_ref().map(|all| all.iter().map(seen).collect::<Vec<_>>());
                let answer = json!({"passed": passed, "checks": self.answers, "findings": findings,
                    "witnessed": witnessed});
                printer.answer(Schema::RegisterVerify, &answer)?;
            }
            VerdictFormat::Sarif => printer.json(&sarif(&failed, self.place, exit as u8))?,
        }
        Ok(exit)
    }

    /// What says no, as findings of the gate.
    fn failed(&self) -> Vec<Finding> {
        let failed = self.answers.iter().filter(|answer| answer.outcome == Outcome::Failed);
        let finding = |answer: &Check| {
            Finding::new(code(answer), format!("{}: {}", answer.definition.id, answer.summary))
        };
        failed.map(finding).collect()
    }

    fn tell(&self, printer: &Printer) {
        let place = self.place.display();
        printer.row("register", format!("{place}, trusting {}", self.key.short()));
        self.answers.iter().for_each(|answer| printer.check(answer, None));
        for it in self.witnessed.iter().flatten() {
            let by = it.stamps.iter().chain(&it.witnesses).map(ToString::to_string).collect::<Vec<_>>();
            let by = if by.is_empty() { "by nobody who is trusted".to_owned() } else { by.join(", ") };
            printer.row("seen", format!("the checkpoint of {} entries: {by}", it.size));
            it.ignored.iter().for_each(|reason| printer.row("", reason));
        }
        let (failed, all) = (self.failed(), self.answers.len());
        let verdict = match failed.first() {
            None => "passed".to_owned(),
            Some(first) => {
                let id = first.code.id;
                format!(
                    "FAILED: {} of {all} checks say no; `declass explain {id}` says what to do",
                    failed.len()
                )
            }
        };
        printer.row("verdict", verdict);
    }
}

/// What others say of a checkpoint, as JSON.
fn seen(witnessed: &Witnessed) -> Value {
    let by = |all: &[Stamped]| -> Vec<Value> {
        all.iter().map(|it| json!({"time": it.written(), "by": it.authority})).collect()
    };
    json!({"size": witnessed.size, "stamps": by(&witnessed.stamps), "witnesses": by(&witnessed.witnesses),
        "ignored": witnessed.ignored})
}

/// What a no means: that there is no such request is no fault of the register.
fn code(answer: &Check) -> &'static Code {
    let is = |question: Question| answer.definition.id == question.definition().id;
    if is(Question::Record) {
        &NOT_REGISTERED
    } else if is(Question::Rules) {
        &RULES
    } else {
        &REGISTER
    }
}
