//! A build without hub support says so.

use super::{
    fetched::{Fetched, FetchedRecords},
    reference::HubRef,
    settings::HubSettings,
    wanted::Wanted,
};
use crate::{
    error::{Error, HubError},
    progress::Progress,
};

/// Refuses: this build has no hub.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn fetch(reference: &HubRef, _: Wanted<'_>, _: &HubSettings, _: &dyn Progress) -> Result<Fetched, Error> {
    Err(HubError::NotBuiltIn { name: reference.to_string() }.into())
}

/// Refuses, as [`fetch`] does.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn peek(
    reference: &HubRef,
    wanted: Wanted<'_>,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<Fetched, Error> {
    fetch(reference, wanted, settings, progress)
}

/// Refuses, as [`fetch`] does.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn index(org: &str, _: &HubSettings) -> Result<Vec<String>, Error> {
    Err(HubError::NotBuiltIn { name: format!("{org}/*") }.into())
}

/// Refuses, as [`fetch`] does.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn records(reference: &HubRef, _: &HubSettings, _: &dyn Progress) -> Result<FetchedRecords, Error> {
    Err(HubError::NotBuiltIn { name: reference.to_string() }.into())
}
