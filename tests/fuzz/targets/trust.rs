//! Trust files: whatever is accepted trusts only a key whose fingerprint it has, and only stamps by a
//! certificate whose digest it has.

#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use declass::sign::{Bundle, PublicKey, Role, Trust};
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

const PEM: &str = include_str!("../../../fixtures/signed/p256.pub.pem");

const SERVICE: &str = include_str!("../../../fixtures/signed/tsa.pem");
/// What `openssl x509 -fingerprint -sha256` says of it, without colons.
const SERVICE_DIGEST: &str = "77fc6fa4471d9dbed15cbdccc1f55e1f0b5171aa6eb7006652d1e5dbb68b47e3";

struct Prepared {
    place: Place,
    bundle: Bundle,
    stamped: Bundle,
    fingerprint: String,
}

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let place = Place::new();
    place.put("p256.pub.pem", PEM.as_bytes());
    place.put("tsa.pem", SERVICE.as_bytes());
    let read = |bytes: &[u8]| Bundle::read(bytes).unwrap();
    Prepared {
        place,
        bundle: read(include_bytes!("../../../fixtures/signed/class-removal.sigstore.json")),
        stamped: read(include_bytes!("../../../fixtures/signed/class-removal.with-rfc3161.sigstore.json")),
        fingerprint: PublicKey::from_pem(PEM).unwrap().fingerprint(),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Prepared { place, bundle, stamped, fingerprint } = &*PREPARED;
    let Ok(trust) = Trust::open(&place.put("declass-trust.toml", bytes)) else { return };
    for (role, days) in [(Role::Oms, 0), (Role::Claim, 20_800)] {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        if trust.judge(bundle, role, at).is_ok() {
            assert!(String::from_utf8_lossy(bytes).contains(fingerprint.trim_start_matches("SHA256:")));
        }
    }
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(30_000 * 86_400);
    if trust.dating(stamped, at).earliest.is_some() {
        let text = String::from_utf8_lossy(bytes).replace(':', "").to_ascii_lowercase();
        assert!(text.contains(SERVICE_DIGEST));
    }
});
