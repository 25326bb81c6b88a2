//! Passes that are used for something else than what they were given to. That one cannot be used for other
//! files at all, the types see to: it goes with the copy that it was given to.

use std::{fs, path::Path};

use candle_core::Device;
use declass::{
    error::Error,
    methods,
    model::Model,
    pipeline::{Job, Passed},
    progress::Silent,
    release::Destination,
};

use super::{model, verify as verified};

/// A sealed copy beside its place, which passed.
fn passed<'a>(original: &'a Model, destination: &Path) -> Passed<'a> {
    let removal = original.forget(&["5"]).unwrap().method(methods::by_name("seal").unwrap()).build().unwrap();
    let job = Job::open(original, &removal, Destination::new(destination), Device::Cpu, &Silent).unwrap();
    let written = job.train().unwrap().seal().unwrap().write().unwrap();
    written.evaluate().unwrap().verify().unwrap().pass().unwrap()
}

#[test]
fn a_pass_publishes_the_files_that_it_was_given_to_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let original = Model::open(model("fmnist-resnet")).unwrap();
    let out = folder.path().join("out");
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
        let passed = passed(&original, &out);
        tamper(passed.artifact().folder());
        let refused = passed.publish(None);
        assert!(matches!(refused, Err(Error::OtherRelease { .. })), "{refused:?}");
    }
    let mine = passed(&original, &out);
    assert_eq!(mine.artifact().files().len(), 3, "the card comes with the claim");
    mine.publish(None).unwrap();
    assert_eq!(verified(&out, &model("fmnist-resnet")).0, Some(0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the release is left");
}
