//! Commands: arguments in, library calls, text or JSON out.

mod advice;
#[cfg(feature = "compute")]
mod amended;
mod args;
mod bars;
#[cfg(feature = "compute")]
mod batch;
#[cfg(feature = "inputs")]
mod beside;
#[cfg(feature = "inputs")]
mod changed;
#[cfg(feature = "compute")]
mod compare;
#[cfg(feature = "compute")]
mod device;
mod env;
#[cfg(feature = "compute")]
mod evaluate;
mod explain;
#[cfg(feature = "compute")]
mod export;
mod findings;
mod glossary;
mod hook;
mod hub;
#[cfg(feature = "compute")]
mod inspect;
mod key;
mod keygen;
#[cfg(feature = "compute")]
mod labelled;
mod log;
mod measured;
#[cfg(feature = "compute")]
mod methods;
mod output;
mod outside;
#[cfg(all(feature = "compute", feature = "hub"))]
mod push;
mod register;
#[cfg(feature = "compute")]
mod report;
#[cfg(feature = "compute")]
mod reproduce;
#[cfg(feature = "compute")]
mod run;
mod schema;
mod shell;
mod sign;
#[cfg(feature = "compute")]
mod source;
#[cfg(feature = "compute")]
mod summary;
mod timestamp;
#[cfg(feature = "compute")]
mod told;
#[cfg(feature = "compute")]
mod trace;
#[cfg(feature = "compute")]
mod unlearn;
mod usage;
mod verdict;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use declass::error::{Error, RegisterError, UnlearnError};

use args::{Cli, Command};
use output::Printer;

/// What an exit code means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Exit {
    /// Done; the gate says yes.
    Yes = 0,
    /// The gate or the register says no, or no attempt at unlearning succeeded: nothing was written.
    No = 1,
    /// Could not tell: wrong usage, unreadable or unsuitable input. Never a yes.
    Unknown = 2,
}

/// Parses the command line, runs the command, and says how it ended.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::refuse(&error),
    };
    let printer = Printer::new(cli.verbosity());
    let result = match &cli.command {
        #[cfg(feature = "compute")]
        Command::Evaluate(args) => evaluate::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Batch(args) => batch::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Compare(args) => compare::run(args, &printer),
        Command::Completions(args) => shell::completions(args, &printer),
        Command::Env(args) => env::run(args, &printer),
        Command::Explain(args) => explain::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Export(args) => export::run(args, &printer),
        Command::Hook(args) => hook::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Inspect(args) => inspect::run(args, &printer),
        Command::Keygen(args) => keygen::run(args, &printer),
        Command::Log(args) => log::run(args, &printer),
        Command::Man(args) => shell::man(args, &printer),
        #[cfg(feature = "compute")]
        Command::Methods(args) => methods::run(args, &printer),
        #[cfg(all(feature = "compute", feature = "hub"))]
        Command::Push(args) => push::run(args, &printer),
        Command::Register(args) => register::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Report(args) => report::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Reproduce(args) => reproduce::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Run(args) => run::run(args, &printer),
        Command::Sign(args) => sign::run(args, &printer),
        Command::Timestamp(args) => timestamp::run(args, &printer),
        #[cfg(feature = "compute")]
        Command::Unlearn(args) => unlearn::run(args, &printer),
        Command::Verify(args) => verify::run(args, &printer),
    };
    let exit = result.unwrap_or_else(|error| {
        printer.error(&error);
        match error.downcast_ref() {
            Some(
                Error::Unlearn(UnlearnError::DidNotForget { .. })
                | Error::Register(RegisterError::Refuses { .. }),
            ) => Exit::No,
            _ => Exit::Unknown,
        }
    });
    match printer.failure() {
        // Whoever asked does not know the answer.
        Some(error) => {
            usage::say_unprinted(&error);
            ExitCode::from(Exit::Unknown as u8)
        }
        None => ExitCode::from(exit as u8),
    }
}
