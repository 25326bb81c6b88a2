//! Answers of time-stamping services: what is accepted says what the service has signed.

#![no_main]

use std::sync::LazyLock;

use declass::sign::{Bundle, Stamp};
use libfuzzer_sys::fuzz_target;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let bytes = include_bytes!("../../../fixtures/signed/class-removal.with-rfc3161.sigstore.json");
    Bundle::read(bytes).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(stamp) = Stamp::read(bytes) else { return };
    // The only seed is by a service whose key nobody has here.
    assert_eq!(stamp.to_string(), "2026-11-21T02:32:44Z by CN=Test TSA");
    assert!(stamp.is_of(BUNDLE.signature()) && !stamp.is_of(BUNDLE.payload()));
});
