//! One file of weights.

#![no_main]

use std::sync::LazyLock;

use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|bytes: &[u8]| {
    let path = PLACE.put("model.safetensors", bytes);
    PLACE.exercise(&path);
});
