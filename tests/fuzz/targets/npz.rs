//! Labelled embeddings: as many finite rows as labels, or none.

#![no_main]

use std::sync::LazyLock;

use declass::evaluate::{Labelled, Part};
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|bytes: &[u8]| {
    let Ok(data) = Labelled::open(&PLACE.put("data", bytes), Part::Test) else { return };
    assert_eq!(data.embeddings.len(), data.labels.len() * data.width);
    assert!(data.width > 0 && data.embeddings.iter().all(|value| value.is_finite()));
});
