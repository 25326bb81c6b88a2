//! What runs after a yes: the hook that was there before, and git-lfs.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use declass::{git::Repository, hook::Hook};

use super::args::RunArgs;
use crate::cli::{Exit, output::Printer};

/// The system does not know how to run a file: it has no `#!`.
const NO_FORMAT: i32 = 8;

/// Runs both with what git said, and gives what they say. Git-lfs sends the files of pointers here, so that
/// it comes after the check; a hook of its own that was kept does the same.
pub(super) fn run(
    repository: &Repository,
    hook: Hook,
    args: &RunArgs,
    input: &[u8],
    printer: &Printer,
) -> Result<Exit> {
    // Without a script around it, this is no hook but the check alone.
    let Some(next) = &args.next else { return Ok(Exit::Yes) };
    let runs = is_runnable(next, printer);
    if runs {
        let said =
            run_kept(next, args, input).with_context(|| format!("`{}` cannot be run", next.display()))?;
        if !said {
            printer.warn(&format!("`{}` says no", next.display()));
            return Ok(Exit::No);
        }
    }
    let calls_lfs = runs
        && fs::read_to_string(next).is_ok_and(|text| text.contains("git lfs") || text.contains("git-lfs"));
    if hook == Hook::PrePush && !calls_lfs && repository.uses_lfs()? {
        let mut lfs = Command::new("git");
        lfs.args(["lfs", "pre-push"]).args(&args.remote);
        if !start(&mut lfs).and_then(|child| feed(child, input)).context("`git lfs` cannot be run")? {
            printer.warn("`git lfs pre-push` says no");
            return Ok(Exit::No);
        }
    }
    Ok(Exit::Yes)
}

/// As git does, a hook that is not executable is left out, but not in silence.
fn is_runnable(hook: &Path, printer: &Printer) -> bool {
    let Ok(metadata) = hook.metadata() else { return false };
    let runnable = metadata.permissions().mode() & 0o111 != 0;
    if !runnable {
        printer.warn(&format!("`{}` is not executable and was left out", hook.display()));
    }
    runnable
}

/// As git does, a hook without `#!` is left to the shell.
fn run_kept(hook: &Path, args: &RunArgs, input: &[u8]) -> io::Result<bool> {
    let child = match start(Command::new(hook).args(&args.remote)) {
        Err(error) if error.raw_os_error() == Some(NO_FORMAT) => {
            start(Command::new("sh").arg(hook).args(&args.remote))?
        }
        started => started?,
    };
    feed(child, input)
}

fn start(command: &mut Command) -> io::Result<Child> {
    command.stdin(Stdio::piped()).spawn()
}

/// Gives a program its input and waits for its answer.
fn feed(mut child: Child, input: &[u8]) -> io::Result<bool> {
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
    let status = child.wait()?;
    match written {
        // It may have ended without reading all of it.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(status.success()),
    }
}
