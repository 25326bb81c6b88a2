//! Git's objects and settings, by way of the `git` command: what is pushed is read here, never what lies in a
//! work tree.
//!
//! Names from outside reach git on its standard input only, where nothing is an option; its arguments are
//! words of this room and object ids that it gave itself. The objects may come from anybody.

mod batch;
mod id;
mod name;
mod settings;
mod tree;
mod work_trees;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub use batch::{Names, Objects};
pub use id::ObjectId;
pub use name::plain_name;
pub use tree::{Entry, Folder, Kind};

use crate::error::Error;

/// A repository, as the `git` command sees it.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Where it is; none for the one that the current folder and git's environment name, as in a hook.
    folder: Option<PathBuf>,
}

impl Repository {
    /// The repository that git runs a hook for, or that the current folder is in. Objects of a push that is
    /// not yet accepted are seen.
    #[must_use]
    pub fn here() -> Self {
        Self { folder: None }
    }

    /// The repository that a folder is in, whatever repository git's environment names. All that is asked of
    /// it is asked at the top of its work tree, since that is where hooks run.
    ///
    /// # Errors
    /// [`Error::Git`] if there is none.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        let there = Self { folder: Some(folder.to_owned()) };
        let top = match there.work_tree()? {
            Some(top) => top,
            None => there.path(&["--absolute-git-dir"])?,
        };
        Ok(Self { folder: Some(top) })
    }

    /// The top of its work tree, links resolved; none if it has none.
    ///
    /// # Errors
    /// [`Error::Git`] if there is no repository.
    pub fn work_tree(&self) -> Result<Option<PathBuf>, Error> {
        match self.ask(&["rev-parse", "--is-inside-work-tree"])?.as_str() {
            "true" => self.path(&["--show-toplevel"]).map(Some),
            _ => Ok(None),
        }
    }

    /// The folder that git runs hooks from, `core.hooksPath` included; it need not exist.
    ///
    /// # Errors
    /// [`Error::Git`] if git does not say.
    pub fn hooks(&self) -> Result<PathBuf, Error> {
        self.path(&["--path-format=absolute", "--git-path", "hooks"])
    }

    /// Whether git-lfs is set up and this repository has objects of it.
    ///
    /// # Errors
    /// [`Error::Git`] if there is no repository.
    pub fn uses_lfs(&self) -> Result<bool, Error> {
        let common = self.path(&["--path-format=absolute", "--git-common-dir"])?;
        let mut filter = self.command();
        filter.args(["config", "--get", "filter.lfs.clean"]);
        Ok(common.join("lfs/objects").is_dir() && output(&mut filter)?.status.success())
    }

    /// A path that `git rev-parse` tells.
    fn path(&self, question: &[&str]) -> Result<PathBuf, Error> {
        let answer = self.ask(&[&["rev-parse"], question].concat())?;
        Ok(PathBuf::from(answer))
    }

    /// What git says, one line of it.
    fn ask(&self, arguments: &[&str]) -> Result<String, Error> {
        let said = output(self.command().args(arguments))?;
        if !said.status.success() {
            return Err(failed(arguments[0], &said));
        }
        let text = String::from_utf8(said.stdout).map_err(|_| Error::Git {
            reason: format!("what `git {}` says is not UTF-8", arguments.join(" ")),
        })?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// `git`, not yet told what to do.
    fn command(&self) -> Command {
        let mut git = Command::new("git");
        // What was pushed counts, not what this repository shows in its place.
        git.arg("--no-replace-objects").stdin(Stdio::null());
        if let Some(folder) = &self.folder {
            LOCAL.iter().for_each(|name| _ = git.env_remove(name));
            git.arg("-C").arg(folder);
        }
        git
    }
}

/// What in the environment names a repository, so that no folder would.
const LOCAL: [&str; 10] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// What git says where there is no repository.
const OUTSIDE: [&str; 2] = ["not a git repository", "can only be used inside a git repository"];

/// Runs git to its end.
fn output(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|error| not_run(&error))
}

fn not_run(error: &std::io::Error) -> Error {
    Error::Git { reason: format!("it cannot be run: {error}") }
}

fn failed(what: &str, said: &Output) -> Error {
    let words = String::from_utf8_lossy(&said.stderr);
    if OUTSIDE.iter().any(|outside| words.contains(outside)) {
        return Error::Git {
            reason: "this is not a git repository, nor inside a git repository: go to one, or name it".into(),
        };
    }
    Error::Git { reason: format!("`git {what}` failed ({}): {}", said.status, words.trim()) }
}
