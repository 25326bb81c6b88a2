//! Files of which only what is read is fetched, by ranges: the headers of weights are a thousandth of them.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use declass_formats::{Fill, RelPath};
use reqwest::Url;

use super::http::Http;
use crate::error::Error;

/// Files with holes, and where the missing bytes can be had.
#[derive(Debug)]
pub(super) struct Heads {
    http: Http,
    files: Mutex<BTreeMap<RelPath, Head>>,
}

#[derive(Debug)]
struct Head {
    url: Url,
    size: u64,
    file: File,
    /// Which blocks are there.
    there: Vec<bool>,
    /// How many blocks the next request asks for: ever more, so that a file that is read everywhere costs few
    /// requests.
    ahead: u64,
}

impl Heads {
    pub(super) fn new(http: Http) -> Self {
        Self { http, files: Mutex::default() }
    }

    /// Makes a file that is all hole.
    pub(super) fn add(&self, folder: &Path, at: &RelPath, url: Url, size: u64) -> Result<(), Error> {
        let path = folder.join(at.as_str());
        let create = || {
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            let file = File::options().read(true).write(true).create_new(true).open(&path)?;
            file.set_len(size)?;
            Ok(file)
        };
        let file = create().map_err(Error::io(&path))?;
        let blocks = usize::try_from(size.div_ceil(BLOCK)).unwrap_or(usize::MAX);
        let head = Head { url, size, file, there: vec![false; blocks], ahead: 1 };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(at.clone(), head);
        Ok(())
    }
}

impl Fill for Heads {
    fn fill(&self, path: &RelPath, range: Range<u64>) -> io::Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match files.get_mut(path) {
            Some(head) => head.fill(&self.http, range),
            None => Ok(()),
        }
    }
}

impl Head {
    fn fill(&mut self, http: &Http, range: Range<u64>) -> io::Result<()> {
        let end = range.end.min(self.size).div_ceil(BLOCK);
        let mut block = range.start / BLOCK;
        while block < end {
            if self.is_there(block) {
                block += 1;
                continue;
            }
            let most = block + self.ahead.max((end - block).min(MOST));
            let stop = (block..most).find(|next| *next * BLOCK >= self.size || self.is_there(*next));
            let stop = stop.unwrap_or(most);
            let bytes = block * BLOCK..(stop * BLOCK).min(self.size);
            let found = http.range(&self.url, bytes.clone(), self.size).map_err(io::Error::other)?;
            self.file.write_all_at(&found, bytes.start)?;
            let done = block as usize..stop as usize;
            self.there.get_mut(done).into_iter().flatten().for_each(|there| *there = true);
            self.ahead = (self.ahead * 2).min(MOST);
            block = stop;
        }
        Ok(())
    }

    fn is_there(&self, block: u64) -> bool {
        usize::try_from(block).ok().and_then(|block| self.there.get(block)).is_some_and(|there| *there)
    }
}

const BLOCK: u64 = 256 << 10;
/// Blocks of one request at most.
const MOST: u64 = 32;
