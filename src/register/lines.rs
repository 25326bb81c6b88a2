//! The lines of a file, read with bounded memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
};

use super::event::LONGEST_LINE;

/// What comes next in a file.
pub(super) enum Line<'a> {
    /// Nothing.
    End,
    /// A line that is longer than any entry.
    TooLong,
    /// A line without its line feed, at the end of the file.
    Unfinished,
    /// A line, here without its line feed.
    Whole(&'a [u8]),
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

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Line<'_>> {
        self.line.clear();
        let limit = LONGEST_LINE as u64 + 1;
        (&mut self.file).take(limit).read_until(b'\n', &mut self.line)?;
        Ok(match self.line.split_last() {
            None => Line::End,
            Some((b'\n', line)) => {
                self.read += line.len() as u64 + 1;
                Line::Whole(line)
            }
            Some(_) if self.line.len() > LONGEST_LINE => Line::TooLong,
            Some(_) => Line::Unfinished,
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
