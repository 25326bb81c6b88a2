//! How to reach a hub. The library reads no environment: whoever calls it says all of this.

use std::{fmt, path::PathBuf, time::Duration};

/// How to reach a hub, and where what comes from it is kept.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The server, such as `https://huggingface.co`.
    pub endpoint: String,
    /// The token to show to that server, and to no other.
    pub token: Option<Token>,
    /// The folder of downloads, which is laid out as other programs do it.
    pub cache: PathBuf,
    /// Whether nothing may be downloaded.
    pub offline: bool,
    /// How long the server may be silent.
    pub timeout: Duration,
}

/// A secret that is never printed.
#[derive(Clone)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}
