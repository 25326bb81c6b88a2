//! Policy files.

#![no_main]

use std::sync::LazyLock;

use declass::gate::Policy;
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|bytes: &[u8]| {
    let _ = Policy::open(&PLACE.put("declass.toml", bytes));
});
