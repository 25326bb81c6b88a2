//! A graph, with a few bytes beside it that it may name as its data.

#![no_main]

use std::sync::LazyLock;

use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    place.put("weight_external.onnx.data", &[0; 536]);
    place
});

fuzz_target!(|bytes: &[u8]| {
    let path = PLACE.put("model.onnx", bytes);
    PLACE.exercise(&path);
});
