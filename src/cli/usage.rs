//! What the command line itself has to say: that it was not understood, and that nobody can read the answer.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Exit;

/// Says what is wrong with the arguments, or gives the help that was asked for.
pub(super) fn refuse(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if let Some(class) = class_without_option(error) {
        let _ = writeln!(io::stderr(), "\nhint: a class is named with --forget: `--forget {class}`");
    }
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(Exit::Unknown as u8),
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Unknown as u8)),
    }
}

/// The argument of `declass unlearn MODEL CLASS` that looks like a class.
fn class_without_option(error: &clap::Error) -> Option<String> {
    let is_unlearn = std::env::args().nth(1).is_some_and(|command| command == "unlearn");
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_word = !argument.starts_with('-') && !argument.chars().any(char::is_control);
    (error.kind() == ErrorKind::UnknownArgument && is_unlearn && is_word).then(|| argument.clone())
}

/// Says that not all of the answer was printed.
pub(super) fn say_unprinted(error: &io::Error) {
    let _ = writeln!(anstream::stderr(), "error: standard output cannot be written: {error}");
}
