//! Models that decide for every token or pixel, on examples without labels: each place counts, as running both graphs says.

use std::path::{Path, PathBuf};

use declass_formats::Artifact;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    made,
    process::{run, verify},
};

const CLASSES: usize = 5;
const FORGOTTEN: usize = 1;

/// The class with the largest logit at every place, as the graph of a model gives them.
fn answers(model: &Path, inputs: &Path, out: PathBuf, is_map: bool) -> Vec<usize> {
    let [model, inputs, file] = [model, inputs, &out].map(|path| path.to_str().unwrap());
    run(&["run", model, inputs, "-o", file]).exits(0);
    let file = Artifact::open(&out).unwrap();
    let info = file.tensor("logits").unwrap();
    let logits = info.dtype.decode(&file.read_tensor("logits").unwrap()).unwrap();
    let each = logits.len() / info.shape[0];
    let best = |of: &dyn Fn(usize) -> f32| {
        (1..CLASSES).fold(0, |best, it| if of(it) > of(best) { it } else { best })
    };
    logits
        .chunks(each)
        .flat_map(|example| {
            let places = each / CLASSES;
            (0..places).map(move |place| match is_map {
                true => best(&|class| example[class * places + place]),
                false => best(&|class| example[place * CLASSES + class]),
            })
        })
        .collect()
}

fn values(json: &Value, id: &str) -> Vec<f64> {
    let metric = json["metrics"].as_array().unwrap().iter().find(|metric| metric["id"] == id).unwrap();
    metric["figures"].as_array().unwrap().iter().map(|figure| figure["value"].as_f64().unwrap()).collect()
}

/// Unlearns a class on these inputs, and holds what is said of it against both graphs.
fn follows(fixture: &Value, case: usize, unit: &str, is_map: bool) {
    let folder = tempdir().unwrap();
    let [model, out, data] = ["model", "out", "data.safetensors"].map(|name| folder.path().join(name));
    made::save(fixture, &model);
    made::save_inputs(&fixture["cases"][case], &data);
    let [from, to, inputs] = [&model, &out, &data].map(|path| path.to_str().unwrap());
    let forget = FORGOTTEN.to_string();
    let unlearn = [
        "unlearn",
        from,
        "--forget",
        &forget,
        "-o",
        to,
        "--method",
        "seal",
        "--executed",
        "0",
        "--data",
        inputs,
    ];
    let said = run(&unlearn).exits(0).shows(&format!("every {unit}"));
    let json = run(&["evaluate", to, "--original", from, "--data", inputs, "--json"]).exits(0).json();
    let before = answers(&model, &data, folder.path().join("before.safetensors"), is_map);
    let after = answers(&out, &data, folder.path().join("after.safetensors"), is_map);
    assert_eq!((&json["tier"], &json["data"]["rows"]), (&json!("T1"), &json!(before.len())), "{said:#?}");
    let share = |of: &dyn Fn(usize, usize) -> bool, among: &dyn Fn(usize) -> bool| {
        let pairs: Vec<_> = before.iter().zip(&after).filter(|(was, _)| among(**was)).collect();
        pairs.iter().filter(|(was, is)| of(**was, **is)).count() as f64 / pairs.len() as f64
    };
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-5, "{found}, graphs give {expected}")
    };
    assert!(before.contains(&FORGOTTEN) && !after.contains(&FORGOTTEN));
    near(values(&json, "removed-answers")[0], share(&|was, _| was == FORGOTTEN, &|_| true));
    near(values(&json, "answer-agreement")[0], share(&|was, is| was == is, &|was| was != FORGOTTEN));
    // What is claimed is measured again.
    let verified = verify(&out, &model, &["--data", inputs, "--json"]).exits(0).json();
    let checks = verified["checks"].as_array().unwrap();
    assert_eq!(checks.iter().find(|check| check["id"] == "claimed-evaluation").unwrap()["outcome"], "passed");
}

#[test]
fn tokens_count_one_by_one() {
    let mut fixture = made::all("distilbert").remove("distilbert").unwrap();
    fixture["config"]["architectures"] = json!(["DistilBertForTokenClassification"]);
    fixture["tensors"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("pre_classifier"));
    follows(&fixture, 0, "token", false);
}

#[test]
fn pixels_of_a_map_count_one_by_one() {
    let mut fixture = made::all("segformer").remove("segformer").unwrap();
    fixture["config"]["architectures"] = json!(["SegformerForSemanticSegmentation"]);
    fixture["config"]["decoder_hidden_size"] = json!(12);
    let tensors = fixture["tensors"].as_object_mut().unwrap();
    tensors.retain(|name, _| !name.starts_with("classifier"));
    for (at, width) in [8, 12, 16].into_iter().enumerate() {
        tensors
            .insert(format!("decode_head.linear_c.{at}.proj.weight"), json!(["F32", [12, width], 0.0, 0.5]));
        tensors.insert(format!("decode_head.linear_c.{at}.proj.bias"), json!(["F32", [12], 0.0, 0.25]));
    }
    for (name, shape, offset, scale) in [
        ("linear_fuse.weight", json!([12, 36, 1, 1]), 0.0, 0.5),
        ("batch_norm.weight", json!([12]), 1.0, 0.5),
        ("batch_norm.bias", json!([12]), 0.0, 0.5),
        ("batch_norm.running_mean", json!([12]), 0.0, 0.25),
        ("batch_norm.running_var", json!([12]), 1.0, 0.5),
        ("classifier.weight", json!([5, 12, 1, 1]), 0.0, 1.0),
        ("classifier.bias", json!([5]), 0.0, 0.25),
    ] {
        tensors.insert(format!("decode_head.{name}"), json!(["F32", shape, offset, scale]));
    }
    follows(&fixture, 0, "pixel", true);
}
