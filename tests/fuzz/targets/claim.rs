//! The claim of a removal: read, written again, and put into the formats of others.

#![no_main]

use declass::{
    attest::{Claimed, WORDS},
    claim::{Claim, History},
    export::{Beside, ClaimFile, Format, card},
    formats::Sha256Digest,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(Claim { statement, .. }) = Claim::from_bytes(bytes) else {
        assert!(Claimed::read(bytes).is_err());
        return;
    };
    // Of version 1 some seeds are too large to be written again.
    if let Ok(again) = Claim::from_bytes(&statement.to_bytes()) {
        assert_eq!(again.statement, statement);
    }
    let _ = History::default().problems(&statement);
    let digest = Sha256Digest::of(bytes);
    let claim = ClaimFile { statement: &statement, name: "claim", digest, bundle: None, words: WORDS };
    for format in [Format::Cyclonedx, Format::Slsa] {
        let _ = format.export(&claim, "model");
    }
    let beside =
        Beside { card: None, config: None, labels: None, original: "model", is_signed: false, words: WORDS };
    let text = card(&statement, beside);
    let _ = card(&statement, Beside { card: Some(&text), ..beside });
    if let Ok(claimed) = Claimed::read(bytes) {
        let _ = (claimed.removal(), claimed.evaluation_seed());
    }
});
