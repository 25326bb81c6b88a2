//! `declass keygen`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use declass::{error::Error, sign::ReleaseKey};
use serde_json::{Value, json};

use super::{
    Exit,
    args::KeygenArgs,
    key::new_passphrase,
    output::Printer,
    outside::{PRIVATE, SHARED, write_new_as},
    schema::Schema,
};

pub(super) fn run(args: &KeygenArgs, printer: &Printer) -> Result<Exit> {
    let (private, public) = paths(&args.out);
    let trust = args.identity.as_ref().map(|_| public.with_file_name("declass-trust.toml"));
    let files = [&private, &public].into_iter().chain(&trust);
    // Before anybody types a passphrase.
    if let Some(taken) = files.into_iter().find(|path| path.symlink_metadata().is_ok()) {
        bail!("`{}` exists, and keys are never overwritten", taken.display());
    }
    let passphrase = new_passphrase(&args.passphrase)?;
    let key = ReleaseKey::generate().map_err(Error::from)?;
    write_new_as(&private, key.to_encrypted_pem(&passphrase).map_err(Error::from)?.as_bytes(), PRIVATE)?;
    write_new_as(&public, key.public().to_pem().as_bytes(), SHARED)?;
    let id = key.public().fingerprint();
    let identity = args.identity.as_deref().unwrap_or("name@your.organisation");
    let entry = trusting(&id, &public, identity);
    if let Some(trust) = &trust {
        write_new_as(trust, format!("{entry}\n").as_bytes(), SHARED)?;
    }
    if args.json {
        let made = json!({"key": private, "public": public, "id": id, "trust": trust});
        printer.answer(Schema::Keygen, &made)?;
    } else {
        printer.row("wrote", format!("{} (private, encrypted)", private.display()));
        printer.row("", format!("{} (public)", public.display()));
        printer.row("key", &id);
        if let Some(trust) = &trust {
            printer.row("", format!("{} (trusts this key)", trust.display()));
            printer.row("next", "give the public key and the trust file to whoever verifies");
        } else {
            printer
                .row("next", "give the public key to whoever verifies; they add this to declass-trust.toml:");
            entry.lines().for_each(|line| printer.row("", line));
        }
    }
    Ok(Exit::Yes)
}

/// The entry of a trust file beside the public key. Strings of JSON are strings of TOML.
fn trusting(id: &str, public: &Path, identity: &str) -> String {
    let file = Path::new(public.file_name().unwrap_or_default()).display().to_string();
    format!(
        "version = 1\n[[key]]\nid = {}\npem = {}\nidentity = {}\nroles = [\"oms\", \"claim\"]",
        Value::from(id),
        Value::from(file),
        Value::from(identity)
    )
}

/// Where the two halves go.
fn paths(out: &Path) -> (PathBuf, PathBuf) {
    let private = match out {
        out if out == Path::new(".") => "release.key".into(),
        out if out.is_dir() => out.join("release.key"),
        out => out.to_owned(),
    };
    let is_key = private.extension().is_some_and(|end| end == "key" || end == "pem");
    let mut public = if is_key { private.with_extension("") } else { private.clone() }.into_os_string();
    public.push(".pub.pem");
    (private, public.into())
}
