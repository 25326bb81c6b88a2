//! Arguments of `declass compare`.

use std::path::PathBuf;

use clap::Args;

use super::{
    OfflineArgs,
    data::{DataArgs, KeepArgs},
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass compare model out                                  # a release beside its original
  declass compare model sealed trained scrubbed -o methods.html
  declass compare model out --data pictures -o page.html     # on your own examples
  declass compare model out --data pictures --retrained retrained --json
  declass compare org/model@v1 org/model@v2

The first model is what the others are held against. Of each of them: what differs in the files, tensor by tensor; what it answers to \
synthetic embeddings, if it has the first one's encoder; what it answers to your examples, with its own encoder if it has one: accuracy \
by class, which label gets which answer, how alike the layers are (CKA), the inputs that get another answer, and with --train-data \
membership. Classes go by their names where the models have names. The page has all of it side by side.

There is no verdict: `declass verify` checks a release.

Exit code 0: compared; 2: it could not be.")]
pub(in crate::cli) struct CompareArgs {
    /// Models or releases: folders, .safetensors or .onnx files, or repositories on the Hugging Face Hub as org/name or
    /// org/name@revision. The first is what the others are held against.
    #[arg(value_name = "MODEL", required = true, num_args = 2..=16)]
    pub(in crate::cli) models: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) hub: OfflineArgs,
    #[command(flatten)]
    pub(in crate::cli) measured_on: DataArgs,
    #[command(flatten)]
    pub(in crate::cli) keep: KeepArgs,
    /// A model that was trained without the classes: one more that is compared, and how far the others are from it (tier T3),
    /// if they have the first one's encoder.
    #[cfg(feature = "inputs")]
    #[arg(long, value_name = "MODEL", requires = "data", help_heading = "Your own data")]
    pub(in crate::cli) retrained: Option<PathBuf>,
    /// Layers that are compared, evenly spaced, of models with an encoder of their own; 0: none.
    #[cfg(feature = "inputs")]
    #[arg(
        long, value_name = "N", requires = "data", default_value_t = 8, help_heading = "Your own data",
        value_parser = clap::value_parser!(u16).range(0..=64)
    )]
    pub(in crate::cli) layers: u16,
    /// An ONNX file that was exported of the first model, where it is a folder of safetensors and is run [default:
    /// onnx/model.onnx in the folder, where its configuration does not say enough].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) graph: Option<PathBuf>,
    /// A class of the first model that figures tell from the others, by label or index (repeatable) [default: those that
    /// claims say were removed, and those that a model has no more].
    #[arg(long = "forget", short = 'f', value_name = "CLASS", allow_negative_numbers = true)]
    pub(in crate::cli) forget: Vec<String>,
    /// The classifier head, where it is not found or several could be it (repeatable); the same name in all models.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) head: Vec<String>,
    /// Seed of all draws.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(in crate::cli) seed: u64,
    /// Write a page with all models side by side: a new file outside of the models.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Print one JSON object: schema, reference (name, root, files, bytes, head, classes, width, removal), removed (indices),
    /// seed, models (the same of each, changes, encoder, synthetic, data, retrained), inputs that get another answer (name, label,
    /// before, after: null where a model answers as the first). Figures are in `measured`, as `declass evaluate` gives them, or
    /// the reason is in `notRun`.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}
