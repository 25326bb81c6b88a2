//! What the classes of a model are called, and what becomes of everything beside the head that names or counts
//! them, against the answers written down beside the fixtures.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use declass::{
    claim::names::open_model,
    classes::Forgotten,
    cut::Cut,
    edit::{check, edits, shortened, stale},
    error::Error,
    evidence::{Untouched, UntouchedKind},
    head::{Accepted, Hints, Link, Slot, Target, Treatment},
};
use declass_formats::{Artifact, RelPath, onnx::Dim};
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/labels")
}

fn located(path: &Path) -> Result<(Artifact, Cut), Error> {
    let artifact = open_model(path)?;
    let cut = Cut::locate(&artifact, &Hints::default())?;
    Ok((artifact, cut))
}

fn target(cut: &Cut, class: usize, accepted: Accepted) -> Target {
    let forgotten = Forgotten::from_indices(BTreeSet::from([class]), cut.head.classes).unwrap();
    Target::new(forgotten, Treatment::Drop, Hints::default(), accepted)
}

/// The model without a class, written and opened again.
fn dropped(artifact: &Artifact, cut: &Cut, class: usize, dest: &Path) -> Artifact {
    let head = cut.head.load(artifact).unwrap();
    let edits = edits(artifact, cut, &head, &head, &BTreeSet::from([class]), Slot::Drop).unwrap();
    artifact.write(&edits, dest, &|_| ()).unwrap();
    open_model(dest).unwrap()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, expected {expected:?}")) }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn labels(cut: &Cut) -> Vec<String> {
    cut.labels.as_ref().map(|labels| labels.names.clone()).unwrap_or_default()
}

fn check_case(path: &Path, expected: &Value) -> Result<(), String> {
    let found = located(path);
    if expected["status"] == "refuse" {
        let said = found.err().ok_or("it is located")?.to_string();
        let missing = strings(&expected["words"]).into_iter().find(|word| !said.contains(word));
        return missing.map_or(Ok(()), |word| Err(format!("`{word}` is not in `{said}`")));
    }
    let (artifact, cut) = found.map_err(|error| error.to_string())?;
    same("labels", labels(&cut), strings(&expected["labels"]))?;
    let link = if expected["link"] == "sigmoid" { Some(Link::Sigmoid) } else { None };
    link.map_or(Ok(()), |link| same("link", cut.head.link, link))?;
    if let Some(note) = expected["note"].as_str() {
        same("a note", cut.why.notes.iter().any(|it| it.contains(note)), true)?;
    }
    let class = expected["drop"].as_u64().unwrap() as usize;
    let target = target(&cut, class, Accepted::default());
    let left = stale(&artifact, &cut, &target).map_err(|error| error.to_string())?;
    let left: Vec<&str> = left.iter().map(|part| part.name.as_str()).collect();
    same("what stays", left.iter().map(|it| (*it).to_owned()).collect(), strings(&expected["stale"]))?;
    let folder = tempfile::tempdir().unwrap();
    let copy = dropped(&artifact, &cut, class, &folder.path().join("out"));
    check_copy(&copy, &cut, class, expected)
}

fn check_copy(copy: &Artifact, before: &Cut, class: usize, expected: &Value) -> Result<(), String> {
    let after = Cut::locate(copy, &Hints::default()).map_err(|error| error.to_string())?;
    same("classes", after.head.classes, before.head.classes - 1)?;
    let mut names = labels(before);
    names.remove(class);
    if !names.iter().all(|name| name.starts_with("LABEL_")) {
        same("labels that stay", labels(&after), names)?;
    }
    same("link", after.head.link, before.head.link)?;
    let read =
        |path: &str| String::from_utf8(copy.read_file(&RelPath::try_from(path).unwrap()).unwrap()).unwrap();
    for (path, text) in expected["files"].as_object().into_iter().flatten() {
        same(path, read(path).as_str(), text.as_str().unwrap())?;
    }
    if let Some(parts) = expected["config"].as_object() {
        let config: Value = serde_json::from_str(&read("config.json")).unwrap();
        parts.iter().try_for_each(|(key, value)| same(key, &config[key], value))?;
    }
    for path in strings(&expected["gone"]) {
        same(&path, copy.folder().join(&path).exists(), false)?;
    }
    for (name, shape) in expected["shapes"].as_object().into_iter().flatten() {
        same(name, Value::from(copy.tensor(name).unwrap().shape.clone()), shape.clone())?;
    }
    for (name, texts) in expected["texts"].as_object().into_iter().flatten() {
        let found = copy.read_strings(name).unwrap().unwrap();
        let found = found.into_iter().map(|text| String::from_utf8(text).unwrap());
        same(name, found.collect(), strings(texts))?;
    }
    for (name, values) in expected["values"].as_object().into_iter().flatten() {
        let info = copy.tensor(name).unwrap();
        let found = info.dtype.decode_i64(&copy.read_tensor(name).unwrap()).unwrap();
        same(name, Value::from(found), values.clone())?;
    }
    let declared = copy.graph().into_iter().flat_map(|graph| graph.outputs.iter().chain(&graph.value_info));
    if expected["declared"].is_array() {
        let kept =
            copy.graph().into_iter().flat_map(|graph| &graph.value_info).map(|value| value.name.clone());
        same("declared shapes", kept.collect(), strings(&expected["declared"]))?;
    }
    let old = Dim::Fixed(before.head.classes as i64);
    let stale = declared.filter(|value| value.shape.iter().flatten().any(|dim| *dim == old));
    same("values with the old extent", stale.map(|value| value.name.as_str()).collect(), Vec::<&str>::new())
}

#[test]
fn every_model_is_read_and_shortened_as_written_down() {
    let text = fs::read(fixtures().join("expected.json")).unwrap();
    let Value::Object(cases) = serde_json::from_slice(&text).unwrap() else { panic!("no object") };
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|(name, expected)| {
            Some(format!("{name}: {}", check_case(&fixtures().join(name), expected).err()?))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_stays_is_refused_before_training_unless_that_is_accepted() {
    let (artifact, cut) = located(&fixtures().join("stale_files")).unwrap();
    let head = cut.head.load(&artifact).unwrap();
    let refused = check(&artifact, &cut, &head, &target(&cut, 3, Accepted::default())).unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("file `notes.txt` (2 entries)") && said.contains("file `report.json`"), "{said}");
    assert!(refused.hint().is_some());
    let accepted = target(&cut, 3, Accepted { stale: true, ..Accepted::default() });
    assert!(check(&artifact, &cut, &head, &accepted).is_ok());
    // Where the slots are kept, every index means what it meant.
    let forgotten = accepted.forgotten().clone();
    let kept = Target::new(forgotten, Treatment::Seal, Hints::default(), Accepted::default());
    assert!(check(&artifact, &cut, &head, &kept).is_ok());
}

#[test]
fn tensors_that_nobody_knows_are_told_and_those_that_are_shortened_are_not() {
    let (artifact, mut cut) = located(&fixtures().join("losses_and_thresholds")).unwrap();
    let tensor = |name: &str, extents: &[usize]| Untouched::new(UntouchedKind::Tensor, name, extents);
    cut.untouched = vec![
        tensor("loss_fct.weight", &[6]),
        tensor("bn.weight", &[6]),
        tensor("bert.pooler.dense.bias", &[8]),
    ];
    let target = target(&cut, 3, Accepted::default());
    assert_eq!(stale(&artifact, &cut, &target).unwrap(), [tensor("bn.weight", &[6])]);
    assert!(shortened(&artifact, &cut, &target).contains("loss_fct.weight"));
}

#[test]
fn the_module_that_an_adapter_replaced_is_shortened_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "base_model.model.classifier.modules_to_save.default",
        "base_model.model.classifier.original_module",
    ];
    write_linear(&folder.path().join("model.safetensors"), &names, 6, 4);
    let artifact = open_model(folder.path()).unwrap();
    let hints = Hints::naming(&[names[0]]);
    let cut = Cut::locate(&artifact, &hints).unwrap();
    let copy = dropped(&artifact, &cut, 3, &folder.path().join("out"));
    for name in names {
        assert_eq!(copy.tensor(&format!("{name}.weight")).unwrap().shape, [5, 4], "{name}");
        assert_eq!(copy.tensor(&format!("{name}.bias")).unwrap().shape, [5], "{name}");
    }
}

/// A file of linear layers in single precision, whose values count up.
fn write_linear(path: &Path, modules: &[&str], rows: usize, columns: usize) {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::<u8>::new());
    for module in modules {
        for (part, shape) in [("bias", vec![rows]), ("weight", vec![rows, columns])] {
            let start = data.len();
            (0..shape.iter().product::<usize>()).for_each(|at| data.extend((at as f32).to_le_bytes()));
            let entry =
                serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
            header.insert(format!("{module}.{part}"), entry);
        }
    }
    let text = Value::Object(header).to_string();
    let bytes = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &data].concat();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_graph_that_is_named_itself_has_the_labels_above_it() {
    let path = fixtures().join("two_graphs_below/onnx/model.onnx");
    let (artifact, cut) = located(&path).unwrap();
    assert_eq!(labels(&cut)[3], "dog");
    let files: Vec<&str> = artifact.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(files, ["config.json", "onnx/model.onnx"]);
    let folder = tempfile::tempdir().unwrap();
    let copy = dropped(&artifact, &cut, 3, &folder.path().join("out"));
    assert_eq!(labels(&Cut::locate(&copy, &Hints::default()).unwrap()), ["ant", "bee", "cat", "elk", "fox"]);
}

#[test]
fn what_is_said_of_several_right_classes_must_not_contradict_the_model() {
    let multi_label = Hints { multi_label: true, ..Hints::default() };
    let link = |name: &str| -> Result<Link, Error> {
        Ok(Cut::locate(&open_model(&fixtures().join(name))?, &multi_label)?.head.link)
    };
    assert_eq!(link("tagger").unwrap(), Link::Sigmoid);
    assert_eq!(link("graph_with_lines").unwrap(), Link::Sigmoid);
    let said = link("text_table").unwrap_err().to_string();
    assert!(said.contains("independent of each other"), "{said}");
}
