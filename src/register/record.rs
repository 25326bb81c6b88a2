//! The private record of a request: it stays with its keeper, and the register has a salted digest of it.
//! Whoever has record and salt can show that the digest is theirs; once the salt is destroyed, nobody can
//! link the two.

use std::{
    ffi::OsString,
    fmt,
    io::{Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use declass_formats::{Sha256Digest, read_regular};
use rustix::fs::{Access, access};
use zeroize::Zeroizing;

use super::{disk, no_use_of};
use crate::error::Error;

/// Length of a salt's file: 64 hexadecimal digits and a line feed.
const SALT_FILE: u64 = 65;

/// A record's salt and digest.
pub struct Record {
    salt: Zeroizing<[u8; 32]>,
    commitment: Sha256Digest,
}

/// Without the salt, which is nobody else's business.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("commitment", &self.commitment).finish_non_exhaustive()
    }
}

impl Record {
    /// Reads a record, and its salt from the file of the same name and `.salt`.
    ///
    /// # Errors
    /// [`Error::Register`] or [`Error::Io`] if one of them cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = disk::open_regular(path)?;
        let salt_path = salt_path(path);
        if !salt_path.exists() {
            let hint = "entering the request makes the salt: keep it beside the record";
            return Err(no_use_of(&salt_path, "the record has no salt", hint));
        }
        let text = Zeroizing::new(read_regular(&salt_path, SALT_FILE)?);
        let digits = std::str::from_utf8(&text).unwrap_or_default().trim_end();
        let salt = Sha256Digest::from_hexadecimal(digits)
            .ok_or_else(|| no_use_of(&salt_path, "it holds no salt: expected 64 hexadecimal digits", ""))?;
        let salt = Zeroizing::new(salt.0);
        let commitment = Sha256Digest::of_reader(salt.chain(file)).map_err(Error::io(path))?;
        Ok(Self { salt, commitment })
    }

    /// Reads a record, and makes a salt for it if it has none yet; a salt that is there is never replaced.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_or_salt(path: &Path) -> Result<Self, Error> {
        disk::open_regular(path)?;
        let salt_path = salt_path(path);
        if !salt_path.exists() {
            let mut salt = Zeroizing::new([0; 32]);
            disk::fill_randomly(&mut *salt)?;
            let mut text = Zeroizing::new(Vec::with_capacity(SALT_FILE as usize));
            // Writing to memory always succeeds.
            let _ = writeln!(text, "{}", Sha256Digest(*salt));
            disk::create(&salt_path, &text, disk::PRIVATE)?;
        }
        Self::open(path)
    }

    /// Fails if [`destroy_salt`](Self::destroy_salt) could not destroy the salt of a record: nobody should enter before
    /// that it is destroyed.
    ///
    /// # Errors
    /// [`Error::Register`] if the salt is a link, which would leave what it points to, or no file; [`Error::Io`] if
    /// nothing can be removed from its folder.
    pub fn check_destroyable(path: &Path) -> Result<(), Error> {
        let salt = salt_path(path);
        let found = salt.symlink_metadata().map_err(Error::io(&salt))?;
        if !found.is_file() {
            let hint = "name the record that lies beside the salt itself";
            return Err(no_use_of(
                &salt,
                "this is not a regular file: destroying it would leave the salt",
                hint,
            ));
        }
        if found.nlink() > 1 {
            let hint = "remove its other names first";
            return Err(no_use_of(
                &salt,
                "the file has another name: destroying this one would leave the salt",
                hint,
            ));
        }
        let folder = disk::parent_of(path);
        access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| Error::io(folder)(error.into()))
    }

    /// Destroys the salt of a record, after which nobody can link it to its request any more. What backups have is
    /// for their keeper to destroy.
    ///
    /// # Errors
    /// Those of [`check_destroyable`](Self::check_destroyable), and [`Error::Io`] if it cannot be removed.
    pub fn destroy_salt(path: &Path) -> Result<(), Error> {
        Self::check_destroyable(path)?;
        let salt = salt_path(path);
        std::fs::remove_file(&salt).map_err(Error::io(&salt))?;
        let folder = disk::parent_of(path);
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
    }

    /// What stands for the record in the register: SHA-256 of salt and record.
    #[must_use]
    pub fn commitment(&self) -> Sha256Digest {
        self.commitment
    }

    /// What stands for a label that is personal data: SHA-256 of salt and label.
    #[must_use]
    pub fn label_digest(&self, label: &str) -> Sha256Digest {
        Sha256Digest::of(&[&self.salt[..], label.as_bytes()].concat())
    }
}

fn salt_path(record: &Path) -> PathBuf {
    let mut path = OsString::from(record);
    path.push(".salt");
    path.into()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_record_is_salted_once_and_its_commitment_is_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let (path, salt) = (folder.path().join("record.json"), folder.path().join("record.json.salt"));
        assert!(Record::open_or_salt(&path).is_err() && !salt.exists());
        fs::write(&path, "{}").unwrap();
        assert!(Record::open(&path).unwrap_err().to_string().contains("no salt"));
        let record = Record::open_or_salt(&path).unwrap();
        assert_eq!(fs::metadata(&salt).unwrap().permissions().mode() & 0o777, disk::PRIVATE);
        assert_eq!(Record::open_or_salt(&path).unwrap().commitment(), record.commitment());
        fs::write(&salt, "00".repeat(32) + "\n").unwrap();
        let record = Record::open(&path).unwrap();
        assert_eq!(record.commitment(), Sha256Digest::of(&[&[0; 32], &b"{}"[..]].concat()));
        assert_eq!(record.label_digest("x"), Sha256Digest::of(&[&[0; 32], &b"x"[..]].concat()));
        fs::write(&salt, "salt").unwrap();
        assert!(Record::open(&path).is_err());
    }
}
