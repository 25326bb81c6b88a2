//! Commands that others take part in, as clap sees them.

use std::path::PathBuf;

use clap::Args;
use declass::register::Role;

use crate::cli::args::PassphraseArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register witness removals -o ask
  curl -sSf --data-binary @ask https://witness.example.org/add-checkpoint -o answer
  declass register witness removals --answer answer --trust declass-trust.toml

A witness follows a register and cosigns its checkpoints only if each continues those that it saw before, so that nobody can be \
shown another history. What it is sent and answers is C2SP's tlog-witness; `declass` never goes online. The cosignatures of \
witnesses that the trust file names lie beside the checkpoint in `checkpoints/`.

  # in declass-trust.toml
  [[witness]]
  vkey = \"witness.example.org+...\"
  identity = \"witness.example.org\"
  [register]
  witnesses = 1")]
pub(in crate::cli::register) struct WitnessArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// Write what a witness is sent to this new file.
    #[arg(short, long, value_name = "FILE", required_unless_present = "answer")]
    pub(in crate::cli::register) out: Option<PathBuf>,
    /// How many entries the witness has seen [default: those of the latest checkpoint with a cosignature].
    #[arg(long, value_name = "SIZE", requires = "out")]
    pub(in crate::cli::register) old: Option<u64>,
    /// Take the answer of a witness.
    #[arg(long, value_name = "FILE", conflicts_with = "out", requires = "trust")]
    pub(in crate::cli::register) answer: Option<PathBuf>,
    /// The witnesses that are known: `[[witness]]` of a trust file.
    #[arg(long, value_name = "FILE", requires = "answer")]
    pub(in crate::cli::register) trust: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE", requires = "out")]
    pub(in crate::cli::register) vkey: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register prove removals 1 > entry-1.json                  # the keeper of the register
  declass register countersign entry-1.json --vkey removals.vkey --by data-protection-officer --key dpo.key -o signed.json
  declass register append removals countersigned --signed signed.json

The entry is shown before it is signed. What is signed is its digest under the register's name, so that it is of no other entry.")]
pub(in crate::cli::register) struct CountersignArgs {
    /// The proof of the entry that `declass register prove` wrote.
    #[arg(value_name = "PROOF")]
    pub(in crate::cli::register) proof: PathBuf,
    /// The public key of the register.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: PathBuf,
    /// Your role, such as data-protection-officer, never a name.
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli::register) by: Role,
    /// Your private key; made if nothing is there. Its public key lies beside it.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) key: PathBuf,
    #[command(flatten)]
    pub(in crate::cli::register) passphrase: PassphraseArgs,
    /// The new file for the keeper of the register.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli::register) out: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register import /backup/removals removals --vkey removals.vkey --old checkpoint.2026-10

Whether a copy is the latest one, it cannot say itself: name a checkpoint that was kept elsewhere with --old.

Exit code 0: copied; 1: it is not sound, or older than --old; 2: could not tell. Nothing is written then.")]
pub(in crate::cli::register) struct ImportArgs {
    /// The register to copy.
    #[arg(value_name = "FROM")]
    pub(in crate::cli::register) from: PathBuf,
    /// The folder to make.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// The public key that is trusted, any that the register ever had.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: PathBuf,
    /// An older checkpoint of the register: it must still begin with the same entries (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) old: Vec<PathBuf>,
}
