//! The configuration beside weights: labels, architecture, problem type.

#![no_main]

use std::sync::LazyLock;

use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    place.put(
        "model.safetensors",
        include_bytes!("../../../fixtures/safetensors/hf_nested_labels/model.safetensors"),
    );
    place
});

fuzz_target!(|bytes: &[u8]| {
    let path = PLACE.put("config.json", bytes);
    PLACE.exercise(path.parent().unwrap());
});
