//! The command line of models on a hub.

#[cfg(feature = "hub")]
use std::path::PathBuf;

use clap::Args;
use declass::formats::RelPath;
#[cfg(feature = "hub")]
use declass::{device::DeviceChoice, fetch::RepoId};

/// How to treat models that are named as `org/name`.
#[derive(Args, Debug)]
pub(in crate::cli) struct HubArgs {
    /// Download nothing: models named as org/name come from the cache. HF_HUB_OFFLINE=1 says the same.
    #[arg(long, help_heading = "Hub")]
    pub(in crate::cli) offline: bool,
    /// The file to take of a repository with several models, such as onnx/model.onnx [default: safetensors
    /// before ONNX].
    #[arg(long, value_name = "PATH", value_parser = parse_file, help_heading = "Hub")]
    pub(in crate::cli) file: Option<RelPath>,
}

/// How to treat releases that are named as `org/name`, where only their claims are looked at.
#[derive(Args, Debug)]
pub(in crate::cli) struct OfflineArgs {
    /// Download nothing: releases named as org/name come from the cache. HF_HUB_OFFLINE=1 says the same.
    #[arg(long, help_heading = "Hub")]
    pub(in crate::cli) offline: bool,
}

/// What to send to a hub.
#[cfg(feature = "hub")]
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass push out org/name --original org/original --trust declass-trust.toml
  declass push out org/name --pr --unsigned    # ask the owner of the repository

The release must hold exactly the files of its claim, signed by a trusted key unless --unsigned is given; with --original \
all checks of `declass verify` are made, too. One commit takes all files along. Needs HF_TOKEN.

Exit code 0: sent; 1: a check says no, nothing was sent; 2: could not tell or could not send.")]
pub(in crate::cli) struct PushArgs {
    /// The release: a folder that `declass unlearn` wrote.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    /// The repository, as org/name; it is made if it is not there.
    #[arg(value_name = "REPOSITORY", value_parser = parse_repo)]
    pub(in crate::cli) repo: RepoId,
    /// The model it was made from, to verify it once more.
    #[arg(long, value_name = "MODEL")]
    pub(in crate::cli) original: Option<PathBuf>,
    /// Make the repository private, if it is new.
    #[arg(long)]
    pub(in crate::cli) private: bool,
    /// Open a pull request instead of changing the repository.
    #[arg(long)]
    pub(in crate::cli) pr: bool,
    /// The keys that are trusted: every file must be signed by one of them.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trust: Option<PathBuf>,
    /// Upload it without a signature check.
    #[arg(long, conflicts_with = "trust")]
    pub(in crate::cli) unsigned: bool,
    /// Where to compute: cpu, cuda, cuda:N, or auto (the first GPU if one can be used, else the CPU).
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub(in crate::cli) device: DeviceChoice,
    /// Print one JSON object: schema, repository, commit, url, files.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

fn parse_file(text: &str) -> Result<RelPath, String> {
    RelPath::try_from(text).map_err(|problem| problem.to_string())
}

#[cfg(feature = "hub")]
fn parse_repo(text: &str) -> Result<RepoId, String> {
    RepoId::parse(text).ok_or_else(|| "expected org/name".into())
}
