//! A folder with a register in it, and the tool run there.

#[path = "../process/mod.rs"]
mod tool;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

pub(crate) use tool::{Ran, declass, finish};

/// A key by `openssl genpkey -algorithm ed25519`, not encrypted.
pub(crate) const PLAIN_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIP3Pxa9k8IgsvzQaqM04PqBbGcUACphZd59V137BJnd6\n-----END PRIVATE KEY-----\n";

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
        let mut command = declass();
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
        self.run("list r --json").exits(0).json()["entries"].as_array().unwrap().clone()
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        copy(&self.path(from), &self.path(to));
    }
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
