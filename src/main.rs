//! The command line tool.

#![cfg_attr(not(feature = "compute"), expect(dead_code, reason = "the gate has a part of the commands"))]

mod cli;

use std::process::ExitCode;

/// That of musl asks the system for every larger piece of memory, and gives it back at once.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
