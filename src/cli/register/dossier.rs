//! `declass register dossier`.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use declass::{
    claim::{Claim, StoredClaim},
    error::Error,
    export::{Dossier, Removed, dossier},
    formats::Sha256Digest,
    gate::{self, Examination},
    pipeline::Named,
    register::{Event, Record, Register, Released, Time, VerifierKey, examine, standings},
    sign::Trust,
};

use super::{
    Printer,
    args::DossierArgs,
    dates::{at, open_trust},
    prove::entries_of,
    read, refused, trusted, unusable,
};
use crate::cli::{Exit, bars::Bars, outside::write_outside, report::signed};

pub(super) fn run(args: &DossierArgs, printer: &Printer) -> Result<Exit> {
    let key = trusted(&args.register, args.vkey.as_deref())?;
    let (trust, now) = (args.trust.as_deref().map(open_trust).transpose()?, at(args.at));
    let supplement = args.supplement.as_deref().map(text).transpose()?;
    let examination = examine(&args.register, &key)?;
    let mut checks = examination.answers();
    checks.extend(trust.iter().filter_map(|trust| examination.rules(trust, now.into())));
    let witnessed = trust.as_ref().map(|trust| examination.witnessed(trust, now.into()));
    let register = examination.sound()?;
    let digits = match (&args.record, &args.request) {
        (Some(record), _) => Record::open(record)?.commitment().to_string(),
        (None, digits) => digits.clone().unwrap_or_default(),
    };
    let numbers = entries_of(&register, &digits).map_err(|reason| {
        unusable(&args.register, &reason, "`declass register list --open` shows requests")
    })?;
    let request = register.request(&digits).map_err(|reason| refused(&args.register, &reason))?;
    let standing = standings(register.events()).into_iter().find(|it| it.request == request);
    let standing = standing.ok_or_else(|| refused(&args.register, "the request is not entered"))?;
    let of_request = |event: &&Event| numbers.contains(&event.seq);
    let events: Vec<Event> = register.events().iter().filter(of_request).cloned().collect();
    let release = args.release.as_deref().map(|path| Release::read(path, &events)).transpose()?;
    let judged = match (&release, trust.as_ref()) {
        (Some(release), Some(trust)) => {
            // The key beside a register is by whoever made the register.
            let register = args.vkey.as_ref().map(|_| &register);
            Some(release.judge(trust, register, now)?)
        }
        _ => None,
    };
    let signers: Vec<_> = judged.iter().flat_map(|found| &found.signers).map(signed).collect();
    let findings = judged.as_ref().map_or(&[][..], |found| &found.findings);
    let proof = register.prove_all(&numbers, None).map_err(|reason| refused(&args.register, &reason))?;
    let page = dossier(&Dossier {
        origin: &register.checkpoint().origin,
        key: signer(&register, &key),
        request: &standing,
        events: &events,
        at: now,
        checks: &checks,
        witnessed: witnessed.as_deref().unwrap_or_default(),
        actors: &actors(trust.as_ref()),
        removed: release.as_ref().map(|release| Removed {
            statement: &release.claim.statement,
            beside: release.named.beside(release.is_signed),
            findings,
            is_judged: judged.is_some(),
            signed: &signers,
        }),
        proof: &serde_json::to_string_pretty(&proof)?,
        checkpoint: &register.note(),
        supplement: supplement.as_deref(),
    });
    write_outside(&args.out, &args.register, page.as_bytes())?;
    printer.row("wrote", format!("{}: open it in a browser, or print it", args.out.display()));
    let failed = checks.iter().any(|check| check.outcome == declass::Outcome::Failed);
    let exit = crate::cli::findings::exit(findings);
    Ok(if failed { Exit::No } else { exit })
}

/// The key that signed the checkpoint, which may have followed the trusted one.
fn signer<'a>(register: &'a Register, trusted: &'a VerifierKey) -> &'a VerifierKey {
    register.signer().unwrap_or(trusted)
}

/// Who holds which key of an actor.
fn actors(trust: Option<&Trust>) -> BTreeMap<String, String> {
    let actors = trust.into_iter().flat_map(|trust| &trust.register().actors);
    actors.map(|actor| (actor.vkey.to_string(), actor.identity.clone())).collect()
}

/// A private text.
fn text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path)?).map_err(|_| unusable(path, "it is not UTF-8", "bind in plain text"))
}

/// The release that answered the request.
struct Release<'a> {
    path: &'a Path,
    claim: Claim,
    named: Named,
    is_signed: bool,
}

impl<'a> Release<'a> {
    /// Reads a release that is one of the request's artifacts.
    fn read(path: &'a Path, events: &[Event]) -> Result<Self> {
        let released = Released::read(path)?;
        let is_of = |digest: Sha256Digest| events.iter().any(|event| event.facts.artifact == Some(digest));
        if !is_of(released.artifact) {
            return Err(refused(path, "no entry of the request is about this release").into());
        }
        let stored = StoredClaim::read(path)?;
        let claim = stored.claim()?;
        let named = Named::of(path, &claim.statement)?;
        Ok(Self { path, claim, named, is_signed: stored.bundle().is_some() })
    }

    /// What its signatures say, judged at the time of its entries in a trusted register where keys have expired since.
    fn judge(&self, trust: &Trust, register: Option<&Register>, now: Time) -> Result<Examination, Error> {
        let recorded = register.map(|register| register.recorded(trust, now.into()));
        let knowing = trust.clone().knowing(recorded.unwrap_or_default());
        gate::examine(self.path, &knowing, None, now.into(), &Bars::new(true))
    }
}
