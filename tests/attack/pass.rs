//! Passes that are used for something else than what they were given to.

use std::{fs, path::Path};

use candle_core::Device;
use declass::{
    classes::Forgotten,
    cut::Cut,
    edit,
    error::Error,
    head::Slot,
    methods,
    progress::Silent,
    release::{RunRecord, Staged},
    removal::Removal,
    unlearn::{self, MARGIN},
    verify::{self, Pass},
};
use declass_formats::Artifact;

use super::{model, verify as verified};

/// A sealed copy, staged beside `destination`.
fn staged(original: &Artifact, forgotten: &Forgotten, destination: &Path) -> Staged {
    let cut = Cut::locate(original, None).unwrap();
    let before = cut.head.load(original).unwrap();
    let after = unlearn::seal(&before, forgotten, cut.head.link, MARGIN).unwrap();
    let edits = edit::edits(original, &cut, &before, &after, forgotten.as_set(), Slot::Keep).unwrap();
    Staged::write(original, &edits, destination, &Silent).unwrap()
}

fn removal(forgotten: &Forgotten) -> Removal {
    Removal::of(forgotten.clone(), methods::by_name("seal").unwrap()).build().unwrap()
}

fn pass(original: &Artifact, staged: &Staged, forgotten: &Forgotten) -> Pass {
    let removal = removal(forgotten);
    let report = verify::verify(original, staged.artifact(), &removal, &Device::Cpu, &Silent).unwrap();
    report.pass().unwrap()
}

fn record(forgotten: &Forgotten) -> RunRecord {
    RunRecord::new(&removal(forgotten), None, None, &[])
}

#[test]
fn a_pass_publishes_the_files_that_it_was_given_to_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let original = Artifact::open(&model("fmnist-resnet")).unwrap();
    let [five, six] = ["5", "6"].map(|class| Forgotten::resolve(&[class], 10, None).unwrap());
    let (out, other) = (folder.path().join("out"), folder.path().join("other"));
    let tampering: [fn(&Path); 6] = [
        |folder| fs::write(folder.join(".gitignore"), "row").unwrap(),
        |folder| fs::write(folder.join("modeling.py"), "import os").unwrap(),
        |folder| fs::write(folder.join("pytorch_model.bin"), "PK").unwrap(),
        |folder| fs::write(folder.join("README.md"), "perfect").unwrap(),
        |folder| fs::remove_file(folder.join("preprocessor_config.json")).unwrap(),
        |folder| {
            let mut bytes = fs::read(folder.join("model.safetensors")).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(folder.join("model.safetensors"), bytes).unwrap();
        },
    ];
    for tamper in tampering {
        let staged = staged(&original, &five, &out);
        let pass = pass(&original, &staged, &five);
        tamper(staged.artifact().folder());
        let refused = staged.publish(&pass, &record(&five), None, false, &Silent);
        assert!(matches!(refused, Err(Error::OtherRelease { .. })), "{refused:?}");
    }
    let (mine, foreign) = (staged(&original, &five, &out), staged(&original, &six, &other));
    let pass = pass(&original, &mine, &five);
    let refused = foreign.publish(&pass, &record(&five), None, false, &Silent);
    assert!(matches!(refused, Err(Error::OtherRelease { .. })), "{refused:?}");
    assert_eq!(mine.artifact().files().len(), 3);
    mine.publish(&pass, &record(&five), None, false, &Silent).unwrap();
    assert_eq!(verified(&out, &model("fmnist-resnet")).0, Some(0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the release is left");
}
