//! The command line of what goes around the tool: shells, manuals, bug reports.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass completions bash > ~/.local/share/bash-completion/completions/declass
  declass completions zsh > ~/.zfunc/_declass          # with ~/.zfunc in fpath
  declass completions fish > ~/.config/fish/completions/declass.fish")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub(in crate::cli) shell: Shell,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass man ~/.local/share/man/man1
  man declass-unlearn")]
pub(in crate::cli) struct ManArgs {
    /// The folder for the pages, which must exist; pages of other versions are replaced.
    #[arg(value_name = "FOLDER")]
    pub(in crate::cli) folder: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass env
  declass env --json

Nothing is sent anywhere, and no value of a variable that may hold a secret is shown.")]
pub(in crate::cli) struct EnvArgs {
    /// Print one JSON object: schema, version, target, features, processor (threads, instructions), devices, programs,
    /// folders, variables.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}
