//! Files for schedulers that clusters have already: each shard of a plan is one of their tasks.

mod kubernetes;
mod slurm;

pub use kubernetes::{Volume, kubernetes};
pub use slurm::slurm;
