//! What the targets share: a folder in memory for parsers that read files, and a register's key.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64ct::{Base64, Encoding};
use declass::{
    head::Hints,
    cut::Cut,
    formats::{Artifact, Edits, Sha256Digest},
    register::VerifierKey,
};
use ed25519_dalek::{Signer, SigningKey};
use tempfile::TempDir;

/// A folder that no disk sees, if the system has such a place, and room for copies beside it.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let place = Self(place.unwrap());
        fs::create_dir(place.path("")).unwrap();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("in").join(name)
    }

    /// Writes a file and tells where it is.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Opens a model and does all with it that needs no computing. Written without edits it is what it was.
    pub fn exercise(&self, path: &Path) {
        let Ok(model) = Artifact::open(path) else { return };
        for (name, info) in model.tensors() {
            assert_eq!(model.read_tensor(name).unwrap().len(), info.byte_len());
        }
        if let Ok(cut) = Cut::locate(&model, &Hints::default()) {
            let _ = cut.head.load(&model);
        }
        let out = self.0.path().join("out");
        let _ = fs::remove_dir_all(&out);
        model.write(&Edits::default(), &out, &|_| ()).unwrap();
        for file in model.files() {
            let [before, after] = [model.folder(), &out].map(|at| fs::read(at.join(file.path.as_str())));
            assert!(before.unwrap() == after.unwrap(), "`{}` was rewritten", file.path);
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// The name of the register that [`sign`] signs for.
pub const ORIGIN: &str = "example.org/r";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn id_and_key() -> ([u8; 4], [u8; 33]) {
    let mut typed = [1; 33];
    typed[1..].copy_from_slice(key().verifying_key().as_bytes());
    let named = [ORIGIN.as_bytes(), b"\n", &typed].concat();
    let [a, b, c, d, ..] = Sha256Digest::of(&named).0;
    ([a, b, c, d], typed)
}

/// The public key of the register.
pub fn trusted() -> VerifierKey {
    let (id, typed) = id_and_key();
    let id = u32::from_be_bytes(id);
    format!("{ORIGIN}+{id:08x}+{}", Base64::encode_string(&typed)).parse().unwrap()
}

/// A note with this text and the register's signature of it.
pub fn sign(text: &str) -> String {
    let signature = key().sign(text.as_bytes()).to_bytes();
    let bytes = [&id_and_key().0[..], &signature].concat();
    format!("{text}\n— {ORIGIN} {}\n", Base64::encode_string(&bytes))
}

/// The text of a checkpoint.
pub fn checkpoint(size: u64, root: Sha256Digest) -> String {
    format!("{ORIGIN}\n{size}\n{}\n", Base64::encode_string(&root.0))
}
