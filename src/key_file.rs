//! Private keys as they are kept in files: PKCS#8 in PEM, encrypted with a key that scrypt makes of a
//! passphrase. Those that others made may also be plain, and SEC1 where their curve has it.

use p256::elliptic_curve::Generate;
use pkcs8::{
    EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
    der::pem::PemLabel,
    pkcs5::{
        EncryptionScheme,
        pbes2::{self, Kdf},
        scrypt,
    },
};
use zeroize::Zeroizing;

use crate::error::{KeyError, KeyKind};

/// Cost of one guess at a passphrase: 2^17 rounds of scrypt, which take 128 MB. The `openssl` command refuses
/// to spend more than 32 MB and so does not open these keys; libraries that set no such limit do.
const LOG_N: u8 = 17;
const BLOCK_SIZE: u32 = 8;
const PARALLEL: u32 = 1;

/// A key of others may cost as much to open, and no more: 1 GB for scrypt, twice that in passes over it, some
/// seconds of PBKDF2.
const MOST_MEMORY: u64 = 1 << 30;
const MOST_WORK: u64 = 1 << 31;
const MOST_ITERATIONS: u32 = 10_000_000;

/// A private key that files may hold.
pub trait PrivateKey: Sized {
    /// What it is for, which settles its curve.
    const KIND: KeyKind;

    /// Takes it out of the DER of PKCS#8; none if it is of another curve.
    fn from_pkcs8(der: &[u8]) -> Option<Self>;

    /// Takes it out of the PEM of SEC1, a format for the curves of NIST only.
    ///
    /// # Errors
    /// [`KeyError`] if it is none that can be read.
    fn from_sec1(_pem: &str) -> Result<Self, KeyError> {
        Err(other_curve::<Self>())
    }
}

/// A private key as it is kept in a file.
#[derive(Debug)]
pub enum PrivatePem<K> {
    /// It takes a passphrase to open.
    Encrypted(SecretDocument),
    /// Anybody who has the file has the key.
    Plain(K),
}

impl<K: PrivateKey> PrivatePem<K> {
    /// Reads PKCS#8, encrypted or not, or SEC1, whatever other blocks are in the file.
    ///
    /// # Errors
    /// [`KeyError`] for other kinds of keys, with what to do.
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let block = std::str::from_utf8(file).ok().and_then(private_block);
        let (label, block) = block.ok_or(KeyError::Absent { wanted: K::KIND })?;
        let document = || SecretDocument::from_pem(block).map(|(_, document)| document);
        match label {
            "ENCRYPTED PRIVATE KEY" => {
                let malformed = |error: pkcs8::der::Error| KeyError::Malformed {
                    wanted: K::KIND,
                    reason: error.to_string(),
                };
                document().map(Self::Encrypted).map_err(malformed)
            }
            "PRIVATE KEY" => {
                let key = document().ok().and_then(|document| K::from_pkcs8(document.as_bytes()));
                key.map(Self::Plain).ok_or_else(other_curve::<K>)
            }
            "EC PRIVATE KEY" => K::from_sec1(block).map(Self::Plain),
            "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh { wanted: K::KIND }),
            label => Err(KeyError::OtherFormat { wanted: K::KIND, label: label.to_owned() }),
        }
    }

    /// The key, which takes the passphrase if it is encrypted.
    ///
    /// # Errors
    /// [`KeyError`] for a wrong passphrase or a key of another kind.
    pub fn open(self, passphrase: &str) -> Result<K, KeyError> {
        match self {
            Self::Plain(key) => Ok(key),
            Self::Encrypted(document) => K::from_pkcs8(decrypt(&document, passphrase, K::KIND)?.as_bytes())
                .ok_or_else(other_curve::<K>),
        }
    }
}

/// A key of another kind than the one that is asked for.
pub(crate) fn other_curve<K: PrivateKey>() -> KeyError {
    KeyError::OtherCurve { wanted: K::KIND }
}

/// The PEM of a key, from its PKCS#8.
///
/// # Errors
/// [`KeyError`] for an empty passphrase, or if the system has no randomness.
pub(crate) fn encrypt(plain: &SecretDocument, passphrase: &str) -> Result<Zeroizing<String>, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::EmptyPassphrase);
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
    encrypt().map_err(|reason: String| KeyError::NotMade { reason })
}

/// The PKCS#8 of an encrypted key.
///
/// # Errors
/// [`KeyError`] for a wrong passphrase, and for a key that costs more to open than anybody means it to.
fn decrypt(document: &SecretDocument, passphrase: &str, wanted: KeyKind) -> Result<SecretDocument, KeyError> {
    let key = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| KeyError::Malformed { wanted, reason: error.to_string() })?;
    if !is_bearable(&key.encryption_algorithm) {
        return Err(KeyError::TooCostly);
    }
    key.decrypt(passphrase).map_err(|_| KeyError::WrongPassphrase)
}

/// Whether a passphrase can be tried. The file says itself what that costs, and may be anybody's.
fn is_bearable(scheme: &EncryptionScheme) -> bool {
    match scheme.pbes2().map(|how| &how.kdf) {
        Some(Kdf::Scrypt(cost)) => {
            let memory = cost.cost_parameter.saturating_mul(128 * u64::from(cost.block_size));
            // `scrypt` takes the logarithm of the cost before it looks whether there is one.
            cost.cost_parameter > 0
                && memory <= MOST_MEMORY
                && memory.saturating_mul(cost.parallelization.into()) <= MOST_WORK
        }
        Some(Kdf::Pbkdf2(cost)) => cost.iteration_count <= MOST_ITERATIONS,
        _ => true,
    }
}

/// The first block of a PEM file that holds a private key, and its label.
fn private_block(text: &str) -> Option<(&str, &str)> {
    let begins = text.match_indices("-----BEGIN ");
    begins.into_iter().find_map(|(at, mark)| {
        let rest = text.get(at..)?;
        let (label, _) = rest.get(mark.len()..)?.split_once("-----")?;
        let end = format!("-----END {label}-----");
        let block = rest.get(..rest.find(&end)? + end.len())?;
        label.ends_with("PRIVATE KEY").then_some((label, block))
    })
}

#[cfg(test)]
mod tests {
    use pkcs8::pkcs5::pbes2::{Salt, ScryptParams};

    use super::*;

    #[test]
    fn keys_that_take_all_memory_or_for_ever_are_not_tried() {
        let salt = Salt::new([0; 16]).unwrap();
        let scrypt = |cost_parameter, block_size, parallelization| {
            Kdf::Scrypt(ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None })
        };
        let scheme = |kdf| {
            let how =
                pbes2::Parameters { kdf, encryption: pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] } };
            EncryptionScheme::Pbes2(how)
        };
        let own = scrypt(1 << LOG_N, BLOCK_SIZE as u16, PARALLEL as u16);
        for (kdf, bearable) in [
            (own, true),
            (scrypt(1 << 20, 8, 2), true),
            (scrypt(1 << 20, 8, 3), false),
            (scrypt(1 << 21, 8, 1), false),
            (scrypt(0, 8, 1), false),
            (scrypt(1 << 63, u16::MAX, u16::MAX), false),
        ] {
            assert_eq!(is_bearable(&scheme(kdf.clone())), bearable, "{kdf:?}");
        }
    }
}
