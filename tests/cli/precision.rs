//! Heads in double precision: what single precision does not show is seen, too.

use std::{fs, path::Path};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tempfile::tempdir;

use crate::process::{copy, resnet, seal, verify};

const HEAD: &str = "classifier.1.weight";

/// Rewrites one tensor of a model.
fn rewrite(folder: &Path, name: &str, rewritten: impl Fn(Dtype, &[u8]) -> (Dtype, Vec<u8>)) {
    let file = folder.join("model.safetensors");
    let bytes = fs::read(&file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (dtype, data) =
        rewritten(tensors.tensor(name).unwrap().dtype(), tensors.tensor(name).unwrap().data());
    let views = tensors.tensors().into_iter().map(|(other, view)| match other == name {
        true => (other, TensorView::new(dtype, view.shape().to_vec(), &data).unwrap()),
        false => (other, view),
    });
    let metadata = Some([("format".to_owned(), "pt".to_owned())].into());
    let written = safetensors::serialize(views, metadata).unwrap();
    fs::write(file, written).unwrap();
}

#[test]
fn a_retained_weight_that_moved_by_less_than_single_precision_shows_is_seen() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    copy(&resnet(), &model);
    rewrite(&model, HEAD, |_, data| {
        let single = data.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes)));
        (Dtype::F64, single.flat_map(|value| (value / 3.0).to_le_bytes()).collect())
    });
    seal(&model, &out, &["--forget", "5"]).exits(0);
    let check = |name: &str| {
        let checks = verify(&out, &model, &["--json"]).json()["checks"].clone();
        let found = checks.as_array().unwrap().iter().find(|check| check["id"] == name).unwrap().clone();
        (found["outcome"].as_str().unwrap().to_owned(), found["summary"].as_str().unwrap().to_owned())
    };
    assert_eq!(check("retained-logits").0, "passed");
    let (outcome, proof) = check("forgotten-unreachable");
    assert!(outcome == "passed" && proof.contains("shorter than"), "{proof}");
    rewrite(&out, HEAD, |dtype, data| {
        let mut data = data.to_vec();
        data[0] ^= 1;
        (dtype, data)
    });
    let (outcome, moved) = check("retained-logits");
    assert!(outcome == "failed" && moved.starts_with("1 of 9 retained rows moved"), "{outcome}: {moved}");
}
