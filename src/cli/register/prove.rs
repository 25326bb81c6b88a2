//! `declass register prove`.

use anyhow::Result;
use declass::{
    error::{Error, RegisterError},
    register::{Proof, Register, examine, standings},
};

use super::{
    LIMIT, Printer,
    args::{ProveArgs, Range},
    read, trusted, unusable,
};
use crate::cli::Exit;

const HINT: &str = "`declass register list` shows the entries; they count from 0";

pub(super) fn run(args: &ProveArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.register, args.vkey.as_deref())?;
    let register = examine(&args.register, &key)?.sound()?;
    let proof = prove(args, &register)?;
    if serde_json::to_vec_pretty(&proof)?.len() as u64 >= LIMIT {
        let said = format!("the proof would have more than {LIMIT} bytes, the most that is read of one");
        return Err(unusable(&args.register, &said, "prove fewer entries at once").into());
    }
    printer.json(&proof)?;
    Ok(Exit::Yes)
}

fn prove(args: &ProveArgs, register: &Register) -> Result<Proof, Error> {
    let old = args.old.as_deref().map(read).transpose()?;
    let said = |reason: String| unusable(&args.register, &reason, HINT);
    let indices: Vec<u64> = match (&args.request, args.index) {
        (Some(digits), _) => entries_of(register, digits).map_err(said)?,
        (None, Some(Range { first, last })) if first == last && old.is_none() => {
            return register.prove(first).ok_or_else(|| said(format!("there is no entry {first}")));
        }
        (None, Some(Range { first, last })) => {
            let size = register.checkpoint().size;
            let fits = last < size;
            let there = fits.then(|| (first..=last).collect());
            there.ok_or_else(|| said(format!("there is no entry {last}")))?
        }
        (None, None) => Vec::new(),
    };
    let proof = match (&old, indices.is_empty()) {
        (Some(old), true) => register.prove_since(old),
        (old, _) => register.prove_all(&indices, old.as_deref()),
    };
    proof.map_err(|reason| {
        let path = args.old.clone().unwrap_or_else(|| args.register.clone());
        RegisterError::Refuses { path, reason, hint: None }.into()
    })
}

/// The numbers of the entries about a request.
pub(super) fn entries_of(register: &Register, digits: &str) -> Result<Vec<u64>, String> {
    let request = register.request(digits)?;
    let standing = standings(register.events()).into_iter().find(|it| it.request == request);
    standing.map(|it| it.entries).ok_or_else(|| format!("there is no request `{digits}`"))
}
