//! `declass register countersign`.

use anyhow::Result;
use declass::register::countersign;

use super::{
    Printer,
    args::CountersignArgs,
    keys::{open_role, trusted},
    list::told,
    read, refused,
};
use crate::cli::{Exit, outside::write_new};

pub(super) fn run(args: &CountersignArgs, printer: &Printer) -> Result<Exit> {
    let proof = read(&args.proof)?;
    let register = trusted(&args.proof, Some(&args.vkey))?;
    // Where there is no register, there is no place in it that the key must not lie in.
    let pair = open_role(&args.proof, &args.key, &args.by, &args.passphrase)?;
    let (event, signed) = countersign(&proof, &register, args.by.clone(), &pair.key)
        .map_err(|reason| refused(&args.proof, &reason))?;
    write_new(&args.out, &signed)?;
    printer.row(&format!("entry {}", event.seq), told(&event));
    if pair.is_new {
        pair.tell(printer);
    }
    printer.row(
        "wrote",
        format!("{}: for `declass register append DIR countersigned --signed`", args.out.display()),
    );
    Ok(Exit::Yes)
}
