//! The same command gives the same bytes, whatever the number of threads.

use std::path::Path;

use tempfile::tempdir;

use crate::process::{declass, files, finish, resnet, unlearn};

fn with_threads(out: &Path, threads: &str, more: &[&str]) {
    let mut command = declass();
    command.arg("unlearn").arg(resnet()).arg("-o").arg(out).args(["--forget", "5"]).args(more);
    finish(command.env("RAYON_NUM_THREADS", threads)).exits(0);
}

#[test]
fn bytes_depend_neither_on_the_run_nor_on_the_number_of_threads() {
    for distribution in ["gaussian", "uniform"] {
        let folder = tempdir().unwrap();
        let more = ["--distribution", distribution];
        let first = folder.path().join("first");
        unlearn(&resnet(), &first, &["--forget", "5", more[0], more[1]]).exits(0);
        for threads in ["1", "2", "5"] {
            let out = folder.path().join(threads);
            with_threads(&out, threads, &more);
            let same = files(&first) == files(&out);
            assert!(same, "{distribution}: {threads} threads gave other bytes");
        }
    }
}

#[test]
fn another_seed_gives_other_weights() {
    let folder = tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    // Where the minimum is known, nothing depends on a seed.
    for (out, seed) in [(&first, "0"), (&second, "1")] {
        with_threads(out, "2", &["--set", "optimizer=sgd", "--seed", seed]);
    }
    let (first, second) = (files(&first), files(&second));
    assert_ne!(first["model.safetensors"], second["model.safetensors"]);
    assert_eq!(first["config.json"], second["config.json"]);
}

#[test]
fn a_forced_release_is_as_if_nothing_had_been_there() {
    let folder = tempdir().unwrap();
    let (fresh, reused) = (folder.path().join("fresh"), folder.path().join("reused"));
    with_threads(&fresh, "2", &[]);
    with_threads(&reused, "2", &["--seed", "1", "--slot", "drop"]);
    with_threads(&reused, "2", &["--force"]);
    assert!(files(&fresh) == files(&reused));
}
