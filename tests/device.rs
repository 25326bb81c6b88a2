//! The whole of it on the device that `DECLASS_TEST_DEVICE` names (`cpu` where it is unset, `cuda:0` on a
//! machine with a GPU), held against the CPU: draws are the same, heads equal within 1e-4, figures within
//! 1e-3 (a count may shift by one).

use std::path::{Path, PathBuf};

use candle_core::Device;
use declass::{
    classes::Forgotten,
    cut::Cut,
    device::DeviceChoice,
    edit,
    evidence::words,
    head::{Hints, LinearHead},
    methods::{self, Kind},
    progress::Silent,
    release::{Destination, Staged},
    removal::Removal,
    unlearn::{self, Material},
    verify,
};
use declass_formats::Artifact;

fn device() -> Device {
    let named = std::env::var("DECLASS_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
    named.parse::<DeviceChoice>().expect("a device").open().expect("the device can be used").device
}

/// Relative to the root of the repository, so that the tests also run where they were not built.
fn fixture(name: &str) -> PathBuf {
    Path::new("fixtures/models").join(name)
}

fn head() -> LinearHead {
    let model = Artifact::open(&fixture("fmnist-resnet")).unwrap();
    Cut::locate(&model, &Hints::default()).unwrap().head.load(&model).unwrap()
}

/// Largest difference of two heads, relative to the largest weight of the first.
fn distance(a: &LinearHead, b: &LinearHead) -> f32 {
    let largest = a.weight.iter().chain(&a.bias).fold(0.0f32, |most, x| most.max(x.abs()));
    let pairs = a.weight.iter().zip(&b.weight).chain(a.bias.iter().zip(&b.bias));
    pairs.fold(0.0f32, |most, (x, y)| most.max((x - y).abs())) / largest
}

#[test]
fn draws_are_those_of_the_cpu() {
    let (head, forgotten) = (head(), Forgotten::resolve(&["5"], 10, None).unwrap());
    let removal = Removal::of(forgotten, methods::by_name("scrub").unwrap()).build().unwrap();
    let draw = |device: &Device| Material::draw(&head, &removal, device, &Silent).unwrap();
    let (here, there) = (draw(&Device::Cpu).training, draw(&device()).training);
    assert_eq!(here.len(), 10_000);
    // An embedding between two classes may get either label, by rounding, and then another takes its place.
    let rows = |all: &declass::embeddings::Embeddings| {
        all.values
            .chunks_exact(all.width)
            .map(|row| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            .collect::<std::collections::HashSet<_>>()
    };
    let (mine, theirs) = (rows(&here), rows(&there));
    assert!(mine.intersection(&theirs).count() >= 9_990, "{}", mine.intersection(&theirs).count());
}

#[test]
fn every_trained_method_goes_the_way_of_the_cpu() {
    let (head, forgotten) = (head(), Forgotten::resolve(&["3", "7"], 10, None).unwrap());
    for method in methods::METHODS.into_iter().filter(|method| matches!(method.kind, Kind::Trained(_))) {
        // One small rate and few epochs, so that both sides take the same number of steps; whether they
        // forget is not asked.
        let removal = Removal::of(forgotten.clone(), method).learning_rate(0.001).epochs(5).samples(500);
        let removal = removal.build().unwrap();
        let material = Material::draw(&head, &removal, &Device::Cpu, &Silent).unwrap();
        let summary = |device: &Device| {
            let found = unlearn::search(&head, &material, &removal, device, &Silent).unwrap();
            found.attempts[0].clone()
        };
        let (here, there) = (summary(&Device::Cpu), summary(&device()));
        assert_eq!(here.epochs, there.epochs, "{}", method.name);
        for (here, there) in here.trace.iter().zip(&there.trace) {
            assert!(
                (here.shortfall - there.shortfall).abs() <= 1e-4 * here.shortfall.abs().max(1.0),
                "{}",
                method.name
            );
        }
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-4 * a.abs().max(1e-2);
        assert!(near(here.retained_kl, there.retained_kl), "{}: {here} {there}", method.name);
        assert!(near(here.retained_agreement, there.retained_agreement), "{}: {here} {there}", method.name);
    }
}

#[test]
fn unlearning_by_default_is_verified_with_the_figures_of_the_cpu() {
    let original = Artifact::open(&fixture("fmnist-resnet")).unwrap();
    let cut = Cut::locate(&original, &Hints::default()).unwrap();
    let (before, forgotten) =
        (cut.head.load(&original).unwrap(), Forgotten::resolve(&["5"], 10, None).unwrap());
    let removal = Removal::of(forgotten, methods::by_name("delete").unwrap()).build().unwrap();
    let trained = |device: &Device| {
        let material = Material::draw(&before, &removal, &Device::Cpu, &Silent).unwrap();
        unlearn::train(&before, &material, &removal, device, &Silent).unwrap().head
    };
    let (here, there) = (trained(&Device::Cpu), trained(&device()));
    assert!(distance(&here, &there) <= 1e-4, "{}", distance(&here, &there));
    let edits = edit::rewrite(&original, &cut, &before, &there, removal.target()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let staged =
        Staged::write(&original, &edits, Destination::new(folder.path().join("out")), &Silent).unwrap();
    let report = |device: &Device| {
        verify::verify(&original, staged.artifact(), &removal, None, device, &Silent).unwrap()
    };
    let (mine, theirs) = (report(&Device::Cpu), report(&device()));
    assert!(theirs.passed());
    for (mine, theirs) in mine.checks().iter().zip(theirs.checks()) {
        assert_eq!((mine.definition, mine.outcome), (theirs.definition, theirs.outcome));
        for (a, b) in mine.figures.iter().zip(&theirs.figures) {
            let (x, y) = (a.value.0, b.value.0);
            let same = x == y || (x - y).abs() <= 1e-3 * x.abs().max(1.0);
            assert!(same, "{}: {a:?} {b:?}", mine.definition.id);
            assert_eq!(words::name(a, None), words::name(b, None));
        }
    }
}
