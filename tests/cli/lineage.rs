//! Releases made from releases: what was forgotten stays forgotten, and the claims form a chain that cannot
//! be shortened.

use expect_test::expect;
use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{Ran, fixture, rewrite, run, seal, unlearn, verify};

const FIRST: &str = "class-removal.previous-1.json";

fn log(release: &Path) -> Ran {
    run(&["log", release.to_str().unwrap(), "--json"])
}

fn claim(release: &Path) -> Value {
    serde_json::from_slice(&fs::read(release.join("class-removal.statement.json")).unwrap()).unwrap()
}

#[test]
fn a_second_and_a_third_removal_continue_the_first() {
    let folder = tempdir().unwrap();
    let [model, a, b, c] =
        [fixture("fmnist-vit"), folder.path().join("a"), folder.path().join("b"), folder.path().join("c")];
    unlearn(&model, &a, &["--forget", "Sandal"]).exits(0);
    let ran = unlearn(&a, &b, &["--forget", "Bag"]).exits(0);
    assert!(
        ran.stdout.contains("removing        5 `Sandal`, 8 `Bag`"),
        "what was sealed is sealed anew: {ran:#?}"
    );
    assert!(
        ran.stdout.contains("continues an earlier removal; still removed: 5 `Sandal`"),
        "which classes the input has lost: {ran:#?}"
    );
    assert_eq!(ran.stderr, "", "that nothing reaches a sealed class is no news");
    unlearn(&b, &c, &["--forget", "0", "--slot", "drop", "--method", "seal"]).exits(0);
    for (release, original) in [(&a, &model), (&b, &a), (&c, &b)] {
        verify(release, original, &[]).exits(0);
    }
    let said = log(&c).exits(0).json();
    assert_eq!(said["removals"].as_array().unwrap().len(), 3);
    assert_eq!(said["problems"], json!([]));
    let lineage = &claim(&c)["predicate"]["removal"]["lineage"];
    let classes: Vec<(u64, &str, Option<u64>)> = lineage["forgotten"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| {
            (class["index"].as_u64().unwrap(), class["label"].as_str().unwrap(), class["indexAfter"].as_u64())
        })
        .collect();
    assert_eq!(classes, [(0, "T-shirt/top", None), (5, "Sandal", None), (8, "Bag", None)]);
    assert_eq!(lineage["labelSpace"]["indexMap"], json!([null, 0, 1, 2, 3, null, 4, 5, null, 6]));
    // The claim of the first release travels through both.
    assert_eq!(
        fs::read(a.join("class-removal.statement.json")).unwrap(),
        fs::read(c.join("class-removal.previous-2.json")).unwrap()
    );
}

#[test]
fn a_broken_missing_or_foreign_link_is_a_finding_and_no_input() {
    let folder = tempdir().unwrap();
    let [model, a, b] = [fixture("fmnist-vit"), folder.path().join("a"), folder.path().join("b")];
    let seal = |from: &Path, to: &Path, class: &str| {
        unlearn(from, to, &["--forget", class, "--method", "seal", "--force"])
    };
    seal(&model, &a, "5").exits(0);
    seal(&a, &b, "8").exits(0);
    let kept = fs::read(b.join(FIRST)).unwrap();
    let other = folder.path().join("other");
    seal(&model, &other, "2").exits(0);
    let foreign = fs::read(other.join("class-removal.statement.json")).unwrap();
    let edited = String::from_utf8(kept.clone()).unwrap().replace("\"seed\": 0", "\"seed\": 1").into_bytes();
    assert_ne!(kept, edited);
    for (link, what) in [
        (None, "the claim records earlier claims, and there are none"),
        (Some(foreign), "`class-removal.previous-1.json` is not the claim that is recorded"),
        (Some(edited), "`class-removal.previous-1.json` is not the claim that is recorded"),
    ] {
        match link {
            Some(bytes) => fs::write(b.join(FIRST), bytes).unwrap(),
            None => fs::remove_file(b.join(FIRST)).unwrap(),
        }
        let ran = verify(&b, &a, &[]).exits(1);
        assert!(
            ran.stdout.lines().any(|line| line.contains("FAILED lineage") && line.contains(what)),
            "{ran:#?}"
        );
        assert_eq!(log(&b).exits(1).json()["problems"][0], what);
        seal(&b, &folder.path().join("c"), "1").exits(2).says("history is broken");
    }
    // Found by reading what fuzzing had left alone: a number of classes, of which a list is made before it is
    // compared.
    rewrite(&b.join(FIRST), |claim| {
        claim["predicate"]["removal"]["labelSpace"]["before"] = json!(1_000_000_000_000_000_000_u64);
    });
    let problem = &log(&b).exits(1).json()["problems"][0];
    assert!(problem.as_str().unwrap().contains("its index map of 10"), "{problem}");
    fs::write(b.join(FIRST), kept).unwrap();
    verify(&b, &a, &[]).exits(0);
    // Whoever leaves out the claim of a release cannot pass its successor off as the first.
    fs::remove_file(a.join("class-removal.statement.json")).unwrap();
    seal(&a, &b, "8").exits(0);
    fs::remove_dir_all(&a).unwrap();
    seal(&model, &a, "5").exits(0);
    let ran = verify(&b, &a, &[]).exits(1);
    assert!(
        ran.stdout.contains("the original is a release, and its claim is not the one before this"),
        "{ran:#?}"
    );
    // A claim beside a changed model is not its history.
    let weights = a.join("config.json");
    fs::write(&weights, fs::read_to_string(&weights).unwrap() + " ").unwrap();
    seal(&a, &folder.path().join("d"), "8").exits(2).told(expect![[r#"
        error: the input is a release whose history is broken: the input's claim is not about its files

        hint: fetch the release again; without its claims a model is unlearned as one without history
    "#]]);
}

#[test]
fn a_graph_of_whole_numbers_is_continued_at_the_head_of_real_ones_that_it_got() {
    let folder = tempdir().unwrap();
    for name in ["dynamic_quantised", "qdq_per_channel"] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/onnx/{name}.onnx"));
        let [first, second] = ["first", "second"].map(|it| folder.path().join(format!("{name}-{it}")));
        seal(&model, &first, &["--forget", "1"]).exits(0);
        seal(&first, &second, &["--forget", "2"]).exits(0);
        verify(&second, &first, &[]).exits(0).shows("passed");
    }
}
