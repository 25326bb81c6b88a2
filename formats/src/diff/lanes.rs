//! Two files read side by side, hashed on a thread each, and compared on the way.

use std::{
    io,
    ops::Range,
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread::{self, Scope, ScopedJoinHandle},
};

use sha2::{Digest, Sha256};

use crate::{Sha256Digest, reader::Reader};

/// A range of one file that is compared with a range of the other, of the same length.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    /// The tensor that lies there; none for bytes that belong to none.
    pub(super) tensor: Option<&'a str>,
    /// Bytes of one element.
    pub(super) width: usize,
    pub(super) before: Range<u64>,
    pub(super) after: Range<u64>,
}

/// What came of reading two files.
pub(super) struct Compared {
    pub(super) before: Option<Sha256Digest>,
    pub(super) after: Option<Sha256Digest>,
    /// Number of differing elements, step by step.
    pub(super) differing: Vec<u64>,
}

/// Reads both files to their ends. Steps that come in the order of both files are compared while their bytes
/// pass; others, whose place changed, are read again.
pub(super) fn compare(
    before: Option<(Reader, u64)>,
    after: Option<(Reader, u64)>,
    steps: &[Step<'_>],
    on_bytes: &dyn Fn(u64),
) -> io::Result<Compared> {
    thread::scope(|scope| {
        let lane = |side: &Option<(Reader, u64)>| -> io::Result<Option<Lane<'_>>> {
            let start =
                |(file, len): &(Reader, u64)| Ok(Lane::start(scope, file.try_clone()?, *len, on_bytes));
            side.as_ref().map(start).transpose()
        };
        let (mut a, mut b) = (lane(&before)?, lane(&after)?);
        let mut differing = vec![0; steps.len()];
        let mut late = Vec::new();
        if let (Some(a), Some(b)) = (&mut a, &mut b) {
            for (step, differing) in steps.iter().zip(&mut differing) {
                if step.before.start < a.at || step.after.start < b.at {
                    late.push((step, differing));
                    continue;
                }
                skip(Some(&mut *a), step.before.start, Some(&mut *b), step.after.start)?;
                *differing = lockstep(a, b, step)?;
            }
            for (step, differing) in late {
                *differing = reread(&a.file, &b.file, step)?;
            }
        }
        skip(a.as_mut(), u64::MAX, b.as_mut(), u64::MAX)?;
        Ok(Compared { before: a.map(Lane::digest), after: b.map(Lane::digest), differing })
    })
}

/// How many elements of so many bytes differ.
pub(super) fn differing(a: &[u8], b: &[u8], width: usize) -> u64 {
    if a == b {
        return 0;
    }
    let width = width.max(1);
    a.chunks(width).zip(b.chunks(width)).filter(|(a, b)| a != b).count() as u64
}

/// One file on its way to its digest.
struct Lane<'s> {
    file: Reader,
    at: u64,
    len: u64,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    hasher: ScopedJoinHandle<'s, Sha256Digest>,
    on_bytes: &'s dyn Fn(u64),
}

impl<'s> Lane<'s> {
    fn start<'e>(scope: &'s Scope<'s, 'e>, file: Reader, len: u64, on_bytes: &'s dyn Fn(u64)) -> Self {
        let (full, to_hash) = sync_channel::<Vec<u8>>(QUEUE);
        let (done, empty) = channel();
        let hasher = scope.spawn(move || {
            let mut hash = Sha256::new();
            for block in to_hash {
                hash.update(&block);
                // Nobody takes the last buffers back.
                let _ = done.send(block);
            }
            Sha256Digest(hash.finalize().into())
        });
        Self { file, at: 0, len, full, empty, hasher, on_bytes }
    }

    /// The next bytes of the file, up to `most` and the size of a buffer.
    fn block(&mut self, most: u64) -> io::Result<Vec<u8>> {
        let len = most.min(self.len.saturating_sub(self.at)).min(BLOCK);
        let mut block = self.empty.try_recv().unwrap_or_default();
        block.resize(len as usize, 0);
        self.file.read_exact_at(&mut block, self.at)?;
        self.at += len;
        (self.on_bytes)(len);
        Ok(block)
    }

    /// Reads and hashes one block on the way to a place; false if that is reached.
    fn step(&mut self, to: u64) -> io::Result<bool> {
        let left = to.min(self.len).saturating_sub(self.at);
        if left > 0 {
            let block = self.block(left)?;
            self.hash(block)?;
        }
        Ok(left > 0)
    }

    /// Hands a block to the thread that hashes.
    fn hash(&self, block: Vec<u8>) -> io::Result<()> {
        self.full.send(block).map_err(|_| io::Error::other("the hashing thread ended"))
    }

    fn digest(self) -> Sha256Digest {
        drop(self.full);
        match self.hasher.join() {
            Ok(digest) => digest,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// Reads both files, block by block in turns, up to a place or to their ends.
fn skip(a: Option<&mut Lane<'_>>, to_a: u64, b: Option<&mut Lane<'_>>, to_b: u64) -> io::Result<()> {
    match (a, b) {
        (Some(a), Some(b)) => while a.step(to_a)? | b.step(to_b)? {},
        (Some(lane), None) => while lane.step(to_a)? {},
        (None, Some(lane)) => while lane.step(to_b)? {},
        (None, None) => {}
    }
    Ok(())
}

fn lockstep(a: &mut Lane<'_>, b: &mut Lane<'_>, step: &Step<'_>) -> io::Result<u64> {
    let mut count = 0;
    while a.at < step.before.end {
        let left = step.before.end - a.at;
        let (old, new) = (a.block(left)?, b.block(left)?);
        if old.is_empty() || old.len() != new.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        count += differing(&old, &new, step.width);
        a.hash(old)?;
        b.hash(new)?;
    }
    Ok(count)
}

fn reread(a: &Reader, b: &Reader, step: &Step<'_>) -> io::Result<u64> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let len = step.before.end - step.before.start;
    let mut at = 0;
    let mut count = 0;
    while at < len {
        let portion = (len - at).min(BLOCK);
        old.resize(portion as usize, 0);
        new.resize(portion as usize, 0);
        a.read_exact_at(&mut old, step.before.start + at)?;
        b.read_exact_at(&mut new, step.after.start + at)?;
        count += differing(&old, &new, step.width);
        at += portion;
    }
    Ok(count)
}

/// A multiple of every element's width, so that no element is split.
const BLOCK: u64 = 1 << 20;
const QUEUE: usize = 3;
