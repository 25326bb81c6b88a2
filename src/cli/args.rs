//! The command line as clap sees it; values are parsed into the library's types at once.

mod hub;
mod signing;
mod timestamp;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use declass::{device::DeviceChoice, embeddings::Distribution, head::Slot, methods};

#[cfg(feature = "hub")]
pub(super) use hub::PushArgs;
pub(super) use hub::{HubArgs, OfflineArgs};
pub(super) use signing::{
    ExplainArgs, KeyArgs, KeySource, KeygenArgs, PassphraseArgs, SignArgs, VerdictArgs, VerdictFormat,
};
pub(super) use timestamp::{AttachArgs, RequestArgs, TimestampArgs, TimestampCommand};

use super::output::Verbosity;

/// Removes classes from trained classifiers, source-free, and proves it.
#[derive(Debug, Parser)]
#[command(name = "declass", version, max_term_width = 100, after_help = EXAMPLES_AND_EXIT_CODES)]
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

const EXAMPLES_AND_EXIT_CODES: &str = "\
Examples:
  declass inspect model                                    # what it is, and which classes it has
  declass unlearn model --forget Sandal -o out             # the copy, its claim and its card
  declass verify out --original model                      # measures everything again

Exit codes:
  0  done, or the gate says yes
  1  the gate says no, or unlearning did not succeed: nothing was written
  2  could not tell: wrong usage, unreadable or unsuitable input

Results go to stdout (with --json one JSON value and nothing else), warnings and errors to stderr.";

impl Cli {
    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure accuracy, drift, relearning and more on labelled embeddings of your own.
    Evaluate(EvaluateArgs),
    /// Explain a finding of `declass verify` by its code.
    Explain(ExplainArgs),
    /// Print what a release's claim says in a format of others.
    Export(ExportArgs),
    /// Have git refuse releases that the gate says no to.
    Hook(super::hook::HookArgs),
    /// Show what a model is: its classes, its head, its embedding.
    Inspect(InspectArgs),
    /// Make a key to sign releases with.
    Keygen(KeygenArgs),
    /// Show the removals that led to a release, the earliest first.
    Log(LogArgs),
    /// List the unlearning methods and where they come from.
    Methods(MethodsArgs),
    /// Send a release to a hub, after looking whether it is what its claim says.
    #[cfg(feature = "hub")]
    Push(PushArgs),
    /// Keep a register of requests and releases that nobody can change unnoticed.
    Register(super::register::RegisterArgs),
    /// Run the command of a release's claim again and compare what it makes.
    Reproduce(ReproduceArgs),
    /// Sign a release: its claim, then all of it.
    Sign(SignArgs),
    /// Have somebody else say when a release was signed: ask a time-stamping service, and keep its answer.
    Timestamp(TimestampArgs),
    /// Remove classes from a model, verify the result and write it with a claim.
    Unlearn(Box<UnlearnArgs>),
    /// Check a release: who signed it, and against its original what changed and whether the classes are gone.
    Verify(VerifyArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass evaluate out --original model --eval-embeddings test.safetensors
  declass evaluate out --original model --eval-embeddings test.npz --train-embeddings train.npz --json
  declass evaluate org/release --original org/original@v1 --eval-embeddings test.npz

The copy must be the original but for its head (and what dropping slots changes): embeddings are those of the original's \
encoder and say nothing of another. Embeddings are the input of the head that `declass inspect` names, in a safetensors file or an npz: a float tensor \
`embeddings` [N, D] and integers `labels` [N], indices into the original's classes. `test_embeddings` and \
`test_labels` (`train_embeddings`, `train_labels`) are found too.")]
pub(super) struct EvaluateArgs {
    /// The release (a folder that `declass unlearn` wrote, or a repository with one), or with --forget any changed copy of
    /// the model.
    #[arg(value_name = "OUT")]
    pub(super) release: PathBuf,
    /// The model it was made from.
    #[arg(long, value_name = "MODEL")]
    pub(super) original: PathBuf,
    #[command(flatten)]
    pub(super) hub: HubArgs,
    /// Labelled embeddings that the model was not trained on.
    #[arg(long, value_name = "FILE")]
    pub(super) eval_embeddings: PathBuf,
    /// Labelled embeddings that it was trained on, for membership inference and probes.
    #[arg(long, value_name = "FILE")]
    pub(super) train_embeddings: Option<PathBuf>,
    /// A forgotten class, by label or index (repeatable) [default: those of the release's claim].
    #[arg(long = "forget", short = 'f', value_name = "CLASS", allow_negative_numbers = true)]
    pub(super) forget: Vec<String>,
    /// The classifier head, where it is not found or several could be it [default: that of the claim].
    #[arg(long, value_name = "NAME")]
    pub(super) head: Option<String>,
    /// Seed of all draws: shots, splits, balancing.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Print one JSON object: schema, original and release (path, root, files), tier, seed, forgotten, data and
    /// trainData (name, sha256, rows, width, perClass), metrics (id, version, number, formula, origin, data, shows,
    /// notShown, outcome, summary, figures), notRun.
    ///
    /// `root` and the values of `files` are SHA-256 digests, the card left out; `root` is that of the claim's subject
    /// `oms-root`. A figure has quantity, value, unit and, where they apply, class, to, stratum, side, n and
    /// bound95 (side, value). `notRun` has an id and a reason each.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

/// Labelled embeddings that a run measures on besides.
#[derive(Args, Debug)]
pub(super) struct DataArgs {
    /// Labelled embeddings that the model was not trained on, as `declass evaluate --help` describes them: figures on
    /// real inputs (tier T2) for the claim and the card, with the file's digest.
    #[arg(long, value_name = "FILE", help_heading = "Labelled embeddings")]
    pub(super) eval_embeddings: Option<PathBuf>,
    /// Labelled embeddings that it was trained on, for membership inference and probes.
    #[arg(long, value_name = "FILE", requires = "eval_embeddings", help_heading = "Labelled embeddings")]
    pub(super) train_embeddings: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass export cyclonedx out > bom.cdx.json
  declass export slsa out -o provenance.json
  declass export cyclonedx org/release    # only its claim is downloaded
  declass export intoto out > out.intoto.jsonl
  declass export model-card out > README.md

An export repeats the claim and checks nothing; `declass verify` does that.")]
pub(super) struct ExportArgs {
    /// The format.
    #[arg(value_enum)]
    pub(super) format: ExportFormat,
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(super) release: PathBuf,
    #[command(flatten)]
    pub(super) hub: OfflineArgs,
    /// The file to write, which must not exist and must not lie in the release [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// A format of others.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ExportFormat {
    /// A CycloneDX 1.6 bill of materials (ML-BOM).
    Cyclonedx,
    /// The signed claim as a DSSE envelope in one line, as in-toto tools take it.
    Intoto,
    /// A model card with the front matter that hubs read, from the claim alone.
    ModelCard,
    /// An in-toto statement with SLSA provenance v1, not signed.
    Slsa,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass inspect fixtures/models/fmnist-resnet
  declass inspect model.onnx --json
  declass inspect google/vit-base-patch16-224    # from the Hugging Face Hub, without downloading the weights

Of weights on a hub only what is read is fetched, by ranges (whole if they are small): headers, graph and head. Ranges have no
digests to compare, so what is shown is what the server sent.")]
pub(super) struct InspectArgs {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// Print one JSON object: schema, model, format, bytes, files, leftOut, tensors, values, dtypes, classes, labels,
    /// labelSource, head, why, cutPoints, package (of a repository, with its commit).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
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
    /// Print one JSON object: schema, removals (claim, method, slot, sealed, forgotten, signedBy), forgotten (in
    /// all), problems.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass methods
  declass methods --json")]
pub(super) struct MethodsArgs {
    /// Print one JSON object: schema, methods (name, default, summary, data, settings, changes, source).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

/// A model and what is known about it.
#[derive(Args, Debug)]
pub(super) struct ModelArgs {
    /// A folder with safetensors weights, a .safetensors file, or an .onnx file; or, if no such path is there, a repository
    /// on the Hugging Face Hub as org/name or org/name@revision.
    #[arg(value_name = "MODEL")]
    pub(super) path: PathBuf,
    /// The classifier head, where it is not found or several could be it: a module path, tensor or node name.
    #[arg(long, value_name = "NAME")]
    pub(super) head: Option<String>,
    /// Labels of the classes, one per line in the order of the logits, for a model that carries none. They serve to name
    /// classes here and on the card; the claim has indices only, since nobody could check them.
    #[arg(long, value_name = "FILE")]
    pub(super) labels: Option<PathBuf>,
    #[command(flatten)]
    pub(super) hub: HubArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass unlearn fixtures/models/fmnist-resnet --forget Sandal -o out
  declass unlearn model.onnx --forget 5 --forget 7 --slot drop -o out
  declass unlearn model.onnx --forget 5 --method seal -o out    # closed form, for very large models
  declass unlearn model --forget cat -o out --dry-run -v        # measure, keep nothing
  declass unlearn google/vit-base-patch16-224 --forget 281 -o out
  declass unlearn model --forget cat -o out --eval-embeddings test.npz
  declass unlearn model --forget cat -o out --key release.key   # signed

Exit code 0: written (or it could have been); 1: unlearning or a check failed, nothing was written; 2: could not tell.")]
pub(super) struct UnlearnArgs {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// A class to forget, by label or index (repeatable).
    #[arg(
        long = "forget",
        short = 'f',
        value_name = "CLASS",
        required = true,
        allow_negative_numbers = true
    )]
    pub(super) forget: Vec<String>,
    /// The folder to write; for an .onnx model the new .onnx in it keeps its file name.
    #[arg(long, short, value_name = "OUT")]
    pub(super) out: PathBuf,
    /// Replace OUT if it is empty or an earlier release; refused if it holds files that are not of that release.
    #[arg(long)]
    pub(super) force: bool,
    /// What becomes of the forgotten outputs.
    #[arg(long, value_enum, default_value = "keep")]
    pub(super) slot: SlotArg,
    /// Leave a kept slot as unlearning left it. For research: some embedding still reaches the class.
    #[arg(long)]
    pub(super) no_seal: bool,
    #[arg(long, value_parser = parse_method, value_name = "METHOD", help = method_help())]
    pub(super) method: Option<&'static methods::Method>,
    /// A setting of the method, such as `beta=0.8` (repeatable); `declass methods` lists them with their defaults.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub(super) settings: Vec<(String, f64)>,
    /// Synthetic embeddings to train on, per class [default: 1000].
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub(super) samples: Option<u32>,
    /// What synthetic embeddings are drawn from: gaussian, uniform, laplace, bernoulli or gumbel [default: gaussian].
    #[arg(long, value_name = "NAME")]
    pub(super) distribution: Option<Distribution>,
    /// Seed of all randomness; the same seed gives the same bytes.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Learning rate [default: the best of 1, 0.1, 0.01 and 0.001, judged on synthetic strata].
    #[arg(long, value_parser = parse_rate, value_name = "RATE", allow_negative_numbers = true)]
    pub(super) lr: Option<f64>,
    /// Most epochs at one learning rate. Training stops before as soon as no stratum recognises the forgotten: wherever the
    /// original gives a forgotten class, its logit is 0.5 nats below the best retained one (or as far below as it was
    /// above) [default: 300].
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub(super) epochs: Option<u32>,
    /// Write the course of training as CSV, also where it does not succeed: one line per epoch with the share of the
    /// forgotten classes' embeddings that each stratum still recognises.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) trace: Option<PathBuf>,
    /// Where to compute: cpu, cuda, cuda:N, or auto (the first GPU if one can be used, else the CPU).
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub(super) device: DeviceChoice,
    /// Do everything but keep nothing: the copy is made beside OUT, verified there and removed again.
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    /// Print one JSON object: schema, passed, out (null if nothing was written), signedBy (null if unsigned), statement (the
    /// claim).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass verify out --original fixtures/models/fmnist-resnet
  declass verify out --trust declass-trust.toml                      # signatures, digests, structure
  declass verify out --trust declass-trust.toml --policy declass.toml --original model --format github
  declass verify out --original model.onnx --json
  declass verify out --original model.onnx --seed 7    # on fresh synthetic embeddings
  declass verify org/release --original org/original@v1
  declass verify out --original model.onnx --eval-embeddings test.npz    # figures on that data too

Figures of the claim on labelled embeddings are measured again where the same data are given, and said to be not re-checked \
otherwise.

With --trust, both signatures must be of a trusted key, every file must be as it was signed, no other file may be there, and the \
claim must fit the files; `declass explain` lists what may be found. The original is not needed for that.

As JSON: passed, verdict, signed, signatures, forgotten, findings, checks (id, outcome, summary, measurements, ...), changes, \
evaluation (as `declass evaluate` gives it, without the models). What was not looked into is null.

Exit code 0: all checks pass; 1: a check says no; 2: could not tell, which is never a yes.")]
pub(super) struct VerifyArgs {
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(super) release: PathBuf,
    /// The model it was made from: changes and behaviour are measured against it.
    #[arg(long, value_name = "MODEL", required_unless_present = "trust")]
    pub(super) original: Option<PathBuf>,
    #[command(flatten)]
    pub(super) hub: HubArgs,
    /// The keys that are trusted, reviewed and kept apart from releases. Every file must then be signed by one of them.
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Option<PathBuf>,
    /// What the release must be: classes that must be forgotten, allowed methods and inputs, checks and thresholds.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(super) policy: Option<PathBuf>,
    /// Seed of the synthetic embeddings [default: that of the claim, whose figures are compared only then].
    #[arg(long, allow_negative_numbers = true, requires = "original")]
    pub(super) seed: Option<u64>,
    /// Where to compute: cpu, cuda, cuda:N, or auto (the first GPU if one can be used, else the CPU).
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub(super) device: DeviceChoice,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) output: VerdictArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass reproduce out --original model
  declass reproduce org/release --original org/original@v1

The command of the claim is run again, and its files are held against those of the release. Bytes are the same on processors of one \
kind; on others the last bits of trained weights may differ, and it is said which tensors do and by how much.

Exit code 0: the same bytes; 1: others; 2: could not tell.")]
pub(super) struct ReproduceArgs {
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(super) release: PathBuf,
    /// The model it was made from.
    #[arg(long, value_name = "MODEL")]
    pub(super) original: PathBuf,
    #[command(flatten)]
    pub(super) hub: HubArgs,
    /// Where to compute [default: the kind of device that the claim names].
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<DeviceChoice>,
    /// Print one JSON object: schema, same, command, files (path, same), tensors (name, values, largestDifference).
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

/// What becomes of the forgotten outputs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SlotArg {
    /// Same shapes and labels; the slot is sealed so that it never wins.
    Keep,
    /// Rows and labels are removed, the other classes renumbered.
    Drop,
}

impl From<SlotArg> for Slot {
    fn from(slot: SlotArg) -> Self {
        match slot {
            SlotArg::Drop => Self::Drop,
            SlotArg::Keep => Self::Keep,
        }
    }
}

fn parse_method(name: &str) -> Result<&'static methods::Method, String> {
    methods::by_name(name)
        .ok_or_else(|| format!("expected one of {}", methods::METHODS.map(|m| m.name).join(", ")))
}

fn method_help() -> String {
    let names = methods::METHODS.map(|method| method.name).join(", ");
    format!(
        "The unlearning method: {names}; `declass methods` explains them [default: delete; seal for a multi-label model]"
    )
}

fn parse_setting(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let value: f64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
    Ok((name.to_owned(), value))
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("expected a positive number".into()),
    }
}
