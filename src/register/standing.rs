//! How far each request is, and until when it has to be answered.

use std::collections::BTreeMap;

use declass_formats::Sha256Digest;
use serde::Serialize;

use super::{
    event::{Event, Kind},
    time::Time,
};

/// Months to answer a request from its receipt on (GDPR 12(3)).
const MONTHS: u8 = 1;
/// The same where the time was extended, which is possible once, by two further months.
const MONTHS_EXTENDED: u8 = 3;

/// How far a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was made.
    Requested,
    /// It was granted.
    Approved,
    /// Classes were removed for it.
    Removed,
    /// The result was verified.
    Verified,
    /// The result was released, which is the answer.
    Answered,
    /// It was taken back, refused, or found to be none.
    Voided,
}

/// A request, how far it is, and until when it has to be answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Commitment to its record as it was first.
    pub request: Sha256Digest,
    /// When it was received.
    pub requested: Time,
    /// The last second to answer it in time: one month after, or three where the time was extended. That a time
    /// which ends on a holiday or weekend ends with the next working day is not counted in.
    pub due: Time,
    /// Whether the time was extended, while it was not over (GDPR 12(3): within one month of receipt).
    pub is_extended: bool,
    /// Whether an extension was entered when the time was over, which moves nothing.
    pub is_extended_late: bool,
    /// How far it is.
    pub state: State,
    /// When it was answered or voided, if it is.
    pub settled: Option<Time>,
    /// Whether its record can no longer be linked to it.
    pub is_unlinked: bool,
    /// Numbers of its entries.
    pub entries: Vec<u64>,
}

impl Standing {
    /// Whether it waits for an answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Answered | State::Voided)
    }

    /// Whether it waits for an answer that is late at a time.
    #[must_use]
    pub fn is_overdue(&self, at: Time) -> bool {
        self.is_open() && self.due < at
    }

    fn advance(&mut self, event: &Event) {
        self.entries.push(event.seq);
        let state = match event.facts.event {
            Kind::Approved => State::Approved,
            Kind::ClassRemoved => State::Removed,
            Kind::Verified => State::Verified,
            Kind::Released => State::Answered,
            Kind::RequestVoided => State::Voided,
            Kind::Extended => {
                if event.time <= self.due {
                    self.is_extended = true;
                    self.due = self.requested.months_later(MONTHS_EXTENDED);
                } else {
                    self.is_extended_late = true;
                }
                return;
            }
            Kind::SaltDestroyed => {
                self.is_unlinked = true;
                return;
            }
            _ => return,
        };
        // What was answered stays so, whatever else is made or verified for it later.
        if self.is_open() {
            self.state = state;
            self.settled = (!self.is_open()).then_some(event.time);
        }
    }
}

impl State {
    /// Its name in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Removed => "removed",
            Self::Verified => "verified",
            Self::Answered => "answered",
            Self::Voided => "voided",
        }
    }
}

/// All requests in the order in which they were made.
#[must_use]
pub fn standings(events: &[Event]) -> Vec<Standing> {
    let mut all: Vec<Standing> = Vec::new();
    let mut places = BTreeMap::new();
    for event in events {
        let Some(request) = event.facts.request else {
            // A countersignature belongs to the request of its entry.
            let about = event.facts.entry.as_ref().and_then(|entry| usize::try_from(entry.index).ok());
            let about = about.and_then(|index| events.get(index)?.facts.request);
            if let Some(place) = about.and_then(|request| places.get(&request)) {
                let standing: &mut Standing = &mut all[*place];
                standing.entries.push(event.seq);
            }
            continue;
        };
        if event.facts.event == Kind::Requested {
            places.insert(request, all.len());
            all.push(Standing {
                request,
                requested: event.time,
                due: event.time.months_later(MONTHS),
                is_extended: false,
                is_extended_late: false,
                state: State::Requested,
                settled: None,
                is_unlinked: false,
                entries: vec![event.seq],
            });
        } else if let Some(place) = places.get(&request) {
            all[*place].advance(event);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Facts;

    #[test]
    fn a_request_is_due_after_a_month_or_three_and_open_until_it_is_answered() {
        let request = Some(Sha256Digest::of(b"request"));
        let enter = |seq: u64, kind, time: &str| {
            Event::new(seq, time.parse().unwrap(), Facts { request, ..Facts::new(kind) })
        };
        let mut events = vec![
            enter(0, Kind::Requested, "2026-01-31T10:00:00Z"),
            enter(1, Kind::Approved, "2026-02-02T10:00:00Z"),
        ];
        let [standing] = &standings(&events)[..] else { panic!() };
        assert_eq!((standing.state, standing.is_open()), (State::Approved, true));
        assert_eq!(standing.due.to_string(), "2026-02-28T23:59:59Z");
        let at = |text: &str| text.parse::<Time>().unwrap();
        assert!(standing.is_overdue(at("2026-03-01T00:00:00Z")) && !standing.is_overdue(standing.due));
        events.push(enter(2, Kind::Extended, "2026-02-20T10:00:00Z"));
        assert_eq!(standings(&events)[0].due.to_string(), "2026-04-30T23:59:59Z");
        events.push(enter(3, Kind::Released, "2026-04-01T10:00:00Z"));
        events.push(enter(4, Kind::Verified, "2026-04-02T10:00:00Z"));
        let standing = &standings(&events)[0];
        assert_eq!((standing.state, standing.settled), (State::Answered, Some(at("2026-04-01T10:00:00Z"))));
        assert_eq!(standing.entries, [0, 1, 2, 3, 4]);
        assert!(!standing.is_overdue(at("2027-01-01T00:00:00Z")));
    }

    #[test]
    fn what_is_extended_when_it_is_late_stays_late() {
        let request = Some(Sha256Digest::of(b"request"));
        let enter = |seq: u64, kind, time: &str| {
            Event::new(seq, time.parse().unwrap(), Facts { request, ..Facts::new(kind) })
        };
        for (extended, is_late) in [("2026-02-01T23:59:59Z", false), ("2026-02-02T00:00:00Z", true)] {
            let events = [
                enter(0, Kind::Requested, "2026-01-01T10:00:00Z"),
                enter(1, Kind::Extended, extended),
                enter(2, Kind::Released, "2026-03-20T10:00:00Z"),
            ];
            let standing = &standings(&events)[0];
            assert_eq!((standing.is_extended, standing.is_extended_late), (!is_late, is_late));
            assert_eq!(standing.settled.unwrap() > standing.due, is_late, "{}", standing.due);
        }
    }
}
