//! What can go wrong between here and a hub.

use std::time::Duration;

/// Why a repository could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The server says no.
    #[error("`{url}` answered {status}{}", said_of(said))]
    Answer {
        /// What was asked for.
        url: String,
        /// The status of the answer.
        status: u16,
        /// What the server said, shortened.
        said: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// There is no connection, or it broke.
    #[error("`{url}`: the connection failed")]
    Connection {
        /// What was asked for.
        url: String,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file is not what the repository's listing says.
    #[error("file `{file}` came damaged: {reason}")]
    Damaged {
        /// Its path in the repository.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The repository that a release shall go to holds something else.
    #[error("`{repo}` holds files that are not of the release: {}", files.join(", "))]
    ForeignFiles {
        /// The repository.
        repo: String,
        /// The first few.
        files: Vec<String>,
    },
    /// The answer is not what a hub says, or not what this tool accepts.
    #[error("`{url}` gave an answer that cannot be used: {reason}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Settings of the connection make no sense.
    #[error("{what} `{value}` cannot be used")]
    Setting {
        /// Which one.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// Nothing is written without a token.
    #[error("no Hub token")]
    NoToken,
    /// The build has no hub support.
    #[error("there is no path `{name}` here, and this build cannot fetch it from a hub")]
    NotBuiltIn {
        /// The reference.
        name: String,
    },
    /// Nothing may be downloaded, and the cache does not have it.
    #[error("`{name}` is not in the cache `{cache}`, and nothing may be downloaded")]
    NotCached {
        /// The reference.
        name: String,
        /// Where the cache is.
        cache: String,
    },
    /// The repository does not settle which of its files is meant.
    #[error("`{repo}`: {reason}")]
    Unclear {
        /// The repository.
        repo: String,
        /// What is not clear.
        reason: String,
        /// The files that could be meant.
        choices: String,
    },
    /// The repository holds no model that this tool reads.
    #[error("`{repo}`: {reason}")]
    Unsuitable {
        /// The repository.
        repo: String,
        /// Why not.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
}

impl HubError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Answer { status: 401 | 403, .. } => {
                "is the name spelled right? If it is, set HF_TOKEN to a token that may do this, and accept the \
                 repository's conditions on its page"
                    .into()
            }
            Self::Answer { status: 404, .. } => {
                "are name and revision spelled right?".into()
            }
            Self::Answer { status: 429, retry_after: Some(after), .. } => {
                format!("the server wants to be left alone for {} seconds", after.as_secs())
            }
            Self::Answer { status: 409 | 412, .. } => {
                "the repository changed meanwhile; look at it and try again".into()
            }
            Self::Answer { status: 429 | 500.., .. } | Self::Connection { .. } => {
                "try again later; what was downloaded so far is kept".into()
            }
            Self::Damaged { .. } => "try again; if it stays so, the repository or the server is broken".into(),
            Self::ForeignFiles { .. } => {
                "they could still hold what was removed: choose another repository, or delete them there".into()
            }
            Self::NoToken => "set HF_TOKEN to a token that may write".into(),
            Self::NotBuiltIn { .. } => {
                "is the path spelled right? For models on a hub, build with the feature `hub`".into()
            }
            Self::NotCached { .. } => "allow the network once to download it".into(),
            Self::Unclear { choices, .. } => format!("name one of its files: {choices}"),
            Self::Unsuitable { hint, .. } => return hint.clone(),
            _ => return None,
        })
    }
}

fn said_of(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
