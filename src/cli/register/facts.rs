//! What an event says, from what was named on the command line.

use std::path::Path;

use anyhow::Result;
use declass::{
    error::Error,
    formats::Sha256Digest,
    register::{
        By, Facts, Kind, Record, Register, Released, SigningKey, check_digits, examine, origin,
        read_countersignature,
    },
};

use super::{args::AppendArgs, read, refused, unusable};

/// A register that is looked into when somebody names only the first digits of a digest, or another entry.
struct Lookup<'a> {
    path: &'a Path,
    key: &'a SigningKey,
    opened: Option<Register>,
}

impl Lookup<'_> {
    fn register(&mut self) -> Result<&Register, Error> {
        let register = match self.opened.take() {
            Some(register) => register,
            None => examine(self.path, &self.key.verifier(&origin(self.path)?))?.sound()?,
        };
        Ok(self.opened.insert(register))
    }

    fn digest(
        &mut self,
        digits: &str,
        find: fn(&Register, &str) -> Result<Sha256Digest, String>,
    ) -> Result<Sha256Digest, Error> {
        if let Some(whole) = Sha256Digest::from_hexadecimal(digits) {
            return Ok(whole);
        }
        let path = self.path;
        find(self.register()?, digits)
            .map_err(|reason| unusable(path, &reason, "`declass register list` shows the digests"))
    }
}

/// An event that is to be entered.
pub(super) fn facts(args: &AppendArgs, event: Kind, key: &SigningKey) -> Result<Facts, Error> {
    let mut lookup = Lookup { path: &args.register, key, opened: None };
    if let Some(path) = &args.signed {
        return read_countersignature(&read(path)?).map_err(|reason| refused(path, &reason));
    }
    let record = match (&args.record, event) {
        (Some(path), Kind::Requested) => Some(Record::open_or_salt(path)?),
        (Some(path), _) => Some(Record::open(path)?),
        (None, _) => None,
    };
    let mut facts = Facts::new(event);
    let named = args.request.as_deref().map(|it| lookup.digest(it, Register::request)).transpose()?;
    let commitment = record.as_ref().map(Record::commitment);
    (facts.request, facts.record) =
        if event == Kind::Amended { (named, commitment) } else { (commitment.or(named), None) };
    if let Some(path) = args.own_record.as_ref().filter(|_| event == args.event) {
        facts.record = Some(Record::open_or_salt(path)?.commitment());
    }
    // What comes before it is nobody's word but the keeper's.
    let by = args.by.clone().filter(|_| event == args.event);
    facts.by = by.map(|role| Box::new(By::role(role)));
    facts.artifact = args.artifact.as_deref().map(|it| lookup.digest(it, Register::artifact)).transpose()?;
    if let Some(index) = args.entry {
        let entry = lookup.register()?.entered(index);
        let said = format!("there is no entry {index}");
        let entry =
            entry.ok_or_else(|| unusable(&args.register, &said, "`declass register list` shows them"))?;
        facts.entry = Some(Box::new(entry));
    }
    if let Some(folder) = &args.release {
        of_release(args, &mut facts, folder, record.as_ref())?;
    }
    facts.successor = args.successor.as_deref().map(|said| successor(said, &mut lookup)).transpose()?;
    Ok(facts)
}

fn of_release(
    args: &AppendArgs,
    facts: &mut Facts,
    folder: &Path,
    record: Option<&Record>,
) -> Result<(), Error> {
    let released = Released::read(folder)?;
    (facts.artifact, facts.manifest) = (Some(released.artifact), Some(released.manifest));
    facts.signature = released.signature;
    // Once is enough, and what is private then must not slip out later.
    if facts.event == Kind::ClassRemoved {
        facts.classes = match record {
            Some(record) if args.label_private => released.private_classes(record),
            _ => released.classes,
        };
    }
    Ok(())
}

fn successor(said: &Path, lookup: &mut Lookup<'_>) -> Result<Sha256Digest, Error> {
    match said.to_str().filter(|text| check_digits(text).is_ok() && !said.exists()) {
        Some(digits) => lookup.digest(digits, Register::artifact),
        None => Ok(Released::read(said)?.artifact),
    }
}
