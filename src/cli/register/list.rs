//! `declass register list`.

use anyhow::Result;
use declass::{
    formats::Sha256Digest,
    register::{Class, Event, Register, Standing, Time, examine, standings},
};
use serde_json::{Value, json};

use super::{Printer, args::ListArgs, dates::at, trusted, unusable};
use crate::cli::{Exit, output::counted, schema::Schema};

pub(super) fn run(args: &ListArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.register, args.vkey.as_deref())?;
    let register = examine(&args.register, &key)?.sound()?;
    let now = at(args.at);
    let mut requests = standings(register.events());
    let wanted = Wanted::new(args, &register, &requests)?;
    let entries: Vec<&Event> = register.events().iter().filter(|event| wanted.is(event)).collect();
    requests.retain(|it| wanted.is_about(it, register.events()) && is_due(it, args, now));
    if asks_for_requests(args) {
        requests.sort_by_key(|it| it.due);
    }
    if args.json {
        let requests: Vec<Value> = requests.iter().map(|it| as_json(it, now)).collect();
        printer.answer(Schema::RegisterList, &json!({"entries": entries, "requests": requests}))?;
        return Ok(Exit::Yes);
    }
    let checkpoint = register.checkpoint();
    printer.row("register", format!("{}, entries: {}", checkpoint.origin, checkpoint.size));
    if asks_for_requests(args) {
        requests.iter().for_each(|it| printer.row("request", standing(it, now)));
        printer.row("in all", counted(requests.len(), "request"));
        return Ok(Exit::Yes);
    }
    for event in entries {
        printer.row(&event.seq.to_string(), told(event));
    }
    if let Some(pending) = register.pending() {
        printer.row("pending", format!("{} (signed, not entered yet)", told(pending)));
    }
    Ok(Exit::Yes)
}

/// What events have to be about to be listed.
struct Wanted<'a> {
    args: &'a ListArgs,
    /// Numbers of the entries of the wanted request, with countersignatures of them.
    entries: Option<Vec<u64>>,
    artifact: Option<Sha256Digest>,
}

impl<'a> Wanted<'a> {
    fn new(args: &'a ListArgs, register: &Register, all: &[Standing]) -> Result<Self> {
        let said =
            |reason: String| unusable(&args.register, &reason, "`declass register list` shows all of them");
        let request = args.request.as_deref().map(|it| register.request(it)).transpose().map_err(said)?;
        let artifact = args.artifact.as_deref().map(|it| register.artifact(it)).transpose().map_err(said)?;
        let of_request = |it: Sha256Digest| all.iter().find(|standing| standing.request == it);
        let entries = request.map(|it| of_request(it).map(|it| it.entries.clone()).unwrap_or_default());
        Ok(Self { args, entries, artifact })
    }

    fn is(&self, event: &Event) -> bool {
        let facts = &event.facts;
        let has = |wanted: &str| facts.classes.iter().any(|class| is_named(class, wanted));
        self.entries.as_ref().is_none_or(|entries| entries.contains(&event.seq))
            && self.artifact.is_none_or(|it| [facts.artifact, facts.successor].contains(&Some(it)))
            && self.args.class.as_deref().is_none_or(has)
            && self.args.by.as_ref().is_none_or(|role| facts.by.as_ref().is_some_and(|by| by.role == *role))
            && self.args.event.is_none_or(|kind| facts.event == kind)
    }

    /// Whether one of a request's events is one of those.
    fn is_about(&self, request: &Standing, events: &[Event]) -> bool {
        let of_it = request.entries.iter().filter_map(|it| events.get(usize::try_from(*it).ok()?));
        of_it.into_iter().any(|event| self.is(event))
    }
}

fn is_named(class: &Class, wanted: &str) -> bool {
    class.label.as_deref() == Some(wanted) || class.index.to_string() == wanted
}

fn asks_for_requests(args: &ListArgs) -> bool {
    args.open || args.overdue || args.due.is_some()
}

fn is_due(request: &Standing, args: &ListArgs, now: Time) -> bool {
    let is_open = !asks_for_requests(args) || request.is_open();
    is_open
        && (!args.overdue || request.is_overdue(now))
        && args.due.is_none_or(|days| request.due <= now.days_later(days))
}

fn standing(request: &Standing, now: Time) -> String {
    let late = if request.is_overdue(now) { ", OVERDUE" } else { "" };
    let extended = match (request.is_extended, request.is_extended_late) {
        (true, _) => " (extended)",
        (false, true) => " (extended too late)",
        (false, false) => "",
    };
    format!(
        "{:.12}  {:<9}  received {}, due {}{extended}{late}",
        request.request.to_string(),
        request.state.name(),
        request.requested.day(),
        request.due.day()
    )
}

fn as_json(request: &Standing, now: Time) -> Value {
    json!({
        "request": request.request.to_string(),
        "state": request.state,
        "requested": request.requested,
        "due": request.due,
        "extended": request.is_extended,
        "extendedLate": request.is_extended_late,
        "overdue": request.is_overdue(now),
        "settled": request.settled,
        "saltDestroyed": request.is_unlinked,
        "entries": request.entries,
    })
}

/// An event in one line; digests by their first digits.
pub(super) fn told(event: &Event) -> String {
    let facts = &event.facts;
    let mut text = format!("{}  {:<14}", event.time, facts.event.name());
    digests(event).for_each(|digest| text += &format!("  {digest}"));
    if let Some(rotation) = &facts.rotation {
        text += &format!("  to {}", rotation.to.short());
    }
    if let Some(entry) = &facts.entry {
        text += &format!("  entry {}", entry.index);
    }
    let classes: Vec<String> = facts.classes.iter().map(class).collect();
    if !classes.is_empty() {
        text += &format!("  classes {}", classes.join(", "));
    }
    if let Some(by) = &facts.by {
        text += &format!("  by {}", by.key().map_or_else(|| by.role.to_string(), |key| key.short()));
    }
    text
}

/// What an event is about, by the first digits of the digests.
pub(super) fn digests(event: &Event) -> impl Iterator<Item = String> {
    let facts = &event.facts;
    let named = [
        ("request", facts.request),
        ("artifact", facts.artifact),
        ("successor", facts.successor),
        ("record", facts.record),
    ];
    named.into_iter().filter_map(|(name, digest)| Some(format!("{name} {:.12}", digest?.to_string())))
}

pub(super) fn class(class: &Class) -> String {
    match (&class.label, class.label_digest) {
        (Some(label), _) => format!("{} `{label}`", class.index),
        (None, Some(_)) => format!("{} (label private)", class.index),
        (None, None) => class.index.to_string(),
    }
}
