//! Running the tool against a hub, with a cache of its own.

#[path = "../process/mod.rs"]
mod tool;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::server::Hub;
pub(crate) use tool::{Ran, finish};

/// A hub, and an empty cache for what comes from it.
pub(crate) struct Place {
    pub(crate) hub: Hub,
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { hub: Hub::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// One with the small ResNet as `org/resnet`.
    pub(crate) fn with_resnet() -> (Self, String) {
        let place = Self::new();
        let commit = place.hub.state().add_folder("org/resnet", &resnet());
        (place, commit)
    }

    /// A path in a folder that goes with the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The tool, knowing the hub and nothing else of the environment.
    pub(crate) fn declass(&self, arguments: &[&str]) -> Command {
        let mut command = tool::declass();
        let names: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
        let foreign = names.iter().filter(|name| {
            let name = name.to_string_lossy().to_ascii_lowercase();
            name.starts_with("hf_") || name.ends_with("_proxy")
        });
        for name in foreign {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .env("HF_ENDPOINT", self.hub.endpoint())
            .env("HF_HOME", self.path("home"))
            .env("HF_HUB_DOWNLOAD_TIMEOUT", "2")
            .current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finish(&mut self.declass(arguments))
    }

    /// With the token that the hub accepts.
    pub(crate) fn run_known(&self, arguments: &[&str]) -> Ran {
        finish(self.declass(arguments).env("HF_TOKEN", "hf_secret"))
    }

    /// Everything below the cache, sorted.
    pub(crate) fn cached(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.path("home/hub"), &mut found);
        let root = self.path("home/hub");
        let mut found: Vec<String> =
            found.iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
        found.sort();
        found
    }

    /// How many requests have this in their path.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.hub.state().log.iter().filter(|request| request.path.contains(part)).count()
    }
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub(crate) fn resnet() -> PathBuf {
    fixture("models/fmnist-resnet")
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}
