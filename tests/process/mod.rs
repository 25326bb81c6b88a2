//! The tool as a process: how it is started, and how it ended.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::process::Command;

use expect_test::Expect;
use regex_lite::Regex;
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

    /// Fails unless stderr is this text, but for what no two runs have in common. `UPDATE_EXPECT=1 cargo test` writes what is
    /// said now into the tests, so that rewording is one command and a change to be reviewed.
    #[track_caller]
    pub(crate) fn told(self, expected: Expect) -> Self {
        expected.assert_eq(&repeatable(&self.stderr));
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
    // Nothing is left among what belongs to the user.
    command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/caches"));
    command
}

/// Lets it run.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A text with names in place of what no two runs have in common: folders, digests, keys, addresses.
fn repeatable(text: &str) -> String {
    let temporary =
        format!(r"{}/[.]?tmp[A-Za-z0-9]+", regex_lite::escape(&std::env::temp_dir().to_string_lossy()));
    let repository = regex_lite::escape(env!("CARGO_MANIFEST_DIR"));
    let names = [
        (temporary.as_str(), "[FOLDER]"),
        (repository.as_str(), "[REPOSITORY]"),
        (r"SHA256:[A-Za-z0-9+/]{43,}", "[KEY]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"\b[0-9a-f]{40}\b", "[OBJECT]"),
        (r"127[.]0[.]0[.]1:[0-9]+", "[HOST]"),
        (r"[.]declass-[0-9a-f]{12}", ".declass-[RUN]"),
        (r"\b[0-9a-f]{12}\b", "[SHORT]"),
        (r"[+][0-9a-f]{8}\b", "+[ID]"),
    ];
    names.iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}
