//! The keys of a register, and where they are.

use std::path::{Path, PathBuf};

use anyhow::Result;
use declass::{
    error::Error,
    formats::read_regular,
    register::{Origin, Role, SigningKey, VerifierKey, check_key_place, require_register, write_public_key},
};
use zeroize::Zeroizing;

use super::{beside, read, unusable};
use crate::cli::{
    args::PassphraseArgs,
    key::{MAX_SECRET, new_passphrase, unlock},
    output::Printer,
};

/// Where the private key of a register is, unless it is said.
pub(super) fn key_path(register: &Path, said: Option<&Path>) -> Result<PathBuf, Error> {
    said.map_or_else(|| beside(register, ".key"), |said| Ok(said.to_owned()))
}

/// Opens a private key.
pub(super) fn open(path: &Path, passphrase: &PassphraseArgs) -> Result<SigningKey> {
    let file = Zeroizing::new(read_regular(path, MAX_SECRET).map_err(Error::from)?);
    unlock(&path.display().to_string(), &file, passphrase)
}

/// Opens the private key at a place, or makes one there, encrypted, if nothing is; its public key lies beside
/// it.
pub(super) fn open_or_make(
    register: &Path,
    path: &Path,
    origin: &Origin,
    passphrase: &PassphraseArgs,
) -> Result<KeyPair> {
    check_key_place(register, path)?;
    let public = public_path(path)?;
    let is_new = path.symlink_metadata().is_err();
    let key = if is_new { make(path, passphrase)? } else { open(path, passphrase)? };
    let verifier = key.verifier(origin);
    write_public_key(&public, &verifier)?;
    Ok(KeyPair { key, verifier, is_new, private: path.to_owned(), public })
}

/// The same for the key of somebody with a role, under whose name it is.
pub(super) fn open_role(
    register: &Path,
    path: &Path,
    role: &Role,
    passphrase: &PassphraseArgs,
) -> Result<KeyPair> {
    let name = role.origin().ok_or_else(|| unusable(path, "its role names no key", ""))?;
    open_or_make(register, path, &name, passphrase)
}

/// Both halves of a key, and where they lie.
pub(super) struct KeyPair {
    pub(super) key: SigningKey,
    pub(super) verifier: VerifierKey,
    pub(super) is_new: bool,
    pub(super) private: PathBuf,
    pub(super) public: PathBuf,
}

impl KeyPair {
    pub(super) fn tell_unless(&self, is_silent: bool, printer: &Printer) {
        if !is_silent {
            self.tell(printer);
        }
    }

    pub(super) fn tell(&self, printer: &Printer) {
        let made = if self.is_new { " (new, encrypted)" } else { "" };
        printer.row("private key", format!("{}{made}", self.private.display()));
        printer.row("public key", format!("{}: {}", self.public.display(), self.verifier));
    }
}

fn make(path: &Path, passphrase: &PassphraseArgs) -> Result<SigningKey> {
    let passphrase = new_passphrase(passphrase)?;
    let key = SigningKey::generate()?;
    key.write(path, &passphrase)?;
    Ok(key)
}

/// Where the public key is that goes with a private one.
fn public_path(key: &Path) -> Result<PathBuf, Error> {
    match key.extension() {
        Some(end) if end == "vkey" => Err(unusable(
            key,
            "a private key does not end in .vkey",
            "its public key does: choose another name",
        )),
        Some(end) if end == "key" => Ok(key.with_extension("vkey")),
        _ => beside(key, ".vkey"),
    }
}

/// Reads the trusted public key.
pub(super) fn trusted(register: &Path, said: Option<&Path>) -> Result<VerifierKey, Error> {
    let path = said.map_or_else(|| beside(register, ".vkey"), |said| Ok(said.to_owned()))?;
    if !path.exists() {
        // Without a key of its own a folder may as well be no register at all.
        said.is_none().then(|| require_register(register)).transpose()?;
        return Err(unusable(&path, "there is no public key", "name the one that you trust with --vkey"));
    }
    let text = read(&path)?;
    let text = String::from_utf8_lossy(&text);
    text.trim_end()
        .parse()
        .map_err(|reason: String| unusable(&path, &reason, "name a .vkey file with --vkey"))
}
