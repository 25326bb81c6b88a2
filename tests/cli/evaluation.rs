//! Labelled embeddings of the user: what they are measured on, what the claim says of them, and what the gate
//! checks.

use expect_test::expect;
use std::{
    fs,
    path::{Path, PathBuf},
};

use safetensors::{SafeTensors, serialize, tensor::TensorView};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    process::{Ran, copy, declass, finish, fixture, rewrite, run, seal, verify},
    tamper::STATEMENT,
};

/// The smallest model with test embeddings.
fn model() -> PathBuf {
    fixture("fmnist-swin")
}

fn embeddings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/fmnist-swin.safetensors")
}

fn evaluate(release: &Path, more: &[&str]) -> Ran {
    let mut command = declass();
    command.arg("evaluate").arg(release).arg("--original").arg(model());
    finish(command.arg("--eval-embeddings").arg(embeddings()).args(more))
}

/// A release of the closed form with figures on some data.
fn release(out: &Path, data: &[&str]) -> Ran {
    seal(&model(), out, &[&["--forget", "Sandal"], data].concat())
}

fn statement(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join(STATEMENT)).unwrap()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The outcome and summary of the check of the figures on the user's data.
fn checked(report: &Value) -> Option<(String, String)> {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == "claimed-evaluation")?;
    let word = |key: &str| check[key].as_str().unwrap().to_owned();
    Some((word("outcome"), word("summary")))
}

/// Test and training embeddings: every other row of the fixture, under the names of each part.
fn halves(folder: &Path) -> [PathBuf; 2] {
    let bytes = fs::read(embeddings()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let find = |name: &str| {
        let test = format!("test_{name}");
        file.tensor(name).or_else(|_| file.tensor(&test)).unwrap()
    };
    [("test", 0), ("train", 1)].map(|(part, first)| {
        let half = |name: &str| {
            let tensor = find(name);
            let rows = tensor.shape()[0];
            let size = tensor.data().len() / rows;
            let data: Vec<u8> =
                tensor.data().chunks(size).skip(first).step_by(2).flatten().copied().collect();
            let shape = [&[data.len() / size], &tensor.shape()[1..]].concat();
            (tensor.dtype(), shape, data)
        };
        let tensors = ["embeddings", "labels"].map(|name| (format!("{part}_{name}"), half(name)));
        let views = tensors.iter().map(|(name, (dtype, shape, data))| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        let path = folder.join(format!("{part}.safetensors"));
        fs::write(&path, serialize(views, None).unwrap()).unwrap();
        path
    })
}

#[test]
fn a_copy_with_another_encoder_is_not_measured() {
    let folder = tempdir().unwrap();
    let (out, other) = (folder.path().join("out"), folder.path().join("other"));
    release(&out, &[]).exits(0);
    copy(&out, &other);
    // The last byte of the file: some tensor, whatever it is.
    let weights = other.join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let (name, tensor) =
        header.as_object().unwrap().iter().find(|(name, _)| name.contains("encoder")).unwrap();
    let at = tensor["data_offsets"][0].as_u64().unwrap() as usize;
    bytes[8 + length + at] ^= 1;
    fs::write(&weights, bytes).unwrap();
    for more in [&[][..], &["--forget", "5"], &["--json"]] {
        let ran = evaluate(&other, more).exits(2).says("more than the head differs").says(name).says("hint");
        assert_eq!(ran.stdout, "");
    }
    evaluate(&out, &[]).exits(0);
    rewrite(&out.join("config.json"), |config| config["num_channels"] = 1.into());
    evaluate(&out, &[]).exits(2).told(expect![[r#"
        error: more than the head differs: file `config.json` differs, which is not part of the removal

        hint: the embeddings are those of the original's encoder and say nothing of another: name a copy in which only the head differs, and the model that it was made from
    "#]]);
}

#[test]
fn an_evaluation_names_both_models_and_the_data_by_their_digests() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    release(&out, &["--slot", "drop"]).exits(0);
    let json = evaluate(&out, &["--json"]).exits(0).json();
    let claim = statement(&out);
    assert_eq!(json["release"]["root"], claim["subject"][0]["digest"]["sha256"]);
    let input = &claim["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(json["original"]["root"], input["digest"]["sha256"]);
    let weights = &json["release"]["files"]["model.safetensors"];
    let claimed =
        claim["subject"].as_array().unwrap().iter().find(|file| file["name"] == "model.safetensors");
    assert_eq!(*weights, claimed.unwrap()["digest"]["sha256"]);
    assert_ne!(*weights, json["original"]["files"]["model.safetensors"]);
    let table = evaluate(&out, &["-v"]).exits(0).stdout;
    for digest in [&json["release"]["root"], &json["original"]["root"], &json["data"]["sha256"]] {
        assert!(table.contains(&digest.as_str().unwrap()[..16]), "{table}");
    }
    let help = run(&["evaluate", "--help"]).exits(0).stdout;
    for key in json.as_object().unwrap().keys() {
        assert!(help.contains(key.as_str()), "`{key}` is not in {help}");
    }
}

#[test]
fn a_folder_without_a_claim_says_what_is_missing() {
    evaluate(&model(), &[]).exits(2).told(expect![[r#"
        error: `[REPOSITORY]/fixtures/models/fmnist-swin` has no claim that says which classes were removed

        hint: name the removed classes with --forget, or a folder that `declass unlearn` wrote
    "#]]);
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    copy(&model(), &out);
    fs::write(out.join(STATEMENT), "{}").unwrap();
    evaluate(&out, &[]).exits(2).says(STATEMENT);
}

#[test]
fn figures_on_labelled_data_are_claimed_and_checked_again() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let data = embeddings();
    let data = ["--eval-embeddings", text(&data)];
    let made = release(&out, &data).exits(0);
    assert!(
        made.stdout.contains("5 `Sandal`: 0.0 % of its 1 000 inputs still get it, 94.7 % before"),
        "{made:?}"
    );
    let claim = statement(&out);
    let verification = &claim["predicate"]["verification"];
    assert_eq!(verification["tiers"], json!(["T0", "T2"]));
    assert_eq!(verification["notRun"], json!(["T1", "T3"]));
    let recorded = &verification["evaluation"]["data"];
    let sha256 = evaluate(&out, &["--json"]).exits(0).json()["data"]["sha256"].clone();
    let counts = json!(vec![1000; 10]);
    let expected = json!([{"name": "user-test", "digest": {"sha256": sha256}, "rows": 10_000, "width": 48, "perClass": counts}]);
    assert_eq!(*recorded, expected);
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(
        card.contains("## Measured on labelled data") && card.contains(sha256.as_str().unwrap()),
        "{card}"
    );
    assert!(
        card.contains("`Sandal` (5) (1000 real ones) | 94.7 % | 0.0 % |")
            && card.contains("membership: not measured"),
        "{card}"
    );

    let report = verify(&out, &model(), &[&data[..], &["--json"]].concat()).exits(0).json();
    let (outcome, summary) = checked(&report).unwrap();
    assert!(outcome == "passed" && summary.contains("measured again and agree"), "{outcome}: {summary}");
    assert_eq!(report["evaluation"]["metrics"][0]["id"], "forgotten-accuracy");
    // The data are what they are, whatever the seed of the synthetic embeddings.
    let report = verify(&out, &model(), &[&data[..], &["--json", "--seed", "7"]].concat()).exits(0).json();
    assert_eq!(checked(&report).unwrap().0, "passed");
    let report = verify(&out, &model(), &["--json"]).exits(0).json();
    let (outcome, summary) = checked(&report).unwrap();
    assert!(outcome == "informative" && summary.contains("not re-checked: data not given"), "{summary}");
}

#[test]
fn figures_on_labelled_data_that_were_edited_are_seen_where_the_data_are() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let data = embeddings();
    let data = ["--eval-embeddings", text(&data)];
    release(&out, &data).exits(0);
    let whole = fs::read(out.join(STATEMENT)).unwrap();
    let evaluation = "/predicate/verification/evaluation";
    let edits = [
        ("metrics/0/figures/1/value", json!(0.5), false),
        ("metrics/1/figures", json!([]), false),
        ("metrics", json!([]), false),
        ("notRun", json!([]), false),
        ("data/0/rows", json!(5), false),
        // What stands for words is looked up, whether the data are there or not.
        ("metrics/0/id", json!("audited by others"), true),
        ("metrics/0/figures/0/quantity", json!("audited by others"), true),
        ("metrics/0", json!({"id": "forgotten-accuracy"}), true),
        ("notRun", json!(["anything that went wrong"]), true),
        ("data", json!([]), true),
    ];
    for (place, value, unreadable) in edits {
        fs::write(out.join(STATEMENT), &whole).unwrap();
        rewrite(&out.join(STATEMENT), |claim| {
            *claim.pointer_mut(&format!("{evaluation}/{place}")).unwrap() = value;
        });
        if unreadable {
            verify(&out, &model(), &data).exits(2).says(STATEMENT);
            continue;
        }
        let report = verify(&out, &model(), &[&data[..], &["--json"]].concat()).exits(1).json();
        assert_eq!(checked(&report).unwrap().0, "failed", "{place}");
        let report = verify(&out, &model(), &["--json"]).exits(0).json();
        assert!(checked(&report).unwrap().1.contains("not re-checked"), "{place}");
    }
    for (place, value) in [("", Value::Null), ("/extra", json!("independently audited"))] {
        fs::write(out.join(STATEMENT), &whole).unwrap();
        rewrite(&out.join(STATEMENT), |claim| {
            let parent = claim.pointer_mut("/predicate/verification/evaluation").unwrap();
            match place {
                "" => *parent = value,
                _ => parent["extra"] = value,
            }
        });
        let report = verify(&out, &model(), &["--json"]).exits(1).json();
        assert_eq!(checked(&report).unwrap().0, "failed", "{place}");
    }
}

#[test]
fn only_the_data_of_the_claim_can_check_it() {
    let folder = tempdir().unwrap();
    let [test, train] = halves(folder.path());
    let (both, alone) = (folder.path().join("both"), folder.path().join("alone"));
    let data = ["--eval-embeddings", text(&test), "--train-embeddings", text(&train)];
    release(&both, &data).exits(0);
    release(&alone, &[]).exits(0);
    let claim = statement(&both);
    assert_eq!(claim["predicate"]["verification"]["evaluation"]["notRun"], json!([]));
    verify(&both, &model(), &data).exits(0);
    verify(&both, &model(), &data[..2]).exits(2).told(expect![[r#"
        error: embeddings `[FOLDER]/test.safetensors`: the figures of the claim are about training embeddings too

        hint: give them, too: with --train-data or --train-embeddings
    "#]]);
    let whole = embeddings();
    let other = ["--eval-embeddings", text(&whole), data[2], data[3]];
    verify(&both, &model(), &other).exits(2).told(expect![[r#"
        error: embeddings `[REPOSITORY]/fixtures/data/fmnist-swin.safetensors`: they are not those of the claim: sha256 [DIGEST], claimed is [DIGEST]

        hint: give the file of the claim, or none; `declass evaluate` measures on other data
    "#]]);
    verify(&alone, &model(), &data).exits(2).told(expect![[r#"
        error: embeddings `[FOLDER]/test.safetensors`: the claim has no figures on such data

        hint: leave it out; `declass evaluate` measures on any data
    "#]]);
    verify(&both, &model(), &data[2..]).exits(2).told(expect![[r#"
        error: the following required arguments were not provided:
          --eval-embeddings <FILE>

        Usage: declass verify --eval-embeddings <FILE> --train-embeddings <FILE> <--original <MODEL>|--trust <FILE>> <RELEASE>

        For more information, try '--help'.
    "#]]);
    let report = verify(&alone, &model(), &["--json"]).exits(0).json();
    assert_eq!(checked(&report), None);
}

#[test]
fn data_that_do_not_fit_are_refused_before_training() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let resnet = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/fmnist-resnet.safetensors");
    let ran = release(&out, &["--eval-embeddings", text(&resnet)]).exits(2).told(expect![[r#"
        error: embeddings `[REPOSITORY]/fixtures/data/fmnist-resnet.safetensors`: they are 128 wide, the input of the model's head is 48 wide

        hint: `declass inspect` shows which layer's input is needed
    "#]]);
    assert!(!ran.stdout.contains("sealing") && !out.exists(), "{ran:?}");
    release(&out, &["--eval-embeddings", "nowhere"]).exits(2).told(expect![[r#"
        error: `nowhere`: No such file or directory (os error 2)
    "#]]);
}

#[test]
fn figures_on_labelled_data_do_not_depend_on_the_number_of_threads() {
    let folder = tempdir().unwrap();
    let data = embeddings();
    let claims = ["1", "3"].map(|threads| {
        let out = folder.path().join(threads);
        let mut command = declass();
        command.arg("unlearn").arg(model()).arg("-o").arg(&out).args(["--forget", "5", "--method", "seal"]);
        command.arg("--eval-embeddings").arg(&data).env("RAYON_NUM_THREADS", threads);
        finish(&mut command).exits(0);
        fs::read(out.join(STATEMENT)).unwrap()
    });
    assert!(claims[0] == claims[1]);
}
