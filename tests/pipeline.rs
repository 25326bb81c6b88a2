//! What a library caller can and cannot make a release say.

use std::{fs, path::Path};

use candle_core::Device;
use declass::{
    classes::Forgotten,
    cut::Cut,
    edit,
    formats::Artifact,
    head::Slot,
    methods,
    progress::Silent,
    release::{RunRecord, Staged},
    removal::Removal,
    unlearn::{self, MARGIN, Material},
    verify,
};

fn resnet() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-resnet")
}

#[test]
fn a_claim_says_the_seed_that_training_used() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let model = Artifact::open(&resnet()).unwrap();
    let cut = Cut::locate(&model, None).unwrap();
    let forgotten = Forgotten::resolve(&["5"], 10, None).unwrap();
    let removal =
        Removal::of(forgotten, methods::by_name("mask").unwrap()).seed(7).verification_seed(3).build();
    let removal = removal.unwrap();
    let before = cut.head.load(&model).unwrap();
    let material = Material::draw(&before, &removal, &Device::Cpu, &Silent).unwrap();
    let trained = unlearn::train(&before, &material, &removal, &Device::Cpu, &Silent).unwrap();
    let record = RunRecord::new(&removal, Some(&material.sampling), Some(&trained), &[]);
    let stored = edit::as_stored(&cut, &before, &trained.head).unwrap();
    let after = unlearn::seal(&stored, removal.forgotten(), cut.head.link, MARGIN).unwrap();
    let edits = edit::edits(&model, &cut, &before, &after, removal.forgotten().as_set(), Slot::Keep).unwrap();
    let staged = Staged::write(&model, &edits, &out, &Silent).unwrap();
    let report = verify::verify(&model, staged.artifact(), &removal, &Device::Cpu, &Silent).unwrap();
    staged.publish(&report.pass().unwrap(), &record, None, false, &Silent).unwrap();
    let claim = fs::read(out.join("class-removal.statement.json")).unwrap();
    let claim: serde_json::Value = serde_json::from_slice(&claim).unwrap();
    assert_eq!(claim["predicate"]["buildDefinition"]["externalParameters"]["seed"], "7");
    assert_eq!(claim["predicate"]["verification"]["seed"], "3");
}
