//! What others say of a register: stamps and cosignatures of its checkpoints, judged by a trust file, and what they
//! make of its entries as evidence of time.

use std::time::{Duration, SystemTime};

use super::{
    Examination, Register,
    event::{Event, Kind},
    kept::Kept,
    time::Time,
};
use crate::{
    note::{Cosigned, Note},
    sign::{Recorded, Stamped, Trust},
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

impl Witnessed {
    /// When the entries were there at the latest, by whoever says the earliest time.
    pub fn earliest(&self) -> Option<&Stamped> {
        self.stamps.iter().chain(&self.witnesses).min_by_key(|it| it.time)
    }
}

impl Examination {
    /// What those whom a trust file names say of the register's checkpoints. Nothing after `now` counts.
    #[must_use]
    pub fn witnessed(&self, trust: &Trust, now: SystemTime) -> Vec<Witnessed> {
        self.kept.iter().map(|kept| judge(kept, trust, now)).collect()
    }
}

impl Register {
    /// When signatures of releases were there, by the entries that name them: as the register's keeper says, or,
    /// where the trust file asks for witnesses or stamps of registers, as those say. Nothing after `now` counts.
    #[must_use]
    pub fn recorded(&self, trust: &Trust, now: SystemTime) -> Vec<Recorded> {
        let required = &trust.register().required;
        if required.stamped || required.witnesses > 0 {
            let seen: Vec<Witnessed> = self.kept.iter().map(|kept| judge(kept, trust, now)).collect();
            return self.events().iter().flat_map(|event| self.seen_by_others(event, &seen)).collect();
        }
        let mut latest = None;
        let mut recorded = Vec::new();
        for event in self.events() {
            // An entry is not before those in front of it, whatever a wrong clock said; one from the future is no
            // measure.
            let time = SystemTime::from(event.time);
            latest = latest.max((time <= now).then_some(time));
            let time = latest.unwrap_or(time).max(time);
            let authority = format!("the register `{}`, entry {}", self.checkpoint.origin, event.seq);
            recorded.extend(of_release(event, &Stamped { time, authority }));
        }
        recorded
    }

    fn seen_by_others(&self, event: &Event, seen: &[Witnessed]) -> Vec<Recorded> {
        let after = seen.iter().filter(|it| it.size > event.seq).filter_map(Witnessed::earliest);
        let Some(earliest) = after.min_by_key(|it| it.time) else { return Vec::new() };
        let (origin, seq) = (&self.checkpoint.origin, event.seq);
        let authority = format!("{}, who saw the register `{origin}` with entry {seq}", earliest.authority);
        of_release(event, &Stamped { time: earliest.time, authority })
    }
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
                    judged.witnesses.push(Stamped { time, authority: witness.identity.clone() });
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
