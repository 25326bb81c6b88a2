//! The key that signs and its passphrase: from files, the environment, the service manager or the terminal.

use std::{
    env,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use declass::{
    error::Error,
    key_file::{PrivateKey, PrivatePem},
    sign::ReleaseKey,
};
use zeroize::Zeroizing;

use super::{
    advice::Advised,
    args::{KeyArgs, KeySource, PassphraseArgs},
};

/// The variable that may hold the key where no `--key` is given to `declass sign`.
const KEY_VARIABLE: &str = "DECLASS_KEY";
const PASSPHRASE_VARIABLE: &str = "DECLASS_KEY_PASSPHRASE";
/// Name of the passphrase among a service's credentials.
const CREDENTIAL: &str = "declass-passphrase";
/// Keys and passphrases are far shorter.
pub(super) const MAX_SECRET: u64 = 1 << 16;

/// The key that `--key` names.
pub(super) fn open(args: &KeyArgs) -> Result<Option<ReleaseKey>> {
    args.key.as_ref().map(|source| open_from(source, &args.passphrase)).transpose()
}

/// The key that `--key` names, or the one of the environment.
pub(super) fn open_or_default(args: &KeyArgs) -> Result<ReleaseKey> {
    match (open(args)?, env::var_os(KEY_VARIABLE)) {
        (Some(key), _) => Ok(key),
        (None, Some(_)) => open_from(&KeySource::Variable(KEY_VARIABLE.into()), &args.passphrase),
        (None, None) => {
            Err(refused("no key was named", "name one with --key, or set $DECLASS_KEY to its PEM"))
        }
    }
}

/// A passphrase for a new key: asked for twice where somebody types it.
pub(super) fn new_passphrase(args: &PassphraseArgs) -> Result<Zeroizing<String>> {
    if let Some(given) = given_passphrase(args)? {
        return Ok(given);
    }
    let none = "the new key needs a passphrase";
    let first = ask("Passphrase of the new key: ", none)?;
    if *first == *ask("Again: ", none)? {
        Ok(first)
    } else {
        Err(refused("the two passphrases differ", None))
    }
}

fn open_from(source: &KeySource, passphrase: &PassphraseArgs) -> Result<ReleaseKey> {
    let name = match source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Variable(name) => format!("env:{name}"),
    };
    let text = match source {
        KeySource::File(path) => File::open(path).and_then(secret).map_err(anyhow::Error::from),
        KeySource::Variable(variable) => env::var(variable).map(Zeroizing::new).map_err(Into::into),
    };
    let text = text.map_err(|error| Advised {
        reason: format!("key `{name}`: {error}"),
        advice: matches!(source, KeySource::File(path) if !path.exists())
            .then(|| "is the path spelled right? `declass keygen` makes a new key".into()),
    })?;
    unlock(&name, text.as_bytes(), passphrase)
}

/// The key that a file of this name holds.
pub(super) fn unlock<K: PrivateKey>(name: &str, file: &[u8], passphrase: &PassphraseArgs) -> Result<K> {
    let about = || format!("key `{name}`");
    match PrivatePem::read(file).map_err(Error::from).with_context(about)? {
        PrivatePem::Plain(key) => Ok(key),
        encrypted @ PrivatePem::Encrypted(_) => {
            encrypted.open(&passphrase_of(name, passphrase)?).map_err(Error::from).with_context(about)
        }
    }
}

/// The passphrase of a key that is there: asked for where it is not given.
fn passphrase_of(name: &str, args: &PassphraseArgs) -> Result<Zeroizing<String>> {
    match given_passphrase(args)? {
        Some(given) => Ok(given),
        None => {
            ask(&format!("Passphrase of {name}: "), "the key cannot be used: its passphrase is not known")
        }
    }
}

/// The passphrase that needs nobody to type it, if there is one.
fn given_passphrase(args: &PassphraseArgs) -> Result<Option<Zeroizing<String>>> {
    if let Some(path) = &args.passphrase_file {
        return read_passphrase(path).map(Some);
    }
    if let Some(text) = env::var_os(PASSPHRASE_VARIABLE) {
        let text = text.into_string().map_err(|_| refused("$DECLASS_KEY_PASSPHRASE is not UTF-8", None))?;
        return Ok(Some(Zeroizing::new(text)));
    }
    let credential =
        env::var_os("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    match credential.filter(|path| path.exists()) {
        Some(path) => read_passphrase(&path).map(Some),
        None => Ok(None),
    }
}

/// What a file holds, but for the line feed that editors put at its end.
fn read_passphrase(path: &Path) -> Result<Zeroizing<String>> {
    let text =
        if path == Path::new("-") { secret(io::stdin().lock()) } else { File::open(path).and_then(secret) };
    let text = text.with_context(|| format!("passphrase file `{}`", path.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

fn secret(from: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    from.take(MAX_SECRET).read_to_string(&mut text)?;
    Ok(text)
}

/// `none` says what is wrong where nobody can be asked.
fn ask(prompt: &str, none: &str) -> Result<Zeroizing<String>> {
    let typed = rpassword::prompt_password(prompt).map_err(|_| Advised {
        reason: format!("{none}, and there is no terminal to ask at"),
        advice: Some("name a file with --passphrase-file, or set $DECLASS_KEY_PASSPHRASE".into()),
    })?;
    Ok(Zeroizing::new(typed))
}

fn refused<'a>(reason: &str, advice: impl Into<Option<&'a str>>) -> anyhow::Error {
    let reason = format!("the key cannot be used: {reason}");
    Advised { reason, advice: advice.into().map(str::to_owned) }.into()
}
