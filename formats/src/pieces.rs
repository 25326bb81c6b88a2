//! A file as a list of pieces: ranges that are copied from a source by the kernel, and new bytes.

use std::{
    fs::File,
    io::{self, Read, Write},
    ops::Range,
    os::unix::fs::FileExt,
};

use rustix::{
    fs::{copy_file_range, ioctl_ficlone},
    io::Errno,
};
use sha2::{Digest, Sha256};

use crate::{Sha256Digest, reader::Reader};

/// A part of a file that is to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Source(Range<u64>),
    /// So many zero bytes.
    Zeros(u64),
}

/// Pieces in order; ranges of the source that follow each other become one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(crate) fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (_, piece) if piece.len() == 0 => {}
            (Some(Piece::Source(last)), Piece::Source(next)) if last.end == next.start => last.end = next.end,
            (Some(Piece::Bytes(last)), Piece::Bytes(next)) if next.len() < SMALL => last.extend(next),
            (_, piece) => self.0.push(piece),
        }
    }

    pub(crate) fn append(&mut self, pieces: Self) {
        pieces.0.into_iter().for_each(|piece| self.push(piece));
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(Piece::len).fold(0, u64::saturating_add)
    }

    /// The one range of the source that these pieces are, if they are nothing else.
    pub(crate) fn as_source(&self) -> Option<Range<u64>> {
        match self.0.as_slice() {
            [] => Some(0..0),
            [Piece::Source(range)] => Some(range.clone()),
            _ => None,
        }
    }

    /// Feeds everything, in order and in bounded portions, to `sink`.
    pub(crate) fn read(
        &self,
        source: &Reader,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for piece in &self.0 {
            match piece {
                Piece::Bytes(bytes) => sink(bytes)?,
                Piece::Source(range) => stream_range(source, range.clone(), &mut sink)?,
                Piece::Zeros(count) => {
                    io::copy(&mut io::repeat(0).take(*count), &mut Sink(&mut sink))?;
                }
            }
        }
        Ok(())
    }

    /// The digest of what would be written; `on_bytes` is told how far it is.
    pub(crate) fn digest(
        &self,
        source: &Reader,
        on_bytes: &(dyn Fn(u64) + Sync),
    ) -> io::Result<Sha256Digest> {
        let mut hash = Sha256::new();
        self.read(source, |bytes| {
            hash.update(bytes);
            on_bytes(bytes.len() as u64);
            Ok(())
        })?;
        Ok(Sha256Digest(hash.finalize().into()))
    }

    /// The place of the first byte by which another file differs from what would be written, if any does.
    pub(crate) fn first_difference(&self, source: &Reader, other: &Reader) -> io::Result<Option<u64>> {
        let (mut at, len) = (0, other.metadata()?.len());
        let (mut found, mut there) = (None, Vec::new());
        self.read(source, |bytes| {
            if found.is_none() {
                there.resize(portion(len.saturating_sub(at), bytes.len()), 0);
                other.read_exact_at(&mut there, at)?;
                let same = bytes.iter().zip(&there).take_while(|(a, b)| a == b).count();
                found = (same < bytes.len()).then(|| at + same as u64);
            }
            at += bytes.len() as u64;
            Ok(())
        })?;
        Ok(found.or_else(|| (at < len).then_some(at)))
    }

    /// Writes everything to `target`, an empty file, telling `on_bytes` how much as it goes.
    pub(crate) fn write(&self, source: &Reader, target: &mut File, on_bytes: &dyn Fn(u64)) -> io::Result<()> {
        let whole = source.whole()?;
        let cloned = self.is_in_place(whole.metadata()?.len()) && ioctl_ficlone(&*target, whole).is_ok();
        let mut at = 0;
        for piece in &self.0 {
            match piece {
                Piece::Source(_) if cloned => on_bytes(piece.len()),
                Piece::Source(range) => copy_range(source, range.clone(), target, at, on_bytes)?,
                Piece::Bytes(bytes) => {
                    target.write_all_at(bytes, at)?;
                    on_bytes(piece.len());
                }
                Piece::Zeros(count) => {
                    write_zeros(target, at, *count)?;
                    on_bytes(*count);
                }
            }
            at += piece.len();
        }
        target.flush()
    }

    /// Whether every range of the source keeps its place and the size stays.
    fn is_in_place(&self, source_len: u64) -> bool {
        let mut at = 0;
        let all = self.0.iter().all(|piece| {
            let kept = !matches!(piece, Piece::Source(range) if range.start != at);
            at += piece.len();
            kept
        });
        all && at == source_len
    }
}

impl From<Piece> for Pieces {
    fn from(piece: Piece) -> Self {
        let mut pieces = Self::default();
        pieces.push(piece);
        pieces
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source(range) => range.end.saturating_sub(range.start),
            Self::Zeros(count) => *count,
        }
    }
}

/// The bytes of a range; an error if there is no memory for so many.
pub(crate) fn read_range(source: &Reader, range: Range<u64>) -> io::Result<Vec<u8>> {
    let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(len, 0);
    source.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

/// Reads a range in bounded portions.
fn stream_range(
    source: &Reader,
    range: Range<u64>,
    mut sink: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; portion(range.end.saturating_sub(range.start), BUFFER)];
    let mut at = range.start;
    while at < range.end {
        let len = portion(range.end - at, BUFFER);
        let (part, _) = buffer.split_at_mut(len);
        source.read_exact_at(part, at)?;
        sink(part)?;
        at += len as u64;
    }
    Ok(())
}

fn copy_range(
    source: &Reader,
    range: Range<u64>,
    target: &File,
    mut to: u64,
    on_bytes: &dyn Fn(u64),
) -> io::Result<()> {
    let mut from = range.start;
    while from < range.end {
        let len = portion(range.end - from, KERNEL_PORTION);
        match copy_file_range(source.whole()?, Some(&mut from), target, Some(&mut to), len) {
            // Both offsets were moved by the call.
            Ok(copied) if copied > 0 => on_bytes(copied as u64),
            Ok(_) | Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::XDEV | Errno::PERM) => {
                return stream_range(source, from..range.end, |bytes| {
                    target.write_all_at(bytes, to)?;
                    to += bytes.len() as u64;
                    on_bytes(bytes.len() as u64);
                    Ok(())
                });
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn write_zeros(target: &File, mut at: u64, count: u64) -> io::Result<()> {
    io::copy(
        &mut io::repeat(0).take(count),
        &mut Sink(&mut |bytes: &[u8]| {
            target.write_all_at(bytes, at)?;
            at += bytes.len() as u64;
            Ok(())
        }),
    )?;
    Ok(())
}

fn portion(left: u64, most: usize) -> usize {
    usize::try_from(left).map_or(most, |left| left.min(most))
}

/// A closure as a writer.
struct Sink<'a, F>(&'a mut F);

impl<F: FnMut(&[u8]) -> io::Result<()>> Write for Sink<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const BUFFER: usize = 1 << 20;
const KERNEL_PORTION: usize = 64 << 20;
/// New bytes below this size join the ones before them.
const SMALL: usize = 4096;

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn copies_replaces_and_fills() {
        let mut source = tempfile::tempfile().unwrap();
        source.write_all(b"0123456789").unwrap();
        let source = Reader::from(source);
        let mut pieces = Pieces::default();
        for piece in [Piece::Source(0..2), Piece::Source(2..4), Piece::Bytes(b"ab".into()), Piece::Zeros(2)] {
            pieces.push(piece);
        }
        pieces.push(Piece::Source(8..10));
        assert_eq!((pieces.0.len(), pieces.len()), (4, 10));
        let mut target = tempfile::tempfile().unwrap();
        pieces.write(&source, &mut target, &|_| ()).unwrap();
        let mut written = Vec::new();
        target.rewind().unwrap();
        target.read_to_end(&mut written).unwrap();
        assert_eq!(written, b"0123ab\0\x0089");
        let mut read = Vec::new();
        pieces.read(&source, |bytes| read.write_all(bytes)).unwrap();
        assert_eq!(read, written);
        assert_eq!(pieces.digest(&source, &|_| ()).unwrap(), Sha256Digest::of(&written));
        let difference = |text: &[u8]| {
            let mut other = tempfile::tempfile().unwrap();
            other.write_all(text).unwrap();
            pieces.first_difference(&source, &Reader::from(other)).unwrap()
        };
        assert_eq!(difference(&written), None);
        assert_eq!(difference(b"0123ab\0x89"), Some(7));
        assert_eq!((difference(b"0123"), difference(b"0123ab\0\x0089x")), (Some(4), Some(10)));
    }
}
