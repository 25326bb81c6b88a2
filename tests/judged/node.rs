//! The judge that runs on Node: `@sigstore/verify`, installed once below the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

use super::skipped;

const PACKAGES: [&str; 2] = ["@sigstore/bundle@4.0.0", "@sigstore/verify@3.1.1"];

/// What it says about a bundle and a public key; none where there is no Node, which is said aloud.
pub(crate) fn judge(bundle: &Path, public: &Path) -> Option<Value> {
    run(&[bundle, public])
}

/// The same, and the bundle must have a time stamp of a service with these certificates, its own first.
pub(crate) fn judge_stamped(bundle: &Path, public: &Path, chain: &[PathBuf; 2]) -> Option<Value> {
    let [service, root] = chain;
    run(&[bundle, public, service, root])
}

fn run(arguments: &[&Path]) -> Option<Value> {
    static HOME: OnceLock<bool> = OnceLock::new();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge-node");
    if !*HOME.get_or_init(|| prepare(&home)) {
        return None;
    }
    let script = home.join("bundle.js");
    let output = Command::new("node").arg(&script).args(arguments).output().expect("node starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", script.display());
    Some(serde_json::from_slice(&output.stdout).expect("a judge speaks JSON"))
}

/// Whether the judge can be had.
fn prepare(home: &Path) -> bool {
    fs::create_dir_all(home).expect("the target folder is writable");
    // Packages are looked for beside the script.
    fs::write(home.join("bundle.js"), include_str!("../judge/bundle.js")).expect("a copy of the script");
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"]).arg(home).args(PACKAGES);
    match npm.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => panic!("{npm:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            skipped("@sigstore/verify needs node and npm, which are not here");
            false
        }
    }
}
