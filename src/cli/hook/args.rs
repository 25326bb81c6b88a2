//! `declass hook` as clap sees it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use declass::formats::RelPath;

use crate::cli::args::VerdictArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass hook install --trust ../keys/declass-trust.toml      # in this clone, before every push
  declass hook check v1.0 --trust ../keys/declass-trust.toml   # the same, now")]
pub(crate) struct HookArgs {
    #[command(subcommand)]
    pub(super) command: HookCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// Check what commits, branches or tags hold, as in CI.
    Check(CheckArgs),
    /// Have a repository check whatever is pushed.
    Install(InstallArgs),
    /// Run by git's pre-push hook (reads refs from standard input).
    #[command(after_help = "\
Examples:
  echo \"main $(git rev-parse main) main $(git rev-parse main)\" | declass hook pre-push")]
    PrePush(RunArgs),
    /// Run by git's pre-receive hook (reads refs from standard input).
    #[command(after_help = "\
Examples:
  echo \"$(git rev-parse main) $(git rev-parse main) refs/heads/main\" | declass hook pre-receive")]
    PreReceive(RunArgs),
    /// Take the hooks out again and put back what was there before.
    Uninstall(UninstallArgs),
}

/// What is checked, for the help of several commands.
macro_rules! what_is_checked {
    () => {
        "\
A release is a folder with a claim (class-removal.sigstore.json or class-removal.statement.json) or a model.sig. Each must pass what \
`declass verify --trust` asks for, by git's objects and not by what is checked out: signatures, digests of every file, claim, policy. \
Weights that lie in no release are refused; they are known by name (.safetensors, .onnx, .bin, .pt, .npz and the like) and by what \
is in them, also where that is written as text (base64, hexadecimal digits, tables of numbers). Where a repository holds other models \
or data, name the folders of releases with --path; a link or submodule in the place of such a folder, or in it, is refused. The \
weights of a release may be git-lfs pointers: a pointer has the digest that was signed. What would need the weights themselves (rows, labels, seal) is then said to be not shown, or refused if the policy \
says `structure = true`.

Of every ref its tip is checked, not each commit before it. An older release whose signature counts passes, under whatever folder; \
`forgotten` in the policy says which classes must be gone. Submodules are not looked into. Attributes (.gitattributes) can change what \
a checkout looks like: `declass verify` on the checkout notices."
    };
}

#[derive(Args, Debug)]
#[command(after_help = concat!("\
Examples:
  declass hook install --trust ../keys/declass-trust.toml
  declass hook install --trust ../keys/declass-trust.toml --policy ../keys/declass.toml --path releases
  declass hook install /srv/models.git --trust /srv/keys/declass-trust.toml --pre-receive

The hook goes where git looks for hooks (core.hooksPath is heeded). A hook that is there already is kept as \
pre-push.before-declass and runs after the check, with the same arguments and input; so does git-lfs where the repository uses it. \
The settings are kept in the repository's own configuration as declass.trust, declass.policy and declass.path. A trust file or \
policy in a work tree of the repository is refused, kept by it or not: whoever pushes would say whom to trust.

`git push --no-verify` passes by a pre-push hook, and a clone has no hooks: let the server run the same check with --pre-receive, or \
CI with `declass hook check`.

", what_is_checked!()))]
pub(super) struct InstallArgs {
    /// The repository: a folder in it, or a bare one.
    #[arg(value_name = "REPO", default_value = ".")]
    pub(super) repository: PathBuf,
    /// The keys that are trusted, kept apart from the repository.
    #[arg(long, value_name = "FILE")]
    pub(super) trust: PathBuf,
    /// What releases must be.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Look into this folder of the repository only (repeatable).
    #[arg(long = "path", value_name = "FOLDER", value_parser = parse_folder)]
    pub(super) within: Vec<RelPath>,
    /// For the repository that is pushed to: check before anything is accepted.
    #[arg(long)]
    pub(super) pre_receive: bool,
    /// Print one JSON object: schema, hook, kept.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass hook uninstall
  declass hook uninstall /srv/models.git")]
pub(super) struct UninstallArgs {
    /// The repository: a folder in it, or a bare one.
    #[arg(value_name = "REPO", default_value = ".")]
    pub(super) repository: PathBuf,
    /// Print one JSON object: schema, removed (hook, restored).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = concat!("\
Examples:
  declass hook check HEAD --trust ../keys/declass-trust.toml
  declass hook check v1.0 --trust /keys/declass-trust.toml --path releases --some --format github

", what_is_checked!(), "

Exit code 0: all pass, or there is nothing to check; 1: a check says no; 2: could not tell, which is never a yes."))]
pub(super) struct CheckArgs {
    /// Commits, branches, tags: whatever git knows by this name.
    #[arg(value_name = "REV", required = true)]
    pub(super) revisions: Vec<String>,
    /// Exit with 2 if there is nothing to check.
    #[arg(long)]
    pub(super) some: bool,
    #[command(flatten)]
    pub(super) rules: RuleArgs,
}

#[derive(Args, Debug)]
#[command(after_help = what_is_checked!())]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) rules: RuleArgs,
    /// Another hook, which runs after a yes with the same arguments and input, if it is there.
    #[arg(long, value_name = "FILE")]
    pub(super) next: Option<PathBuf>,
    /// What git says of the other side: its name and address.
    #[arg(value_name = "REMOTE")]
    pub(super) remote: Vec<std::ffi::OsString>,
}

/// What is asked of releases.
#[derive(Args, Debug)]
#[group(skip)]
pub(super) struct RuleArgs {
    /// The keys that are trusted, kept apart from the repository [default: declass.trust of the repository's
    /// configuration].
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Option<PathBuf>,
    /// What releases must be [default: declass.policy].
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Look into this folder of the repository only (repeatable) [default: declass.path].
    #[arg(long = "path", value_name = "FOLDER", value_parser = parse_folder)]
    pub(super) within: Vec<RelPath>,
    #[command(flatten)]
    pub(super) output: VerdictArgs,
}

/// A folder of a repository as git spells it.
fn parse_folder(text: &str) -> Result<RelPath, String> {
    let text = text.strip_prefix("./").unwrap_or(text);
    RelPath::try_from(text.strip_suffix('/').unwrap_or(text)).map_err(|problem| problem.to_string())
}
