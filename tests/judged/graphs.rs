//! Random graphs behind a random head: what is accepted holds in onnxruntime, whatever stands behind the head.
//!
//! `DECLASS_GRAPHS` says how many; every tenth goes through the whole of `unlearn` with its own verification.

use std::{collections::BTreeMap, env, fs, path::Path};

use candle_core::Device;
use declass::{
    cut::Cut,
    error::Error,
    formats::Artifact,
    head::{Hints, Link, Ties, Treatment, reach::Contest},
    methods,
    model::Model,
    pipeline::Job,
    progress::Silent,
    release::Destination,
    removal::Removal,
};
use serde_json::{Value, json};

use super::venv::judge;

/// Graphs that are looked at everywhere; thousands were looked at once.
const GRAPHS: usize = 200;
/// How many graphs are verified by the tool itself, too: one in so many.
const VERIFIED: usize = 10;
/// Of a hundred graphs so many must be accepted at least, or little is tested.
const ACCEPTED: usize = 20;

#[test]
fn what_is_claimed_of_random_graphs_holds_in_onnxruntime() {
    let count = env::var("DECLASS_GRAPHS").map_or(GRAPHS, |count| count.parse().expect("a number"));
    let seed = env::var("DECLASS_GRAPHS_SEED").unwrap_or_else(|_| "1".into());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let made = judge("graphs.py", &["make", path, &count.to_string(), &seed]);
    let forget = made["forget"].as_array().unwrap();
    assert_eq!(forget.len(), count);
    let outcomes: Vec<Value> = forget
        .iter()
        .enumerate()
        .map(|(number, class)| outcome(&folder.path().join(number.to_string()), &class.to_string(), number))
        .collect();
    fs::write(folder.path().join("outcomes.json"), serde_json::to_vec(&outcomes).unwrap()).unwrap();
    let said = judge("graphs.py", &["judge", path]);
    if let Ok(report) = env::var("DECLASS_GRAPHS_REPORT") {
        fs::write(report, said.to_string()).unwrap();
    }
    let refuted = said["refuted"].as_array().unwrap();
    assert!(refuted.is_empty(), "{} refuted: {:#?}", refuted.len(), &refuted[..refuted.len().min(20)]);
    for slot in ["keep", "drop"] {
        let accepted = said["accepted"][slot].as_u64().unwrap() as usize;
        assert!(accepted * 100 >= count * ACCEPTED, "{slot}: {accepted} of {count} accepted");
    }
}

/// What becomes of a graph, with its slot kept and dropped.
fn outcome(folder: &Path, class: &str, number: usize) -> Value {
    let of = |slot: &str, treatment| match released(folder, class, slot, treatment, number) {
        Ok(said) => said,
        Err(error) => json!({"refused": error.to_string()}),
    };
    let outcomes = [("keep", Treatment::Seal), ("drop", Treatment::Drop)];
    json!(
        outcomes.map(|(slot, treatment)| (slot, of(slot, treatment))).into_iter().collect::<BTreeMap<_, _>>()
    )
}

fn released(
    folder: &Path,
    class: &str,
    slot: &str,
    treatment: Treatment,
    number: usize,
) -> Result<Value, Error> {
    let model = Model::open(folder.join("model.onnx"))?;
    let seal = methods::by_name("seal").unwrap();
    let removal = model.forget(&[class])?.method(seal).treatment(treatment).build()?;
    let place = folder.join(slot);
    let job = Job::open(&model, &removal, Destination::new(folder.join("release")), Device::Cpu, &Silent)?;
    let written = job.train()?.seal()?.write()?;
    let copy = written.artifact();
    fs::create_dir_all(&place).unwrap();
    fs::copy(copy.folder().join("model.onnx"), place.join("model.onnx")).unwrap();
    let said = said(&model, copy, &removal)?;
    if number.is_multiple_of(VERIFIED) {
        let passed = written.evaluate()?.verify()?.pass();
        if let Err(report) = passed {
            return Ok(json!({"refused": format!("not verified: {report:?}")}));
        }
    }
    Ok(said)
}

/// What is claimed of a copy: below which norm, whether it may tie, and whether its classes compete at all.
fn said(model: &Model, copy: &Artifact, removal: &Removal) -> Result<Value, Error> {
    let head = Cut::locate(copy, &Hints::default())?.head;
    let (numbers, rivals) = (head.load(copy)?, removal.forgotten().retained().collect::<Vec<_>>());
    let class = removal.forgotten().indices().next().unwrap();
    let before = &model.cut().head;
    let radius = (removal.target().treatment() == Treatment::Seal).then(|| {
        let rounding = head.rounding();
        Contest { rounding, ..Contest::new(&numbers, class, &rivals) }
            .radius_of_the_mean_rounded(&head.precision())
    });
    Ok(json!({
        "radius": radius,
        "ties": before.ties == Ties::Possible || before.link == Link::OneVsRest || !before.merging.is_empty(),
        "multi_label": before.link == Link::Sigmoid,
        // Without a bias there is no margin, and rounding decides among equals.
        "level": !numbers.has_bias,
        "weight": before.branches.first().map(|branch| &branch.weight.tensor),
        "width": numbers.width,
        "largest": numbers.weight.iter().fold(0.0_f32, |most, weight| most.max(weight.abs())),
    }))
}
