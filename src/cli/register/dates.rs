//! What a register says of when signatures were there, for verdicts about releases.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use declass::{
    error::Error,
    register::{Time, check_rules, examine},
    sign::{Recorded, Trust},
};

use super::trusted;

/// When the signatures that a register knows were there.
pub(in crate::cli) fn recorded(
    register: &Path,
    vkey: Option<&Path>,
    trust: &Path,
    now: SystemTime,
) -> Result<Vec<Recorded>> {
    let rules = open_trust(trust)?;
    Ok(examine(register, &trusted(register, vkey)?)?.sound()?.recorded(&rules, now))
}

/// A trust file whose rules for registers are understood.
pub(super) fn open_trust(path: &Path) -> Result<Trust, Error> {
    let trust = Trust::open(path)?;
    let understood = check_rules(trust.register());
    understood.map_err(|reason| Error::Rules { path: path.to_owned(), reason })?;
    Ok(trust)
}

/// The time that was named, or now.
pub(super) fn at(named: Option<Time>) -> Time {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    named.or(Time::from_unix(clock)).unwrap_or(Time::LATEST)
}
