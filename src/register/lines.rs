//! The lines of a file, read with bounded memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
};

use super::event::LONGEST_LINE;

/// Lines are read until they have that many bytes, and looked into together.
const BATCH: usize = 4 << 20;

/// Why no line comes next in a file.
pub(super) enum Stop {
    /// There is nothing more.
    End,
    /// A line that is longer than any entry.
    TooLong,
    /// A line without its line feed, at the end of the file.
    Unfinished,
}

/// Reads a file line by line.
pub(super) struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
    read: u64,
}

impl Lines {
    pub(super) fn of(file: File) -> Self {
        Self { file: BufReader::new(file), line: Vec::new(), read: 0 }
    }

    /// The next lines without their line feeds, at most that many, and why no more came, if that is so.
    pub(super) fn batch(&mut self, most: u64) -> io::Result<(Vec<Vec<u8>>, Option<Stop>)> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while (lines.len() as u64) < most && bytes < BATCH {
            match self.next()? {
                Ok(line) => {
                    // An empty line takes memory, too.
                    bytes += line.len() + size_of::<Vec<u8>>();
                    lines.push(line);
                }
                Err(stop) => return Ok((lines, Some(stop))),
            }
        }
        Ok((lines, None))
    }

    fn next(&mut self) -> io::Result<Result<Vec<u8>, Stop>> {
        self.line.clear();
        let limit = LONGEST_LINE as u64 + 1;
        (&mut self.file).take(limit).read_until(b'\n', &mut self.line)?;
        Ok(match self.line.split_last() {
            None => Err(Stop::End),
            Some((b'\n', line)) => {
                self.read += line.len() as u64 + 1;
                Ok(line.to_vec())
            }
            Some(_) if self.line.len() > LONGEST_LINE => Err(Stop::TooLong),
            Some(_) => Err(Stop::Unfinished),
        })
    }

    /// Bytes of the whole lines so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// What follows, no more of it than one entry could have and a byte.
    pub(super) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        (&mut self.file).take(LONGEST_LINE as u64 + 2).read_to_end(&mut rest)?;
        Ok(rest)
    }
}
