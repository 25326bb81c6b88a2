//! A clock that was wrong once keeps nobody out, and is told.

use declass::{
    formats::Sha256Digest,
    register::{self, Entry, Facts, Kind, Moment, SigningKey, Time},
};

/// The first second of 2026, and of 2106.
const NOW: u64 = 1_767_225_600;
const WRONG: u64 = 4_291_747_200;

fn time(seconds: u64) -> Time {
    Time::from_unix(seconds).unwrap()
}

#[test]
fn an_entry_from_the_future_keeps_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, key) = (folder.path().join("r"), SigningKey::generate().unwrap());
    let origin = "a".parse().unwrap();
    register::create(&path, &origin, &key).unwrap();
    let enter = |request: &str, at: Moment| {
        let request = Some(Sha256Digest::of(request.as_bytes()));
        let facts = Facts { request, ..Facts::new(Kind::Requested) };
        register::append(&path, &key, Entry::Event(facts), || Ok(at))
    };
    enter("a", time(NOW).into()).unwrap();
    // The clock is wrong for one entry.
    enter("b", time(WRONG).into()).unwrap();
    let entered = enter("c", time(NOW + 60).into()).unwrap();
    assert_eq!(entered.event.time, time(NOW + 60), "what the clock says");
    enter("d", Moment { time: time(NOW + 61), clock: time(NOW + 90) }).unwrap();
    // What is said to have happened before the latest entry is refused as ever.
    let said = enter("e", Moment { time: time(NOW + 10), clock: time(NOW + 90) }).unwrap_err().to_string();
    assert!(said.contains("is before 2026-01-01T00:01:01Z, the time of the latest entry"), "{said}");
    let sound = register::examine(&path, &key.verifier(&origin)).unwrap();
    let entries = sound.answers().into_iter().find(|check| check.definition.id == "entries").unwrap();
    let told = "not in order of time, since a clock was wrong: the time of entry 2, 2026-01-01T00:01:00Z, is before \
                2106-01-01T00:00:00Z";
    assert!(entries.summary.contains(told), "{}", entries.summary);
    assert_eq!(sound.sound().unwrap().checkpoint().size, 4);
    // Nothing about the request of the wrong clock can be before it, but that it is void.
    let enter = |kind, request: &str| {
        let request = Some(Sha256Digest::of(request.as_bytes()));
        let facts = Facts { request, ..Facts::new(kind) };
        register::append(&path, &key, Entry::Event(facts), || Ok(time(NOW + 120)))
    };
    let said = enter(Kind::Approved, "b").unwrap_err().to_string();
    assert!(said.contains("before 2106-01-01T00:00:00Z, the time of its `requested` (entry 1)"), "{said}");
    enter(Kind::Approved, "a").unwrap();
    enter(Kind::RequestVoided, "b").unwrap();
}
