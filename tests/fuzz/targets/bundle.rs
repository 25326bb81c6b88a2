//! Signed statements: what is read is written as it was, and a changed byte is not signed.

#![no_main]

use base64ct::{Base64, Encoding};
use declass::sign::{Bundle, Manifest, PublicKey};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(bundle) = Bundle::read(bytes) else { return };
    let written = bundle.to_bytes();
    assert_eq!(Bundle::read(&written).as_ref(), Ok(&bundle));
    let key = PublicKey::from_pem(include_str!("../../../fixtures/signed/p256.pub.pem")).unwrap();
    let _ = (bundle.names(&key), Manifest::read(bundle.payload()));
    if bundle.verifies(&key) {
        let at = bytes.iter().fold(bytes.len(), |sum, byte| sum.wrapping_mul(31) + usize::from(*byte));
        for place in ["/dsseEnvelope/payload", "/dsseEnvelope/signatures/0/sig"] {
            assert!(!Bundle::read(&changed(&written, place, at)).is_ok_and(|bundle| bundle.verifies(&key)));
        }
    }
});

/// The bundle with another byte in what a place holds as base64.
fn changed(bundle: &[u8], place: &str, at: usize) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(bundle).unwrap();
    let text = json.pointer_mut(place).unwrap();
    let mut held = Base64::decode_vec(text.as_str().unwrap()).unwrap();
    let length = held.len();
    held[at % length] ^= 1 << (at / length % 8);
    *text = Base64::encode_string(&held).into();
    serde_json::to_vec(&json).unwrap()
}
