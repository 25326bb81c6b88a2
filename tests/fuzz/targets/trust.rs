//! Trust files: whatever is accepted trusts only a key whose fingerprint it has.

#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use declass::sign::{Bundle, PublicKey, Role, Trust};
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

const PEM: &str = include_str!("../../../fixtures/signed/p256.pub.pem");

struct Prepared {
    place: Place,
    bundle: Bundle,
    fingerprint: String,
}

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let place = Place::new();
    place.put("p256.pub.pem", PEM.as_bytes());
    let bundle = include_bytes!("../../../fixtures/signed/class-removal.sigstore.json");
    let fingerprint = PublicKey::from_pem(PEM).unwrap().fingerprint();
    Prepared { place, bundle: Bundle::read(bundle).unwrap(), fingerprint }
});

fuzz_target!(|bytes: &[u8]| {
    let Prepared { place, bundle, fingerprint } = &*PREPARED;
    let Ok(trust) = Trust::open(&place.put("declass-trust.toml", bytes)) else { return };
    for (role, days) in [(Role::Oms, 0), (Role::Claim, 20_800)] {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        if trust.judge(bundle, role, at).is_ok() {
            assert!(String::from_utf8_lossy(bytes).contains(fingerprint.trim_start_matches("SHA256:")));
        }
    }
});
