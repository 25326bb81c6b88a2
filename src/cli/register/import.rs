//! `declass register import`.

use anyhow::Result;
use declass::register::import;

use super::{Printer, args::ImportArgs, keys::trusted, read};
use crate::cli::Exit;

pub(super) fn run(args: &ImportArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.from, Some(&args.vkey))?;
    let older = args.old.iter().map(|old| read(old)).collect::<Result<Vec<_>, _>>()?;
    let checkpoint = import(&args.from, &args.register, &key, &older)?;
    printer.row(
        "register",
        format!("{}: `{}`, entries: {}", args.register.display(), checkpoint.origin, checkpoint.size),
    );
    if args.old.is_empty() {
        printer.limit(
            "limits",
            "this does not show that the copy is the latest one: --old with a checkpoint would",
        );
    }
    Ok(Exit::Yes)
}
