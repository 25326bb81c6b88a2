//! One file from a hub into the cache: resumed where it was cut, and there under its name only when its
//! digest is right.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    thread,
};

use reqwest::Url;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::{
    cache::RepoCache,
    http::{Http, PAUSES, connection, patience},
    listing::{Blob, Remote},
};
use crate::{
    error::{Error, HubError},
    progress::{Progress, Step},
};

/// Makes sure that the cache has a file.
pub(super) fn download(
    http: &Http,
    cache: &RepoCache,
    url: &Url,
    file: &Remote,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let _lock = cache.lock(&file.blob)?;
    if cache.has(file) {
        progress.advance(Step::Downloading, file.size);
        return Ok(());
    }
    let path = cache.incomplete(&file.blob);
    let transfer = Transfer { http, url, file, progress, path: &path };
    // What a cut download has left may be of anything: if the whole is wrong, it gets one more chance from
    // the start.
    let resumed = path.metadata().is_ok_and(|found| found.len() > 0);
    let done = match transfer.run() {
        Err(Error::Hub(HubError::Damaged { .. })) if resumed => transfer.run(),
        done => done,
    };
    done?;
    fs::rename(&path, cache.blob(&file.blob)).map_err(Error::io(&path))
}

struct Transfer<'a> {
    http: &'a Http,
    url: &'a Url,
    file: &'a Remote,
    progress: &'a dyn Progress,
    path: &'a Path,
}

impl Transfer<'_> {
    /// Downloads what is missing and judges the whole; nothing is left of what is wrong.
    fn run(&self) -> Result<(), Error> {
        let mut target = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path)
            .map_err(Error::io(self.path))?;
        let judged = self.complete(&mut target).and_then(|()| self.judge(&mut target));
        if matches!(judged, Err(Error::Hub(HubError::Damaged { .. }))) {
            fs::remove_file(self.path).map_err(Error::io(self.path))?;
        }
        judged?;
        target.sync_all().map_err(Error::io(self.path))
    }

    /// Goes on where an earlier attempt ended; attempts that bring much do not count.
    fn complete(&self, target: &mut File) -> Result<(), Error> {
        let mut pauses = PAUSES.into_iter();
        let mut have = target.seek(SeekFrom::End(0)).map_err(Error::io(self.path))?;
        self.progress.advance(Step::Downloading, have.min(self.file.size));
        while have != self.file.size {
            let before = have;
            if have > self.file.size {
                have = 0;
            }
            let Err(error) = self.attempt(target, &mut have) else { continue };
            let Error::Hub(error) = error else { return Err(error) };
            if have.saturating_sub(before) >= MUCH {
                pauses = PAUSES.into_iter();
            }
            match pauses.next().and_then(|pause| patience(&error, pause)) {
                Some(pause) => thread::sleep(pause),
                None => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn attempt(&self, target: &mut File, have: &mut u64) -> Result<(), Error> {
        let (mut body, follows) = self.http.file(self.url, *have, self.file.size)?;
        if !follows {
            *have = 0;
        }
        let start = |target: &mut File| {
            target.set_len(*have)?;
            target.seek(SeekFrom::Start(*have))
        };
        start(target).map_err(Error::io(self.path))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::Hub(connection(self.url)(error))),
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            if *have + count as u64 > self.file.size {
                return Err(self.damaged(format!("more than {} bytes came", self.file.size)));
            }
            target.write_all(bytes).map_err(Error::io(self.path))?;
            *have += count as u64;
            self.progress.advance(Step::Downloading, count as u64);
        }
        if *have == self.file.size {
            Ok(())
        } else {
            Err(Error::Hub(connection(self.url)(io::Error::from(io::ErrorKind::UnexpectedEof))))
        }
    }

    fn judge(&self, target: &mut File) -> Result<(), Error> {
        let found = match &self.file.blob {
            Blob::Git(_) => {
                let header = format!("blob {}\0", self.file.size);
                digest(Sha1::new_with_prefix(header), target)
            }
            Blob::Sha256(_) => digest(Sha256::new(), target),
        };
        let found = found.map_err(Error::io(self.path))?;
        let wanted = self.file.blob.name();
        if found == wanted {
            Ok(())
        } else {
            Err(self.damaged(format!("its digest is {found}, expected {wanted}")))
        }
    }

    fn damaged(&self, reason: String) -> Error {
        HubError::Damaged { file: self.file.path.to_string(), reason }.into()
    }
}

/// The digest of a whole file, in hexadecimal.
fn digest(mut hash: impl Digest, file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

const BUFFER: usize = 1 << 18;
/// Bytes that make an attempt worth more attempts.
const MUCH: u64 = 1 << 20;
