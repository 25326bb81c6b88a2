//! A folder of safetensors that is run by an ONNX file which was exported of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass_formats::Artifact;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{copy, fixture, rewrite, run};

fn vit() -> PathBuf {
    fixture("fmnist-vit")
}

fn vit_onnx() -> PathBuf {
    fixture("fmnist-vit.onnx")
}

fn swin() -> PathBuf {
    fixture("fmnist-swin")
}

/// One picture of zeros but for a corner, as safetensors.
fn picture(file: &Path) {
    let header =
        json!({"pixel_values": {"dtype": "F32", "shape": [1, 3, 28, 28], "data_offsets": [0, 9408]}});
    let header = header.to_string();
    let numbers = (0..2352).flat_map(|at| (at as f32 / 100.0).sin().to_le_bytes());
    let bytes = (header.len() as u64).to_le_bytes().into_iter().chain(header.into_bytes()).chain(numbers);
    fs::write(file, bytes.collect::<Vec<u8>>()).unwrap();
}

fn logits(file: &Path) -> Vec<f32> {
    let file = Artifact::open(file).unwrap();
    file.tensor("logits").unwrap().dtype.decode(&file.read_tensor("logits").unwrap()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn check<'v>(checks: &'v Value, id: &str) -> &'v Value {
    checks.as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()
}

#[test]
fn a_folder_gives_what_its_graph_gives() {
    let (vit, graph) = (vit(), vit_onnx());
    let folder = tempdir().unwrap();
    let (given, by_graph) = (folder.path().join("in.safetensors"), folder.path().join("graph.safetensors"));
    picture(&given);
    run(&["run", text(&graph), text(&given), "-o", text(&by_graph)]).exits(0);
    let named = folder.path().join("named.safetensors");
    run(&["run", text(&vit), text(&given), "-o", text(&named), "--graph", text(&graph)]).exits(0);
    assert_eq!(logits(&named), logits(&by_graph));

    let model = folder.path().join("model");
    copy(&vit, &model);
    // What is not built is run by the graph beside the folder.
    rewrite(&model.join("config.json"), |config| config["hidden_act"] = json!("another"));
    fs::create_dir(model.join("onnx")).unwrap();
    fs::copy(&graph, model.join("onnx/model.onnx")).unwrap();
    let beside = folder.path().join("beside.safetensors");
    run(&["run", text(&model), text(&given), "-o", text(&beside)]).exits(0);
    assert_eq!(logits(&beside), logits(&by_graph));
    run(&["inspect", text(&vit), "--cuts", "--graph", text(&graph)]).exits(0).shows("cut point");
}

#[test]
fn a_removal_is_run_by_the_graph_and_the_claim_says_so() {
    let (vit, graph) = (vit(), vit_onnx());
    let folder = tempdir().unwrap();
    for slot in ["keep", "drop"] {
        let out = folder.path().join(slot);
        let unlearn = ["unlearn", text(&vit), "--forget", "Sandal", "--method", "seal", "--slot", slot];
        let said = run(&[&unlearn[..], &["--graph", text(&graph), "-o", text(&out), "--json"]].concat());
        let said = said.exits(0).json();
        let verification = &said["statement"]["predicate"]["verification"];
        assert_eq!(check(&verification["checks"], "executed")["result"], "passed", "{said:#}");
        let lent = &verification["execution"]["graph"];
        assert_eq!(lent["sha256"].as_str().unwrap().len(), 64);
        assert_eq!((&lent["shared"], &lent["own"]), (&json!(72), &json!(0)));

        let verify = ["verify", text(&out), "--original", text(&vit), "--json"];
        let again = run(&[&verify[..], &["--graph", text(&graph)]].concat()).exits(0).json();
        assert_eq!(check(&again["checks"], "executed")["outcome"], "passed");
        assert_eq!(check(&again["checks"], "claimed-graph")["outcome"], "passed");
        let without = run(&verify).exits(0).json();
        assert_eq!(check(&without["checks"], "claimed-graph")["outcome"], "informative");
    }
}

#[test]
fn a_claim_that_nothing_was_run_holds_where_it_can_be_run_now() {
    let (vit, graph) = (vit(), vit_onnx());
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let unlearn = ["unlearn", text(&vit), "--forget", "Sandal", "--method", "seal"];
    run(&[&unlearn[..], &["--graph", text(&graph), "-o", text(&out)]].concat()).exits(0);
    // As a version says it that cannot run the model.
    rewrite(&out.join("class-removal.statement.json"), |claim| {
        let verification = &mut claim["predicate"]["verification"];
        verification["execution"] = json!({"notExecuted": "a reason"});
        let checks = verification["checks"].as_array_mut().unwrap();
        let executed = checks.iter_mut().find(|check| check["id"] == "executed").unwrap();
        executed["result"] = json!("informative");
        for figure in executed["figures"].as_array_mut().unwrap() {
            figure["value"] = json!(0);
        }
    });
    let verify = ["verify", text(&out), "--original", text(&vit), "--json"];
    run(&verify).exits(0);
    let again = run(&[&verify[..], &["--graph", text(&graph)]].concat()).exits(0).json();
    assert_eq!(check(&again["checks"], "executed")["outcome"], "passed");
}

#[test]
fn a_graph_of_another_model_is_refused() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let unlearn = |model: &Path, graph: &Path| {
        let arguments = ["unlearn", text(model), "--forget", "5", "-o", text(&out), "--graph", text(graph)];
        let ran = run(&arguments).exits(2);
        assert!(!out.exists());
        ran
    };
    unlearn(&swin(), &vit_onnx()).says("`classifier.weight`, the head of the folder");
    unlearn(&vit_onnx(), &vit_onnx()).says("the model is a graph itself");
    unlearn(&vit(), &swin()).says("it is no ONNX file");
    unlearn(&vit(), &folder.path().join("missing.onnx")).says("missing.onnx");
}
