//! Where the result of a task lies: by what it is made of.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, RelPath, Sha256Digest};

use super::Task;
use crate::{
    claim::names::is_record,
    error::Error,
    progress::Progress,
    sign::{digest_of, write_whole},
};

/// The folder of a fleet.
#[derive(Clone, Debug)]
pub struct Places {
    folder: PathBuf,
}

impl Places {
    /// A fleet below a folder.
    #[must_use]
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the releases lie.
    #[must_use]
    pub fn releases(&self) -> PathBuf {
        self.folder.join("releases")
    }

    /// Writes a summary of this name, in place of an earlier one; whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        write_whole(&path, bytes).map_err(Error::io(&path))?;
        Ok(path)
    }

    /// The address of a task on a model: of the digests of all its files, those that may be the same model once more
    /// included, of what is asked for, and of the version of this program.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read.
    pub fn address(&self, task: &Task, model: &Artifact, progress: &dyn Progress) -> Result<Address, Error> {
        let mut paths: Vec<&RelPath> = model.files().iter().map(|file| &file.path).collect();
        // The claims of a release decide what a further removal makes of it.
        paths.extend(model.possible_twins().chain(model.left_out().iter().filter(|path| is_record(path))));
        paths.sort_unstable();
        paths.dedup();
        let mut text = format!("batch 1 of declass {}\n{}\n", env!("CARGO_PKG_VERSION"), task.asked());
        let mut digests = BTreeMap::new();
        for path in paths {
            let place = model.folder().join(path.as_str());
            // What is no file cannot be read to its end.
            if !place.is_file() {
                return Err(Error::io(&place)(std::io::ErrorKind::InvalidInput.into()));
            }
            let digest = digest_of(&place, progress)?;
            text += &format!("{digest} {path}\n");
            digests.insert(path.clone(), digest);
        }
        let whole = Sha256Digest::of(text.as_bytes()).to_string();
        Ok(Address { folder: self.folder.clone(), name: name(task, &whole), whole, digests })
    }
}

/// The address of a result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    folder: PathBuf,
    name: String,
    whole: String,
    /// Those of the model's files, as they were when this was made.
    digests: BTreeMap<RelPath, Sha256Digest>,
}

/// Digits of the address in names of files: 64 bits.
const DIGITS: usize = 16;
/// Letters of each part of a name.
const LETTERS: usize = 40;

impl Address {
    /// All of it, as 64 digits.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.whole
    }

    /// The digest that a file of the model had.
    #[must_use]
    pub fn digest(&self, path: &RelPath) -> Option<Sha256Digest> {
        self.digests.get(path).copied()
    }

    /// Where the release lies, or will.
    #[must_use]
    pub fn release(&self) -> PathBuf {
        self.folder.join(self.release_name())
    }

    /// The same from the fleet's folder.
    #[must_use]
    pub fn release_name(&self) -> String {
        format!("releases/{}", self.name)
    }

    /// Where it is kept why there is no release.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.folder.join("kept").join(format!("{}.json", self.name))
    }
}

/// A name that people recognise, with so much of the address that no two are the same.
fn name(task: &Task, whole: &str) -> String {
    let last = Path::new(task.model()).file_stem().map_or("model".into(), |name| name.to_string_lossy());
    let verb = if task.keeps() { "only" } else { "without" };
    format!("{}-{verb}-{}-{}", plain(&last), plain(&task.classes().join("-")), &whole[..DIGITS])
}

/// Text of others as a part of a file's name.
fn plain(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || "._".contains(c) { c } else { '-' };
    let plain: String = text.chars().map(letter).take(LETTERS).collect();
    // No name begins with a point: such files are hidden.
    plain.trim_start_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_whatever_a_label_says() {
        assert_eq!(plain("T-shirt/top"), "T-shirt-top");
        assert_eq!(plain("../../etc"), "etc");
        assert_eq!(plain("\u{202e}\n$(rm)"), "rm-");
        assert_eq!(plain(&"x".repeat(100)).len(), LETTERS);
    }
}
