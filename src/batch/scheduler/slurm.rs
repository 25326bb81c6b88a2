//! A Slurm job array.

use std::path::Path;

/// A batch script that runs a plan in so many shards, counted from 0 as Slurm counts them. Both paths are absolute or plain
/// names: `folder` is where the plan lies on the nodes.
#[must_use]
pub fn slurm(folder: &Path, plan: &str, shards: usize) -> String {
    let last = shards.saturating_sub(1);
    let (folder, plan) = (quoted(&folder.display().to_string()), quoted(plan));
    format!(
        "#!/bin/bash
#SBATCH --job-name=declass
#SBATCH --array=0-{last}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --requeue
#SBATCH --output=declass-%A_%a.log
# Written by `declass batch --slurm`. Submit it with `sbatch`; afterwards `declass batch` without --shard makes one
# summary of all shards. Add what your cluster asks for, such as --partition, --time and --mem.
set -euo pipefail
cd -- {folder}
exec declass batch {plan} --shard \"${{SLURM_ARRAY_TASK_ID}}/{shards}\"
"
    )
}

/// A word as a shell takes it, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
