//! Registers that no append would make: by a dishonest keeper, who has the key.

use std::fs;

use base64ct::{Base64, Encoding};
use declass::{
    formats::Sha256Digest,
    register::{Facts, own_text, tree},
};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::home::{Home, PLAIN_KEY, request};

/// The register's name.
pub(crate) const ORIGIN: &str = "example.org/removals";

/// A key under a name, of the kind that C2SP gives this number: 1 signs notes, 4 cosigns.
pub(crate) struct Named {
    name: &'static str,
    kind: u8,
    key: SigningKey,
}

impl Named {
    pub(crate) fn new(name: &'static str, kind: u8, seed: u8) -> Self {
        Self { name, kind, key: SigningKey::from_bytes(&[seed; 32]) }
    }

    /// That of the register itself.
    fn keeper() -> Self {
        let der = Base64::decode_vec(PLAIN_KEY.lines().nth(1).unwrap()).unwrap();
        let (_, seed) = der.split_last_chunk::<32>().unwrap();
        Self { name: ORIGIN, kind: 1, key: SigningKey::from_bytes(seed) }
    }

    fn id(&self) -> [u8; 4] {
        let public = self.key.verifying_key();
        let named = [self.name.as_bytes(), b"\n", &[self.kind], public.as_bytes()].concat();
        *Sha256Digest::of(&named).0.first_chunk().unwrap()
    }

    pub(crate) fn vkey(&self) -> String {
        let typed = [&[self.kind], &self.key.verifying_key().as_bytes()[..]].concat();
        let id = u32::from_be_bytes(self.id());
        format!("{}+{id:08x}+{}", self.name, Base64::encode_string(&typed))
    }

    fn signature(&self, text: &str) -> String {
        Base64::encode_string(&self.key.sign(text.as_bytes()).to_bytes())
    }

    fn line(&self, bytes: &[u8]) -> String {
        format!("— {} {}\n", self.name, Base64::encode_string(&[&self.id()[..], bytes].concat()))
    }

    /// A line of a witness who says this time, in seconds from 1970, of the checkpoint of a register.
    pub(crate) fn cosign(&self, home: &Home, time: u64) -> String {
        let note = fs::read_to_string(home.path("r/checkpoint")).unwrap();
        let text = note.split_once("\n\n").unwrap().0;
        let signature = self.key.sign(format!("cosignature/v1\ntime {time}\n{text}\n").as_bytes());
        self.line(&[&time.to_be_bytes()[..], &signature.to_bytes()].concat())
    }
}

/// The line of an event; with a key, signed by who has the role of its name.
pub(crate) fn line(mut event: Value, own: Option<&Named>) -> String {
    if let Some(own) = own {
        event["by"] = json!({"role": own.name, "key": own.vkey()});
        let facts: Facts = serde_json::from_value(event.clone()).unwrap();
        let text = own_text(&ORIGIN.parse().unwrap(), &facts).unwrap();
        event["by"]["signature"] = own.signature(&text).into();
    }
    serde_json_canonicalizer::to_string(&event).unwrap()
}

/// An event of request 0, or of another one.
pub(crate) fn event(seq: usize, kind: &str, of: usize) -> Value {
    json!({"event": kind, "request": {"sha256": request(of)}, "seq": seq, "time": "2026-11-01T10:00:00Z",
        "v": 1})
}

/// Puts these entries into the register, signed by its keeper; gives the checkpoint.
pub(crate) fn forge(home: &Home, lines: &[String]) -> String {
    let leaves: Vec<Sha256Digest> = lines.iter().map(|line| tree::leaf(line.as_bytes())).collect();
    let note = checkpoint(lines.len(), tree::root(&leaves));
    let entries: String = lines.iter().map(|line| line.clone() + "\n").collect();
    fs::write(home.path("r/entries.jsonl"), entries).unwrap();
    fs::write(home.path("r/checkpoint"), &note).unwrap();
    note
}

/// A checkpoint by the keeper.
pub(crate) fn checkpoint(size: usize, root: Sha256Digest) -> String {
    let text = format!("{ORIGIN}\n{size}\n{}\n", Base64::encode_string(&root.0));
    let keeper = Named::keeper();
    let signature = keeper.key.sign(text.as_bytes()).to_bytes();
    format!("{text}\n{}", keeper.line(&signature))
}

/// A proof of the last of these entries, alone and as one of several.
fn proofs(home: &Home, lines: &[String]) -> [Value; 2] {
    let leaves: Vec<Sha256Digest> = lines.iter().map(|line| tree::leaf(line.as_bytes())).collect();
    let (note, last) = (forge(home, lines), lines.len() - 1);
    let path: Vec<String> = tree::inclusion(&leaves, last).iter().map(ToString::to_string).collect();
    let shown = json!({"index": last, "entry": lines[last], "path": path});
    let mut alone = shown.clone();
    alone["type"] = "urn:declass:register:inclusion:v1".into();
    alone["checkpoint"] = note.clone().into();
    [alone, json!({"type": "urn:declass:register:excerpt:v1", "entries": [shown], "checkpoint": note})]
}

#[test]
fn a_signature_that_the_keeper_made_up_is_no_proof() {
    let home = Home::new();
    let officer = Named::new("dpo", 1, 7);
    let approved = json!({"v": 2, "seq": 1, "event": "approved", "request": {"sha256": request(0)},
        "time": "2026-11-01T10:00:00Z"});
    let good = line(approved.clone(), Some(&officer));
    let mut other = serde_json::from_str::<Value>(&good).unwrap();
    other["by"]["signature"] = Base64::encode_string(&[7; 64]).into();
    for (number, (approved, code)) in [(good, 0), (line(other, None), 1)].into_iter().enumerate() {
        let lines = [line(event(0, "requested", 0), None), approved];
        for proof in proofs(&home, &lines) {
            fs::write(home.path("proof.json"), proof.to_string()).unwrap();
            let said = home.run("verify --proof proof.json --vkey r.vkey").exits(code);
            if code == 1 {
                said.shows("own signature");
            }
        }
        fs::write(home.path("proof.json"), proofs(&home, &lines)[0].to_string()).unwrap();
        let out = format!("countersign proof.json --vkey r.vkey --by ceo --key ceo.key -o signed.{number}");
        home.run(&out).exits(code);
        home.run("verify r").exits(code);
    }
}

#[test]
fn a_countersignature_is_of_the_entry_that_stands_beside_it() {
    let home = Home::new();
    let requested = line(event(0, "requested", 0), None);
    for (leaf, code) in [(tree::leaf(requested.as_bytes()), 0), (Sha256Digest([7; 32]), 1)] {
        let of_it = json!({"v": 2, "seq": 1, "event": "countersigned", "time": "2026-11-01T10:00:00Z",
            "entry": {"index": 0, "leaf": leaf.to_string()}});
        let lines = [requested.clone(), line(of_it, Some(&Named::new("dpo", 1, 7)))];
        let note = forge(&home, &lines);
        let leaves = lines.each_ref().map(|line| tree::leaf(line.as_bytes()));
        let shown = [0, 1].map(|at| {
            let path: Vec<String> = tree::inclusion(&leaves, at).iter().map(ToString::to_string).collect();
            json!({"index": at, "entry": lines[at], "path": path})
        });
        let proof = json!({"type": "urn:declass:register:excerpt:v1", "entries": shown, "checkpoint": note});
        fs::write(home.path("proof.json"), proof.to_string()).unwrap();
        home.run("verify --proof proof.json --vkey r.vkey").exits(code);
    }
}

#[test]
fn an_excerpt_shows_something_and_can_be_read_again() {
    let home = Home::new();
    let lines: Vec<String> = (0..16_384).map(|at| line(event(at, "requested", at), None)).collect();
    let [_, mut none] = proofs(&home, &lines);
    none["entries"] = json!([]);
    fs::write(home.path("proof.json"), none.to_string()).unwrap();
    home.run("verify --proof proof.json --vkey r.vkey").exits(1).shows("no entry");
    home.run("prove r 0-16383").exits(2).says("fewer entries");
    fs::write(home.path("proof.json"), home.run("prove r 100-199").exits(0).stdout).unwrap();
    home.run("verify --proof proof.json --vkey r.vkey").exits(0);
}

#[test]
fn what_is_no_event_ends_the_reading() {
    let home = Home::new();
    let good = line(event(0, "requested", 0), None);
    let entries = good.clone() + &"\n".repeat(8 << 20);
    forge(&home, &[good]);
    fs::write(home.path("r/entries.jsonl"), entries).unwrap();
    fs::write(home.path("r/checkpoint"), checkpoint(1 << 40, Sha256Digest([0; 32]))).unwrap();
    home.run("verify r").exits(1).shows("entry 1 is no event");
    home.run("list r").exits(1);
}

#[test]
fn a_label_that_turns_the_direction_of_text_can_be_checked_all_the_same() {
    let home = Home::new();
    let ml = Named::new("ml", 1, 9);
    let digest = json!({"sha256": request(1)});
    let removed = json!({"v": 2, "seq": 2, "event": "class-removed", "request": {"sha256": request(0)},
        "artifact": digest, "manifest": digest, "time": "2026-11-01T10:00:00Z",
        "classes": [{"index": 1, "label": "a\u{202e}b\\c'd`e\u{85}\u{7f}"}]});
    forge(
        &home,
        &[
            line(event(0, "requested", 0), None),
            line(event(1, "approved", 0), None),
            line(removed, Some(&ml)),
        ],
    );
    home.run("dossier r 0000 --at 2026-11-20T00:00:00Z -o page.html").exits(0);
    let page = fs::read_to_string(home.path("page.html")).unwrap();
    assert!(!page.contains('\u{202e}'));
    let signed = crate::dossier::blocks(&page, "openssl");
    assert_eq!(signed.len(), 2);
    for block in signed {
        let folder = tempfile::tempdir().unwrap();
        assert!(crate::dossier::shell(folder.path(), &block), "{block}");
    }
    let [proof] = &crate::dossier::blocks(&page, "proof")[..] else { panic!() };
    fs::write(home.path("proof.json"), proof).unwrap();
    home.run("verify --proof proof.json --vkey r.vkey").exits(0);
}
