//! What an interrupted append has left: signed for exactly one entry more, or refused.

#![no_main]

use std::{fs, sync::LazyLock};

use declass::register::{examine, tree};
use declass_fuzz::{Place, checkpoint, sign, trusted};
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    fs::create_dir(place.path("r")).unwrap();
    place.put("r/checkpoint", sign(&checkpoint(0, tree::root(&[]))).as_bytes());
    place
});

// A line, with the checkpoint that is signed for it or with anything below it, and how much of the line is
// entered already.
fuzz_target!(|input: (&[u8], bool, u8)| {
    let (bytes, signed, entered) = input;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = sign(&checkpoint(1, tree::root(&[tree::leaf(line)])));
    let pending = if signed { [line, b"\n", text.as_bytes()].concat() } else { bytes.to_vec() };
    PLACE.put("r/entries.jsonl", &line[..line.len().min(entered.into())]);
    PLACE.put("r/pending", &pending);
    let examination = examine(&PLACE.path("r"), &trusted()).unwrap();
    let _ = examination.answers();
    if let Ok(register) = examination.sound() {
        let event = register.pending().map(|event| event.seq);
        assert!(event == Some(0) || (event.is_none() && !signed), "{event:?}");
    }
});
