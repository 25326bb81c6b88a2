//! The command line of time stamps.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass timestamp request out -o q.tsq
  curl -sSf -H 'Content-Type: application/timestamp-query' --data-binary @q.tsq https://tsa.example.org -o r.tsr
  declass timestamp attach out r.tsr
  declass verify out --trust declass-trust.toml
  declass timestamp request removals -o q.tsq    # of a register's checkpoint

Any service that speaks RFC 3161 will do; it sees a digest and nothing else. What is stamped is the signature in model.sig, \
which is over all files, the claim's own signature included. With a service that the trust file names, the keys of both are \
judged at the time of the stamp, so that a release outlives them; without, at the time of verification. Signing again makes a \
signature without a stamp. Of a register the checkpoint is stamped, and the answer kept in `checkpoints/`: \
`declass register verify --trust` judges it.

  # in declass-trust.toml: the certificate of the service, or that of the authority that issued it
  [[tsa]]
  pem = \"tsa.pem\"
  sha256 = \"...\"  # openssl x509 -in tsa.pem -noout -fingerprint -sha256
  identity = \"tsa.example.org\"")]
pub(in crate::cli) struct TimestampArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: TimestampCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TimestampCommand {
    /// Put the answer of a service into the signature of a release, if it is in order and the answer to the
    /// request.
    Attach(AttachArgs),
    /// Write a request for a time stamp of a release's signature.
    Request(RequestArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass timestamp attach out r.tsr

No key is needed: model.sig is the only file that changes, and what it signs does not. Several stamps may be attached; the \
earliest that counts is the one that counts. Whether a service is trusted is for `declass verify --trust` to say.")]
pub(in crate::cli) struct AttachArgs {
    /// The signed release, or a register.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    /// The answer of the service: DER of a TimeStampResp.
    #[arg(value_name = "ANSWER")]
    pub(in crate::cli) answer: PathBuf,
    /// Print one JSON object: schema, time, service (as its certificate names it).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass timestamp request out -o q.tsq
  curl -sSf -H 'Content-Type: application/timestamp-query' --data-binary @q.tsq https://tsa.example.org -o r.tsr

The same signature gives the same request, nonce included, so that the answer can be checked without keeping it.")]
pub(in crate::cli) struct RequestArgs {
    /// The signed release, or a register.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    /// The file to write, which must not exist and must not lie in the release.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
    /// Print one JSON object: schema, request, sha256 (of the request).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}
