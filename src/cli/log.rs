//! `declass log`.

use std::collections::BTreeSet;

use anyhow::Result;
use declass::{
    claim::{Claim, ClaimError, History, NamedClass, Statement, StoredClaim},
    error::Error,
    formats::Sha256Digest,
    head::Slot,
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::LogArgs,
    bars::Bars,
    hub::{self, Claims},
    output::Printer,
    schema::Schema,
};

/// One removal, as its claim tells it.
struct Removal<'a> {
    statement: &'a Statement,
    digest: Sha256Digest,
    signed_by: Option<&'a str>,
}

pub(super) fn run(args: &LogArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let Claims { folder, .. } = &hub::claims(&args.release, args.hub.offline, &bars)?;
    let stored = StoredClaim::read(folder)?;
    let not_a_claim =
        |error: ClaimError| Error::NotAClaim { path: stored.path().to_owned(), reason: error.to_string() };
    let present = Claim::from_bytes(stored.statement()).map_err(not_a_claim)?.statement;
    let history = History::of_release(folder)?;
    let earlier = history.claims().iter().rev().map(|claim| Removal {
        statement: &claim.statement,
        digest: claim.digest,
        signed_by: claim.named_key.as_deref(),
    });
    let latest = Removal {
        statement: &present,
        digest: Sha256Digest::of(stored.statement()),
        signed_by: stored.bundle().map(|bundle| bundle.named_key()),
    };
    let removals: Vec<Removal<'_>> = earlier.chain([latest]).collect();
    let problems = history.problems(&present);
    if args.json {
        let removals: Vec<Value> = removals.iter().map(Removal::json).collect();
        printer.answer(
            Schema::Log,
            &json!({"removals": removals, "forgotten": present.forgotten_in_all(), "problems": problems}),
        )?;
    } else {
        let heads: BTreeSet<&str> = removals.iter().map(Removal::head).collect();
        removals.iter().zip(1..).for_each(|(removal, at)| removal.print(at, heads.len() > 1, printer));
        let classes: Vec<String> =
            present.forgotten_in_all().iter().map(|class| named(&class.class)).collect();
        let of = if heads.len() > 1 {
            format!(", of the head `{}`", present.predicate.removal.location.head)
        } else {
            String::new()
        };
        printer.row("in all", format!("{} (indices of the first input{of})", classes.join(", ")));
        problems.iter().for_each(|problem| printer.row("BROKEN", problem));
    }
    Ok(if problems.is_empty() { Exit::Yes } else { Exit::No })
}

fn named(class: &NamedClass) -> String {
    match &class.label {
        Some(label) => format!("{} `{label}`", class.index),
        None => class.index.to_string(),
    }
}

impl Removal<'_> {
    fn head(&self) -> &str {
        &self.statement.predicate.removal.location.head
    }

    fn print(&self, at: usize, names_head: bool, printer: &Printer) {
        let asked = &self.statement.predicate.build_definition.external_parameters;
        let classes: Vec<String> = asked.forget.iter().map(named).collect();
        let slot = match (asked.slot, asked.seal) {
            (Slot::Drop, _) => "dropped",
            (Slot::Keep, true) => "sealed",
            (Slot::Keep, false) => "not sealed",
        };
        let signed = self.signed_by.map_or_else(|| "UNSIGNED".to_owned(), |key| format!("names key {key}"));
        let place = if names_head { format!(" at the head `{}`", self.head()) } else { String::new() };
        printer.row(
            &format!("removal {at}"),
            format!("{}{place} by {}, {slot}; {signed}", classes.join(", "), asked.method),
        );
        printer.detail("", format!("claim {}", self.digest));
    }

    fn json(&self) -> Value {
        let asked = &self.statement.predicate.build_definition.external_parameters;
        json!({
            "claim": self.digest.to_string(),
            "method": asked.method,
            "slot": asked.slot,
            "sealed": asked.seal,
            "forgotten": asked.forget,
            "signedBy": self.signed_by,
        })
    }
}
