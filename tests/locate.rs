//! Every fixture's head, against the answers written down beside the fixtures.

use std::path::{Path, PathBuf};

use declass::{
    classes::Forgotten,
    cut::{Branch, Cut},
    error::{Error, LocateError},
    head::{Accepted, Hints, Link, Target, Treatment},
};
use declass_formats::Artifact;
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn locate(path: &Path, head: Option<&str>) -> Result<Cut, Error> {
    Cut::locate(&Artifact::open(path)?, &hints(head))
}

fn hints(head: Option<&str>) -> Hints {
    Hints { heads: head.map(str::to_owned).into_iter().collect(), ..Hints::default() }
}

fn expectations(folder: &str) -> Vec<(String, Value)> {
    let text = std::fs::read(fixtures().join(folder).join("expected.json")).unwrap();
    let Value::Object(entries) = serde_json::from_slice(&text).unwrap() else { panic!("no object") };
    entries.into_iter().collect()
}

/// Runs a check on every entry and reports all that fail together.
fn for_each(folder: &str, check: impl Fn(&Path, &Value) -> Result<(), String>) {
    let mut failures = Vec::new();
    for (name, expected) in expectations(folder) {
        let path = fixtures()
            .join(folder)
            .join(expected["file"].as_str().or(expected["folder"].as_str()).unwrap_or(&name));
        if let Err(problem) = check(&path, &expected) {
            failures.push(format!("{name}: {problem}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, expected {expected:?}")) }
}

fn link_name(link: Link) -> &'static str {
    match link {
        Link::ArgMax => "argmax",
        Link::LogSoftmax => "log-softmax",
        Link::OneVsRest => "one-vs-rest",
        Link::Sigmoid => "sigmoid",
        Link::Softmax => "softmax",
        _ => "none",
    }
}

/// Operands that are attributes are written `attr:name` in the expectations.
fn same_tensor(what: &str, found: Option<&str>, expected: &Value) -> Result<(), String> {
    let expected = expected.as_str();
    match expected.and_then(|name| name.strip_prefix("attr:")) {
        Some(attribute) if found.is_some_and(|found| found.ends_with(&format!(".{attribute}"))) => Ok(()),
        _ => same(what, found, expected),
    }
}

/// An expectation without labels says nothing about them; with `null`, that there are none.
fn same_labels(cut: &Cut, expected: &Value) -> Result<(), String> {
    let Some(expected) = expected.get("labels") else {
        return Ok(());
    };
    let names = cut.labels.as_ref().map(|labels| labels.names.clone());
    same("labels", &names.map(Value::from).unwrap_or_default(), expected)
}

fn check_branch(branch: &Branch, expected: &Value) -> Result<(), String> {
    same_tensor("weight", Some(&branch.weight.tensor), &expected["weight"])?;
    same_tensor("bias", branch.bias.as_ref().map(|bias| bias.tensor.as_str()), &expected["bias"])?;
    same("width", Some(branch.width as u64), expected["dim"].as_u64())?;
    match expected["embedding"].as_str() {
        Some(embedding) => same("embedding", branch.embedding.as_str(), embedding),
        None => Ok(()),
    }
}

fn check_refusal(found: Result<Cut, Error>, expected: &Value) -> Result<(), String> {
    let word = expected["word"].as_str().unwrap_or_default();
    match found {
        Err(error) if error.to_string().to_lowercase().contains(&word.to_lowercase()) => Ok(()),
        Err(error) => Err(format!("`{error}` does not say `{word}`")),
        Ok(cut) => Err(format!("located {} instead of refusing", cut.head.name)),
    }
}

/// The words of a rule that say which of the ordered rules it was.
fn rule_words(rule: &str) -> &'static str {
    match rule {
        "A" => "pretrained_cfg.classifier",
        "B" => "its name",
        _ => "only matrix",
    }
}

fn check_state_dict(path: &Path, expected: &Value) -> Result<(), String> {
    let artifact = Artifact::open(path).map_err(|error| error.to_string())?;
    let cut = Cut::locate(&artifact, &Hints::default()).map_err(|error| error.to_string())?;
    same("class count", Some(cut.head.classes as u64), expected["classes"].as_u64())?;
    same_labels(&cut, expected)?;
    if let Some(rule) =
        expected["rule"].as_str().map(rule_words).filter(|words| !cut.why.rule.contains(words))
    {
        return Err(format!("rule is `{}`, expected `{rule}`", cut.why.rule));
    }
    let heads = expected["heads"].as_array().ok_or("no heads expected")?;
    same("number of heads", cut.head.branches.len(), heads.len())?;
    for (branch, head) in cut.head.branches.iter().zip(heads) {
        same_tensor("weight", Some(&branch.weight.tensor), &head["weight"])?;
        same_tensor("bias", branch.bias.as_ref().map(|bias| bias.tensor.as_str()), &head["bias"])?;
        same("width", Some(branch.width as u64), expected["dim"].as_u64())?;
    }
    for name in expected["auxiliary"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        same("mention of an auxiliary head", cut.why.notes.iter().any(|note| note.contains(name)), true)?;
    }
    let multi_label = expected["multi_label"] == true;
    same("link", link_name(cut.head.link), if multi_label { "sigmoid" } else { "none" })?;
    let linear = cut.head.load(&artifact).map_err(|error| format!("load: {error}"))?;
    same("loaded weights", linear.weight.len(), linear.classes * linear.width)
}

/// Opens, locates and loads: a refusal may come from each.
fn loaded(path: &Path, head: Option<&str>) -> Result<Cut, Error> {
    let artifact = Artifact::open(path)?;
    let cut = Cut::locate(&artifact, &hints(head))?;
    cut.head.load(&artifact)?;
    Ok(cut)
}

fn check_located(path: &Path, found: Result<Cut, Error>, expected: &Value) -> Result<(), String> {
    let cut = found.map_err(|error| error.to_string())?;
    same("class count", Some(cut.head.classes as u64), expected["classes"].as_u64())?;
    same("link", Some(link_name(cut.head.link)), expected["link"].as_str())?;
    same_labels(&cut, expected)?;
    if let Some(word) = expected["open"].as_str() {
        let forgotten = Forgotten::from_indices([1].into(), cut.head.classes).unwrap();
        let target = Target::new(forgotten, Treatment::Seal, Hints::default(), Accepted::default());
        let open = cut.head.still_open(&target).unwrap_or_default();
        same("reason against kept slots", open.contains(word), true)?;
    }
    if let Some(outputs) = expected["untouched"].as_array() {
        let untouched: Vec<&str> = cut.untouched.iter().map(|it| it.name.as_str()).collect();
        same("untouched", &Value::from(untouched), &Value::from(outputs.clone()))?;
    }
    let heads = expected["heads"].as_array().ok_or("no heads expected")?;
    same("number of heads", cut.head.branches.len(), heads.len())?;
    for (branch, expected) in cut.head.branches.iter().zip(heads) {
        check_branch(branch, expected)?;
    }
    let linear = Artifact::open(path)
        .map_err(Error::from)
        .and_then(|artifact| cut.head.load(&artifact))
        .map_err(|error| format!("load: {error}"))?;
    same("loaded weights", linear.weight.len(), linear.classes * linear.width)
}

/// Nothing decides between several heads, and a name does.
fn check_several(path: &Path, expected: &Value) -> Result<(), String> {
    let Err(Error::Locate(LocateError::Ambiguous { candidates })) = locate(path, None) else {
        return Err(format!("{:?} instead of ambiguity", locate(path, None)));
    };
    same("candidates", &Value::from(candidates), &expected["candidates"])?;
    for (name, weight) in expected["named"].as_object().into_iter().flatten() {
        let found = locate(path, Some(name)).ok();
        let found = found.map(|cut| cut.head.branches[0].weight.tensor.clone());
        same(name, found.as_deref(), weight.as_str())?;
    }
    Ok(())
}

#[test]
fn onnx_graphs() {
    for_each("onnx", |path, expected| {
        let found = locate(path, None);
        match expected["status"].as_str() {
            Some("ok") => check_located(path, found, expected),
            Some("several") => check_several(path, expected),
            Some("ambiguous") => match found {
                Ok(cut) if cut.why.confidence > 0.6 => Err(format!("sure by {}", cut.why.confidence)),
                _ => Ok(()),
            },
            _ => check_refusal(found, expected),
        }
    });
}

#[test]
fn state_dicts() {
    for_each("safetensors", |path, expected| match expected["status"].as_str() {
        Some("ok") => check_state_dict(path, expected),
        Some("ambiguous") => match locate(path, None) {
            Err(Error::Locate(LocateError::Ambiguous { candidates })) => match expected["candidates"]
                .as_array()
            {
                Some(listed) => same("candidates", &Value::from(candidates), &Value::from(listed.clone())),
                None => Ok(()),
            },
            other => Err(format!("{other:?} instead of ambiguity")),
        },
        _ => check_refusal(loaded(path, None), expected),
    });
}

#[test]
fn trained_models_are_located_as_written_down() {
    for_each("models", |path, expected| {
        if path.extension().is_some() {
            check_located(path, locate(path, None), expected)
        } else {
            check_state_dict(path, expected)
        }
    });
}

#[test]
fn trained_models_in_both_formats() {
    for name in ["fmnist-resnet", "fmnist-swin", "fmnist-vit"] {
        let models = fixtures().join("models");
        let folder = loaded(&models.join(name), None).unwrap();
        assert_eq!((folder.head.classes, folder.why.confidence), (10, 0.98), "{name}");
        assert_eq!(folder.labels.as_ref().unwrap().names[5], "Sandal");
        let graph = loaded(&models.join(format!("{name}.onnx")), None).unwrap();
        assert_eq!((graph.head.classes, graph.head.link), (10, Link::None), "{name}");
        assert_eq!(graph.head.branches[0].width, folder.head.branches[0].width);
        let embedding = &graph.head.branches[0].embedding;
        assert!(
            graph.points.iter().any(|point| &point.tensor == embedding && point.weighted_after == 1),
            "{name}"
        );
    }
}

#[test]
fn runners_up_say_why_they_come_second() {
    let runners_up =
        |name: &str, head| locate(&fixtures().join("onnx").join(name), head).unwrap().why.runners_up;
    let earlier = |op: &str| format!("{op} (a linear operator before the head, confidence 0.1)");
    assert_eq!(runners_up("deep_head.onnx", None), [earlier("gemm_2"), earlier("gemm_0")]);
    let output = "gemm_0 (last linear operator before output `embedding`, width 8, confidence 0.3)";
    assert_eq!(runners_up("two_outputs.onnx", None), [output]);
}

#[test]
fn the_caller_may_name_the_head() {
    let twice = fixtures().join("safetensors/unnamed_twice");
    for name in ["verdict", "verdict.weight"] {
        let cut = locate(&twice, Some(name)).unwrap();
        assert_eq!(cut.head.branches[0].weight.tensor, "verdict.weight");
    }
    let Err(Error::Locate(LocateError::Unknown { candidates, .. })) = locate(&twice, Some("veredict")) else {
        panic!("found")
    };
    assert!(candidates.contains(&"verdict.weight [6, 8]".to_owned()));
    let deep = fixtures().join("onnx/deep_head.onnx");
    let cut = locate(&deep, Some("head.2.weight")).unwrap();
    assert_eq!(cut.head.branches[0].embedding, "embedding");
    assert!(locate(&deep, Some("no such")).is_err_and(|error| error.hint().is_some()));
    // A layer before the last one makes no logits.
    assert!(locate(&deep, Some("head.0.weight")).is_err());
}

#[test]
fn whole_numbers_are_read_as_what_they_stand_for() {
    for (name, by_rows) in [
        ("qdq_per_channel", true),
        ("qdq_per_tensor", false),
        ("dynamic_quantised", false),
        ("qlinear_matmul", false),
    ] {
        let path = fixtures().join("onnx").join(format!("{name}.onnx"));
        let artifact = Artifact::open(&path).unwrap();
        let linear = loaded(&path, None).unwrap().head.load(&artifact).unwrap();
        let stored = artifact.read_tensor("head.weight_quantized").unwrap();
        let scales = artifact.tensor("head.weight_scale").unwrap();
        let scales = scales.dtype.decode(&artifact.read_tensor("head.weight_scale").unwrap()).unwrap();
        for class in 0..linear.classes {
            let scale = scales[if scales.len() > 1 { class } else { 0 }];
            for column in 0..linear.width {
                let at =
                    if by_rows { class * linear.width + column } else { column * linear.classes + class };
                let expected = f32::from(stored[at].cast_signed()) * scale;
                assert_eq!(linear.row(class)[column], expected, "{name}: {class} {column}");
            }
        }
    }
}

#[test]
fn a_head_in_a_function_says_so() {
    let notes = |name: &str| locate(&fixtures().join("onnx").join(name), None).unwrap().why.notes;
    let notes = notes("function_head.onnx");
    assert!(
        notes.contains(&"the head lies in the model-local function `pkg.heads.Dense`".to_owned()),
        "{notes:?}"
    );
}
