//! `declass register witness`.

use anyhow::Result;
use declass::register::{Time, ask_witness, attach_cosignatures};

use super::{Printer, args::WitnessArgs, dates::open_trust, trusted};
use crate::cli::{Exit, outside::write_outside};

pub(super) fn run(args: &WitnessArgs, printer: &Printer) -> Result<Exit> {
    if let (Some(answer), Some(trust)) = (&args.answer, &args.trust) {
        for attached in attach_cosignatures(&args.register, answer, &open_trust(trust)?)? {
            let time = Time::from_unix(attached.cosigned.time).unwrap_or(Time::LATEST);
            let (size, witness) = (attached.size, attached.witness);
            printer.row("cosigned", format!("the checkpoint of {size} entries, {time} by {witness}"));
        }
    }
    if let Some(out) = &args.out {
        let body = ask_witness(&args.register, &trusted(&args.register, args.vkey.as_deref())?, args.old)?;
        write_outside(out, &args.register, &body)?;
        printer.row(
            "wrote",
            format!("{}: send it to a witness, and take the answer with --answer", out.display()),
        );
    }
    Ok(Exit::Yes)
}
