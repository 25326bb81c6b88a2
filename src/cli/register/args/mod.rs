//! `declass register` as clap sees it.

mod append;
mod look;
mod others;

use std::path::PathBuf;

pub(super) use append::AppendArgs;
use clap::{Args, Subcommand};
use declass::register::{Origin, check_digits};
#[cfg(feature = "compute")]
pub(super) use look::DossierArgs;
pub(super) use look::{ListArgs, ProveArgs, Range, VerifyArgs};
pub(super) use others::{CountersignArgs, ImportArgs, WitnessArgs};

use crate::cli::args::PassphraseArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register init removals --origin example.org/removals
  declass register append removals requested --record request-17.json
  declass register verify removals")]
pub(crate) struct RegisterArgs {
    #[command(subcommand)]
    pub(super) command: RegisterCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RegisterCommand {
    /// Enter an event.
    Append(Box<AppendArgs>),
    /// Sign an entry that a proof shows, with a key of your own, for the register's keeper to enter.
    Countersign(CountersignArgs),
    /// Write all that there is about one request on one page.
    #[cfg(feature = "compute")]
    Dossier(Box<DossierArgs>),
    /// Copy a register to a new place, if it is sound.
    Import(ImportArgs),
    /// Make an empty register and its key.
    Init(InitArgs),
    /// List the events or the requests, after checking the register.
    List(ListArgs),
    /// Prove that an event is in the register, or that it still begins as it once was.
    Prove(ProveArgs),
    /// Check a register, or a proof from one.
    Verify(VerifyArgs),
    /// Have a witness cosign the checkpoint: write what it is sent, or take its answer.
    Witness(WitnessArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register init removals --origin example.org/removals
  declass register init removals --origin example.org/removals --key ~/keys/removals.key

DIR gets `entries.jsonl` and `checkpoint`, two text files for a git repository of their own. The private key is encrypted \
with a passphrase, which is that of --passphrase-file, of $DECLASS_KEY_PASSPHRASE, of the systemd credential \
declass-passphrase, or asked for, in this order; keep a copy of the key. The public key lies beside it, ending in .vkey; \
give it to everybody who verifies.")]
pub(super) struct InitArgs {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    pub(super) register: PathBuf,
    /// The register's name for ever: a host and a path of yours, without spaces and `+`.
    #[arg(long, value_name = "NAME")]
    pub(super) origin: Origin,
    /// The private key, outside of DIR; made if nothing is there [default: DIR.key].
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArgs,
    /// Print one JSON object: schema, register, origin, key, public, vkey.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

/// The first digits of a digest on the command line.
pub(super) fn parse_digits(text: &str) -> Result<String, String> {
    check_digits(text).map(|()| text.to_owned())
}
