//! The signed claim as in-toto tools take it: one DSSE envelope in one line (JSON Lines).

use super::ClaimFile;
use crate::error::Error;

pub(super) fn export(claim: &ClaimFile<'_>) -> Result<String, Error> {
    let bundle = claim.bundle.ok_or_else(|| Error::Unsigned { name: claim.name.into() })?;
    Ok(bundle.envelope() + "\n")
}
