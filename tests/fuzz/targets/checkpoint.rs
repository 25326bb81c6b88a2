//! Checkpoints: any text that is signed, and any bytes instead of a signed note.

#![no_main]

use declass::register::{Proof, Proven};
use declass_fuzz::{sign, trusted};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let _ = read(text);
    let signed = sign(text);
    let Ok(Proven::Consistent(checkpoint, _)) = read(&signed) else { return };
    assert!(text.starts_with(&checkpoint.to_string()), "{checkpoint} was read of {text:?}");
    // The last but one character of the base64 before padding holds no bits that a decoder may ignore.
    let at = signed.trim_end().trim_end_matches('=').len() - 2;
    let other = if signed.as_bytes()[at] == b'A' { "B" } else { "A" };
    let mut forged = signed.clone();
    forged.replace_range(at..at + 1, other);
    assert!(read(&forged).is_err(), "a changed signature counts");
});

/// A register is consistent with itself, if its checkpoint is one and signed.
fn read(note: &str) -> Result<Proven, String> {
    let proof = json!({
        "type": "urn:declass:register:consistency:v1", "old": note, "path": [], "checkpoint": note,
    });
    Proof::check(proof.to_string().as_bytes(), &trusted())
}
