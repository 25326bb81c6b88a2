//! Arguments of `declass batch`.

use std::path::PathBuf;

use clap::Args;
use declass::batch::Shard;

use super::OfflineArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass batch plan.toml --dry-run               # what would be done, how long, how much room
  declass batch plan.toml --jobs 4
  declass batch plan.toml --shard 0/8             # a part of it, on one machine of eight
  declass batch plan.toml --slurm fleet.sbatch --shards 8
  declass batch plan.toml --kubernetes fleet.json --shards 8 --image registry/declass --claim models

A plan is TOML:

  version = 1
  out = \"fleet\"

  [[removal]]
  models = [\"models/*\", \"acme/clothes\", \"acme/*\"]
  each = [\"Sandal\", \"Bag\"]      # one release for each; `forget` takes its classes together, `keep` all others
  method = \"seal\"              # as of `declass unlearn`: slot, seed, samples, epochs, lr, distribution, head, ...

Paths begin at the plan's folder. `acme/*` is all models of that organisation on the hub, unless there is a folder of this name. \
Releases, one summary as JSON and one as a page go into `out`. A result is addressed by the digests of the model's files, by what is \
asked for and by the version of this program: run a plan again and it goes on where it was killed, and does nothing twice. One model \
that cannot be read or does not fit stops none of the others. Releases are not signed: `declass sign` does that. What lies in `out` is \
believed where it fits the task: check it with `declass verify --original` where others could have written there.

Exit code 0: all are done, or were without the classes before; 1: some failed a check or do not fit; 2: some could not be told.")]
pub(in crate::cli) struct BatchArgs {
    /// The plan.
    #[arg(value_name = "PLAN")]
    pub(in crate::cli) plan: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) hub: OfflineArgs,
    /// Releases that are made at a time; each takes all cores for some of its steps, and memory of its own.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::cli) jobs: u16,
    /// Do every N-th release only, counted from INDEX: 0/4 to 3/4 are four parts that share nothing. Its summary has the
    /// shard in its name; without --shard, the next run has one of all.
    #[arg(long, value_name = "INDEX/N", value_parser = parse_shard)]
    pub(in crate::cli) shard: Option<Shard>,
    /// Do nothing but look: which releases are there, which would be made, how long that takes and how much room it needs.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Write a Slurm job array that runs the plan in shards, and do nothing else. A new file.
    #[arg(long, value_name = "FILE", help_heading = "Clusters", conflicts_with_all = ["shard", "dry_run", "json"])]
    pub(in crate::cli) slurm: Option<PathBuf>,
    /// Write a Kubernetes Job (Indexed) that runs the plan in shards, and do nothing else. A new file.
    #[arg(
        long, value_name = "FILE", help_heading = "Clusters", requires_all = ["image", "claim"],
        conflicts_with_all = ["shard", "dry_run", "json"]
    )]
    pub(in crate::cli) kubernetes: Option<PathBuf>,
    /// How many shards [default: 8].
    #[arg(long, value_name = "N", help_heading = "Clusters", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(in crate::cli) shards: Option<u32>,
    /// The container image of the Job, with declass as its program (`.ci/Containerfile` makes one).
    #[arg(long, value_name = "IMAGE", help_heading = "Clusters", requires = "kubernetes")]
    pub(in crate::cli) image: Option<String>,
    /// The persistent volume claim of the Job, with the plan at its top and all that it names.
    #[arg(long, value_name = "NAME", help_heading = "Clusters", requires = "kubernetes")]
    pub(in crate::cli) claim: Option<String>,
    /// Print one JSON object: schema, version, shard, counts, releases (model, classes, keeps, outcome, reason, address,
    /// release, root, agreement, instead); with --dry-run todo (model, classes, keeps) and estimate (seconds, bytes, jobs).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

fn parse_shard(text: &str) -> Result<Shard, String> {
    text.parse()
}
