//! `declass register init`.

use anyhow::Result;
use declass::register::create;
use serde_json::json;

use super::{
    Printer,
    args::InitArgs,
    keys::{key_path, open_or_make},
    unusable,
};
use crate::cli::{Exit, schema::Schema};

pub(super) fn run(args: &InitArgs, printer: &Printer) -> Result<Exit> {
    if args.register.symlink_metadata().is_ok() {
        let hint = "name a folder that does not exist yet";
        return Err(unusable(&args.register, "it exists", hint).into());
    }
    let key_path = key_path(&args.register, args.key.as_deref())?;
    let pair = open_or_make(&args.register, &key_path, &args.origin, &args.passphrase)?;
    create(&args.register, &args.origin, &pair.key)?;
    if args.json {
        printer.answer(
            Schema::RegisterInit,
            &json!({"register": args.register, "origin": args.origin.as_str(), "key": pair.private,
            "public": pair.public, "vkey": pair.verifier.to_string()}),
        )?;
    } else {
        printer.row("register", format!("{}: `{}`, empty", args.register.display(), args.origin));
        pair.tell(printer);
    }
    Ok(Exit::Yes)
}
