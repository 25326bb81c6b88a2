//! What a library caller can and cannot make a release say.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use candle_core::Device;
use declass::{
    attest::Claimed,
    error::{Error, RemovalError},
    head::{Hints, Treatment},
    methods,
    model::Model,
    pipeline::{Event, Job, Observer},
    progress::{Progress, Silent},
    release::Destination,
    removal::Removal,
};
use declass_formats::Artifact;
use serde_json::Value;

fn resnet() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-resnet");
    Model::open(path).unwrap()
}

/// Carries out a removal and publishes it.
fn publish(model: &Model, removal: &Removal, out: &Path) {
    let job = Job::open(model, removal, Destination::new(out), Device::Cpu, &Silent).unwrap();
    let verified =
        job.train().unwrap().seal().unwrap().write().unwrap().evaluate().unwrap().verify().unwrap();
    verified.pass().unwrap().publish(None).unwrap();
}

fn claim(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("class-removal.statement.json")).unwrap()).unwrap()
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    (folder, out)
}

#[test]
fn a_claim_says_the_seed_that_training_used_and_gives_the_removal_back() {
    let (_folder, out) = place();
    let model = resnet();
    let scrub = methods::by_name("scrub").unwrap();
    let removal = model.forget(&["Sandal"]).unwrap().method(scrub).setting("stay", 0.5).samples(200);
    let removal = removal.seed(7).verification_seed(3).build().unwrap();
    publish(&model, &removal, &out);
    let predicate = claim(&out)["predicate"].clone();
    assert_eq!(predicate["buildDefinition"]["externalParameters"]["seed"], 7);
    assert_eq!(predicate["verification"]["seed"], 3);
    let claimed = Claimed::of(&Artifact::open(&out).unwrap()).unwrap();
    assert_eq!(*claimed.removal(), removal);
}

#[test]
fn what_a_release_has_forgotten_stays_forgotten_and_its_claim_travels_along() {
    let (folder, first) = place();
    let second = folder.path().join("second");
    let model = resnet();
    let seal = methods::by_name("seal").unwrap();
    let sealed = |model: &Model, class: &str| model.forget(&[class]).unwrap().method(seal).build().unwrap();
    publish(&model, &sealed(&model, "5"), &first);
    let release = Model::open(&first).unwrap();
    let asked = sealed(&release, "7");
    let job = Job::open(&release, &asked, Destination::new(&second), Device::Cpu, &Silent).unwrap();
    assert_eq!(job.still_forgotten(), [5]);
    assert_eq!(job.removal().forgotten().indices().collect::<Vec<_>>(), [5, 7]);
    publish(&release, &asked, &second);
    let lineage = &claim(&second)["predicate"]["removal"]["lineage"];
    assert_eq!(lineage["claims"].as_array().unwrap().len(), 1, "{lineage}");
    assert!(second.join(lineage["claims"][0]["name"].as_str().unwrap()).is_file());
}

#[test]
fn a_job_is_not_opened_on_a_model_that_the_removal_is_not_about() {
    let (_folder, out) = place();
    let model = resnet();
    let refused = |removal: &Removal| {
        Job::open(&model, removal, Destination::new(&out), Device::Cpu, &Silent).err().unwrap()
    };
    let forgotten = declass::classes::Forgotten::resolve(&["1"], 3, None).unwrap();
    let other = Removal::of(forgotten, methods::METHODS[0]).build().unwrap();
    assert!(matches!(refused(&other), Error::OtherClasses { found: 10, expected: 3 }));
    let elsewhere = model.forget(&["1"]).unwrap().hints(Hints::naming(&["aux"])).build().unwrap();
    assert!(matches!(refused(&elsewhere), Error::Removal(RemovalError::OtherHead)));
    let inside = Destination::new(model.artifact().folder().join("out"));
    let removal = model.forget(&["1"]).unwrap().build().unwrap();
    let error = Job::open(&model, &removal, inside, Device::Cpu, &Silent).err().unwrap();
    assert!(matches!(error, Error::InsideInput { .. }));
}

#[derive(Default)]
struct Heard(Mutex<Vec<&'static str>>);

impl Progress for Heard {}

impl Observer for Heard {
    fn observe(&self, event: Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::Sampled { .. } => "sampled",
            Event::Searched(_) => "searched",
            Event::Trained(_) => "trained",
            Event::Sealed { .. } => "sealed",
            _ => "other",
        });
    }
}

#[test]
fn whoever_watches_hears_what_happens_in_its_order() {
    let (_folder, out) = place();
    let model = resnet();
    let mask = methods::by_name("mask").unwrap();
    for (treatment, events) in [
        (Treatment::Seal, &["sampled", "searched", "trained", "sealed"][..]),
        (Treatment::Drop, &["sampled", "searched", "trained"]),
    ] {
        let heard = Heard::default();
        let removal = model.forget(&["1"]).unwrap().method(mask).samples(50).treatment(treatment);
        let removal = removal.build().unwrap();
        let job = Job::open(&model, &removal, Destination::new(&out), Device::Cpu, &heard).unwrap();
        job.train().unwrap().seal().unwrap().write().unwrap();
        assert_eq!(*heard.0.lock().unwrap(), events);
        assert!(!out.exists(), "nothing was published");
    }
}
