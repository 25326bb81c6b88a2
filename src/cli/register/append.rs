//! `declass register append`.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use declass::{
    error::Error,
    formats::Sha256Digest,
    register::{self, Appended, Entry, Facts, Kind, Moment, Record, Released, Time},
};
use serde_json::json;

use super::{
    Printer,
    args::{AppendArgs, parse_digest},
    gate,
    keys::{key_path, open, open_or_make},
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
    let now = || moment(args);
    let appended = match &args.new_key {
        Some(path) => {
            let (register, origin) = (&args.register, register::origin(&args.register)?);
            let passphrase = PassphraseArgs { passphrase_file: args.new_passphrase_file.clone() };
            let pair = open_or_make(register, path, &origin, &passphrase)?;
            let appended = register::append(&args.register, &key, Entry::NewKey(&pair.key), now)?;
            if !args.json {
                pair.tell(printer);
            }
            appended
        }
        None => register::append(&args.register, &key, Entry::Event(facts(args)?), now)?,
    };
    say(&appended, args.json, printer)?;
    Ok(Exit::Yes)
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
    let vouches = matches!(args.event, Kind::Released | Kind::Verified);
    for (option, given, belongs) in [
        ("--new-key", args.new_key.is_some(), rotates),
        ("--record", args.record.is_some(), !rotates),
        ("--request", args.request.is_some(), !rotates),
        ("--release", args.release.is_some(), !rotates),
        ("--artifact", args.artifact.is_some(), !rotates),
        ("--successor", args.successor.is_some(), args.event == Kind::Superseded),
        ("--trust", args.trust.is_some(), vouches),
        ("--label-private", args.label_private, args.event == Kind::ClassRemoved),
    ] {
        if given && !belongs {
            return senseless(option);
        }
    }
    Ok(())
}

fn facts(args: &AppendArgs) -> Result<Facts, Error> {
    let record = match (&args.record, args.event) {
        (Some(path), Kind::Requested) => Some(Record::open_or_salt(path)?),
        (Some(path), _) => Some(Record::open(path)?),
        (None, _) => None,
    };
    let mut facts = Facts::new(args.event);
    facts.request = record.as_ref().map(Record::commitment).or(args.request);
    facts.artifact = args.artifact;
    if let Some(folder) = &args.release {
        let released = Released::read(folder)?;
        (facts.artifact, facts.manifest) = (Some(released.artifact), Some(released.manifest));
        // Once is enough, and what is private then must not slip out later.
        if args.event == Kind::ClassRemoved {
            facts.classes = match &record {
                Some(record) if args.label_private => released.private_classes(record),
                _ => released.classes,
            };
        }
    }
    facts.successor = args.successor.as_deref().map(successor).transpose()?;
    Ok(facts)
}

fn successor(said: &Path) -> Result<Sha256Digest, Error> {
    match said.to_str().map(parse_digest) {
        Some(Ok(digest)) => Ok(digest),
        _ => Ok(Released::read(said)?.artifact),
    }
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

fn say(appended: &Appended, as_json: bool, printer: &Printer) -> Result<()> {
    let Appended { finished, event, checkpoint } = appended;
    if let Some(finished) = finished {
        printer.warn(&format!(
            "an interrupted append was finished: entry {} {}",
            finished.seq,
            told(finished)
        ));
    }
    if as_json {
        let checkpoint = json!({"origin": checkpoint.origin.as_str(), "size": checkpoint.size,
            "root": checkpoint.root.to_string()});
        printer.answer(Schema::RegisterAppend, &json!({"entry": event, "checkpoint": checkpoint}))?;
    } else {
        printer.row(&format!("entry {}", event.seq), told(event));
    }
    Ok(())
}
