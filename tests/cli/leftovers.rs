//! What rounding, biases and other tensors of a release still tell about a forgotten class.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{copy, fixture, names, resnet, seal, unlearn, verify};

/// Adds a tensor to a model: the bytes of the head's weights under another name, rounded to 8 bits of
/// mantissa.
fn with_average(model: &Path, folder: &Path) {
    copy(model, folder);
    let file = folder.join("model.safetensors");
    let bytes = fs::read(&file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let mut data = bytes[8 + length..].to_vec();
    let head = header["classifier.1.weight"].clone();
    let at = |end: usize| head["data_offsets"][end].as_u64().unwrap() as usize;
    let mut average = data[at(0)..at(1)].to_vec();
    average.chunks_exact_mut(4).for_each(|value| value[..2].fill(0));
    let mut entry = head.clone();
    entry["data_offsets"] = [data.len(), data.len() + average.len()].into();
    header["averages.head"] = entry;
    data.extend(average);
    let header = header.to_string();
    let parts = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data];
    fs::write(file, parts.concat()).unwrap();
}

#[test]
fn a_second_copy_of_the_head_stops_the_release() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    with_average(&resnet(), &model);
    for more in [&["--forget", "5"][..], &["--forget", "5", "--slot", "drop", "--allow-stale"]] {
        let ran = seal(&model, &out, more).exits(1);
        assert!(
            ran.stdout
                .contains("class 5 `Sandal` is still in the file: tensor `averages.head` holds its row"),
            "{ran:#?}"
        );
    }
    assert_eq!(names(folder.path()), ["model"]);
}

#[test]
fn weights_that_another_part_goes_on_reading_stop_the_release() {
    let folder = tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/onnx/shared_weight.onnx");
    for slot in ["keep", "drop"] {
        let ran = seal(&model, &folder.path().join("out"), &["--forget", "1", "--slot", slot]).exits(1);
        assert!(ran.stdout.contains("is still in the file: tensor `"), "{ran:#?}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn roundings_biases_and_the_sum_of_the_rows_are_measured_and_claimed() {
    let folder = tempdir().unwrap();
    let model = fixture("fmnist-vit");
    for (slot, bias) in [
        ("keep", "anyone who reads the biases sees which classes were removed, as is intended"),
        ("drop", "does not apply"),
    ] {
        let out = folder.path().join(slot);
        unlearn(&model, &out, &["--forget", "5", "--slot", slot]).exits(0);
        let checks = verify(&out, &model, &["--json"]).exits(0).json()["checks"].clone();
        let check =
            |id: &str| checks.as_array().unwrap().iter().find(|check| check["id"] == id).unwrap().clone();
        let value = |id: &str, wanted: Value| {
            let figures = check(id)["figures"].clone();
            let fits = |figure: &&Value| {
                wanted.as_object().unwrap().iter().all(|(key, value)| figure.get(key) == Some(value))
            };
            let found = figures.as_array().unwrap().iter().find(fits);
            found.unwrap_or_else(|| panic!("{wanted} in {figures}"))["value"].as_f64().unwrap()
        };
        for rounding in ["fp16", "bf16", "int8", "int4"] {
            let worst = json!({"quantity": "worst-recognised", "stratum": rounding, "side": "after"});
            assert_eq!(value("quantised", worst), 0.0);
        }
        let agreement =
            |stratum: &str| value("quantised", json!({"quantity": "agreement", "stratum": stratum}));
        assert!(agreement("unrounded") > 0.97 && (agreement("unrounded") - agreement("bf16")).abs() < 0.01);
        assert!(agreement("int4") < agreement("unrounded") && agreement("int4") > 0.8);
        assert!(check("head-bias")["summary"].as_str().unwrap().starts_with(bias));
        assert_eq!(value("restoration", json!({"quantity": "copies"})), 0.0);
        let recognised = json!({"quantity": "recognised", "class": 5, "side": "after"});
        assert_eq!(value("restoration", recognised), 0.0);
        let rebuilt =
            value("restoration", json!({"quantity": "recognised", "class": 5, "stratum": "rebuilt-row"}));
        assert!((0.01..0.9).contains(&rebuilt), "{rebuilt}");
    }
}
