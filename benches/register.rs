//! A register of 100 000 entries: checking it, listing requests, entering one more, proving a part of it.

use std::{fs, path::Path, sync::OnceLock};

use base64ct::{Base64, Encoding};
use declass::{
    formats::Sha256Digest,
    key_file::PrivateKey,
    register::{self, Entry, Facts, Kind, SigningKey, Time, examine, standings, tree},
};
use divan::{Bencher, black_box};
use ed25519_dalek::{Signer, pkcs8::EncodePrivateKey};
use tempfile::TempDir;

const ENTRIES: u64 = 100_000;

fn main() {
    divan::main();
}

struct Made {
    folder: TempDir,
    key: SigningKey,
}

impl Made {
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("register")
    }
}

/// Two entries for each request: `requested` and `approved`. Written here, since entering them one by one checks all of
/// those before each time.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register");
        let secret = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let key = SigningKey::from_pkcs8(secret.to_pkcs8_der().unwrap().as_bytes()).unwrap();
        let origin = "example.org/removals".parse().unwrap();
        register::create(&path, &origin, &key).unwrap();
        let (mut text, mut leaves) = (String::new(), Vec::new());
        for seq in 0..ENTRIES {
            let request = Sha256Digest::of(&(seq / 2).to_be_bytes());
            let event = if seq % 2 == 0 { "requested" } else { "approved" };
            let time = Time::from_unix(1_767_225_600 + seq).unwrap();
            let line = format!(
                r#"{{"event":"{event}","request":{{"sha256":"{request}"}},"seq":{seq},"time":"{time}","v":1}}"#
            );
            leaves.push(tree::leaf(line.as_bytes()));
            text += &line;
            text.push('\n');
        }
        fs::write(path.join("entries.jsonl"), text).unwrap();
        let root = Base64::encode_string(&tree::root(&leaves).0);
        sign(&path, &format!("{origin}\n{ENTRIES}\n{root}\n"), &secret, &key.verifier(&origin).to_string());
        Made { folder, key }
    })
}

fn sign(path: &Path, text: &str, secret: &ed25519_dalek::SigningKey, vkey: &str) {
    let id = u32::from_str_radix(vkey.split('+').nth(1).unwrap(), 16).unwrap();
    let bytes = [&id.to_be_bytes()[..], &secret.sign(text.as_bytes()).to_bytes()].concat();
    let name = text.lines().next().unwrap();
    let note = format!("{text}\n— {name} {}\n", Base64::encode_string(&bytes));
    fs::write(path.join("checkpoint"), note).unwrap();
}

fn opened(made: &Made) -> register::Register {
    let key = made.key.verifier(&"example.org/removals".parse().unwrap());
    examine(&made.path(), &key).unwrap().sound().unwrap()
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify(bencher: Bencher<'_, '_>) {
    let made = made();
    bencher.bench_local(|| black_box(opened(made)));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn list_requests(bencher: Bencher<'_, '_>) {
    let made = made();
    bencher.bench_local(|| standings(black_box(opened(made).events())));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>) {
    let made = made();
    let mut number = ENTRIES;
    bencher.bench_local(|| {
        number += 1;
        let facts =
            Facts { request: Some(Sha256Digest::of(&number.to_be_bytes())), ..Facts::new(Kind::Requested) };
        let now = || Ok(Time::from_unix(1_798_761_600 + number).unwrap());
        register::append(&made.path(), &made.key, Entry::Event(facts), now).unwrap()
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn prove_a_thousand(bencher: Bencher<'_, '_>) {
    let register = opened(made());
    let indices: Vec<u64> = (0..1000).collect();
    bencher.bench_local(|| register.prove_all(black_box(&indices), None).unwrap());
}
