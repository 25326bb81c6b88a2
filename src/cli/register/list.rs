//! `declass register list`.

use anyhow::Result;
use declass::register::{Class, Event, examine};
use serde_json::json;

use super::{Printer, args::ListArgs, trusted};
use crate::cli::{Exit, schema::Schema};

pub(super) fn run(args: &ListArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.register, args.vkey.as_deref())?;
    let register = examine(&args.register, &key)?.sound()?;
    if args.json {
        printer.answer(Schema::RegisterList, &json!({"entries": register.events()}))?;
        return Ok(Exit::Yes);
    }
    let checkpoint = register.checkpoint();
    printer.row("register", format!("{}, entries: {}", checkpoint.origin, checkpoint.size));
    for event in register.events() {
        printer.row(&event.seq.to_string(), told(event));
    }
    if let Some(pending) = register.pending() {
        printer.row("pending", format!("{} (signed, not entered yet)", told(pending)));
    }
    Ok(Exit::Yes)
}

/// An event in one line; digests by their first digits.
pub(super) fn told(event: &Event) -> String {
    let facts = &event.facts;
    let mut text = format!("{}  {:<14}", event.time, facts.event.name());
    digests(event).for_each(|digest| text += &format!("  {digest}"));
    if let Some(rotation) = &facts.rotation {
        text += &format!("  to {}", rotation.to.short());
    }
    let classes: Vec<String> = facts.classes.iter().map(class).collect();
    if !classes.is_empty() {
        text += &format!("  classes {}", classes.join(", "));
    }
    text
}

/// What an event is about, by the first digits of the digests.
pub(super) fn digests(event: &Event) -> impl Iterator<Item = String> {
    let facts = &event.facts;
    let named = [("request", facts.request), ("artifact", facts.artifact), ("successor", facts.successor)];
    named.into_iter().filter_map(|(name, digest)| Some(format!("{name} {:.12}", digest?.to_string())))
}

pub(super) fn class(class: &Class) -> String {
    match (&class.label, class.label_digest) {
        (Some(label), _) => format!("{} `{label}`", class.index),
        (None, Some(_)) => format!("{} (label private)", class.index),
        (None, None) => class.index.to_string(),
    }
}
