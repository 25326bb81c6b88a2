//! Edits on every fixture, written, opened again and compared.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use declass::{
    cut::Cut,
    edit::{as_stored, edits},
    head::{Hints, LinearHead, Slot},
};
use declass_formats::{Artifact, Diff, onnx::Dim};
use serde_json::Value;

/// The class that is forgotten in every test.
const FORGOTTEN: usize = 1;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A folder of this test's own, where a judge can find what it wrote.
fn scratch(what: &str) -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("main").to_owned();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(what).join(test)
}

/// Every fixture that can be edited.
fn models() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in ["onnx", "safetensors"] {
        let text = std::fs::read(fixtures().join(folder).join("expected.json")).unwrap();
        let Value::Object(entries) = serde_json::from_slice(&text).unwrap() else { panic!("no object") };
        let editable = entries.iter().filter(|(_, entry)| entry["status"] == "ok");
        let file = |entry: &Value| entry["file"].as_str().or(entry["folder"].as_str()).map(str::to_owned);
        paths.extend(
            editable.map(|(name, entry)| fixtures().join(folder).join(file(entry).unwrap_or(name.clone()))),
        );
    }
    for name in ["fmnist-resnet", "fmnist-swin", "fmnist-vit"] {
        paths.push(fixtures().join("models").join(name));
        paths.push(fixtures().join("models").join(format!("{name}.onnx")));
    }
    paths
}

/// Writes the edited model where a judge can find it, and opens it.
fn write(artifact: &Artifact, after: &LinearHead, slot: Slot) -> Result<Artifact, String> {
    let cut = Cut::locate(artifact, &Hints::default()).map_err(|error| error.to_string())?;
    let before = cut.head.load(artifact).map_err(|error| error.to_string())?;
    let edits = edits(artifact, &cut, &before, after, &BTreeSet::from([FORGOTTEN]), slot);
    let edits = edits.map_err(|error| format!("edit: {error}"))?;
    let name = artifact.path().file_name().unwrap_or_default();
    let dest = scratch("edits").join(format!("{slot:?}")).join(name);
    let _ = std::fs::remove_dir_all(&dest);
    artifact.write(&edits, &dest, &|_| ()).map_err(|error| format!("write: {error}"))?;
    let written = if dest.join(name).exists() { dest.join(name) } else { dest };
    Artifact::open(&written).map_err(|error| format!("open: {error}"))
}

fn head(artifact: &Artifact) -> Result<(Cut, LinearHead), String> {
    let cut = Cut::locate(artifact, &Hints::default()).map_err(|error| format!("locate: {error}"))?;
    let linear = cut.head.load(artifact).map_err(|error| format!("load: {error}"))?;
    Ok((cut, linear))
}

/// The forgotten class gets the mean row of the others and a bias below them.
fn sealed(before: &LinearHead) -> LinearHead {
    let mut after = before.clone();
    let others: Vec<usize> = (0..before.classes).filter(|class| *class != FORGOTTEN).collect();
    for column in 0..before.width {
        let sum: f32 = others.iter().map(|class| before.row(*class)[column]).sum();
        after.weight[FORGOTTEN * before.width + column] = sum / others.len() as f32;
    }
    if before.has_bias {
        after.bias[FORGOTTEN] =
            others.iter().map(|class| before.bias[*class]).sum::<f32>() / others.len() as f32 - 30.0;
    }
    after
}

fn close(found: &[f32], wanted: &[f32]) -> Result<(), String> {
    let far = found.iter().zip(wanted).find(|(a, b)| (*a - *b).abs() > 0.01 * b.abs().max(1.0));
    far.map_or(Ok(()), |(a, b)| Err(format!("stored {a} instead of {b}")))
}

fn report(check: impl Fn(&Path) -> Result<(), String>) {
    let failures: Vec<String> = models()
        .iter()
        .filter_map(|path| Some(format!("{}: {}", path.display(), check(path).err()?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn keep(path: &Path) -> Result<(), String> {
    let artifact = Artifact::open(path).map_err(|error| error.to_string())?;
    let (cut, before) = head(&artifact)?;
    let after = sealed(&before);
    let written = write(&artifact, &after, Slot::Keep)?;
    let (again, found) = head(&written)?;
    if again.labels.map(|labels| labels.names) != cut.labels.as_ref().map(|labels| labels.names.clone()) {
        return Err("labels changed".into());
    }
    for class in 0..before.classes {
        if class != FORGOTTEN
            && (found.row(class) != before.row(class) || found.bias[class] != before.bias[class])
        {
            return Err(format!("row {class} changed"));
        }
    }
    close(found.row(FORGOTTEN), after.row(FORGOTTEN))?;
    close(&found.bias[FORGOTTEN..=FORGOTTEN], &after.bias[FORGOTTEN..=FORGOTTEN])?;
    intended_only(&artifact, &written, &cut)
}

/// Nothing but the head's tensors (or their copies in the graph) may differ.
fn intended_only(before: &Artifact, after: &Artifact, cut: &Cut) -> Result<(), String> {
    let diff = Diff::between(before, after, &|_| ()).map_err(|error| error.to_string())?;
    let named = |name: &str| {
        let operands = cut.head.branches.iter().flat_map(|branch| {
            std::iter::once(&branch.weight).chain(&branch.bias).map(|operand| operand.tensor.as_str())
        });
        operands
            .into_iter()
            .any(|tensor| name.strip_prefix(tensor).is_some_and(|rest| ["", ".declass"].contains(&rest)))
            || name.contains("aux")
    };
    if let Some(change) = diff.tensors.iter().find(|change| change.after.is_some() && !named(&change.name)) {
        return Err(format!("tensor `{}` changed", change.name));
    }
    let in_place = diff.tensors.iter().all(|change| change.before == change.after);
    match diff.structure.first().filter(|_| in_place && before.graph().is_none()) {
        Some(change) => Err(format!("{}: {}", change.place, change.what)),
        None => Ok(()),
    }
}

fn drop_class(path: &Path) -> Result<(), String> {
    let artifact = Artifact::open(path).map_err(|error| error.to_string())?;
    let (cut, before) = head(&artifact)?;
    if before.classes == 2 {
        return Ok(());
    }
    // With a row for "no object" behind the classes none can go: `tests/boxes.rs`.
    if cut.labels.as_ref().is_some_and(|labels| labels.names.iter().any(|name| name == "(no object)")) {
        return Ok(());
    }
    let written = write(&artifact, &before, Slot::Drop)?;
    let (again, found) = head(&written)?;
    if found.classes + 1 != before.classes {
        return Err(format!("{} classes left", found.classes));
    }
    for class in 0..found.classes {
        let old = class + usize::from(class >= FORGOTTEN);
        if found.row(class) != before.row(old) || found.bias[class] != before.bias[old] {
            return Err(format!("row {class} is not the old row {old}"));
        }
    }
    let names = cut.labels.map(|labels| labels.names).map(|mut names| {
        names.remove(FORGOTTEN);
        names
    });
    let found = again.labels.map(|labels| labels.names);
    if found == names { Ok(()) } else { Err(format!("labels are {found:?}")) }
}

#[test]
fn a_kept_slot_gets_its_row_and_nothing_else_changes() {
    report(keep);
}

#[test]
fn a_dropped_slot_is_gone_from_every_place() {
    report(drop_class);
}

/// A copy of a fixture's folder with another text for one of its files.
fn altered(fixture: &str, file: &str, alter: impl Fn(String) -> String) -> Artifact {
    let folder = scratch("altered").join(fixture);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(fixtures().join(fixture)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    std::fs::write(folder.join(file), alter(text)).unwrap();
    Artifact::open(&folder).unwrap()
}

fn dropped_text(artifact: &Artifact, file: &str) -> String {
    let (_, before) = head(artifact).unwrap();
    let written = write(artifact, &before, Slot::Drop).unwrap();
    std::fs::read_to_string(written.folder().join(file)).unwrap()
}

#[test]
fn a_configuration_changes_only_where_it_counts_the_classes() {
    let artifact = altered("safetensors/hf_resnet", "config.json", |text| {
        // A spelling of a number that a parser would not keep.
        text.replacen('{', "{\n  \"layer_norm_eps\": 1e-05,", 1)
    });
    let text = dropped_text(&artifact, "config.json");
    let before = std::fs::read_to_string(artifact.folder().join("config.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["id2label"]["1"], "cat");
    assert_eq!(value["label2id"]["fox"], 4);
    assert!(text.contains("1e-05"));
    let indent = |line: &&str| line.len() - line.trim_start().len() < 4;
    assert!(text.lines().filter(indent).eq(before.lines().filter(indent)));
}

#[test]
fn two_classes_of_one_name_leave_a_shorter_map_that_is_renumbered_too() {
    let artifact = altered("safetensors/hf_resnet", "config.json", |text| {
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut value = value;
        value["id2label"]["4"] = "cat".into();
        value["label2id"] = serde_json::json!({"ant": 0, "bee": 1, "dog": 3, "cat": 4, "fox": 5});
        value.to_string()
    });
    let value: Value = serde_json::from_str(&dropped_text(&artifact, "config.json")).unwrap();
    assert_eq!(value["label2id"], serde_json::json!({"ant": 0, "dog": 2, "cat": 3, "fox": 4}));
}

#[test]
fn a_list_of_labels_beside_the_weights_is_shortened() {
    let lines = altered("safetensors/tv_resnet", "labels.txt", |_| "a\nb\nc\nd\ne\nf\n".into());
    assert_eq!(dropped_text(&lines, "labels.txt"), "a\nc\nd\ne\nf\n");
    let list = altered("safetensors/tv_vit", "labels.json", |_| r#"["a","b","c","d","e","f"]"#.into());
    assert_eq!(dropped_text(&list, "labels.json"), r#"["a","c","d","e","f"]"#);
}

#[test]
fn labels_in_metadata_keep_their_spelling() {
    let artifact = Artifact::open(&fixtures().join("onnx/metadata_names.onnx")).unwrap();
    let (_, before) = head(&artifact).unwrap();
    let written = write(&artifact, &before, Slot::Drop).unwrap();
    let names = written.graph().unwrap().metadata.iter().find(|(key, _)| key == "names");
    assert_eq!(names.unwrap().1, "{0: 'ant', 1: 'cat', 2: 'dog', 3: 'elk', 4: 'fox'}");
}

#[test]
fn auxiliary_heads_lose_the_class_too() {
    let artifact = Artifact::open(&fixtures().join("safetensors/tv_googlenet")).unwrap();
    let (_, before) = head(&artifact).unwrap();
    let shorter = write(&artifact, &before, Slot::Drop).unwrap();
    assert_eq!(shorter.tensor("aux1.fc2.weight").unwrap().shape[0], before.classes - 1);
    let kept = write(&artifact, &sealed(&before), Slot::Keep).unwrap();
    let bias = kept
        .tensor("aux2.fc2.bias")
        .unwrap()
        .dtype
        .decode(&kept.read_tensor("aux2.fc2.bias").unwrap())
        .unwrap();
    assert!((0..before.classes).all(|class| class == FORGOTTEN || bias[FORGOTTEN] < bias[class] - 20.0));
}

#[test]
fn auxiliary_heads_are_sealed_by_the_link_of_the_model_whatever_becomes_of_the_main_head() {
    let artifact = altered("safetensors/tv_googlenet", "config.json", |_| {
        r#"{"problem_type": "multi_label_classification", "num_labels": 6}"#.into()
    });
    let (_, before) = head(&artifact).unwrap();
    let kept = write(&artifact, &before, Slot::Keep).unwrap();
    let read =
        |name: &str| kept.tensor(name).unwrap().dtype.decode(&kept.read_tensor(name).unwrap()).unwrap();
    let weight = read("aux1.fc2.weight");
    let width = weight.len() / before.classes;
    assert!(weight[FORGOTTEN * width..][..width].iter().all(|value| *value == 0.0));
    assert_eq!(read("aux1.fc2.bias")[FORGOTTEN], -30.0);
}

/// An ONNX graph with two heads of the same classes, both named, with the class forgotten in both.
fn both_heads(slot: Slot) -> (LinearHead, Artifact) {
    let artifact = Artifact::open(&fixtures().join("onnx/output_and_aux.onnx")).unwrap();
    let hints = Hints::naming(&["output", "aux_logits"]);
    let cut = Cut::locate(&artifact, &hints).unwrap();
    let before = cut.head.load(&artifact).unwrap();
    let forgotten = BTreeSet::from([FORGOTTEN]);
    let edits = edits(&artifact, &cut, &before, &sealed(&before), &forgotten, slot).unwrap();
    let dest = scratch("both-heads").join(format!("{slot:?}"));
    let _ = std::fs::remove_dir_all(&dest);
    artifact.write(&edits, &dest, &|_| ()).unwrap();
    let written = Artifact::open(&dest.join("output_and_aux.onnx")).unwrap();
    assert_eq!(Cut::locate(&written, &hints).unwrap().untouched, []);
    (before, written)
}

fn read(model: &Artifact, name: &str) -> Vec<f32> {
    model.tensor(name).unwrap().dtype.decode(&model.read_tensor(name).unwrap()).unwrap()
}

#[test]
fn every_head_of_a_graph_that_is_named_loses_the_class() {
    let (before, kept) = both_heads(Slot::Keep);
    let retained = || (0..before.classes).filter(|class| *class != FORGOTTEN);
    let mean =
        |values: &dyn Fn(usize) -> f32| retained().map(values).sum::<f32>() / retained().count() as f32;
    for head in ["main", "aux"] {
        let weight = read(&kept, &format!("{head}.weight"));
        for at in 0..before.width {
            let value = |class: usize| weight[class * before.width + at];
            assert!((value(FORGOTTEN) - mean(&value)).abs() < 1e-5, "{head}");
        }
        let bias = read(&kept, &format!("{head}.bias"));
        let margin = mean(&|class| bias[class]) - bias[FORGOTTEN];
        assert!((margin - 30.0).abs() < 1e-4, "{head}: {margin}");
    }
    let (before, dropped) = both_heads(Slot::Drop);
    let left = before.classes - 1;
    for name in ["main.weight", "main.bias", "aux.weight", "aux.bias"] {
        assert_eq!(dropped.tensor(name).unwrap().shape[0], left, "{name}");
    }
    for output in &dropped.graph().unwrap().outputs {
        assert_eq!(output.shape.as_deref().unwrap()[1], Dim::Fixed(left as i64), "{}", output.name);
    }
}

#[test]
fn a_seal_is_the_mean_of_the_rows_as_they_are_stored() {
    for fixture in ["safetensors/hf_llama_bf16", "onnx/twin_heads.onnx"] {
        let artifact = Artifact::open(&fixtures().join(fixture)).unwrap();
        let (cut, before) = head(&artifact).unwrap();
        let mut trained = before.clone();
        trained.weight.iter_mut().for_each(|weight| *weight *= 1.003);
        trained.bias.iter_mut().for_each(|bias| *bias *= 1.003);
        let stored = as_stored(&cut, &before, &trained).unwrap();
        let (_, found) = head(&write(&artifact, &sealed(&stored), Slot::Keep).unwrap()).unwrap();
        let again = sealed(&found);
        let pairs = found.row(FORGOTTEN).iter().zip(again.row(FORGOTTEN));
        // What is left is the rounding of the mean itself.
        pairs.for_each(|(row, mean)| {
            assert!((row - mean).abs() <= mean.abs() / 256.0, "{fixture}: {row}, {mean}")
        });
        let others = (0..found.classes).filter(|class| *class != FORGOTTEN);
        others.for_each(|class| assert_eq!(found.row(class), stored.row(class), "{fixture}"));
    }
}

#[test]
fn a_value_beyond_the_stored_type_is_refused() {
    let artifact = Artifact::open(&fixtures().join("safetensors/hf_vit_f16")).unwrap();
    let (_, before) = head(&artifact).unwrap();
    let mut after = before.clone();
    after.bias[FORGOTTEN] = -1e6;
    let problem = write(&artifact, &after, Slot::Keep).unwrap_err();
    assert!(problem.contains("does not fit F16"), "{problem}");
}
