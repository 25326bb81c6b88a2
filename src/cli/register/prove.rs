//! `declass register prove`.

use anyhow::Result;
use declass::{
    error::{Error, RegisterError},
    register::examine,
};

use super::{Printer, args::ProveArgs, read, trusted, unusable};
use crate::cli::Exit;

pub(super) fn run(args: &ProveArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.register, args.vkey.as_deref())?;
    let register = examine(&args.register, &key)?.sound()?;
    let proof = match (&args.old, args.index) {
        (Some(old), _) => register.prove_since(&read(old)?).map_err(|reason| {
            Error::from(RegisterError::Refuses { path: old.clone(), reason, hint: None })
        })?,
        (None, index) => {
            let index = index.unwrap_or_default();
            register.prove(index).ok_or_else(|| {
                let said = format!("there is no entry {index}");
                unusable(
                    &args.register,
                    &said,
                    "`declass register list` shows the entries; they count from 0",
                )
            })?
        }
    };
    printer.json(&proof)?;
    Ok(Exit::Yes)
}
