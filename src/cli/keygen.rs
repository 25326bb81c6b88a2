//! `declass keygen`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use declass::{error::Error, sign::ReleaseKey};
use serde_json::{Value, json};
use tempfile::Builder;

use super::{Exit, args::KeygenArgs, key::new_passphrase, output::Printer, schema::Schema};

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
    write_new(&private, key.to_encrypted_pem(&passphrase).map_err(Error::from)?.as_bytes(), 0o600)?;
    write_new(&public, key.public().to_pem().as_bytes(), 0o666)?;
    let id = key.public().fingerprint();
    let identity = args.identity.as_deref().unwrap_or("name@your.organisation");
    let entry = trusting(&id, &public, identity);
    if let Some(trust) = &trust {
        write_new(trust, format!("{entry}\n").as_bytes(), 0o666)?;
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

/// A file that appears whole, and only where nothing is; the umask takes from its mode.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let write = || {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let permissions = fs::Permissions::from_mode(mode);
        let mut file = Builder::new().prefix(".declass-").permissions(permissions).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)
    };
    write().map(|_| ()).with_context(|| format!("writing `{}`", path.display()))
}
