//! The command line tool.

#![cfg_attr(not(feature = "compute"), expect(dead_code, reason = "the gate has a part of the commands"))]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
