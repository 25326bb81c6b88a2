//! The programs in `examples/` do what they say.

use std::{fs, path::Path};

// Each has a `main` of its own, which is not run here.
#[expect(dead_code)]
#[path = "../examples/gate_a_release.rs"]
mod gate_a_release;
#[expect(dead_code)]
#[path = "../examples/inspect.rs"]
mod inspect;
#[expect(dead_code)]
#[path = "../examples/remove_a_class.rs"]
mod remove_a_class;

fn resnet() -> &'static Path {
    Path::new("fixtures/models/fmnist-resnet")
}

#[test]
fn a_model_is_described() {
    let said = inspect::describe(resnet()).unwrap();
    assert!(said.contains("10 classes") && said.contains("Sandal"), "{said}");
    assert!(inspect::describe(Path::new("fixtures")).is_err());
}

#[test]
fn a_class_is_removed_and_only_a_signed_release_passes_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let found = remove_a_class::remove(resnet(), "Sandal", &out).unwrap();
    assert!(found.lines().count() > 5, "{found}");
    assert!(remove_a_class::remove(resnet(), "Sandal", &out).is_err(), "it is there already");
    let trust = folder.path().join("trust.toml");
    let pem = fs::read_to_string("fixtures/signed/p256.pub.pem").unwrap();
    fs::write(folder.path().join("key.pem"), &pem).unwrap();
    let id = declass::sign::PublicKey::from_pem(&pem).unwrap().fingerprint();
    let key = format!(
        "id = \"{id}\"\npem = \"key.pem\"\nidentity = \"a@example.org\"\nroles = [\"oms\", \"claim\"]\n"
    );
    fs::write(&trust, format!("version = 1\n[[key]]\n{key}")).unwrap();
    let findings = gate_a_release::gate(&out, &trust, None).unwrap();
    assert!(findings.iter().any(|finding| finding.to_string().contains("sign")), "{findings:?}");
}
