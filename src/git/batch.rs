//! Objects by their ids or names, from one running `git cat-file`.

use std::{
    io::{self, BufRead, BufReader, Read, Take, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use super::{ObjectId, Repository, not_run};
use crate::error::Error;

/// No line that git answers is longer.
const MAX_LINE: u64 = 1 << 16;

impl Repository {
    /// For the contents of files and folders.
    ///
    /// # Errors
    /// [`Error::Git`] if git cannot be run.
    pub fn objects(&self) -> Result<Objects, Error> {
        Batch::start(self, "--batch=%(objecttype) %(objectsize)").map(Objects)
    }

    /// For what names stand for.
    ///
    /// # Errors
    /// [`Error::Git`] if git cannot be run.
    pub fn names(&self) -> Result<Names, Error> {
        Batch::start(self, "--batch-check=id %(objectname)").map(Names)
    }
}

/// Gives the contents of files and folders, one after the other.
#[derive(Debug)]
pub struct Objects(Batch);

impl Objects {
    /// Reads a file with `read`, which gets its size, too; what it leaves is skipped.
    ///
    /// # Errors
    /// [`Error::Git`] if there is no such file, or what `read` says.
    pub fn file<T>(
        &mut self,
        id: &ObjectId,
        read: impl FnOnce(&mut dyn Read, u64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.read("blob", id, read)
    }

    /// The same for an object of this kind.
    pub(super) fn read<T>(
        &mut self,
        kind: &str,
        id: &ObjectId,
        read: impl FnOnce(&mut dyn Read, u64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let answer = self.0.ask(id.as_str())?;
        let unreadable = |why: &str| Error::Git { reason: format!("object {id} {why}") };
        let size = answer.split_once(' ').filter(|(found, _)| *found == kind);
        let size = size.and_then(|(_, size)| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| unreadable(&format!("is missing or no {kind}")))?;
        let mut contents = (&mut self.0.answers).take(size);
        let result = read(&mut contents, size);
        let skipped = io::copy(&mut contents, &mut io::sink());
        let is_whole = skipped.is_ok() && contents.limit() == 0;
        // The next answer begins behind a line end.
        let mut end = [0];
        let ends = self.0.answers.read_exact(&mut end).is_ok() && end == *b"\n";
        if result.is_ok() && !(is_whole && ends) {
            return Err(unreadable("is cut off"));
        }
        result
    }
}

/// Tells what names stand for.
#[derive(Debug)]
pub struct Names(Batch);

impl Names {
    /// The folder that a commit, a tag or a folder stands for, by whatever name git knows it; none if the
    /// name is not known or is that of something else.
    ///
    /// # Errors
    /// [`Error::Git`] if git cannot be asked so.
    pub fn tree(&mut self, name: &str) -> Result<Option<ObjectId>, Error> {
        if name.contains(['\n', '\0']) {
            return Err(Error::Git { reason: "no name has line ends".into() });
        }
        let Some(id) = self.id(name)? else { return Ok(None) };
        // Of its own, since git takes what follows a path or a search for a part of it.
        self.id(&format!("{id}^{{tree}}"))
    }

    fn id(&mut self, name: &str) -> Result<Option<ObjectId>, Error> {
        Ok(self.0.ask(name)?.strip_prefix("id ").and_then(|id| id.parse().ok()))
    }
}

#[derive(Debug)]
struct Batch {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    fn start(repository: &Repository, format: &str) -> Result<Self, Error> {
        let mut command = repository.command();
        command.args(["cat-file", format]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_run(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => {
                Ok(Self { child, questions, answers: BufReader::new(answers) })
            }
            _ => Err(Error::Git { reason: "`git cat-file` started without a way to ask it".into() }),
        }
    }

    /// The line that git answers.
    fn ask(&mut self, question: &str) -> Result<String, Error> {
        let broken = |error: io::Error| Error::Git { reason: format!("`git cat-file` gave up: {error}") };
        writeln!(self.questions, "{question}").and_then(|()| self.questions.flush()).map_err(broken)?;
        let mut line = Vec::new();
        let mut answers: Take<_> = (&mut self.answers).take(MAX_LINE);
        answers.read_until(b'\n', &mut line).map_err(broken)?;
        match line.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&line).into_owned()),
            _ => Err(broken(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It may be in the middle of a large file that nobody wants any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
