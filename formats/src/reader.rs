//! A file that is read by position, parts of which may have to be fetched first.

use std::{
    fmt,
    fs::{File, Metadata},
    io,
    ops::Range,
    os::unix::fs::FileExt,
    sync::Arc,
};

use crate::RelPath;

/// Brings parts of files from elsewhere, for models of which only little is looked at.
pub trait Fill: fmt::Debug + Send + Sync {
    /// Makes sure that these bytes of a file are on disk. The file is there in its full size, with holes.
    ///
    /// # Errors
    /// Whatever keeps the bytes from coming; they are not read then.
    fn fill(&self, path: &RelPath, range: Range<u64>) -> io::Result<()>;
}

/// An open file. Nothing reads it but through here, so that no hole is ever taken for zeros.
#[derive(Debug)]
pub(crate) struct Reader {
    file: File,
    holes: Option<(Arc<dyn Fill>, RelPath)>,
}

impl Reader {
    pub(crate) fn new(file: File, holes: Option<(Arc<dyn Fill>, RelPath)>) -> Self {
        Self { file, holes }
    }

    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.fill(at..at.saturating_add(bytes.len() as u64))?;
        self.file.read_exact_at(bytes, at)
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()?, holes: self.holes.clone() })
    }

    /// The file itself, without holes.
    pub(crate) fn whole(&self) -> io::Result<&File> {
        self.fill(0..self.file.metadata()?.len())?;
        Ok(&self.file)
    }

    fn fill(&self, range: Range<u64>) -> io::Result<()> {
        match &self.holes {
            Some((holes, path)) if !range.is_empty() => holes.fill(path, range),
            _ => Ok(()),
        }
    }
}

impl From<File> for Reader {
    fn from(file: File) -> Self {
        Self::new(file, None)
    }
}
