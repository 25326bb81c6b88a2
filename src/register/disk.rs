//! The register's files: opened without following links or waiting for pipes, replaced whole, synced before
//! anybody is told.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::fs::FileExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Dir, Mode, OFlags, mkdirat, open, openat, renameat, unlinkat},
    io::Errno,
};

use super::no_use_of;
use crate::error::Error;

/// The mode of what others read, less what the umask takes away.
pub(super) const SHARED: u32 = 0o666;
/// The mode of what nobody else reads.
pub(super) const PRIVATE: u32 = 0o600;
/// How files are opened for reading; a pipe would otherwise be waited for.
const READING: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
const CREATING: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// A register's folder, locked as long as this lives.
pub(super) struct Folder {
    opened: File,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder to look at: nobody appends meanwhile.
    pub(super) fn for_reading(path: &Path) -> Result<Self, Error> {
        let folder = Self::open(path)?;
        folder.opened.lock_shared().map_err(not_locked(path))?;
        Ok(folder)
    }

    /// Opens a folder to append: nobody else reads or appends meanwhile.
    pub(super) fn for_appending(path: &Path) -> Result<Self, Error> {
        let folder = Self::open(path)?;
        if is_shared(&folder.opened).map_err(Error::io(path))? {
            let hint = "keep the register on a disk of one machine, and copy it from there";
            let said = "this is a network file system, where two machines could sign two histories at once";
            return Err(no_use_of(path, said, hint));
        }
        folder.opened.lock().map_err(not_locked(path))?;
        Ok(folder)
    }

    fn open(path: &Path) -> Result<Self, Error> {
        // Without a slash at the end, which would follow a link.
        let plain: PathBuf = path.components().collect();
        let opened = open(&plain, READING | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty());
        let opened = opened.map_err(|error| match error {
            Errno::NOENT => no_use_of(path, "there is no register", "make one with `declass register init`"),
            Errno::LOOP | Errno::NOTDIR => {
                no_use_of(path, "this is not a folder", "name the register's folder itself, not a link to it")
            }
            error => Error::io(path)(error.into()),
        })?;
        Ok(Self { opened: opened.into(), path: path.to_owned() })
    }

    /// A folder in this one; none if there is none. It is locked with this one.
    pub(super) fn inner(&self, name: &str) -> Result<Option<Self>, Error> {
        let path = self.path.join(name);
        let how = READING | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        match openat(&self.opened, name, how, Mode::empty()) {
            Ok(opened) => Ok(Some(Self { opened: opened.into(), path })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => Err(no_use_of(&path, "this is not a folder", "")),
            Err(error) => Err(Error::io(&path)(error.into())),
        }
    }

    /// The same, made if it is not there.
    pub(super) fn inner_or_make(&self, name: &str) -> Result<Self, Error> {
        let path = self.path.join(name);
        match mkdirat(&self.opened, name, Mode::from_raw_mode(SHARED | 0o111)) {
            Ok(()) => self.opened.sync_all().map_err(Error::io(&path))?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(Error::io(&path)(error.into())),
        }
        self.inner(name)?.ok_or_else(|| no_use_of(&path, "it is gone", ""))
    }

    /// The names of what is in it, of at most this many things, in order.
    pub(super) fn names(&self, most: usize) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.opened).map_err(|error| Error::io(&self.path)(error.into()))? {
            let entry = entry.map_err(|error| Error::io(&self.path)(error.into()))?;
            names.extend(entry.file_name().to_str().ok().map(str::to_owned));
            if names.len() > most {
                let said = format!("there are more than {most} files, the most that is read of it");
                return Err(no_use_of(&self.path, &said, ""));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The folder's path as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file of the folder; none if there is none.
    pub(super) fn file(&self, name: &str) -> Result<Option<File>, Error> {
        self.regular(name, READING)
    }

    /// All of a file that must not have more than `limit` bytes; none if there is none.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(name);
        self.file(name)?.map(|file| bounded(file, &path, limit)).transpose()
    }

    /// Puts a file into its place: it is the old or the new one at any moment, and the new one when this
    /// returns.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let temporary = format!("{name}.tmp");
        let replace = || -> io::Result<()> {
            self.unlink(&temporary)?;
            let mut file =
                File::from(openat(&self.opened, &temporary, CREATING, Mode::from_raw_mode(SHARED))?);
            file.write_all(bytes)?;
            file.sync_all()?;
            renameat(&self.opened, &temporary, &self.opened, name)?;
            self.opened.sync_all()
        };
        replace().map_err(Error::io(&self.path.join(name)))
    }

    /// Makes a file end at `at` with these bytes.
    pub(super) fn end_with(&self, name: &str, at: u64, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        let writing = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = self.regular(name, writing)?.ok_or_else(|| no_use_of(&path, "it is gone", ""))?;
        let write = || {
            file.set_len(at)?;
            file.write_all_at(bytes, at)?;
            file.sync_all()
        };
        write().map_err(Error::io(&path))
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        let remove = || {
            self.unlink(name)?;
            self.opened.sync_all()
        };
        remove().map_err(Error::io(&self.path.join(name)))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.opened, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn regular(&self, name: &str, how: OFlags) -> Result<Option<File>, Error> {
        let path = self.path.join(name);
        match openat(self.opened.as_fd(), name, how | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(file) => require_regular(file.into(), &path).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NXIO) => Err(not_regular(&path)),
            Err(error) => Err(Error::io(&path)(error.into())),
        }
    }
}

/// File systems on which a lock of one machine is not seen by another, or depends on how it was mounted: NFS, SMB (in
/// three versions), AFS, Coda. Numbers of `statfs(2)`.
const NETWORK: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x5346_414f, 0x7375_7245];

/// Whether a folder lies on a file system that several machines write to.
#[cfg(target_os = "linux")]
fn is_shared(folder: &File) -> io::Result<bool> {
    // The number has 32 bits, and is signed on some machines.
    Ok(NETWORK.contains(&(rustix::fs::fstatfs(folder)?.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_shared(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// A register that cannot be locked is not touched.
fn not_locked(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        let has_none = [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS].map(Errno::raw_os_error);
        if error.raw_os_error().is_some_and(|code| has_none.contains(&code)) {
            let hint = "keep the register on a file system with locks";
            return no_use_of(&path, &format!("the folder cannot be locked: {error}"), hint);
        }
        Error::io(&path)(error)
    }
}

/// Opens a file anywhere, if it is a regular one.
pub(super) fn open_regular(path: &Path) -> Result<File, Error> {
    let file = open(path, READING, Mode::empty()).map_err(|error| Error::io(path)(error.into()))?;
    require_regular(file.into(), path)
}

/// Writes a file where nothing is yet, and syncs it.
pub(super) fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let file = open(path, CREATING, Mode::from_raw_mode(mode)).map_err(|error| match error {
        Errno::EXIST => no_use_of(path, "it exists, and is never replaced", "name another place"),
        error => Error::io(path)(error.into()),
    })?;
    let write = |mut file: File| -> io::Result<()> {
        file.write_all(bytes)?;
        file.sync_all()?;
        File::open(parent_of(path))?.sync_all()
    };
    write(file.into()).map_err(Error::io(path))
}

/// The folder that a path lies in.
pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Fills bytes from the system's randomness.
pub(super) fn fill_randomly(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes)
        .map_err(|error| no_use_of(Path::new("getrandom"), &format!("no randomness: {error}"), ""))
}

fn require_regular(file: File, path: &Path) -> Result<File, Error> {
    if file.metadata().map_err(Error::io(path))?.is_file() { Ok(file) } else { Err(not_regular(path)) }
}

fn not_regular(path: &Path) -> Error {
    no_use_of(path, "this is not a regular file", "links, pipes and devices are not read")
}

fn bounded(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > limit {
        Err(no_use_of(path, &format!("it has more than {limit} bytes, the most that is read of it"), ""))
    } else {
        Ok(bytes)
    }
}
