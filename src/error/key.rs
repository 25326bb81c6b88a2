//! Why a private key cannot be used.

use std::fmt;

/// Why a private key cannot be made, read or opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file has no private key.
    #[error("there is no private key in it")]
    Absent {
        /// What was looked for.
        wanted: KeyKind,
    },
    /// A passphrase of no letters protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// Its encoding or encryption is damaged.
    #[error("{reason}")]
    Malformed {
        /// What was looked for.
        wanted: KeyKind,
        /// What the decoder said.
        reason: String,
    },
    /// The system has no randomness, or the key cannot be encoded.
    #[error("{reason}")]
    NotMade {
        /// What the system said.
        reason: String,
    },
    /// The old encryption of OpenSSL.
    #[error("its encryption is the old one of OpenSSL")]
    OldEncryption,
    /// OpenSSH's own format.
    #[error("it is in OpenSSH's own format")]
    OpenSsh {
        /// What was looked for.
        wanted: KeyKind,
    },
    /// A key of another kind.
    #[error("it is not a key for {}", wanted.curve())]
    OtherCurve {
        /// What was looked for.
        wanted: KeyKind,
    },
    /// A block of PEM that holds no key in a format that is read.
    #[error("it holds a `{label}`, and that is not a key in PKCS#8 or SEC1")]
    OtherFormat {
        /// What was looked for.
        wanted: KeyKind,
        /// What it calls itself.
        label: String,
    },
    /// Trying a passphrase would cost more than anybody means it to.
    #[error("opening it asks for more memory or time than a passphrase is worth")]
    TooCostly,
    /// The passphrase is another.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
}

/// What a private key is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// It signs the checkpoints of a register.
    Register,
    /// It signs releases.
    Release,
}

impl KeyKind {
    /// The curve of its keys.
    #[must_use]
    pub fn curve(self) -> &'static str {
        match self {
            Self::Register => "Ed25519",
            Self::Release => "P-256",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.curve())
    }
}

impl KeyError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::OldEncryption => Some("convert it with `openssl pkcs8 -topk8 -in KEY -out NEW`"),
            // The command changes the file in place, and only keys of that curve are of use here.
            Self::OpenSsh { wanted: KeyKind::Release } => Some(
                "make a key with `declass keygen`; if this one is ECDSA on P-256, a copy of it can be converted: \
                 `ssh-keygen -p -m PKCS8 -f COPY`",
            ),
            Self::TooCostly => Some("encrypt it anew: scrypt may take 1 GB, PBKDF2 10 million rounds"),
            Self::Absent { wanted: KeyKind::Release }
            | Self::Malformed { wanted: KeyKind::Release, .. }
            | Self::OtherCurve { wanted: KeyKind::Release }
            | Self::OtherFormat { wanted: KeyKind::Release, .. } => {
                Some("releases are signed with P-256 keys in PKCS#8; make one with `declass keygen`")
            }
            _ => None,
        }
    }
}
