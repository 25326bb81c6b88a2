//! The two ends of a file, which tell what it holds.

use std::io::{self, Read};

/// How much of a file tells what it holds, at either end.
pub const BEGINNING: usize = 1 << 16;

/// The two ends of a file.
pub(super) struct Glimpse {
    pub(super) size: u64,
    /// The first [`BEGINNING`] bytes, or all if there are fewer.
    pub(super) beginning: Vec<u8>,
    /// The last ones, or all.
    pub(super) end: Vec<u8>,
}

impl Glimpse {
    /// Reads a file of so many bytes to its end.
    pub(super) fn read(mut reader: impl Read, size: u64) -> io::Result<Self> {
        let mut beginning = Vec::new();
        reader.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning)?;
        let mut end = beginning.clone();
        let mut piece = vec![0; BEGINNING];
        loop {
            let read = reader.read(&mut piece)?;
            if read == 0 {
                return Ok(Self { size, beginning, end });
            }
            end.extend(&piece[..read]);
            end.drain(..end.len().saturating_sub(BEGINNING));
        }
    }

    /// Of a file of which only the beginning is there.
    pub(super) fn begun(beginning: &[u8], size: u64) -> Self {
        let end = if beginning.len() as u64 == size { beginning.to_vec() } else { Vec::new() };
        Self { size, beginning: beginning.to_vec(), end }
    }

    /// Of a whole file.
    #[cfg(test)]
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::begun(bytes, bytes.len() as u64)
    }

    /// What is known of the file from some place on.
    pub(super) fn from(&self, at: u64) -> Option<&[u8]> {
        let known =
            usize::try_from(at).ok().and_then(|at| self.beginning.get(at..)).filter(|rest| !rest.is_empty());
        known.or_else(|| {
            let from_end = self.size.checked_sub(at).and_then(|left| usize::try_from(left).ok())?;
            self.end.get(self.end.len().checked_sub(from_end)?..)
        })
    }
}
