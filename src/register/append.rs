//! Entering an event.

use std::path::Path;

use declass_formats::Sha256Digest;

use super::{
    SigningKey,
    checkpoint::Checkpoint,
    disk::Folder,
    event::{Event, Facts, Kind, LONGEST_LINE},
    examine::{Register, examine_locked, origin_of},
    keys::Rotation,
    own,
    pending::Signed,
    refused,
    time::Time,
    tree::leaf,
};
use crate::error::Error;

/// What is to be entered.
#[derive(Debug)]
pub enum Entry<'a> {
    /// An event of a request's or an artifact's life.
    Event(Facts),
    /// The same, signed by the one whose role it names, with a key of their own.
    Signed(Facts, &'a SigningKey),
    /// Another key signs from now on.
    NewKey(&'a SigningKey),
}

/// When an event happened, and what the clock says.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When it happened.
    pub time: Time,
    /// What the clock says now.
    pub clock: Time,
}

/// Just now.
impl From<Time> for Moment {
    fn from(clock: Time) -> Self {
        Self { time: clock, clock }
    }
}

/// What was entered.
#[derive(Debug)]
pub struct Appended {
    /// An event that an earlier append had signed and not entered, since it was interrupted.
    pub finished: Option<Event>,
    /// The new event.
    pub event: Event,
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

/// Enters an event, after those of other writers; when this returns it is on disk. The time is asked for when
/// it is this writer's turn, and entered as the clock says it, also if an earlier entry has a later time. An
/// event about an artifact that serves one request is entered for that request.
///
/// # Errors
/// [`Error::Register`] if the register is not sound, the key does not sign it, or the event makes no sense in
/// it; [`Error::Register`] or [`Error::Io`] if it cannot be read or written.
pub fn append<T: Into<Moment>>(
    path: &Path,
    key: &SigningKey,
    entry: Entry<'_>,
    now: impl FnOnce() -> Result<T, Error>,
) -> Result<Appended, Error> {
    let folder = Folder::for_appending(path)?;
    let mut register = open(&folder, key)?;
    let pending = register.pending.take();
    let finished = pending.as_ref().and_then(|pending| pending.event()).cloned();
    if let Some(pending) = pending {
        pending.finish(&folder, register.content.bytes)?;
        register = open(&folder, key)?;
    }
    require_current(path, &register, key)?;
    let before = register.checkpoint.clone();
    let (facts, signer) = match entry {
        Entry::Event(facts) => (for_its_request(path, facts, &register)?, key),
        Entry::Signed(facts, own) => {
            let facts = for_its_request(path, facts, &register)?;
            let signed = own::sign(facts, &before.origin, own);
            (signed.map_err(|reason| refused(path, &reason, ""))?, key)
        }
        Entry::NewKey(new) => {
            let rotation = Some(Box::new(Rotation::sign(&before, key, new)));
            (Facts { rotation, ..Facts::new(Kind::KeyRotated) }, new)
        }
    };
    let moment: Moment = now()?.into();
    let event = Event::new(before.size, moment.time, facts);
    let line = line(path, &mut register, &event, moment)?;
    register.content.tree.push(leaf(&line));
    let checkpoint =
        Checkpoint { size: before.size + 1, root: register.content.tree.root(), origin: before.origin };
    let note = signer.sign(checkpoint.to_string(), &checkpoint.origin);
    Signed::new(event.clone(), line, &note).announce(&folder)?.finish(&folder, register.content.bytes)?;
    Ok(Appended { finished, event, checkpoint })
}

/// The sound register whose key, now or once, this is.
fn open(folder: &Folder, key: &SigningKey) -> Result<Register, Error> {
    examine_locked(folder, &key.verifier(&origin_of(folder)?))?.sound()
}

fn require_current(path: &Path, register: &Register, key: &SigningKey) -> Result<(), Error> {
    let (size, is) = (register.checkpoint.size, key.verifier(&register.checkpoint.origin));
    match register.content.keys.signer(size) {
        Ok(signer) if *signer == is => Ok(()),
        signer => {
            let signer = signer.map_or_else(|_| "another".to_owned(), |signer| signer.short());
            let said = format!("the key {} was replaced by {signer}", is.short());
            Err(refused(path, &said, "name the key that signs now"))
        }
    }
}

/// An event about an artifact that was removed for a request belongs to that request, and so does one that names a
/// later record of it.
fn for_its_request(path: &Path, mut facts: Facts, register: &Register) -> Result<Facts, Error> {
    if facts.event != Kind::Requested {
        facts.request = facts.request.map(|it| register.content.lives.request_of_record(it));
    }
    match (facts.artifact, facts.request) {
        (Some(artifact), None) if facts.event != Kind::ClassRemoved => {
            let request = register.content.lives.request_of(artifact);
            let request = request.map_err(|senseless| refused(path, &senseless.reason, senseless.hint))?;
            Ok(Facts { request, ..facts })
        }
        _ => Ok(facts),
    }
}

/// Fails if an event would be before one of the same request or artifact, which a wrong clock has entered: nothing
/// is approved before it is asked for. Taking a request or an artifact back is what helps then.
fn follows_its_own(path: &Path, register: &Register, event: &Event) -> Result<(), Error> {
    let facts = &event.facts;
    let same = |other: &&Event| {
        let is = |mine: Option<Sha256Digest>, other| mine.is_some() && mine == other;
        is(facts.request, other.facts.request) || is(facts.artifact, other.facts.artifact)
    };
    let later = register.content.events.iter().filter(same).find(|other| other.time > event.time);
    let takes_back = matches!(facts.event, Kind::RequestVoided | Kind::SaltDestroyed | Kind::Withdrawn);
    match later.filter(|_| !takes_back) {
        Some(other) => {
            let (before, name) = (other.time, other.facts.event.name());
            let said =
                format!("{} is before {before}, the time of its `{name}` (entry {})", event.time, other.seq);
            let hint = "a clock is wrong, or was: if this one is right, enter `request-voided` and a new request with a \
                        record of its own";
            Err(refused(path, &said, hint))
        }
        None => Ok(()),
    }
}

/// The event as a line, if it makes sense in the register.
fn line(path: &Path, register: &mut Register, event: &Event, moment: Moment) -> Result<Vec<u8>, Error> {
    let facts = &event.facts;
    facts.check().map_err(|reason| {
        refused(path, &reason, "what belongs to an event, the help of `declass register append` says")
    })?;
    // An entry from the future was made by a wrong clock, then or now, and must not keep others out until then:
    // the entry says what the clock says, and a verification that the two do not agree.
    let is_before = |latest: &Time| event.time < *latest && *latest <= moment.clock;
    if let Some(latest) = register.content.latest.filter(is_before) {
        let said = format!("{} is before {latest}, the time of the latest entry", event.time);
        return Err(refused(path, &said, "entries are made in the order in which things happened"));
    }
    let lived = register.content.lives.clone().admit(facts);
    lived.map_err(|senseless| refused(path, &senseless.reason, senseless.hint))?;
    follows_its_own(path, register, event)?;
    // Nothing is signed that a verification would refuse.
    if let Some((_, reason)) = register.content.admit(event).into_iter().next() {
        return Err(refused(path, &reason, ""));
    }
    let line = event.line().and_then(|line| {
        if line.len() > LONGEST_LINE {
            Err(format!("the event has {} bytes, more than {LONGEST_LINE}", line.len()))
        } else {
            Ok(line)
        }
    });
    line.map_err(|reason| refused(path, &reason, ""))
}
