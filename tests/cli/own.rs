//! Releases measured on pictures of the user: prepared, run through the model, and judged by what PyTorch made of the
//! same pictures.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use declass_formats::Artifact;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{Ran, fixture, run, seal, verify};

/// Pictures of each class that are taken.
const EACH: usize = 20;
/// The first test pictures of each class that the fixture has.
const STORED: usize = 100;
const SIDE: usize = 28;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data").join(name)
}

/// The pictures, class by class, row-major.
fn pixels() -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(fs::File::open(data("fmnist-images.npz")).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name("images.npy").unwrap().read_to_end(&mut bytes).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.split_off(10 + header)
}

/// A folder with a folder for each class, called as people write it.
pub(crate) fn pictures(folder: &Path) {
    let names = "T-shirt_top Trouser Pullover Dress Coat sandal Shirt Sneaker Bag Ankle_Boot".split(' ');
    let pixels = pixels();
    for (class, name) in names.enumerate() {
        fs::create_dir_all(folder.join(name)).unwrap();
        for at in 0..EACH {
            let picture = &pixels[(class * STORED + at) * SIDE * SIDE..][..SIDE * SIDE];
            let path = folder.join(name).join(format!("{at:02}.png"));
            image::save_buffer(path, picture, SIDE as u32, SIDE as u32, image::ColorType::L8).unwrap();
        }
    }
}

/// The embeddings that PyTorch made of the same pictures.
fn embeddings(out: &Path) {
    let file = Artifact::open(&data("fmnist-vit.safetensors")).unwrap();
    let (rows, labels) =
        (file.read_tensor("test_embeddings").unwrap(), file.read_tensor("test_labels").unwrap());
    let labels: Vec<i64> = labels.chunks(8).map(|it| i64::from_le_bytes(it.try_into().unwrap())).collect();
    let width = rows.len() / labels.len();
    let of = |class: i64| labels.iter().enumerate().filter(move |(_, label)| **label == class).take(EACH);
    let taken: Vec<(usize, &i64)> = (0..10).flat_map(of).collect();
    let embeddings: Vec<u8> =
        taken.iter().flat_map(|(row, _)| rows[row * width..][..width].to_vec()).collect();
    let classes: Vec<u8> = taken.iter().flat_map(|(_, label)| label.to_le_bytes()).collect();
    let header = json!({
        "embeddings": {"dtype": "F16", "shape": [taken.len(), width / 2], "data_offsets": [0, embeddings.len()]},
        "labels": {
            "dtype": "I64", "shape": [taken.len()],
            "data_offsets": [embeddings.len(), embeddings.len() + classes.len()],
        },
    });
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(out, [&length, header.as_bytes(), &embeddings, &classes].concat()).unwrap();
}

fn figure(metrics: &Value, id: &str) -> f64 {
    let metric = metrics.as_array().unwrap().iter().find(|metric| metric["id"] == id).unwrap();
    metric["figures"][0]["value"].as_f64().unwrap()
}

fn evaluated(out: &Path, on: [&str; 2]) -> Ran {
    let model = fixture("fmnist-vit");
    let fixed = ["evaluate", out.to_str().unwrap(), "--original", model.to_str().unwrap(), "--json"];
    run(&[&fixed[..], &on].concat())
}

#[test]
fn pictures_give_the_figures_of_the_embeddings_that_pytorch_makes_of_them() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&fixture("fmnist-vit"), &out, &["--forget", "Sandal"]).exits(0);
    let (own, theirs) = (folder.path().join("pictures"), folder.path().join("embeddings.safetensors"));
    pictures(&own);
    embeddings(&theirs);
    let on_pictures = evaluated(&out, ["--data", own.to_str().unwrap()]).exits(0).json();
    let on_embeddings = evaluated(&out, ["--eval-embeddings", theirs.to_str().unwrap()]).exits(0).json();
    assert_eq!(on_pictures["data"]["perClass"], on_embeddings["data"]["perClass"]);
    for id in ["forgotten-accuracy", "retained-accuracy", "aus", "forgotten-margin"] {
        let (ours, theirs) = (figure(&on_pictures["metrics"], id), figure(&on_embeddings["metrics"], id));
        // Theirs were stored in half precision.
        assert!((ours - theirs).abs() <= 2e-2 * theirs.abs().max(1.0), "{id}: {ours} for {theirs}");
    }
}

#[test]
fn figures_on_pictures_are_claimed_and_measured_again() {
    let folder = tempdir().unwrap();
    let (out, own) = (folder.path().join("out"), folder.path().join("pictures"));
    pictures(&own);
    fs::write(own.join("sandal/broken.png"), "no picture").unwrap();
    fs::create_dir(own.join("Hat")).unwrap();
    fs::copy(own.join("Bag/00.png"), own.join("Hat/00.png")).unwrap();
    let (model, data) = (fixture("fmnist-vit"), own.to_str().unwrap());
    let said = seal(&model, &out, &["--forget", "Sandal", "--data", data]).exits(0);
    let said = said.says("`Hat` is no class of the model").says("could not be used");
    assert!(said.stdout.contains("200 examples"), "{said:#?}");
    let verified = verify(&out, &model, &["--data", data, "--json"]).exits(0).json();
    let checks = verified["checks"].as_array().unwrap();
    let claimed = checks.iter().find(|check| check["id"] == "claimed-evaluation").unwrap();
    assert_eq!(claimed["outcome"], "passed");
    // Fewer pictures are other data, and a strict reading takes none that is of another class.
    verify(&out, &model, &["--data", data, "--limit", "50"]).exits(2);
    verify(&out, &model, &["--data", data, "--strict"]).exits(2).says("`Hat` is no class of the model");
}

/// Pictures without any folder of a class.
fn flat(folder: &Path) {
    let own = folder.join("classes");
    pictures(&own);
    let flat = folder.join("flat");
    fs::create_dir(&flat).unwrap();
    for class in ["sandal", "Bag", "Sneaker"] {
        for at in 0..EACH {
            let name = format!("{at:02}.png");
            fs::copy(own.join(class).join(&name), flat.join(format!("{class}-{name}"))).unwrap();
        }
    }
}

#[test]
fn pictures_without_labels_are_measured_and_claimed_without_accuracy() {
    let folder = tempdir().unwrap();
    flat(folder.path());
    let (out, data, model) = (folder.path().join("out"), folder.path().join("flat"), fixture("fmnist-vit"));
    let data = ["--data", data.to_str().unwrap()];
    let said = seal(&model, &out, &[&["--forget", "Sandal"], &data[..]].concat()).exits(0);
    assert!(said.stdout.contains("whether it is right nobody knows without labels"), "{said:#?}");
    assert!(said.stdout.contains("0.0 % of the 2"), "{said:#?}");
    let claim: Value =
        serde_json::from_slice(&fs::read(out.join("class-removal.statement.json")).unwrap()).unwrap();
    let verification = &claim["predicate"]["verification"];
    assert_eq!(verification["tiers"], json!(["T0", "T1"]));
    assert_eq!(verification["evaluation"]["data"][0]["name"], "user-unlabelled");
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("## Measured on unlabelled data") && !card.contains("accuracy:"), "{card}");
    let verified = verify(&out, &model, &[&data[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(verified["evaluation"]["tier"], "T1");
    let checks = verified["checks"].as_array().unwrap();
    let claimed = checks.iter().find(|check| check["id"] == "claimed-evaluation").unwrap();
    assert_eq!(claimed["outcome"], "passed");
    // Labelled data are others, and the claim has no figures on them.
    let labelled = folder.path().join("classes");
    verify(&out, &model, &["--data", labelled.to_str().unwrap()]).exits(2).says("no figures on such data");
    run(&["export", "model-card", out.to_str().unwrap()]).exits(0).shows("unlabelled embeddings");
}

#[test]
fn changed_inputs_are_listed_whole_or_not_at_all() {
    let folder = tempdir().unwrap();
    let (out, own) = (folder.path().join("out"), folder.path().join("pictures"));
    seal(&fixture("fmnist-vit"), &out, &["--forget", "Sandal"]).exits(0);
    pictures(&own);
    // As spreadsheets would take it, a formula.
    fs::rename(own.join("sandal"), own.join("=Sandal")).unwrap();
    let model = fixture("fmnist-vit");
    let list = folder.path().join("changed.csv");
    let evaluate = |list: &Path, more: &[&str]| {
        let (out, model, own) = (out.to_str().unwrap(), model.to_str().unwrap(), own.to_str().unwrap());
        let fixed =
            ["evaluate", out, "--original", model, "--data", own, "--changed", list.to_str().unwrap()];
        run(&[&fixed[..], more].concat())
    };
    let said = evaluate(&list, &["-v"]).exits(0);
    said.shows("0.0 % of its 20 inputs still get it").shows("where they go now: ").shows("answers after");
    let text = fs::read_to_string(&list).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "id,label,before,after,probability_before,probability_after,margin_before,margin_after"
    );
    let json = run(&[
        "evaluate",
        out.to_str().unwrap(),
        "--original",
        model.to_str().unwrap(),
        "--data",
        own.to_str().unwrap(),
        "--json",
    ]);
    let json = json.exits(0).json();
    let changed = figure(&json["metrics"], "confusion");
    assert_eq!((lines.len() - 1) as f64, (changed * 200.0).round());
    assert!(lines[1..].iter().all(|line| line.split(',').nth(2) == Some("Sandal")), "{text}");
    assert!(text.contains("\n'=Sandal/00.png,Sandal,Sandal,") && !text.contains("\n="), "{text}");
    // A file that is there stays, and nothing goes into the release.
    evaluate(&list, &[]).exits(2).says("is there already");
    assert_eq!(fs::read_to_string(&list).unwrap(), text);
    evaluate(&out.join("changed.csv"), &[]).exits(2).says("lies in the release");
    assert!(!out.join("changed.csv").exists());
}
