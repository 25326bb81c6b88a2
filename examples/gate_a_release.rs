//! Decides about a release: signed by somebody who is trusted, whole, and as a policy asks.
//!
//! ```text
//! cargo run --release --example gate_a_release -- out declass-trust.toml declass.toml
//! ```

#![allow(clippy::print_stdout, reason = "a program for people, not the library")]

use std::{env, error::Error, path::Path, process::ExitCode, time::SystemTime};

use declass::{Finding, Rules, Silent, examine_release};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (release, trust, policy) = match &arguments[..] {
        [release, trust] => (release, trust, None),
        [release, trust, policy] => (release, trust, Some(policy)),
        _ => return Err("usage: gate_a_release RELEASE TRUST [POLICY]".into()),
    };
    let findings = gate(release.as_ref(), trust.as_ref(), policy.map(AsRef::as_ref))?;
    findings.iter().for_each(|finding| println!("{} {finding}", finding.code.id));
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why a release must not be used; nothing if it may.
pub(crate) fn gate(
    release: &Path,
    trust: &Path,
    policy: Option<&Path>,
) -> Result<Vec<Finding>, Box<dyn Error>> {
    let rules = Rules {
        trust: trust.to_owned(),
        policy: policy.map(Path::to_owned),
        heads: Vec::new(),
        recorded: Vec::new(),
    };
    Ok(examine_release(release, &rules, SystemTime::now(), &Silent)?.findings)
}
