//! `declass register append` as clap sees it.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use declass::register::{Kind, Role, Time};

use super::parse_digits;
use crate::cli::args::PassphraseArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register append removals requested --record request-17.json
  declass register append removals approved --record request-17.json --by data-protection-officer --by-key dpo.key
  declass register append removals amended --record request-17.json --request 57a5c527
  declass register append removals class-removed --release out --record request-17.json
  declass register append removals verified --release out --trust declass-trust.toml
  declass register append removals released --release out
  declass register append removals released --with-earlier --record request-17.json --release out --trust declass-trust.toml
  declass register append removals superseded --release out --successor out-2
  declass register append removals key-rotated --new-key removals-2027.key

The register has no personal data: a record stays with you, and only SHA-256(salt, record) is entered. The salt is made \
with `requested` and lies beside the record, ending in .salt; keep both unchanged to show later which request it was, and \
destroy the salt to make that impossible for everybody: `salt-destroyed --record FILE` enters that, and removes FILE.salt. A \
record that has changed is entered with `amended` before anything else; it keeps its salt.

`verified` and `released` say what you did. With --trust the release has to pass `declass verify` by its signatures \
first; without, only that its files are those of its claim.

Exit code 0: entered, and on disk; 1: the register or the gate says no; 2: could not tell.")]
pub(in crate::cli::register) struct AppendArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// What happened. A request is requested, amended, extended, approved or voided; a release is class-removed,
    /// verified, released, superseded, withdrawn, in this order; salt-destroyed ends the link from a request to its
    /// record; countersigned answers for another entry; key-rotated lets another key sign from then on.
    #[arg(value_name = "EVENT", value_parser = kind_parser())]
    pub(in crate::cli::register) event: Kind,
    /// The private key that signs the register now [default: DIR.key].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) key: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli::register) passphrase: PassphraseArgs,
    /// The private record of the request. It is not entered, only its digest with the salt in FILE.salt.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) record: Option<PathBuf>,
    /// The request by the digest that the register knows it by, or its first digits, where the record is not at
    /// hand; for `amended` beside the changed record.
    #[arg(long, value_name = "DIGITS", value_parser = parse_digits)]
    pub(in crate::cli::register) request: Option<String>,
    /// A private record of this event's own, such as the grounds of an approval; salted and kept like that of the
    /// request.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) own_record: Option<PathBuf>,
    /// Who the event is by: a role such as data-protection-officer, never a name.
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli::register) by: Option<Role>,
    /// The private key of the one whose role that is, who signs the event, too; made if nothing is there. Its public
    /// key lies beside it.
    #[arg(long, value_name = "FILE", requires = "by")]
    pub(in crate::cli::register) by_key: Option<PathBuf>,
    /// The file that holds the passphrase of --by-key [default: as for the register's key, but for
    /// --passphrase-file].
    #[arg(long, value_name = "PATH", requires = "by_key", help_heading = "Signing")]
    pub(in crate::cli::register) by_passphrase_file: Option<PathBuf>,
    /// For `countersigned`: the number of the entry that --by-key answers for.
    #[arg(long, value_name = "INDEX", requires = "by_key")]
    pub(in crate::cli::register) entry: Option<u64>,
    /// For `countersigned`: what `declass register countersign` wrote elsewhere.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["entry", "by", "own_record"])]
    pub(in crate::cli::register) signed: Option<PathBuf>,
    /// The release that the event is about, from which digests and classes are taken.
    #[arg(long, value_name = "OUT")]
    pub(in crate::cli::register) release: Option<PathBuf>,
    /// The release by its digest in the register, or its first digits, where the folder is not at hand; for
    /// `superseded` and `withdrawn`.
    #[arg(long, value_name = "DIGITS", value_parser = parse_digits, conflicts_with = "release")]
    pub(in crate::cli::register) artifact: Option<String>,
    /// Enter digests of the classes' labels with the record's salt, since the labels are personal data.
    #[arg(long, requires_all = ["record", "release"])]
    pub(in crate::cli::register) label_private: bool,
    /// For `verified` and `released`: enter it only if the gate says yes, trusting the keys of this file.
    #[arg(long, value_name = "FILE", requires = "release")]
    pub(in crate::cli::register) trust: Option<PathBuf>,
    /// What the gate then asks of the release besides.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(in crate::cli::register) policy: Option<PathBuf>,
    /// For `verified` and `released`: enter what has to come before and is not entered yet, `class-removed` and (with
    /// --trust) `verified`, too; --by is of the last one alone.
    #[arg(long, requires = "release")]
    pub(in crate::cli::register) with_earlier: bool,
    /// For `superseded`: the release that replaces this one, a folder or a digest.
    #[arg(long, value_name = "OUT|DIGITS")]
    pub(in crate::cli::register) successor: Option<PathBuf>,
    /// For `key-rotated`: the new private key; made if nothing is there. Its public key lies beside it.
    #[arg(long, value_name = "FILE", required_if_eq("event", "key-rotated"))]
    pub(in crate::cli::register) new_key: Option<PathBuf>,
    /// The file that holds the new key's passphrase [default: as for the present key, but for
    /// --passphrase-file].
    #[arg(long, value_name = "PATH", requires = "new_key", help_heading = "Signing")]
    pub(in crate::cli::register) new_passphrase_file: Option<PathBuf>,
    /// When it happened, such as 2026-11-21T10:00:00Z, not before the latest entry (unless a wrong clock made that)
    /// and not in the future [default: now].
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli::register) time: Option<Time>,
    /// Print one JSON object: schema, entry, checkpoint, earlier (other entries of --with-earlier); or, if the gate says no, entry (null), verdict,
    /// findings.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli::register) json: bool,
}

/// One of the events by its name.
pub(super) fn kind_parser() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no event of this name"))
}
