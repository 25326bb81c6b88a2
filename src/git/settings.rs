//! Settings of a repository itself: in its own configuration, where nothing that is pushed or named on a
//! command line of git can change them.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

use super::{Repository, failed, output};
use crate::error::Error;

impl Repository {
    /// All values of a setting.
    ///
    /// # Errors
    /// [`Error::Git`] if the configuration cannot be read.
    pub fn settings(&self, name: &str) -> Result<Vec<PathBuf>, Error> {
        let mut command = self.command();
        let said = output(command.args(["config", "--local", "--null", "--get-all", name]))?;
        match said.status.code() {
            Some(0) => {
                let values = said.stdout.split(|byte| *byte == 0).filter(|value| !value.is_empty());
                Ok(values.map(|value| PathBuf::from(OsStr::from_bytes(value))).collect())
            }
            // There is none.
            Some(1) => Ok(Vec::new()),
            _ => Err(failed("config", &said)),
        }
    }

    /// Gives a setting these values and no others.
    ///
    /// # Errors
    /// [`Error::Git`] if the configuration cannot be written.
    pub fn set<V: AsRef<OsStr>>(&self, name: &str, values: &[V]) -> Result<(), Error> {
        let said = output(self.command().args(["config", "--local", "--unset-all", name]))?;
        // 5: there was none.
        if !matches!(said.status.code(), Some(0 | 5)) {
            return Err(failed("config", &said));
        }
        for value in values {
            let said = output(self.command().args(["config", "--local", "--add", name]).arg(value))?;
            if !said.status.success() {
                return Err(failed("config", &said));
            }
        }
        Ok(())
    }

    /// Whether the folder of hooks is said by somebody else than the repository, and serves other
    /// repositories, too.
    ///
    /// # Errors
    /// [`Error::Git`] if the configuration cannot be read.
    pub fn shares_hooks(&self) -> Result<bool, Error> {
        let mut command = self.command();
        let said = output(command.args(["config", "--show-scope", "--get", "core.hooksPath"]))?;
        let scope = said.stdout.split(|byte| *byte == b'\t').next().unwrap_or_default();
        Ok(said.status.success() && scope != b"local" && scope != b"worktree")
    }
}
