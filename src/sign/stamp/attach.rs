//! Asking for a time stamp of a signed folder, and putting the answer into its signature.

use std::path::Path;

use declass_formats::read_regular;

use super::{MAX_STAMP, Stamp, request::request};
use crate::{
    error::Error,
    sign::{Bundle, MAX_BUNDLE, SIGNATURE_FILE, read_if_there, write_whole},
};

/// The request for a time stamp of the signature over all files of a folder, as services take it. The same
/// signature always gives the same bytes.
///
/// # Errors
/// [`Error::CannotStamp`] if there is no such signature.
pub fn stamp_request(folder: &Path) -> Result<Vec<u8>, Error> {
    let (_, bundle) = signature(folder)?;
    Ok(request(bundle.signature()))
}

/// Puts the answer to such a request into the signature file, which is replaced at once; one that is there
/// already is not put there again.
///
/// # Errors
/// [`Error::CannotStamp`] if it is no answer to that request or not in order, [`Error::Io`] if the disk
/// refuses.
pub(crate) fn attach_stamp(folder: &Path, answer: &Path) -> Result<Stamp, Error> {
    let (bytes, bundle) = signature(folder)?;
    let response = read_regular(answer, MAX_STAMP as u64)?;
    let stamp = Stamp::read(&response).map_err(|refusal| refused(answer, &refusal.to_string()))?;
    if !stamp.is_of(bundle.signature()) {
        return Err(refused(
            answer,
            &format!("it is of something else than the signature in `{SIGNATURE_FILE}`"),
        ));
    }
    if !stamp.answers_request_for(bundle.signature()) {
        return Err(refused(answer, "its nonce is not that of the request"));
    }
    if !bundle.stamps().contains(&response) {
        let path = folder.join(SIGNATURE_FILE);
        let stamped =
            Bundle::stamped(&bytes, &response).map_err(|refusal| refused(&path, &refusal.to_string()))?;
        write_whole(&path, &stamped).map_err(Error::io(&path))?;
    }
    Ok(stamp)
}

/// The signature over all files of a folder, as bytes and read.
fn signature(folder: &Path) -> Result<(Vec<u8>, Bundle), Error> {
    let path = folder.join(SIGNATURE_FILE);
    let cannot = |reason: &str, hint: Option<&str>| Error::CannotStamp {
        path: path.clone(),
        reason: reason.into(),
        hint: hint.map(str::to_owned),
    };
    let bytes = read_if_there(&path, MAX_BUNDLE)?;
    let bytes = bytes.ok_or_else(|| {
        cannot("there is no signature to stamp", Some("sign the release first: `declass sign`"))
    })?;
    let bundle = Bundle::read(&bytes).map_err(|refusal| cannot(&refusal.to_string(), None))?;
    Ok((bytes, bundle))
}

fn refused(path: &Path, reason: &str) -> Error {
    let hint = "make a request with `declass timestamp request` and send it to a service";
    Error::CannotStamp { path: path.to_owned(), reason: reason.into(), hint: Some(hint.into()) }
}
