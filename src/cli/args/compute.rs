//! Arguments of the commands that calculate on embeddings, which the gate alone does without.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use declass::{
    device::DeviceChoice,
    embeddings::Distribution,
    head::{Hints, Slot},
    methods::{self, Optimizer},
};

use super::{
    HubArgs, KeyArgs, OfflineArgs,
    data::{DataArgs, KeepArgs},
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass export cyclonedx out > bom.cdx.json
  declass export slsa out -o provenance.json
  declass export cyclonedx org/release    # only its claim is downloaded
  declass export intoto out > out.intoto.jsonl
  declass export model-card out > README.md

An export repeats the claim and checks nothing; `declass verify` does that.")]
pub(in crate::cli) struct ExportArgs {
    /// The format.
    #[arg(value_enum)]
    pub(in crate::cli) format: ExportFormat,
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) hub: OfflineArgs,
    /// The file to write, which must not exist and must not lie in the release [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// A format of others.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    /// A CycloneDX 1.6 bill of materials (ML-BOM).
    Cyclonedx,
    /// The signed claim as a DSSE envelope in one line, as in-toto tools take it.
    Intoto,
    /// A model card with the front matter that hubs read: of the claim, the labels, and what the present card says of
    /// licence and origin.
    ModelCard,
    /// An in-toto statement with SLSA provenance v1, not signed.
    Slsa,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass evaluate out --original model --data pictures --changed changed.csv
  declass evaluate out --original model --data pictures --retrained retrained
  declass evaluate out --original model --data pictures --into out --key release.key    # into the claim
  declass evaluate out --original model --eval-embeddings test.safetensors
  declass evaluate out --original model --eval-embeddings test.npz --train-embeddings train.npz --json
  declass evaluate org/release --original org/original@v1 --eval-embeddings test.npz

The copy must be the original but for its head (and what dropping slots changes): embeddings are those of the original's \
encoder and say nothing of another. Embeddings are the input of the head that `declass inspect` names, in a safetensors file or an npz: a float tensor \
`embeddings` [N, D] and integers `labels` [N], indices into the original's classes; without labels the original's answers take \
their place, and no accuracy is known (tier T1). `test_embeddings` and `test_labels` (`train_embeddings`, `train_labels`) are found too.")]
pub(in crate::cli) struct EvaluateArgs {
    /// The release (a folder that `declass unlearn` wrote, or a repository with one), or with --forget any
    /// changed copy of the model.
    #[arg(value_name = "OUT")]
    pub(in crate::cli) release: PathBuf,
    /// The model it was made from.
    #[arg(long, value_name = "MODEL")]
    pub(in crate::cli) original: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) hub: HubArgs,
    #[command(flatten)]
    pub(in crate::cli) measured_on: DataArgs,
    #[command(flatten)]
    pub(in crate::cli) keep: KeepArgs,
    /// An ONNX file that was exported of the original, where it is a folder of safetensors and the model is run
    /// [default: onnx/model.onnx in the folder, where its configuration does not say enough].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) graph: Option<PathBuf>,
    /// A removed class, by label or index (repeatable) [default: those of the release's claim].
    #[arg(long = "forget", short = 'f', value_name = "CLASS", allow_negative_numbers = true)]
    pub(in crate::cli) forget: Vec<String>,
    /// The classifier head, where it is not found or several could be it (repeatable) [default: that of the
    /// claim].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) head: Vec<String>,
    /// Seed of all draws: shots, splits, balancing.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(in crate::cli) seed: u64,
    /// A model that was trained without the classes: how far the release is from it (tier T3). It has the original's
    /// classes, or those that were retained, and is run on the same examples.
    #[cfg(feature = "inputs")]
    #[arg(long, value_name = "MODEL", requires = "data", help_heading = "Your own data")]
    pub(in crate::cli) retrained: Option<PathBuf>,
    /// Layers that are compared with the retrained model's, evenly spaced; 0: the embedding alone.
    #[cfg(feature = "inputs")]
    #[arg(
        long, value_name = "N", requires = "retrained", default_value_t = 8, help_heading = "Your own data",
        value_parser = clap::value_parser!(u16).range(0..=64)
    )]
    pub(in crate::cli) layers: u16,
    /// Write the release again with these figures in its claim and card, into this new folder or into its own: the same
    /// files under a new claim, which takes the place of the present one. Only a release that passes every check gets
    /// one.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["forget", "head"])]
    pub(in crate::cli) into: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    /// Write the inputs that get another answer as CSV, to a new file outside of the release: id, label, answers,
    /// their probabilities, and their margins (logit less the next one, in nats), before and after.
    #[cfg(feature = "inputs")]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(in crate::cli) changed: Option<PathBuf>,
    /// Print one JSON object: schema, original and release (path, root, files), tier, seed, forgotten, data
    /// and trainData (name, sha256, rows, width, perClass), metrics (id, version, number, formula, origin,
    /// data, shows, notShown, outcome, summary, figures), notRun; with --retrained retrained (tier, classes, data, metrics,
    /// notRun), with --into out and signedBy (null if unsigned).
    ///
    /// `root` and the values of `files` are SHA-256 digests, the card left out; `root` is that of the claim's
    /// subject `oms-root`. A figure has quantity, value, unit and, where they apply, class, to, stratum,
    /// side, n and bound95 (side, value). `notRun` has an id and a reason each.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass inspect fixtures/models/fmnist-resnet
  declass inspect model.onnx --json
  declass inspect google/vit-base-patch16-224    # on the hub, headers only

Of weights on a hub only what is read is fetched, by ranges (whole if they are small): headers, graph and head. Ranges have no \
digests to compare, so what is shown is what the server sent.")]
pub(in crate::cli) struct InspectArgs {
    #[command(flatten)]
    pub(in crate::cli) model: ModelArgs,
    /// List every value of the graph through which all evidence passes, for `declass run --at`.
    #[arg(long)]
    pub(in crate::cli) cuts: bool,
    /// An ONNX file that was exported of this model, for a folder of safetensors, whose values are listed then
    /// [default: onnx/model.onnx in the folder].
    #[arg(long, value_name = "FILE", requires = "cuts")]
    pub(in crate::cli) graph: Option<PathBuf>,
    /// Print one JSON object: schema, model, format, bytes, files, leftOut, furtherFiles, tensors, values,
    /// dtypes, classes, labels, labelSource, head, why, untouched, cutPoints, package (of a repository, with its commit).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass methods
  declass methods --json")]
pub(in crate::cli) struct MethodsArgs {
    /// Print one JSON object: schema, methods (name, default, summary, data, settings, changes, source).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

/// A model and what is known about it.
#[derive(Args, Debug)]
pub(in crate::cli) struct ModelArgs {
    /// A folder with safetensors weights, a .safetensors file, or an .onnx file; or, if no such path is
    /// there, a repository on the Hugging Face Hub as org/name or org/name@revision.
    #[arg(value_name = "MODEL")]
    pub(in crate::cli) path: PathBuf,
    /// The classifier head, where it is not found or several could be it: a module path, tensor or node name.
    /// Repeatable: further heads with the same classes lose the removed ones, too.
    #[arg(long, value_name = "NAME", help_heading = "The model")]
    pub(in crate::cli) head: Vec<String>,
    /// The classes are independent of each other (several can be right at once), where the model does not say
    /// so itself.
    #[arg(long, help_heading = "The model")]
    pub(in crate::cli) multi_label: bool,
    /// Labels of the classes, one per line in the order of the logits, for a model that carries none. They
    /// serve to name classes here and on the card; the claim has indices only, since nobody could check them.
    #[arg(long, value_name = "FILE", help_heading = "The model")]
    pub(in crate::cli) labels: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) hub: HubArgs,
}

impl ModelArgs {
    /// What is said of the model by hand.
    pub(in crate::cli) fn hints(&self) -> Hints {
        let mut heads: Vec<String> = Vec::new();
        for head in &self.head {
            // Said twice it is one head all the same.
            if !heads.contains(head) {
                heads.push(head.clone());
            }
        }
        Hints { heads, multi_label: self.multi_label, ..Hints::default() }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass run model.onnx inputs.npz -o logits.npz
  declass run model.onnx inputs.safetensors -o features.safetensors --at embedding
  declass run out inputs.npz -o after.npz               # a release, or any other folder with one ONNX model

INPUTS is a safetensors file or an npz with one array for each input of the model, by its name (`declass inspect` shows it), all \
with one entry for each example. The file holds every output by its name and, where the classifier head is found and reads one \
embedding of each example, `logits` [N, C] and `probabilities` [N, C].

Exit code 0: written; 2: it could not be run.")]
pub(in crate::cli) struct RunArgs {
    /// An .onnx file, a folder with one, a folder of safetensors with an ONNX file of the same model (see --graph),
    /// or a repository on the Hugging Face Hub as org/name or org/name@revision.
    #[arg(value_name = "MODEL")]
    pub(in crate::cli) path: PathBuf,
    /// The classifier head that makes `logits`, where it is not found or several could be it.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) head: Option<String>,
    /// The classes are independent of each other, where the model does not say so itself: `probabilities` are then
    /// those of each class alone.
    #[arg(long)]
    pub(in crate::cli) multi_label: bool,
    #[command(flatten)]
    pub(in crate::cli) hub: HubArgs,
    /// The model's inputs.
    #[arg(value_name = "INPUTS")]
    pub(in crate::cli) inputs: PathBuf,
    /// The file to write, which must not exist: .npz or .safetensors.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: PathBuf,
    /// An ONNX file that was exported of this model, for a folder of safetensors; the folder's weights are computed
    /// with [default: onnx/model.onnx in the folder].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) graph: Option<PathBuf>,
    /// Save this value of the graph instead of the outputs; `declass inspect --cuts` lists those through which all
    /// evidence passes.
    #[arg(long, value_name = "POINT")]
    pub(in crate::cli) at: Option<String>,
    /// Print one JSON object: schema, rows, arrays (name, type, shape), withoutLogits (why there are none).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass unlearn fixtures/models/fmnist-resnet --forget Sandal -o out
  declass unlearn model.onnx --forget 5 --forget 7 --slot drop -o out
  declass unlearn model.onnx --forget 5 --method seal -o out   # closed form
  declass unlearn model --keep person --keep dog -o out     # all others go
  declass unlearn model --forget 'dog*' --yes -o out
  declass unlearn model --forget-file classes.txt -o out
  declass unlearn model --forget cat -o out --dry-run -v    # keeps nothing
  declass unlearn google/vit-base-patch16-224 --forget 281 -o out
  declass unlearn model --forget cat -o out --eval-embeddings test.npz
  declass unlearn model --forget cat -o out --key release.key   # signed

Exit code 0: written (or it could have been); 1: unlearning or a check failed, nothing was written; 2: could not tell.")]
#[command(group = ArgGroup::new("wish").args(["forget", "forget_file", "retain"]).required(true).multiple(true))]
pub(in crate::cli) struct UnlearnArgs {
    #[command(flatten)]
    pub(in crate::cli) model: ModelArgs,
    /// A class to remove, by label or index (repeatable). Of tokens, `PER` is all of `B-PER`, `I-PER` and so on. Where
    /// both could be meant, `label:7` and `index:7` say
    /// which. `dog*` is every class whose label begins so (`?` is any letter), unless that is a label itself: what a
    /// pattern takes is listed, and done only with --yes.
    #[arg(long = "forget", short = 'f', value_name = "CLASS", allow_negative_numbers = true)]
    pub(in crate::cli) forget: Vec<String>,
    /// Classes to forget, one a line as --forget takes them; lines that begin with `#` do not count.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) forget_file: Option<PathBuf>,
    /// A class to keep (repeatable): all others are forgotten, but for what stands for no class (`O` of tokens,
    /// the background of pixels, no object of boxes). Named as --forget names them.
    #[arg(
        long = "keep",
        value_name = "CLASS",
        allow_negative_numbers = true,
        conflicts_with_all = ["forget", "forget_file"]
    )]
    pub(in crate::cli) retain: Vec<String>,
    /// Go on although classes were named by a pattern.
    #[arg(long, short = 'y')]
    pub(in crate::cli) yes: bool,
    /// Leave other files of the model out, such as onnx/model.onnx beside model.safetensors, instead of doing the same in
    /// those that have the same head.
    #[arg(long)]
    pub(in crate::cli) one_file: bool,
    /// The folder to write; for an .onnx model the new .onnx in it keeps its file name.
    #[arg(long, short, value_name = "OUT")]
    pub(in crate::cli) out: PathBuf,
    /// Replace OUT if it is empty or an earlier release; refused if it holds files that are not of that
    /// release.
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// What becomes of the removed outputs.
    #[arg(long, value_enum, default_value = "keep")]
    pub(in crate::cli) slot: SlotArg,
    /// Accept that a single class is left, which is then always the answer.
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) allow_constant: bool,
    /// Accept that classes which stay have the label of a removed one and, with --slot drop, that other tensors or files still
    /// count or name the removed classes; the claim lists them.
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) allow_stale: bool,
    /// Leave a kept slot as unlearning left it. For research: some embedding still reaches the class.
    #[arg(long, help_heading = "How", hide_short_help = true)]
    pub(in crate::cli) no_seal: bool,
    #[arg(long, value_parser = parse_method, value_name = "METHOD", help = method_help(), help_heading = "How")]
    pub(in crate::cli) method: Option<&'static methods::Method>,
    /// A setting of the method, such as `beta=0.8`, or `optimizer=sgd` to train as in the paper where the minimum is
    /// known (repeatable); `declass methods` lists them with their defaults.
    #[arg(long = "set", help_heading = "How", hide_short_help = true, value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub(in crate::cli) settings: Vec<Chosen>,
    /// Synthetic embeddings to train on, per class [default: 1000].
    #[arg(
        long, value_name = "N", allow_negative_numbers = true, help_heading = "How", hide_short_help = true,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub(in crate::cli) samples: Option<u32>,
    /// What synthetic embeddings are drawn from: gaussian, uniform, laplace, bernoulli or gumbel [default:
    /// gaussian].
    #[arg(long, value_name = "NAME", help_heading = "How", hide_short_help = true)]
    pub(in crate::cli) distribution: Option<Distribution>,
    /// Seed of all randomness; the same seed gives the same bytes.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, help_heading = "How")]
    pub(in crate::cli) seed: u64,
    /// Learning rate [default: the best of 1, 0.1, 0.01 and 0.001, judged on synthetic strata].
    #[arg(long, value_parser = parse_rate, value_name = "RATE", allow_negative_numbers = true, help_heading = "How", hide_short_help = true)]
    pub(in crate::cli) lr: Option<f64>,
    /// Most epochs at one learning rate. Training stops before as soon as no stratum recognises the
    /// removed classes: wherever the original gives one of them, its logit is 0.5 nats below the best
    /// retained one (or as far below as it was above) [default: 300].
    #[arg(
        long, value_name = "N", allow_negative_numbers = true, help_heading = "How", hide_short_help = true,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub(in crate::cli) epochs: Option<u32>,
    /// Write the course of training as CSV, also where it does not succeed: one line per epoch with the share
    /// of the removed classes' embeddings that each stratum still recognises.
    #[arg(long, value_name = "FILE", help_heading = "Output", hide_short_help = true)]
    pub(in crate::cli) trace: Option<PathBuf>,
    /// Made-up inputs that original and copy are run on, at least, where there is a graph; 0: none, and the claim
    /// says so [default: as many as some seconds allow].
    #[arg(long, value_name = "N", help_heading = "How", hide_short_help = true, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub(in crate::cli) executed: Option<u16>,
    /// An ONNX file that was exported of this model: it says how a folder of safetensors is computed, so that original
    /// and copy can be run [default: onnx/model.onnx in the folder, if it is there].
    #[arg(long, value_name = "FILE", help_heading = "The model", hide_short_help = true)]
    pub(in crate::cli) graph: Option<PathBuf>,
    /// Where to compute: cpu, cuda, cuda:N, or auto (the first GPU if one can be used, else the CPU).
    #[arg(long, default_value_t, value_name = "DEVICE", help_heading = "How")]
    pub(in crate::cli) device: DeviceChoice,
    /// Do everything but keep nothing: the copy is made beside OUT, verified there and removed again.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) data: DataArgs,
    #[command(flatten)]
    pub(in crate::cli) keep: KeepArgs,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    /// Print one JSON object: schema, passed, out (null if nothing was written), signedBy (null if unsigned),
    /// statement (the claim).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass reproduce out --original model
  declass reproduce org/release --original org/original@v1

The command of the claim is run again, and its files are held against those of the release. Bytes are the same on processors of one \
kind; on others the last bits of trained weights may differ, and it is said which tensors do and by how much.

Exit code 0: the same bytes; 1: others; 2: could not tell.")]
pub(in crate::cli) struct ReproduceArgs {
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    /// The model it was made from.
    #[arg(long, value_name = "MODEL")]
    pub(in crate::cli) original: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) hub: HubArgs,
    /// Where to compute [default: the kind of device that the claim names].
    #[arg(long, value_name = "DEVICE")]
    pub(in crate::cli) device: Option<DeviceChoice>,
    /// Print one JSON object: schema, same, command, files (path, same), tensors (name, values,
    /// largestDifference).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

/// What becomes of the removed outputs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum SlotArg {
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

/// What one `--set` chooses.
#[derive(Clone, Debug)]
pub(in crate::cli) enum Chosen {
    Number(String, f64),
    Optimizer(Optimizer),
}

fn parse_setting(text: &str) -> Result<Chosen, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name == "optimizer" {
        let known = Optimizer::by_name(value).map(Chosen::Optimizer);
        return known.ok_or_else(|| "expected `optimizer=minimum` or `optimizer=sgd`".into());
    }
    let value: f64 = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok(Chosen::Number(name.to_owned(), recordable(value)))
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(recordable(rate)),
        _ => Err("expected a positive number".into()),
    }
}

/// A number of 15 significant digits at most: as many as every reader of the claim gives back to the last bit, so that the run can
/// be made again from it.
fn recordable(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}
