//! What the trust file asks of a register: witnesses, stamps, signed events, separate duties.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use declass_formats::Sha256Digest;

use super::{
    Examination, Witnessed,
    event::{Event, Kind},
    question::Question,
};
use crate::{
    evidence::Check,
    note::VerifierKey,
    sign::{Actor, RegisterRequired, RegisterRules, Trust},
};

/// Offences that are told.
const TOLD: usize = 3;

/// Fails if a trust file speaks of events that there are none of, or asks for what could never be there.
///
/// # Errors
/// In words, which.
pub fn check_rules(rules: &RegisterRules) -> Result<(), String> {
    let RegisterRequired { signed, separate, .. } = &rules.required;
    let names = rules.actors.iter().flat_map(|actor| &actor.events).chain(signed);
    for name in names.chain(separate.iter().flatten()) {
        kind(name).ok_or_else(|| format!("`{}` is no event of a register", name.escape_debug()))?;
    }
    for name in signed {
        if kind(name) == Some(Kind::Countersigned) {
            return Err(format!("`signed` asks for `{name}`, which is a signature itself"));
        }
        if signers(rules, name).is_empty() {
            return Err(format!("`signed` asks for `{name}`, which no `[[actor]]` may sign"));
        }
    }
    separate.iter().try_for_each(|pair| check_pair(rules, pair))
}

/// Fails if two people could never do both of what a rule asks two people for.
fn check_pair(rules: &RegisterRules, [one, other]: &[String; 2]) -> Result<(), String> {
    let said = |reason: String| Err(format!("`separate` asks for `{one}` and `{other}`{reason}"));
    if one == other {
        return said(", which are one event".into());
    }
    let of_no_request = |name: &&String| matches!(kind(name), Some(Kind::Countersigned | Kind::KeyRotated));
    if let Some(name) = [one, other].into_iter().find(of_no_request) {
        return said(format!(", and `{name}` is of no request"));
    }
    let [first, second] = [one, other].map(|name| signers(rules, name));
    if first.iter().any(|a| second.iter().any(|b| a != b)) {
        Ok(())
    } else {
        said(", and no two `[[actor]]` of different identities may sign them".into())
    }
}

/// The identities of those who may sign events of this name.
fn signers<'a>(rules: &'a RegisterRules, name: &str) -> BTreeSet<&'a str> {
    let may = rules.actors.iter().filter(|actor| actor.events.iter().any(|it| it == name));
    may.map(|actor| actor.identity.as_str()).collect()
}

fn kind(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

impl Examination {
    /// Whether the register has what the trust file asks for; nothing after `now` counts. None if it asks for nothing.
    #[must_use]
    pub fn rules(&self, trust: &Trust, now: SystemTime) -> Option<Check> {
        let (rules, required) = (trust.register(), &trust.register().required);
        let mut asked = Vec::new();
        let mut offences = Vec::new();
        let witnessed = self.witnessed(trust, now);
        if required.witnesses > 0 || required.stamped {
            asked.push("seen by others");
            offences.extend(self.unseen(required, &witnessed));
        }
        let signers = Signers::of(&self.content.events);
        if !required.signed.is_empty() {
            asked.push("signed by those who may");
            offences.extend(signers.missing(&self.content.events, rules));
        }
        if !required.separate.is_empty() {
            asked.push("duties separate");
            offences.extend(signers.not_separate(&self.content.events, rules));
        }
        (!asked.is_empty()).then(|| {
            let more = offences.len().saturating_sub(TOLD);
            offences.truncate(TOLD);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let found =
                if offences.is_empty() { Ok(asked.join(", ")) } else { Err(offences.join("; ") + &more) };
            Question::Rules.answer(found)
        })
    }

    /// What nobody else has seen who should have.
    fn unseen(&self, required: &RegisterRequired, witnessed: &[Witnessed]) -> Vec<String> {
        let size = self.content.size();
        let recent: Vec<&Witnessed> =
            witnessed.iter().filter(|it| it.size.saturating_add(required.lag) >= size).collect();
        let mut offences = Vec::new();
        let mut names: Vec<&str> =
            recent.iter().flat_map(|it| &it.witnesses).map(|it| it.authority.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let latest = witnessed.iter().rev().find(|it| !it.witnesses.is_empty()).map_or(0, |it| it.size);
        if names.len() < required.witnesses {
            offences.push(format!(
                "of {size} entries {} witnesses have seen enough, asked for are {}; the latest cosigned checkpoint \
                 is of {latest}",
                names.len(),
                required.witnesses
            ));
        }
        if required.stamped && recent.iter().all(|it| it.stamps.is_empty()) {
            let latest = witnessed.iter().rev().find(|it| !it.stamps.is_empty()).map_or(0, |it| it.size);
            offences
                .push(format!("of {size} entries the latest checkpoint with a time stamp is of {latest}"));
        }
        offences
    }
}

/// The events of this name.
fn named<'a>(events: &'a [&'a Event], name: &'a str) -> impl Iterator<Item = &'a Event> {
    events.iter().copied().filter(move |event| event.facts.event.name() == name)
}

/// Who signed which entry, themselves or later.
struct Signers<'a>(BTreeMap<u64, Vec<&'a VerifierKey>>);

impl<'a> Signers<'a> {
    /// A signature counts for the first entry that has it: it covers neither number nor time, so that whoever keeps the
    /// register could enter it again.
    fn of(events: &'a [Event]) -> Self {
        let mut all = BTreeMap::<u64, Vec<&VerifierKey>>::new();
        let mut seen = BTreeSet::new();
        for event in events {
            let entry = event.facts.entry.as_ref().map_or(event.seq, |entry| entry.index);
            let by = event.facts.by.as_ref();
            let is_new = by.and_then(|by| by.signature.as_ref()).is_some_and(|it| seen.insert(it));
            if let Some(key) = by.and_then(|by| by.key()).filter(|_| is_new) {
                all.entry(entry).or_default().push(key);
            }
        }
        Self(all)
    }

    fn by(&self, event: &Event) -> &[&'a VerifierKey] {
        self.0.get(&event.seq).map_or(&[], Vec::as_slice)
    }

    /// The identities of those who signed an event and may.
    fn people<'r>(&self, event: &Event, rules: &'r RegisterRules) -> BTreeSet<&'r str> {
        let signed = |actor: &&Actor| self.by(event).contains(&&actor.vkey);
        let may = |actor: &&Actor| actor.events.iter().any(|name| name == event.facts.event.name());
        rules.actors.iter().filter(signed).filter(may).map(|actor| actor.identity.as_str()).collect()
    }

    /// Events that nobody signed who may.
    fn missing(&self, events: &[Event], rules: &RegisterRules) -> Vec<String> {
        let asked = |event: &&Event| rules.required.signed.iter().any(|it| it == event.facts.event.name());
        let unsigned = events.iter().filter(asked).filter(|event| self.people(event, rules).is_empty());
        unsigned
            .map(|event| {
                let name = event.facts.event.name();
                format!("entry {}, `{name}`, is signed by nobody who may", event.seq)
            })
            .collect()
    }

    /// Requests for which one person did both of what two have to do, or nobody shows that it was two.
    fn not_separate(&self, events: &[Event], rules: &RegisterRules) -> Vec<String> {
        let mut of_requests = BTreeMap::<Sha256Digest, Vec<&Event>>::new();
        for event in events {
            if let Some(request) = event.facts.request {
                of_requests.entry(request).or_default().push(event);
            }
        }
        // In the order of the entries: digests of requests are salted, and have none.
        let mut of_requests: Vec<Vec<&Event>> = of_requests.into_values().collect();
        of_requests.sort_by_key(|events| events.first().map(|event| event.seq));
        let mut offences = Vec::new();
        for events in &of_requests {
            for [one, other] in &rules.required.separate {
                for one in named(events, one) {
                    offences.extend(named(events, other).filter_map(|other| self.same(one, other, rules)));
                }
            }
        }
        offences
    }

    fn same(&self, one: &Event, other: &Event, rules: &RegisterRules) -> Option<String> {
        let (first, second) = (self.people(one, rules), self.people(other, rules));
        let [a, b] = [one, other].map(|it| format!("entry {} (`{}`)", it.seq, it.facts.event.name()));
        if first.is_empty() || second.is_empty() {
            return Some(format!(
                "nothing shows that {a} and {b} are by two people: not both are signed by an actor who may"
            ));
        }
        let both = first.intersection(&second).next()?;
        Some(format!("{a} and {b} are signed by the same person, {both}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::{By, Facts, SigningKey, Time, own};

    #[test]
    fn a_signature_counts_for_the_first_entry_that_has_it() {
        let key = SigningKey::generate().unwrap();
        let by = Some(Box::new(By::role("auditor".parse().unwrap())));
        let facts =
            own::sign(Facts { by, ..Facts::new(Kind::Verified) }, &"a".parse().unwrap(), &key).unwrap();
        let event = |seq| Event::new(seq, Time::from_unix(0).unwrap(), facts.clone());
        let events = [event(0), event(1)];
        let signers = Signers::of(&events);
        assert_eq!(events.each_ref().map(|event| signers.by(event).len()), [1, 0]);
    }
}
