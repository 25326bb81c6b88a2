//! Several processes at once.

use std::thread;

use crate::home::{Home, request};

#[test]
fn of_several_writers_at_once_every_event_is_entered() {
    const EACH: usize = 12;
    let home = Home::new();
    thread::scope(|scope| {
        for writer in 0..3 {
            let home = &home;
            scope.spawn(move || {
                for i in 0..EACH {
                    let request = request(writer * 100 + i);
                    home.run(&format!("append r requested --request {request}")).exits(0);
                }
            });
        }
        // Readers see a sound register at any time, with nothing pending.
        for _ in 0..EACH {
            let said = home.run("verify r").exits(0).stdout;
            assert!(!said.contains("pending"), "{said}");
        }
    });
    let entries = home.entries();
    assert_eq!(entries.len(), 3 * EACH);
    for writer in 0..3 {
        let of_writer = (0..EACH).map(|i| request(writer * 100 + i));
        let places =
            of_writer.map(|request| entries.iter().position(|entry| entry["request"]["sha256"] == *request));
        let places: Vec<usize> = places.map(Option::unwrap).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
}
