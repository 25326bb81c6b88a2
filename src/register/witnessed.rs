//! What others say of a register: stamps and cosignatures of its checkpoints, judged by a trust file, and what they
//! make of its entries as evidence of time.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use super::{
    Examination, Register,
    event::{Event, Kind},
    kept::Kept,
    time::Time,
};
use crate::{
    note::{Cosigned, Note},
    sign::{Recorded, RegisterRequired, Source, Stamped, Trust},
};

/// What those who are trusted say of one checkpoint.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// Number of entries that the checkpoint counts.
    pub size: u64,
    /// Time stamps that count.
    pub stamps: Vec<Stamped>,
    /// Witnesses by their names in the trust file, and when they cosigned.
    pub witnesses: Vec<Stamped>,
    /// Why others do not count.
    pub ignored: Vec<String>,
}

impl Examination {
    /// What those whom a trust file names say of the register's checkpoints. Nothing after `now` counts.
    #[must_use]
    pub fn witnessed(&self, trust: &Trust, now: SystemTime) -> Vec<Witnessed> {
        self.kept.iter().map(|kept| judge(kept, trust, now)).collect()
    }
}

impl Register {
    /// When signatures of releases were there, by the entries that name them: as the register's keeper says and as
    /// witnesses and stamps do, or, where the trust file asks for witnesses or stamps of registers, as all those that
    /// it asks for say. Nothing after `now` counts.
    #[must_use]
    pub fn recorded(&self, trust: &Trust, now: SystemTime) -> Vec<Recorded> {
        let required = &trust.register().required;
        let seen: Vec<Witnessed> = self.kept.iter().map(|kept| judge(kept, trust, now)).collect();
        let of_others = |event| self.seen_by_others(event, &seen, required);
        let mut recorded: Vec<Recorded> = self.events().iter().flat_map(of_others).collect();
        if required.stamped || required.witnesses > 0 {
            return recorded;
        }
        let mut latest = None;
        for event in self.events() {
            // An entry is not before those in front of it, whatever a wrong clock said; one from the future is no
            // measure.
            let time = SystemTime::from(event.time);
            latest = latest.max((time <= now).then_some(time));
            let time = latest.unwrap_or(time).max(time);
            let authority = format!("the register `{}`, entry {}", self.checkpoint.origin, event.seq);
            recorded.extend(of_release(event, &Stamped { time, authority, source: Source::Keeper }));
        }
        recorded
    }

    fn seen_by_others(
        &self,
        event: &Event,
        seen: &[Witnessed],
        required: &RegisterRequired,
    ) -> Vec<Recorded> {
        let covering: Vec<&Witnessed> = seen.iter().filter(|it| it.size > event.seq).collect();
        let Some((time, by)) = first_met(&covering, required) else { return Vec::new() };
        let (origin, seq) = (&self.checkpoint.origin, event.seq);
        let authority = format!("{}, who saw the register `{origin}` with entry {seq}", by.join(" and "));
        of_release(event, &Stamped { time, authority, source: Source::Others })
    }
}

/// When all whom the rules ask for had seen one of these checkpoints, and who they are: so many witnesses as are asked
/// for, each by the earliest time that it says, and a stamp if one is. Anybody is enough if nobody is asked for.
fn first_met<'a>(seen: &[&'a Witnessed], required: &RegisterRequired) -> Option<(SystemTime, Vec<&'a str>)> {
    let earliest = |all: &mut dyn Iterator<Item = &'a Stamped>| all.min_by_key(|it| it.time);
    let stamp = earliest(&mut seen.iter().flat_map(|it| &it.stamps));
    let mut witnesses = BTreeMap::<&str, SystemTime>::new();
    for it in seen.iter().flat_map(|it| &it.witnesses) {
        let time = witnesses.entry(&it.authority).or_insert(it.time);
        *time = it.time.min(*time);
    }
    let mut witnesses: Vec<(SystemTime, &str)> = witnesses.into_iter().map(|(by, time)| (time, by)).collect();
    witnesses.sort_unstable();
    let of_stamp = stamp.map(|it| (it.time, it.authority.as_str()));
    let needed: Vec<(SystemTime, &str)> = match (required.witnesses, required.stamped) {
        (0, false) => vec![of_stamp.into_iter().chain(witnesses.first().copied()).min()?],
        (count, is_stamped) => {
            let stamp = if is_stamped { Some(of_stamp?) } else { None };
            witnesses.get(..count)?.iter().copied().chain(stamp).collect()
        }
    };
    let latest = needed.iter().map(|(time, _)| *time).max()?;
    Some((latest, needed.into_iter().map(|(_, by)| by).collect()))
}

/// The signatures that an event has seen.
fn of_release(event: &Event, stamped: &Stamped) -> Vec<Recorded> {
    let has_seen = matches!(event.facts.event, Kind::ClassRemoved | Kind::Verified | Kind::Released);
    let digests = [event.facts.manifest, event.facts.signature].into_iter().flatten();
    digests.filter(|_| has_seen).map(|digest| Recorded { digest, stamped: stamped.clone() }).collect()
}

fn judge(kept: &Kept, trust: &Trust, now: SystemTime) -> Witnessed {
    let mut judged =
        Witnessed { size: kept.size, stamps: Vec::new(), witnesses: Vec::new(), ignored: Vec::new() };
    for answer in &kept.stamps {
        match trust.stamped(answer, &kept.note, now) {
            Ok(stamped) => judged.stamps.push(stamped),
            Err(reason) => judged.ignored.push(format!("a time stamp does not count: {reason}")),
        }
    }
    let note = kept.cosigned_note();
    for witness in &trust.register().witnesses {
        match note.as_ref().map_err(String::clone).and_then(|note| witness.vkey.cosigned(note)) {
            Ok(None) => {}
            Ok(Some(cosigned)) => match at(cosigned).filter(|time| *time <= now) {
                Some(time) => {
                    let authority = witness.identity.clone();
                    judged.witnesses.push(Stamped { time, authority, source: Source::Others });
                }
                None => {
                    judged.ignored.push(format!("the cosignature of {} is of the future", witness.identity))
                }
            },
            Err(reason) => judged.ignored.push(reason),
        }
    }
    judged
}

fn at(cosigned: Cosigned) -> Option<SystemTime> {
    Time::from_unix(cosigned.time)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(cosigned.time))
}

/// The lines below a kept checkpoint with those that were accepted: of each witness the one that says the earliest
/// time, which is all that counts, and those of others as they are.
pub(super) fn with_earliest(kept: &Kept, new: &[(String, String, Cosigned)], trust: &Trust) -> String {
    let there = accepted(kept, &kept.cosigned, trust);
    let others = kept.cosigned.split_inclusive('\n').filter(|line| there.iter().all(|it| it.0 != *line));
    let mut earliest = BTreeMap::<&str, (Cosigned, &str)>::new();
    for (line, witness, cosigned) in there.iter().chain(new) {
        let known = earliest.entry(witness).or_insert((*cosigned, line));
        *known = (*cosigned, line.as_str()).min(*known);
    }
    others.chain(earliest.into_values().map(|(_, line)| line)).collect()
}

/// The lines of a witness's answer that are cosignatures of a kept checkpoint by somebody whom the trust file names.
pub(super) fn accepted(kept: &Kept, answer: &str, trust: &Trust) -> Vec<(String, String, Cosigned)> {
    let mut accepted = Vec::new();
    for line in answer.split_inclusive('\n') {
        let Ok(note) = Note::read(&kept.note).and_then(|note| note.with_lines(line)) else { continue };
        let mut by = trust.register().witnesses.iter();
        accepted.extend(by.find_map(|witness| {
            let cosigned = witness.vkey.cosigned(&note).ok()??;
            Some((line.to_owned(), witness.identity.clone(), cosigned))
        }));
    }
    accepted
}
