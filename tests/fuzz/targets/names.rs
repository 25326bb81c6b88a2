//! Everything that is a name or a moment in one line: read, it is written as it was.

#![no_main]

use declass::{
    fetch::{HubRef, PackageUrl, RepoId},
    formats::{RelPath, Sha256Digest},
    register::{Origin, Time, VerifierKey},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let same = |written: Option<String>| assert!(written.is_none_or(|written| written == text), "{text:?}");
    same(HubRef::parse(text).map(|reference| reference.to_string()));
    same(PackageUrl::parse(text).map(|package| package.to_string()));
    same(RepoId::parse(text).map(|repo| repo.to_string()));
    same(RelPath::try_from(text).ok().map(|path| path.to_string()));
    same(text.parse::<Origin>().ok().map(|origin| origin.to_string()));
    same(text.parse::<Time>().ok().map(|time| time.to_string()));
    same(text.parse::<VerifierKey>().ok().map(|key| key.to_string()));
    let digest = Sha256Digest::from_hexadecimal(text).map(|digest| digest.to_string());
    assert!(digest.is_none_or(|digest| digest.eq_ignore_ascii_case(text)));
});
