//! `declass register` as clap sees it.

use std::path::PathBuf;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use declass::{
    formats::Sha256Digest,
    register::{Kind, Origin, Time},
};

use crate::cli::args::{PassphraseArgs, VerdictArgs};

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
    /// Make an empty register and its key.
    Init(InitArgs),
    /// List the events, after checking the register.
    List(ListArgs),
    /// Prove that an event is in the register, or that it still begins as it once was.
    Prove(ProveArgs),
    /// Check a register, or a proof from one.
    Verify(VerifyArgs),
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

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register append removals requested --record request-17.json
  declass register append removals approved --record request-17.json
  declass register append removals class-removed --release out --record request-17.json
  declass register append removals verified --release out --trust declass-trust.toml
  declass register append removals released --release out
  declass register append removals superseded --release out --successor out-2
  declass register append removals key-rotated --new-key removals-2027.key

The register has no personal data: a record stays with you, and only SHA-256(salt, record) is entered. The salt is made \
with `requested` and lies beside the record, ending in .salt; keep both unchanged to show later which request it was, and \
destroy the salt to make that impossible for everybody.

`verified` and `released` say what you did. With --trust the release has to pass `declass verify` by its signatures \
first; without, only that its files are those of its claim.

Exit code 0: entered, and on disk; 1: the register or the gate says no; 2: could not tell.")]
pub(super) struct AppendArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(super) register: PathBuf,
    /// What happened. A request is requested, approved or voided; a release is class-removed, verified,
    /// released, superseded, withdrawn, in this order; key-rotated lets another key sign from then on.
    #[arg(value_name = "EVENT", value_parser = kind_parser())]
    pub(super) event: Kind,
    /// The private key that signs the register now [default: DIR.key].
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArgs,
    /// The private record of the request. It is not entered, only its digest with the salt in FILE.salt.
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// The request by the digest that the register knows it by, where the record is not at hand.
    #[arg(long, value_name = "SHA256", value_parser = parse_digest, conflicts_with = "record")]
    pub(super) request: Option<Sha256Digest>,
    /// The release that the event is about, from which digests and classes are taken.
    #[arg(long, value_name = "OUT")]
    pub(super) release: Option<PathBuf>,
    /// The release by its digest in the register, where the folder is not at hand; for `superseded` and
    /// `withdrawn`.
    #[arg(long, value_name = "SHA256", value_parser = parse_digest, conflicts_with = "release")]
    pub(super) artifact: Option<Sha256Digest>,
    /// Enter digests of the classes' labels with the record's salt, since the labels are personal data.
    #[arg(long, requires_all = ["record", "release"])]
    pub(super) label_private: bool,
    /// For `verified` and `released`: enter it only if the gate says yes, trusting the keys of this file.
    #[arg(long, value_name = "FILE", requires = "release")]
    pub(super) trust: Option<PathBuf>,
    /// What the gate then asks of the release besides.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(super) policy: Option<PathBuf>,
    /// For `superseded`: the release that replaces this one, a folder or a digest.
    #[arg(long, value_name = "OUT|SHA256")]
    pub(super) successor: Option<PathBuf>,
    /// For `key-rotated`: the new private key; made if nothing is there. Its public key lies beside it.
    #[arg(long, value_name = "FILE", required_if_eq("event", "key-rotated"))]
    pub(super) new_key: Option<PathBuf>,
    /// The file that holds the new key's passphrase [default: as for the present key, but for
    /// --passphrase-file].
    #[arg(long, value_name = "PATH", requires = "new_key", help_heading = "Signing")]
    pub(super) new_passphrase_file: Option<PathBuf>,
    /// When it happened, such as 2026-11-21T10:00:00Z, not before the latest entry (unless a wrong clock made that)
    /// and not in the future [default: now].
    #[arg(long, value_name = "TIME")]
    pub(super) time: Option<Time>,
    /// Print one JSON object: schema, entry, checkpoint; or, if the gate says no, entry (null), verdict,
    /// findings.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register list removals
  declass register list removals --json")]
pub(super) struct ListArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(super) register: PathBuf,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(super) vkey: Option<PathBuf>,
    /// Print one JSON object: schema, entries (as they are in the register).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register prove removals 3 > entry-3.json
  declass register prove removals --old checkpoint.2026-10 > since-october.json
  declass register verify --proof entry-3.json --vkey removals.vkey")]
pub(super) struct ProveArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(super) register: PathBuf,
    /// Number of the entry that shall be proved to be in the register.
    #[arg(value_name = "INDEX", required_unless_present = "old")]
    pub(super) index: Option<u64>,
    /// An older checkpoint; the proof is that the register begins with the entries that it was signed for.
    #[arg(long, value_name = "FILE", conflicts_with = "index")]
    pub(super) old: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(super) vkey: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register verify removals
  declass register verify removals --vkey removals.vkey --old checkpoint.2026-10
  declass register verify removals --record request-17.json
  declass register verify --proof entry-3.json --vkey removals.vkey

A register shows by itself that its entries are those that were signed. That its keeper did not sign another history \
since shows only against an older checkpoint: keep copies of the file `checkpoint` where the keeper has no access.

As JSON: passed, checks (check, holds, summary, code: null if it holds); `declass explain CODE` says what a code means.

Exit code 0: all checks pass; 1: a check says no; 2: could not tell, which is never a yes.")]
pub(super) struct VerifyArgs {
    /// The register's folder.
    #[arg(value_name = "DIR", required_unless_present = "proof")]
    pub(super) register: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(super) vkey: Option<PathBuf>,
    /// An older checkpoint of the register: it must still begin with the same entries (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(super) old: Vec<PathBuf>,
    /// The private record of a request, with its salt in FILE.salt: it must be one of the register's.
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// A proof that `declass register prove` wrote; it is checked without the register.
    #[arg(long, value_name = "FILE", requires = "vkey", conflicts_with_all = ["register", "old", "record"])]
    pub(super) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: VerdictArgs,
}

/// One of the events by its name.
fn kind_parser() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no event of this name"))
}

/// A digest on the command line.
pub(super) fn parse_digest(text: &str) -> Result<Sha256Digest, String> {
    Sha256Digest::from_hexadecimal(text).ok_or_else(|| "expected 64 hexadecimal digits".into())
}
