//! Proofs of a register: with another digest in its path, none shows anything.

#![no_main]

use declass::register::Proof;
use declass_fuzz::trusted;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let key = trusted();
    if Proof::check(bytes, &key).is_err() {
        return;
    }
    let proof: Proof = serde_json::from_slice(bytes).unwrap();
    assert!(Proof::check(&serde_json::to_vec(&proof).unwrap(), &key).is_ok());
    let json: Value = serde_json::from_slice(bytes).unwrap();
    for at in 0..json["path"].as_array().unwrap().len() {
        let mut forged = json.clone();
        let text = forged["path"][at].as_str().unwrap();
        let digit = if text.starts_with('0') { "1" } else { "0" };
        forged["path"][at] = format!("{digit}{}", &text[1..]).into();
        assert!(Proof::check(forged.to_string().as_bytes(), &key).is_err());
    }
});
