//! One reason for not saying yes.

use std::fmt;

use super::code::Code;

/// One reason for the gate, or a register, not to say yes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What kind of reason, by a stable name.
    pub code: &'static Code,
    /// The file that it is about, if it is about one.
    pub path: Option<String>,
    /// What was found.
    pub message: String,
}

impl fmt::Display for Finding {
    /// The file, if it is about one, and what was found; without the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.iter().try_for_each(|path| write!(f, "{path}: "))?;
        f.write_str(&self.message)
    }
}

impl Finding {
    /// A reason about the release as a whole.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, path: None, message: message.into() }
    }

    /// The same about one of its files.
    #[must_use]
    pub fn about(self, path: impl ToString) -> Self {
        Self { path: Some(path.to_string()), ..self }
    }
}
