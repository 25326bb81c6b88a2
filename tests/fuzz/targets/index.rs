//! The index of sharded weights.

#![no_main]

use std::sync::LazyLock;

use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

macro_rules! shard {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../fixtures/safetensors/hf_sharded/", $name)).as_slice())
    };
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    let shards = [
        shard!("model-00001-of-00002.safetensors"),
        shard!("model-00002-of-00002.safetensors"),
        shard!("config.json"),
    ];
    shards.iter().for_each(|(name, bytes)| drop(place.put(name, bytes)));
    place
});

fuzz_target!(|bytes: &[u8]| {
    let path = PLACE.put("model.safetensors.index.json", bytes);
    PLACE.exercise(path.parent().unwrap());
});
