//! Private keys as they are kept in files: PKCS#8 in PEM, encrypted with a key that scrypt makes of a passphrase.

use p256::elliptic_curve::Generate;
use pkcs8::{
    EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
    der::pem::PemLabel,
    pkcs5::{pbes2, scrypt},
};
use zeroize::Zeroizing;

use crate::error::Error;

/// Cost of one guess at a passphrase: 2^17 rounds of scrypt, which take 128 MB. The `openssl` command refuses to spend more
/// than 32 MB and so does not open these keys; libraries that set no such limit do.
const LOG_N: u8 = 17;
const BLOCK_SIZE: u32 = 8;
const PARALLEL: u32 = 1;

/// The PEM of a key, from its PKCS#8.
///
/// # Errors
/// [`Error::Key`] for an empty passphrase, or if the system has no randomness.
pub(crate) fn encrypt(plain: &SecretDocument, passphrase: &str) -> Result<Zeroizing<String>, Error> {
    if passphrase.is_empty() {
        return Err(bad("the passphrase is empty", ""));
    }
    let encrypt = || {
        let (salt, iv) = (<[u8; 16]>::try_generate(), <[u8; 16]>::try_generate());
        let (salt, iv) = (salt.map_err(|e| e.to_string())?, iv.map_err(|e| e.to_string())?);
        let cost = scrypt::Params::new(LOG_N, BLOCK_SIZE, PARALLEL).map_err(|e| e.to_string())?;
        let how = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(|e| e.to_string())?;
        let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|e| e.to_string())?;
        let document = info.encrypt_with_params(how, passphrase).map_err(|e| e.to_string())?;
        document.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF).map_err(|e| e.to_string())
    };
    encrypt().map_err(|reason: String| bad(reason, ""))
}

/// The PKCS#8 of an encrypted key.
///
/// # Errors
/// [`Error::Key`] for a wrong passphrase.
pub(crate) fn decrypt(document: &SecretDocument, passphrase: &str) -> Result<SecretDocument, Error> {
    EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| bad(error.to_string(), ""))?
        .decrypt(passphrase)
        .map_err(|_| bad("the passphrase does not open it", ""))
}

/// The first block of a PEM file that holds a private key, and its label.
pub(crate) fn private_block(text: &str) -> Option<(&str, &str)> {
    let begins = text.match_indices("-----BEGIN ");
    begins.into_iter().find_map(|(at, mark)| {
        let rest = text.get(at..)?;
        let (label, _) = rest.get(mark.len()..)?.split_once("-----")?;
        let end = format!("-----END {label}-----");
        let block = rest.get(..rest.find(&end)? + end.len())?;
        label.ends_with("PRIVATE KEY").then_some((label, block))
    })
}

/// A key that cannot be used, and what to do instead.
pub(crate) fn bad(reason: impl Into<String>, hint: &str) -> Error {
    Error::Key { reason: reason.into(), hint: hint.into() }
}
