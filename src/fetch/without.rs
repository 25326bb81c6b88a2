//! A build without hub support says so.

use declass_formats::RelPath;

use super::{
    fetched::{Fetched, FetchedRecords},
    reference::HubRef,
    settings::HubSettings,
};
use crate::{
    error::{Error, HubError},
    progress::Progress,
};

/// Refuses: this build has no hub.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn fetch(
    reference: &HubRef,
    _: Option<&RelPath>,
    _: &HubSettings,
    _: &dyn Progress,
) -> Result<Fetched, Error> {
    Err(HubError::NotBuiltIn { name: reference.to_string() }.into())
}

/// Refuses, as [`fetch`] does.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn peek(
    reference: &HubRef,
    file: Option<&RelPath>,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<Fetched, Error> {
    fetch(reference, file, settings, progress)
}

/// Refuses, as [`fetch`] does.
///
/// # Errors
/// [`HubError::NotBuiltIn`], always.
pub fn records(reference: &HubRef, _: &HubSettings, _: &dyn Progress) -> Result<FetchedRecords, Error> {
    Err(HubError::NotBuiltIn { name: reference.to_string() }.into())
}
