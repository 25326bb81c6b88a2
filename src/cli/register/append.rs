//! `declass register append`.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use declass::{
    error::Error,
    register::{self, Appended, Checkpoint, Entry, Event, Kind, Moment, Record, Released, SigningKey, Time},
};
use serde_json::json;

use super::{
    Printer,
    args::AppendArgs,
    facts::facts,
    gate,
    keys::{key_path, open, open_or_make, open_role},
    list::told,
    unusable,
};
use crate::cli::{Exit, args::PassphraseArgs, schema::Schema};

pub(super) fn run(args: &AppendArgs, printer: &Printer) -> Result<Exit> {
    require_sense(args)?;
    let key = open(&key_path(&args.register, args.key.as_deref())?, &args.passphrase)?;
    // Once nobody has to type anything any more: what is entered shall be what was looked at.
    let exit = gate::ask(args, printer)?;
    if exit != Exit::Yes {
        return Ok(exit);
    }
    if let (Kind::SaltDestroyed, Some(record)) = (args.event, &args.record) {
        return destroy(args, record, &key, printer);
    }
    let mut earlier = Vec::new();
    for event in earlier_events(args, &key)? {
        let appended = append(args, event, &key, printer)?;
        tell(&appended, args.json, printer);
        earlier.push(appended.event);
    }
    let appended = append(args, args.event, &key, printer)?;
    tell(&appended, args.json, printer);
    if args.event == Kind::Extended {
        warn_if_late(args, &key, &appended.event, printer)?;
    }
    answer(args, (&appended.event, &appended.checkpoint), &earlier, printer)?;
    Ok(Exit::Yes)
}

/// Says that an extension moves nothing since the time was over.
fn warn_if_late(args: &AppendArgs, key: &SigningKey, event: &Event, printer: &Printer) -> Result<()> {
    let path = &args.register;
    let register = register::examine(path, &key.verifier(&register::origin(path)?))?.sound()?;
    let mut requests = register::standings(register.events()).into_iter();
    let request = requests.find(|it| Some(it.request) == event.facts.request);
    if let Some(request) = request.filter(|it| it.is_extended_late && !it.is_extended) {
        let due = request.due;
        printer.warn(&format!("the extension came too late and moves nothing: the answer was due on {due}"));
    }
    Ok(())
}

/// What was entered, as JSON if that is asked for.
fn answer(
    args: &AppendArgs,
    (event, checkpoint): (&Event, &Checkpoint),
    earlier: &[Event],
    printer: &Printer,
) -> Result<()> {
    if args.json {
        let checkpoint = json!({"origin": checkpoint.origin.as_str(), "size": checkpoint.size,
            "root": checkpoint.root.to_string()});
        let mut answer = json!({"entry": event, "checkpoint": checkpoint});
        if args.with_earlier {
            answer["earlier"] = json!(earlier);
        }
        printer.answer(Schema::RegisterAppend, &answer)?;
    }
    Ok(())
}

/// Enters that a salt is destroyed, and destroys it; only that where an earlier run has entered it and was then kept
/// from destroying it.
fn destroy(args: &AppendArgs, record: &Path, key: &SigningKey, printer: &Printer) -> Result<Exit> {
    Record::check_destroyable(record)?;
    let commitment = Record::open(record)?.commitment();
    let register =
        register::examine(&args.register, &key.verifier(&register::origin(&args.register)?))?.sound()?;
    let entered = register.events().iter().find(|event| {
        event.facts.event == Kind::SaltDestroyed
            && event.facts.request == Some(register.request_of(commitment))
    });
    let (event, checkpoint) = match entered {
        Some(event) => (event.clone(), register.checkpoint().clone()),
        None => {
            let appended = append(args, args.event, key, printer)?;
            tell(&appended, args.json, printer);
            (appended.event, appended.checkpoint)
        }
    };
    Record::destroy_salt(record)?;
    if !args.json {
        printer.row("removed", format!("{}.salt; destroy what backups have of it, too", record.display()));
    }
    answer(args, (&event, &checkpoint), &[], printer)?;
    Ok(Exit::Yes)
}

/// What has to come before the event and is not entered yet of this release, where that is asked for.
fn earlier_events(args: &AppendArgs, key: &SigningKey) -> Result<Vec<Kind>> {
    let Some(release) = args.release.as_ref().filter(|_| args.with_earlier) else { return Ok(Vec::new()) };
    let (register, about) = (&args.register, facts(args, args.event, key)?);
    let register = register::examine(register, &key.verifier(&register::origin(register)?))?.sound()?;
    let artifact = Released::read(release)?.artifact;
    let is_entered = |kind: Kind| {
        let of_it = register.events().iter().map(|event| &event.facts);
        let mut of_it = of_it.filter(|facts| facts.artifact == Some(artifact) && facts.event == kind);
        of_it.any(|facts| about.request.is_none_or(|request| facts.request == Some(request)))
    };
    let before = [Kind::ClassRemoved, Kind::Verified].into_iter().take_while(|kind| *kind != args.event);
    let missing: Vec<Kind> = before.filter(|kind| !is_entered(*kind)).collect();
    if missing.contains(&Kind::Verified) && args.trust.is_none() {
        let said = "`verified` is not entered, and without --trust nothing is verified now";
        let hint = "name the keys that you trust with --trust, or enter `verified` once you have run `declass verify`";
        return Err(unusable(&args.register, said, hint).into());
    }
    Ok(missing)
}

fn append(args: &AppendArgs, event: Kind, key: &SigningKey, printer: &Printer) -> Result<Appended> {
    let (register, now) = (&args.register, || moment(args));
    if let Some(path) = &args.new_key {
        let passphrase = PassphraseArgs { passphrase_file: args.new_passphrase_file.clone() };
        let pair = open_or_make(register, path, &register::origin(register)?, &passphrase)?;
        let appended = register::append(register, key, Entry::NewKey(&pair.key), now)?;
        pair.tell_unless(args.json, printer);
        return Ok(appended);
    }
    let facts = facts(args, event, key)?;
    let own_key = args.by_key.as_ref().filter(|_| event == args.event);
    let (Some(path), Some(role)) = (own_key, &args.by) else {
        return Ok(register::append(register, key, Entry::Event(facts), now)?);
    };
    let passphrase = PassphraseArgs { passphrase_file: args.by_passphrase_file.clone() };
    let pair = open_role(register, path, role, &passphrase)?;
    let appended = register::append(register, key, Entry::Signed(facts, &pair.key), now)?;
    if pair.is_new {
        pair.tell_unless(args.json, printer);
    }
    Ok(appended)
}

/// Options that belong to other events.
fn require_sense(args: &AppendArgs) -> Result<(), Error> {
    let senseless = |option: &str| {
        let said = format!("{option} does not go with `{}`", args.event.name());
        Err(unusable(
            &args.register,
            &said,
            "`declass register append --help` says what belongs to each event",
        ))
    };
    let rotates = args.event == Kind::KeyRotated;
    let countersigns = args.event == Kind::Countersigned;
    let is_of_request = !rotates && !countersigns;
    let vouches = matches!(args.event, Kind::Released | Kind::Verified);
    for (option, given, belongs) in [
        ("--new-key", args.new_key.is_some(), rotates),
        ("--record", args.record.is_some(), is_of_request),
        ("--request", args.request.is_some(), is_of_request),
        ("--release", args.release.is_some(), is_of_request),
        ("--artifact", args.artifact.is_some(), is_of_request),
        ("--successor", args.successor.is_some(), args.event == Kind::Superseded),
        ("--trust", args.trust.is_some(), vouches),
        ("--with-earlier", args.with_earlier, vouches),
        ("--entry", args.entry.is_some(), countersigns),
        ("--signed", args.signed.is_some(), countersigns),
        ("--by", args.by.is_some(), !rotates),
        ("--own-record", args.own_record.is_some(), is_of_request && args.event != Kind::SaltDestroyed),
        ("--label-private", args.label_private, args.event == Kind::ClassRemoved || args.with_earlier),
    ] {
        if given && !belongs {
            return senseless(option);
        }
    }
    if args.record.is_some() && args.request.is_some() && args.event != Kind::Amended {
        return senseless("--request beside --record");
    }
    let missing = match args.event {
        Kind::Amended if args.record.is_none() || args.request.is_none() => "--record and --request",
        Kind::Countersigned if args.entry.is_none() && args.signed.is_none() => "--entry or --signed",
        Kind::SaltDestroyed if args.record.is_none() => "--record",
        _ => return Ok(()),
    };
    let said = format!("`{}` needs {missing}", args.event.name());
    Err(unusable(&args.register, &said, "`declass register append --help` says what belongs to each event"))
}

fn moment(args: &AppendArgs) -> Result<Moment, Error> {
    let clock =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| Time::from_unix(now.as_secs()));
    let clock = clock.ok_or_else(|| unusable(&args.register, "the clock is not of this age", ""))?;
    match args.time {
        Some(time) if time > clock => {
            let said = format!("{time} is in the future, and no event could be entered until then");
            Err(unusable(&args.register, &said, "leave out --time"))
        }
        time => Ok(Moment { time: time.unwrap_or(clock), clock }),
    }
}

fn tell(appended: &Appended, is_silent: bool, printer: &Printer) {
    let Appended { finished, event, .. } = appended;
    if let Some(finished) = finished {
        printer.warn(&format!(
            "an interrupted append was finished: entry {} {}",
            finished.seq,
            told(finished)
        ));
    }
    if !is_silent {
        printer.row(&format!("entry {}", event.seq), told(event));
    }
}
