//! `--trace`: every epoch of every attempt as a line of a CSV file.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, bail};
use declass::unlearn::Search;

/// Fails if the file cannot be written, before a run is made for it.
pub(super) fn check(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || !folder.is_dir() {
        bail!("the trace `{}` cannot be written: name a file in a folder that is there", path.display());
    }
    Ok(())
}

/// Writes `attempt,learning_rate,stretch,epoch,shortfall_nats` and the share still recognised in each
/// stratum.
pub(super) fn write(path: &Path, search: &Search) -> Result<()> {
    let strata: Vec<&str> = search.strata.iter().map(|stratum| stratum.name()).collect();
    let mut text = format!("attempt,learning_rate,stretch,epoch,shortfall_nats,{}\n", strata.join(","));
    for (attempt, summary) in search.attempts.iter().enumerate() {
        let rate = summary.learning_rate.map_or_else(String::new, |rate| rate.to_string());
        for (epoch, state) in summary.trace.iter().enumerate() {
            let shares: Vec<String> = state.recognised.iter().map(f64::to_string).collect();
            let row = format!(
                "{attempt},{rate},{},{epoch},{},{}",
                summary.stretch,
                state.shortfall,
                shares.join(",")
            );
            writeln!(text, "{row}")?;
        }
    }
    fs::write(path, text).with_context(|| format!("writing the trace `{}`", path.display()))
}
