//! The command line as clap sees it; values are parsed into the library's types at once.

#[cfg(feature = "compute")]
mod batch;
#[cfg(feature = "compute")]
mod compare;
#[cfg(feature = "compute")]
mod compute;
#[cfg(feature = "compute")]
mod data;
mod hub;
mod judged;
mod shell;
mod signing;
mod timestamp;

use std::path::PathBuf;

#[cfg(feature = "compute")]
use clap::ArgGroup;
use clap::{Args, Parser, Subcommand};

#[cfg(feature = "compute")]
pub(super) use batch::BatchArgs;
#[cfg(feature = "compute")]
pub(super) use compare::CompareArgs;
#[cfg(feature = "compute")]
pub(super) use compute::{
    Chosen, EvaluateArgs, ExportArgs, ExportFormat, InspectArgs, MethodsArgs, ModelArgs, ReproduceArgs,
    RunArgs, UnlearnArgs,
};
#[cfg(feature = "compute")]
pub(super) use data::{DataArgs, ExampleArgs, KeepArgs};
#[cfg(feature = "compute")]
pub(super) use hub::HubArgs;
pub(super) use hub::OfflineArgs;
#[cfg(all(feature = "compute", feature = "hub"))]
pub(super) use hub::PushArgs;
pub(super) use judged::JudgedArgs;
pub(super) use shell::{CompletionsArgs, EnvArgs, ManArgs};
pub(super) use signing::{
    ExplainArgs, KeyArgs, KeySource, KeygenArgs, PassphraseArgs, SignArgs, VerdictArgs, VerdictFormat,
};
pub(super) use timestamp::{AttachArgs, RequestArgs, TimestampArgs, TimestampCommand};

use super::output::Verbosity;

/// Removes classes from a trained classifier without training data, and checks the result.
#[derive(Debug, Parser)]
#[command(name = "declass", version, max_term_width = 100, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Say more: sampling per class, every attempt, every figure, every label.
    #[arg(short, long, global = true, overrides_with = "verbose", help_heading = "Output")]
    verbose: bool,
    /// Print nothing but errors and what --json asks for.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
}

#[cfg(feature = "compute")]
const EXAMPLES: &str = "\
Examples:
  declass inspect model                          # what it is, and its classes
  declass unlearn model --forget Sandal -o out   # the copy, its claim and card
  declass verify out --original model            # measures everything again";
#[cfg(not(feature = "compute"))]
const EXAMPLES: &str = "\
Examples:
  declass verify out --trust declass-trust.toml     # who signed it, and what
  declass hook install --trust declass-trust.toml   # the same for each push

This build is the gate alone: it neither unlearns nor measures.";

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or the release passes
  1  rejected: a check says no, or unlearning failed: nothing was written
  2  no verdict: wrong usage, unreadable or unsuitable input

Results go to stdout (with --json one JSON value and nothing else), warnings and
errors to stderr.";

impl Cli {
    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        }
    }
}

/// In the order in which people come to use them.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[cfg(feature = "compute")]
    /// Show what a model is: its classes, its head, its embedding.
    Inspect(InspectArgs),
    #[cfg(feature = "compute")]
    /// Remove classes from a model, verify the result and write it with a claim.
    Unlearn(Box<UnlearnArgs>),
    /// Check a release: who signed it, what changed, and whether the classes are gone.
    Verify(VerifyArgs),
    #[cfg(feature = "compute")]
    /// Measure what happens to your own pictures, texts or sounds, before and after.
    Evaluate(EvaluateArgs),
    #[cfg(feature = "compute")]
    /// Show a release on one page that people look at, with what `verify` finds.
    Report(ReportArgs),
    #[cfg(feature = "compute")]
    /// Hold models against each other: files, answers, layers, single inputs.
    Compare(CompareArgs),
    #[cfg(feature = "compute")]
    /// Carry out a plan: many models, many classes, one summary.
    Batch(BatchArgs),
    #[cfg(feature = "compute")]
    /// Run a model on arrays of your own and save what comes out.
    Run(RunArgs),
    /// Make a key to sign releases with.
    Keygen(KeygenArgs),
    /// Sign a release: its claim, then all of it.
    Sign(SignArgs),
    /// Add a trusted time stamp (RFC 3161) to a signed release.
    Timestamp(TimestampArgs),
    /// Upload a release to the Hugging Face Hub after checking it against its claim.
    #[cfg(all(feature = "compute", feature = "hub"))]
    Push(PushArgs),
    /// Install git hooks that reject releases failing verification.
    Hook(super::hook::HookArgs),
    /// Keep a tamper-evident register of requests and releases.
    Register(super::register::RegisterArgs),
    #[cfg(feature = "compute")]
    /// Repeat the recorded run and compare the files.
    Reproduce(ReproduceArgs),
    /// Show the removals that led to a release, the earliest first.
    Log(LogArgs),
    #[cfg(feature = "compute")]
    /// Convert the claim to CycloneDX, SLSA, in-toto or a model card.
    Export(ExportArgs),
    #[cfg(feature = "compute")]
    /// List the unlearning methods and where they come from.
    Methods(MethodsArgs),
    /// Explain a word, a check or the code of a finding.
    Explain(ExplainArgs),
    /// Print what a bug report needs: version, build, machine.
    Env(EnvArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages of all commands.
    Man(ManArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass log out
  declass log out --json
  declass log org/release    # only its claims are downloaded

Claims are read and held against each other; whether their signatures count is for `declass verify --trust` to say.

Exit code 0: the claims continue each other; 1: they do not; 2: could not tell.")]
pub(super) struct LogArgs {
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(super) release: PathBuf,
    #[command(flatten)]
    pub(super) hub: OfflineArgs,
    /// Print one JSON object: schema, removals (claim, method, slot, sealed, forgotten, signedBy), forgotten
    /// (in all), problems.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[cfg_attr(
    feature = "compute",
    command(group = ArgGroup::new("against").args(["original", "trust"]).required(true).multiple(true))
)]
#[command(after_help = "\
Examples:
  declass verify out --original fixtures/models/fmnist-resnet
  declass verify out --trust declass-trust.toml        # who signed what
  declass verify out --trust declass-trust.toml --register removals --vkey removals.vkey     # the key has expired since
  declass verify out --trust declass-trust.toml --policy declass.toml --original model --format github
  declass verify out --original model.onnx --json
  declass verify out --original model.onnx --seed 7          # fresh embeddings
  declass verify org/release --original org/original@v1
  declass verify out --original model --reproduce      # the same bytes again?
  declass verify out --original model.onnx --eval-embeddings test.npz

Figures of the claim on labelled embeddings are measured again where the same data are given, and said to be not re-checked \
otherwise.

With --trust, both signatures must be of a trusted key, every file must be as it was signed, no other file may be there, and the \
claim must fit the files; `declass explain` lists what may be found. The original is not needed for that. A key is judged at \
the time of a time stamp that counts, or of the register's entry (--register), or else at --at, or now.

As JSON: passed, verdict, signed, signatures, forgotten, findings, checks (id, version, outcome, summary, figures, ...), changes, \
evaluation (as `declass evaluate` gives it, without the models). What was not looked into is null.

Exit code 0: all checks pass; 1: a check says no; 2: could not tell, which is never a yes.")]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    pub(super) judged: JudgedArgs,
    #[command(flatten)]
    pub(super) output: VerdictArgs,
}

#[cfg(feature = "compute")]
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass report out --original model --trust declass-trust.toml
  declass report out --original model --register removals --vkey removals.vkey -o sandal.html

The page is one file that needs nothing else: open it in a browser, print it, file it. It says what was removed, what the model \
answers instead, class by class what changed, which checks were made, who signed, and what all of it does not show. What is named \
with --original and --trust is checked as `declass verify` does; without them the page says that nobody checked. Figures on real \
inputs are those of the claim: `declass evaluate --into` puts them there. With --register its entries about this release are shown, \
too.

Exit code 0: all checks pass, or none was asked for; 1: a check says no; 2: could not tell. The page is written in any case that \
leaves something to show, and says which.")]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub(super) judged: JudgedArgs,
    /// The page to write: a new file outside of the release.
    #[arg(short, long, value_name = "FILE", default_value = "report.html", help_heading = "Output")]
    pub(super) out: PathBuf,
}
