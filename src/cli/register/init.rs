//! `declass register init`.

use anyhow::Result;
use declass::register::{create, key_at};

use super::{Printer, args::InitArgs, key_path, public_path, unusable};
use crate::cli::Exit;

pub(super) fn run(args: &InitArgs, printer: &Printer) -> Result<Exit> {
    if args.register.symlink_metadata().is_ok() {
        let hint = "name a folder that does not exist yet";
        return Err(unusable(&args.register, "it exists", hint).into());
    }
    let key_path = key_path(&args.register, args.key.as_deref())?;
    let public = public_path(&key_path)?;
    let (key, verifier) = key_at(&args.register, &key_path, &public, &args.origin)?;
    create(&args.register, &args.origin, &key)?;
    printer.row("register", format!("{}: `{}`, empty", args.register.display(), args.origin));
    printer.row("private key", format!("{} (NOT encrypted, mode 0600)", key_path.display()));
    printer.row("public key", format!("{}: {verifier}", public.display()));
    Ok(Exit::Yes)
}
