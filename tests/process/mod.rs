//! The tool as a process: how it is started, and how it ended.

use std::process::Command;

use serde_json::Value;

/// A run that ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails unless the run ended with this exit code, and without a panic.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    /// Fails unless stderr has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in {self:#?}");
        self
    }

    /// Fails unless stdout has this text.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not in {self:#?}");
        self
    }

    /// Stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// The tool, not yet started, knowing nothing of keys and workflows around the tests.
pub(crate) fn declass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_declass"));
    for variable in ["CREDENTIALS_DIRECTORY", "DECLASS_KEY", "DECLASS_KEY_PASSPHRASE", "GITHUB_ACTIONS"] {
        command.env_remove(variable);
    }
    command
}

/// Lets it run.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
