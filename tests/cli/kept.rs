//! Embeddings that runs leave for later ones: a run that was killed goes on where it was, and what is damaged, foreign
//! or computed otherwise changes no figure.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use declass_formats::Sha256Digest;
use tempfile::tempdir;

use crate::{
    own::pictures,
    process::{Ran, declass, fixture, run, seal},
};

/// More than one file has.
const LIMIT: &str = "80";

fn files(cache: &Path) -> Vec<PathBuf> {
    let networks = fs::read_dir(cache).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = networks.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors")).collect()
}

/// Changes the last bit of the first number of every file, and calls it after its new digest.
fn forge(cache: &Path) {
    for path in files(cache) {
        let mut bytes = fs::read(&path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header] ^= 1;
        fs::remove_file(&path).unwrap();
        let name = format!("{}.safetensors", Sha256Digest::of(&bytes));
        fs::write(path.with_file_name(name), bytes).unwrap();
    }
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was_and_no_figure_depends_on_what_is_kept() {
    let folder = tempdir().unwrap();
    let (out, own, cache) =
        (folder.path().join("out"), folder.path().join("pictures"), folder.path().join("cache"));
    let model = fixture("fmnist-vit");
    seal(&model, &out, &["--forget", "Sandal", "--executed", "0"]).exits(0);
    pictures(&own);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let fixed =
        ["evaluate", &text(&out), "--original", &text(&model), "--data", &text(&own), "--limit", LIMIT];
    let evaluated = |more: &[&str]| -> Ran { run(&[&fixed[..], more].concat()).exits(0) };
    let keeping = ["--cache", &text(&cache)];
    let without = evaluated(&["--no-cache", "--json"]).json();

    let mut killed = declass();
    killed.args(fixed).args(keeping).stdout(Stdio::null()).stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    let began = Instant::now();
    while files(&cache).is_empty() && began.elapsed() < Duration::from_secs(300) {
        thread::sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!files(&cache).is_empty(), "nothing was kept");

    let said = evaluated(&keeping).shows(" of them before, kept in `");
    assert!(said.shows("80 examples").stderr.is_empty());
    let again = |more: &[&str]| evaluated(&[&keeping, more].concat());
    again(&[]).shows("80 of them before");
    assert_eq!(again(&["--json"]).json(), without);

    forge(&cache);
    let said = again(&[]).says("are not those that are computed here now");
    assert!(!said.stdout.contains("of them before"), "{said:#?}");
    let bytes = fs::read(&files(&cache)[0]).unwrap();
    for path in files(&cache) {
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    }
    again(&[]).says("is ignored: it is damaged");
    assert_eq!(again(&["--json"]).json(), without);
}
