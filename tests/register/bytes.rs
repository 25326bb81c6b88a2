//! Every byte counts: whichever of them is changed, the register is not sound any more.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass::{
    formats::Sha256Digest,
    register::{self, Entry, Facts, Kind, Proof, Proven, SigningKey, Time, VerifierKey},
};

/// A register with a request, another key, and the approval; its folder, and both keys.
fn register(folder: &Path) -> (PathBuf, [VerifierKey; 2]) {
    let path = folder.join("r");
    let (key, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let origin = "a".parse().unwrap();
    register::create(&path, &origin, &key).unwrap();
    let enter = |kind, key: &SigningKey| {
        let facts = Facts { request: Some(Sha256Digest::of(b"request")), ..Facts::new(kind) };
        register::append(&path, key, Entry::Event(facts), || Ok(Time::from_unix(7).unwrap())).unwrap();
    };
    enter(Kind::Requested, &key);
    register::append(&path, &key, Entry::NewKey(&new), || Ok(Time::from_unix(7).unwrap())).unwrap();
    enter(Kind::Approved, &new);
    (path, [key.verifier(&origin), new.verifier(&origin)])
}

#[test]
fn every_changed_byte_and_every_shorter_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, keys) = register(folder.path());
    let sound = || register::examine(&path, &keys[0]).and_then(|seen| seen.sound()).is_ok();
    for name in ["entries.jsonl", "checkpoint"] {
        let file = path.join(name);
        let bytes = fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            for flipped in [1, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= flipped;
                fs::write(&file, changed).unwrap();
                assert!(!sound(), "{name}: byte {at} changed by {flipped:#x}");
            }
            fs::write(&file, &bytes[..at]).unwrap();
            assert!(!sound(), "{name}: cut off at {at}");
        }
        fs::write(&file, [&bytes[..], b"\n"].concat()).unwrap();
        assert!(!sound(), "{name} with one more line");
        fs::write(&file, &bytes).unwrap();
        assert!(sound());
    }
}

#[test]
fn a_proof_with_changed_bytes_proves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (path, keys) = register(folder.path());
    for key in keys {
        let register = register::examine(&path, &key).unwrap().sound().unwrap();
        let proof = serde_json::to_vec(&register.prove(0).unwrap()).unwrap();
        for at in 0..proof.len() {
            for flipped in [1, 2, 0x20, 0x80] {
                let mut changed = proof.clone();
                changed[at] ^= flipped;
                if let Ok(Proven::Included(event, checkpoint)) = Proof::check(&changed, &key) {
                    assert_eq!((&*event, &checkpoint), (&register.events()[0], register.checkpoint()));
                }
            }
            assert!(Proof::check(&proof[..at], &key).is_err());
        }
    }
}
