//! The claim of a removal: read, written again, and put into the formats of others.

#![no_main]

use declass::{
    export::{ClaimFile, Format},
    formats::Sha256Digest,
    release::{Claimed, History, Statement},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(statement) = Statement::from_bytes(bytes) else {
        assert!(Claimed::read(bytes).is_err());
        return;
    };
    assert_eq!(Statement::from_bytes(&statement.to_bytes()).as_ref(), Ok(&statement));
    let _ = History::default().problems(&statement);
    let claim =
        ClaimFile { statement: &statement, name: "claim", digest: Sha256Digest::of(bytes), bundle: None };
    for format in [Format::Cyclonedx, Format::ModelCard, Format::Slsa] {
        let _ = format.export(&claim, "model");
    }
    if let Ok(claimed) = Claimed::read(bytes) {
        let _ = (claimed.arguments(), claimed.index_map(), claimed.request(None));
    }
});
