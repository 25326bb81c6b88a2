//! Arguments that name data of the user's own.

use std::path::PathBuf;

use clap::Args;

/// Examples of the user, on which the model is run.
#[derive(Args, Debug)]
pub(in crate::cli) struct ExampleArgs {
    /// Labelled pictures, texts or sounds of your own: a folder with a folder for each class; CSV or JSON lines with a
    /// path or a text and a label; Parquet as data sets of hubs have it; npz or safetensors of the model's inputs. Each
    /// is prepared as the model's folder says, and the model is run on it.
    #[cfg(feature = "inputs")]
    #[arg(long, value_name = "PATH", help_heading = "Your own data", conflicts_with = "eval_embeddings")]
    pub(in crate::cli) data: Option<PathBuf>,
    /// The same for examples that the model was trained on.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "Your own data",
        requires = "data",
        conflicts_with = "train_embeddings",
        hide_short_help = true
    )]
    pub(in crate::cli) train_data: Option<PathBuf>,
    /// Take at most so many examples, of each class its share.
    #[cfg(feature = "inputs")]
    #[arg(
        long, value_name = "N", help_heading = "Your own data", requires = "data",
        value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub(in crate::cli) limit: Option<u32>,
    /// Stop at the first example that cannot be used, in place of leaving it out.
    #[cfg(feature = "inputs")]
    #[arg(long, help_heading = "Your own data", requires = "data", hide_short_help = true)]
    pub(in crate::cli) strict: bool,
    /// The column of a table with the label.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Your own data",
        requires = "data",
        hide_short_help = true
    )]
    pub(in crate::cli) label_column: Option<String>,
    /// The column of a table with the path, the bytes or the text.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Your own data",
        requires = "data",
        hide_short_help = true
    )]
    pub(in crate::cli) input_column: Option<String>,
    /// The column of a table with the second text of a pair.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Your own data",
        requires = "data",
        hide_short_help = true
    )]
    pub(in crate::cli) second_column: Option<String>,
}

/// Where embeddings of the user's examples are kept.
#[derive(Args, Debug)]
pub(in crate::cli) struct KeepArgs {
    /// Keep the embeddings of your examples in this folder, so that a run that was killed goes on where it was, and the
    /// next one on the same examples is quick [default: declass in the folder for caches].
    ///
    /// They are found again by the digests of the example, of how it is prepared, and of the network in front of the
    /// head. Anything else that lies there is ignored.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Your own data",
        requires = "data",
        hide_short_help = true
    )]
    pub(in crate::cli) cache: Option<PathBuf>,
    /// Keep nothing, and use nothing that was kept.
    #[cfg(feature = "inputs")]
    #[arg(
        long,
        help_heading = "Your own data",
        requires = "data",
        conflicts_with = "cache",
        hide_short_help = true
    )]
    pub(in crate::cli) no_cache: bool,
}

/// Labelled data that a run measures on besides.
#[derive(Args, Debug)]
pub(in crate::cli) struct DataArgs {
    #[command(flatten)]
    pub(in crate::cli) examples: ExampleArgs,
    /// Embeddings that the model was not trained on, as `declass evaluate --help` describes them: figures on real inputs
    /// for the claim and the card (tier T2; T1 if they have no labels), with the file's digest.
    #[arg(long, value_name = "FILE", help_heading = "Embeddings")]
    pub(in crate::cli) eval_embeddings: Option<PathBuf>,
    /// Labelled embeddings that it was trained on, for membership inference and probes.
    #[arg(
        long,
        value_name = "FILE",
        requires = "eval_embeddings",
        help_heading = "Embeddings",
        hide_short_help = true
    )]
    pub(in crate::cli) train_embeddings: Option<PathBuf>,
}
