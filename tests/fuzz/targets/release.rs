//! A release with any claim, which is also the one of an earlier removal: what the gate and the register make
//! of it.

#![no_main]

use std::sync::LazyLock;

use declass::{
    claim::{Claim, History},
    gate::examine_unsigned,
    progress::Silent,
    register::Released,
};
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    place.put("config.json", include_bytes!("../../../fixtures/safetensors/hf_resnet/config.json"));
    let weights = include_bytes!("../../../fixtures/safetensors/hf_resnet/model.safetensors");
    place.put("model.safetensors", weights);
    place
});

fuzz_target!(|bytes: &[u8]| {
    let claim = PLACE.put("class-removal.statement.json", bytes);
    PLACE.put("class-removal.previous-1.json", bytes);
    let folder = claim.parent().unwrap();
    let _ = Released::read(folder);
    let findings = examine_unsigned(folder, &Silent);
    if let (Ok(Claim { statement, .. }), Ok(history)) = (Claim::from_bytes(bytes), History::of_release(folder)) {
        assert!(!history.problems(&statement).is_empty(), "a claim does not continue itself");
        assert!(findings.is_err() || findings.is_ok_and(|findings| !findings.is_empty()));
        let _ = history.still_there("classifier.1");
    }
});
