//! A folder with a register in it, and the tool run there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

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

    /// Fails unless it said this, on stdout or stderr.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "`{text}` is not in {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A key by `openssl genpkey -algorithm ed25519`, not encrypted.
const PLAIN_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIP3Pxa9k8IgsvzQaqM04PqBbGcUACphZd59V137BJnd6\n-----END PRIVATE KEY-----\n";

/// A folder with the register `r`, its keys `r.key` and `r.vkey`, and whatever a test puts there.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempdir().unwrap());
        // Encrypted keys cost a second of scrypt with every append.
        fs::write(home.path("r.key"), PLAIN_KEY).unwrap();
        home.run("init r --origin example.org/removals").exits(0);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `declass register` with arguments that have no spaces.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_declass"));
        command.current_dir(self.0.path()).arg("register").args(arguments.split(' '));
        command.env("DECLASS_KEY_PASSPHRASE", "secret").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        finish(&mut self.command(arguments))
    }

    /// Enters `requested` for that many requests, the first second of 2020 and the following ones.
    pub(crate) fn with_requests(self, count: usize) -> Self {
        for i in 0..count {
            let time = format!("2020-01-01T00:00:{i:02}Z");
            self.run(&format!("append r requested --request {} --time {time}", request(i))).exits(0);
        }
        self
    }

    /// The register's entries, of which it must say that they are sound.
    #[track_caller]
    pub(crate) fn entries(&self) -> Vec<Value> {
        self.run("list r --json").exits(0).json().as_array().unwrap().clone()
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        copy(&self.path(from), &self.path(to));
    }
}

pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The digest that stands for a request.
pub(crate) fn request(number: usize) -> String {
    format!("{number:064x}")
}
