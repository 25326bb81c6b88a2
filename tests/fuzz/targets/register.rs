//! A register of any lines, all of them signed: if it is sound, its events are written as they were read, and
//! can be proved.

#![no_main]

use std::{fs, sync::LazyLock};

use declass::register::{Proof, examine, tree};
use declass_fuzz::{Place, checkpoint, sign, trusted};
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    fs::create_dir(place.path("r")).unwrap();
    place
});

fuzz_target!(|entries: &[u8]| {
    let leaves: Vec<_> = entries
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| tree::leaf(line.strip_suffix(b"\n").unwrap_or(line)))
        .collect();
    let size = leaves.len() as u64;
    PLACE.put("r/entries.jsonl", entries);
    PLACE.put("r/checkpoint", sign(&checkpoint(size, tree::root(&leaves))).as_bytes());
    let examination = examine(&PLACE.path("r"), &trusted()).unwrap();
    let _ = examination.answers();
    let Ok(register) = examination.sound() else { return };
    assert_eq!(register.events().len() as u64, size);
    let mut written = String::new();
    for index in 0..size {
        let proof = register.prove(index).unwrap();
        let json = serde_json::to_vec(&proof).unwrap();
        assert!(Proof::check(&json, &trusted()).is_ok());
        let Proof::Inclusion { entry, .. } = proof else { panic!("{proof:?}") };
        written += &entry;
        written.push('\n');
    }
    assert_eq!(written.as_bytes(), entries);
});
