//! Commands that look at a register, as clap sees them.

use std::path::PathBuf;

use clap::Args;
use declass::register::{Kind, Role, Time};

use super::{append::kind_parser, parse_digits};
use crate::cli::args::VerdictArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register list removals
  declass register list removals --open              # requests that wait for an answer, the most urgent first
  declass register list removals --due 7d            # of these, those due within a week
  declass register list removals --request 57a5c527
  declass register list removals --json

A request is due one month after it was received (GDPR 12(3)), or three where `extended` was entered; that a time which ends \
on a holiday or weekend goes on to the next working day is not counted in.")]
pub(in crate::cli::register) struct ListArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: Option<PathBuf>,
    /// Requests that wait for an answer, not entries.
    #[arg(long)]
    pub(in crate::cli::register) open: bool,
    /// Of these, those that are due within so many days, or late.
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    pub(in crate::cli::register) due: Option<u16>,
    /// Of these, those that are late.
    #[arg(long)]
    pub(in crate::cli::register) overdue: bool,
    /// Only what is about this request: the first digits of its digest.
    #[arg(long, value_name = "DIGITS", value_parser = parse_digits)]
    pub(in crate::cli::register) request: Option<String>,
    /// Only what is about this model: the first digits of its digest.
    #[arg(long, value_name = "DIGITS", value_parser = parse_digits)]
    pub(in crate::cli::register) artifact: Option<String>,
    /// Only what is about this class, by index or label.
    #[arg(long, value_name = "CLASS")]
    pub(in crate::cli::register) class: Option<String>,
    /// Only events by this role.
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli::register) by: Option<Role>,
    /// Only events of this kind.
    #[arg(long, value_name = "EVENT", value_parser = kind_parser())]
    pub(in crate::cli::register) event: Option<Kind>,
    /// When to ask what is due; only the clock is moved, and entries of a later time are seen all the same [default: now].
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli::register) at: Option<Time>,
    /// Print one JSON object: schema, entries (as they are in the register), requests (request, state, requested, due,
    /// extended, overdue, settled, saltDestroyed, entries).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli::register) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register prove removals 3 > entry-3.json
  declass register prove removals 3-17 > for-the-authority.json
  declass register prove removals --request 57a5c527 > request.json
  declass register prove removals --old checkpoint.2026-10 > since-october.json
  declass register verify --proof entry-3.json --vkey removals.vkey")]
pub(in crate::cli::register) struct ProveArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// Number of the entry that shall be proved to be in the register, or the first and the last of several: 3-17.
    #[arg(value_name = "INDEX", value_parser = parse_range, required_unless_present_any = ["old", "request"])]
    pub(in crate::cli::register) index: Option<Range>,
    /// All entries of this request instead: the first digits of its digest.
    #[arg(long, value_name = "DIGITS", value_parser = parse_digits, conflicts_with = "index")]
    pub(in crate::cli::register) request: Option<String>,
    /// An older checkpoint: the proof is that the register begins with the entries that it was signed for, besides
    /// what else is asked for.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) old: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register verify removals
  declass register verify removals --vkey removals.vkey --old checkpoint.2026-10
  declass register verify removals --record request-17.json
  declass register verify removals --trust declass-trust.toml     # who else has seen it, and when
  declass register verify --proof entry-3.json --vkey removals.vkey

A register shows by itself that its entries are those that were signed. That its keeper did not sign another history \
since shows only against an older checkpoint: keep copies of the file `checkpoint` where the keeper has no access.

As JSON: passed, checks (id, outcome, summary and what each shows), findings, witnessed (with --trust: size, stamps, witnesses, \
ignored); `declass explain CODE` says what a code means.

Exit code 0: all checks pass; 1: a check says no; 2: could not tell, which is never a yes.")]
pub(in crate::cli::register) struct VerifyArgs {
    /// The register's folder.
    #[arg(value_name = "DIR", required_unless_present = "proof")]
    pub(in crate::cli::register) register: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: Option<PathBuf>,
    /// An older checkpoint of the register: it must still begin with the same entries (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) old: Vec<PathBuf>,
    /// The private record of a request, with its salt in FILE.salt: it must be one of the register's.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) record: Option<PathBuf>,
    /// Whose time stamps, cosignatures and own signatures count, and what has to be there: `[[tsa]]`, `[[witness]]`,
    /// `[[actor]]` and `[register]` of a trust file.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) trust: Option<PathBuf>,
    /// When to ask; what others say of a later time does not count [default: now].
    #[arg(long, value_name = "TIME", requires = "trust")]
    pub(in crate::cli::register) at: Option<Time>,
    /// A proof that `declass register prove` wrote; it is checked without the register.
    #[arg(long, value_name = "FILE", requires = "vkey", conflicts_with_all = ["register", "old", "record", "trust"])]
    pub(in crate::cli::register) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli::register) output: VerdictArgs,
}

#[cfg(feature = "compute")]
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass register dossier removals 57a5c527 --release out -o dossier.html
  declass register dossier removals --record request-17.json --release out --trust declass-trust.toml --supplement notes.txt

The page is one file that needs nothing else: open it in a browser, print it, file it. It says what happened when and by whom, what \
was removed, with which figures and limits, who signed, how to check each signature with other tools, the digests of the release, a \
proof that the entries are in the register, and what nobody claims. It holds no personal data that the register does not, but what \
--supplement puts into it.

Exit code 0: written, and nothing that was checked says no; 1: written, and something does, as the page says; 2: could not tell.")]
pub(in crate::cli::register) struct DossierArgs {
    /// The register's folder.
    #[arg(value_name = "DIR")]
    pub(in crate::cli::register) register: PathBuf,
    /// The request: the first digits of its digest.
    #[arg(value_name = "REQUEST", value_parser = parse_digits, required_unless_present = "record")]
    pub(in crate::cli::register) request: Option<String>,
    /// The request by its private record, with the salt in FILE.salt.
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    pub(in crate::cli::register) record: Option<PathBuf>,
    /// The page to write: a new file.
    #[arg(short, long, value_name = "FILE", default_value = "dossier.html", help_heading = "Output")]
    pub(in crate::cli::register) out: PathBuf,
    /// The release that answered the request: its claim says what was removed and with which figures.
    #[arg(long, value_name = "OUT")]
    pub(in crate::cli::register) release: Option<PathBuf>,
    /// The keys, services, witnesses and actors that are trusted: signatures are then checked.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) trust: Option<PathBuf>,
    /// The public key that is trusted, any that the register ever had [default: DIR.vkey]. Only a register whose key is
    /// named says when a release was signed.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) vkey: Option<PathBuf>,
    /// A private text, such as what the record says, that is bound in as it is. It may hold personal data; the page
    /// then does, too.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli::register) supplement: Option<PathBuf>,
    /// When to ask whether it was answered in time, and whose keys count; only the clock is moved, and entries of a later
    /// time are seen all the same [default: now].
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli::register) at: Option<Time>,
}

/// The first and the last of some entries.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::register) struct Range {
    pub(in crate::cli::register) first: u64,
    pub(in crate::cli::register) last: u64,
}

fn parse_range(text: &str) -> Result<Range, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| "expected a number, or two: 3-17".to_owned());
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = Range { first: number(first)?, last: number(last)? };
    if range.first <= range.last { Ok(range) } else { Err("the first comes before the last".into()) }
}

fn parse_days(text: &str) -> Result<u16, String> {
    let days = text.strip_suffix('d').unwrap_or(text);
    days.parse().map_err(|_| "expected a number of days, such as 30d".into())
}
