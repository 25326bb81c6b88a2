//! What a release is held against.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "compute")]
use declass::device::DeviceChoice;
use declass::register::Time;

#[cfg(not(feature = "compute"))]
use super::OfflineArgs;
#[cfg(feature = "compute")]
use super::{DataArgs, HubArgs};

#[derive(Args, Debug)]
pub(in crate::cli) struct JudgedArgs {
    /// The release: a folder that `declass unlearn` wrote, or a repository with one.
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: PathBuf,
    /// The model it was made from: changes and behaviour are measured against it.
    #[cfg(feature = "compute")]
    #[arg(long, value_name = "MODEL")]
    pub(in crate::cli) original: Option<PathBuf>,
    /// An ONNX file that was exported of the original: it says how a folder of safetensors is computed, so that both
    /// can be run [default: onnx/model.onnx in the original's folder].
    #[cfg(feature = "compute")]
    #[arg(long, value_name = "FILE", requires = "original")]
    pub(in crate::cli) graph: Option<PathBuf>,
    #[cfg(feature = "compute")]
    #[command(flatten)]
    pub(in crate::cli) hub: HubArgs,
    #[cfg(not(feature = "compute"))]
    #[command(flatten)]
    pub(in crate::cli) hub: OfflineArgs,
    /// The keys that are trusted, reviewed and kept apart from releases. Every file must then be signed by
    /// one of them.
    #[arg(long, value_name = "FILE")]
    #[cfg_attr(not(feature = "compute"), arg(required = true))]
    pub(in crate::cli) trust: Option<PathBuf>,
    /// What the release must be: classes that must be gone, allowed methods and inputs, checks and
    /// thresholds.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// Judge keys, stamps and registers as of this time, such as 2027-03-01T00:00:00Z [default: now].
    #[arg(long, value_name = "TIME", requires = "trust")]
    pub(in crate::cli) at: Option<Time>,
    /// A register with the release in it: keys that have expired since are judged by the time of its entry, keys that
    /// were revoked only by time stamps and witnesses of the register.
    #[arg(long, value_name = "DIR", requires = "vkey")]
    pub(in crate::cli) register: Option<PathBuf>,
    /// The register's public key, from whom you trust to keep it: whoever made the register could have put the one
    /// beside it there.
    #[arg(long, value_name = "FILE", requires = "register")]
    pub(in crate::cli) vkey: Option<PathBuf>,
    /// A head that may have been named by hand although the model points to another (repeatable).
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) head: Vec<String>,
    /// Seed of the synthetic embeddings [default: that of the claim, whose figures are compared only then].
    #[cfg(feature = "compute")]
    #[arg(long, allow_negative_numbers = true, requires = "original")]
    pub(in crate::cli) seed: Option<u64>,
    /// Carry out the removal of the claim once more, too: the release must be what it makes of the original.
    #[cfg(feature = "compute")]
    #[arg(long)]
    pub(in crate::cli) reproduce: bool,
    /// Where to compute: cpu, cuda, cuda:N, or auto (the first GPU if one can be used, else the CPU).
    #[cfg(feature = "compute")]
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub(in crate::cli) device: DeviceChoice,
    #[cfg(feature = "compute")]
    #[command(flatten)]
    pub(in crate::cli) data: DataArgs,
}
