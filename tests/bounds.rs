//! From which norms on a class can win, and what is known of an embedding's norm and signs, held against
//! scipy's figures.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass::{
    cut::Cut,
    head::{
        Bound, Hints, LinearHead,
        reach::{Contest, Reach, Region},
    },
};
use declass_formats::{
    Artifact, Edits,
    onnx::{Attribute, GraphEdit},
};
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn reference() -> Value {
    serde_json::from_slice(&fs::read(fixture("reference/reach.json")).unwrap()).unwrap()
}

fn cut(path: &Path) -> Cut {
    Cut::locate(&Artifact::open(path).unwrap(), &Hints::default()).unwrap()
}

fn bound(name: &str) -> Option<Bound> {
    cut(&fixture(name)).bound
}

/// The largest norm, and the reason.
#[track_caller]
fn norm(name: &str) -> (f64, String) {
    match bound(name) {
        Some(Bound::Norm { most, reason }) => (most, reason),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn distances_are_those_of_scipy() {
    let reference = reference();
    for (model, expected) in reference.as_object().unwrap() {
        let path = fixture(&format!("models/{model}"));
        let original = cut(&path).head.load(&Artifact::open(&path).unwrap()).unwrap();
        let mut shifted = original.clone();
        shifted.bias.iter_mut().zip(0u8..).for_each(|(bias, class)| *bias -= 2.0 * f32::from(class));
        for (head, expected) in [(&original, &expected["original"]), (&shifted, &expected["shifted"])] {
            check(head, &expected["everywhere"], |class, rivals| Contest::new(head, class, rivals).reach());
            check(head, &expected["non_negative"], |class, rivals| {
                Contest { region: Region::NonNegative, ..Contest::new(head, class, rivals) }.reach()
            });
        }
    }
}

/// The radius is proven, and an embedding of that norm meets it.
fn check(head: &LinearHead, expected: &Value, found: impl Fn(usize, &[usize]) -> Reach) {
    for class in 0..head.classes {
        let rivals: Vec<usize> = (0..head.classes).filter(|&rival| rival != class).collect();
        let Reach { radius, witness, .. } = found(class, &rivals);
        let expected = expected[class].as_f64().unwrap();
        let near = |value: f64| (value - expected).abs() <= 1e-7 * expected.max(1.0);
        assert!(near(radius), "class {class}: {radius}, expected {expected}");
        let length = witness.unwrap().iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(near(length), "class {class}: {length}, expected {expected}");
    }
}

#[test]
fn a_layer_normalisation_bounds_the_norm() {
    let reference = reference();
    for (name, model, reason) in [
        ("models/fmnist-vit", "fmnist-vit", "layer normalisation `vit.layernorm`"),
        ("models/fmnist-swin", "fmnist-swin", "layer normalisation `swin.layernorm`"),
        ("models/fmnist-vit.onnx", "fmnist-vit", "layer normalisation"),
    ] {
        let (most, said) = norm(name);
        let expected = reference[model]["largest_norm"].as_f64().unwrap();
        assert!((most - expected).abs() < 1e-6 && said.starts_with(reason), "{name}: {most}, {said}");
    }
}

/// The saved test embeddings of the models keep what is promised of them.
#[test]
fn real_embeddings_are_within_the_bounds() {
    for model in ["resnet", "vit", "swin"] {
        let data = fs::read(fixture(&format!("data/fmnist-{model}.safetensors"))).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&data).unwrap();
        let tensor = tensors.tensor("test_embeddings").unwrap();
        let width = tensor.shape()[1];
        let half = |bytes: &[u8]| half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f64();
        let values: Vec<f64> = tensor.data().chunks_exact(2).map(half).collect();
        match bound(&format!("models/fmnist-{model}")).unwrap() {
            Bound::NonNegative { .. } => assert!(values.iter().all(|x| *x >= 0.0)),
            Bound::Norm { most, .. } => {
                let norms = values.chunks_exact(width).map(|z| z.iter().map(|x| x * x).sum::<f64>().sqrt());
                assert!(norms.fold(0.0, f64::max) <= most);
            }
        }
    }
}

#[test]
fn a_relu_before_pooling_keeps_embeddings_from_being_negative() {
    for name in ["models/fmnist-resnet", "models/fmnist-resnet.onnx", "onnx/gemm_after_dropout.onnx"] {
        assert!(matches!(bound(name), Some(Bound::NonNegative { .. })), "{name}: {:?}", bound(name));
    }
}

/// A configuration that does not say for certain what the code does promises nothing.
#[test]
fn nothing_is_promised_where_the_code_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    for (model, key, value) in [
        ("fmnist-vit", "auto_map", json!({"AutoModel": "own.Model"})),
        ("fmnist-vit", "architectures", json!(["OwnForImageClassification"])),
        ("fmnist-vit", "layer_norm_eps", json!(-1.0)),
        ("fmnist-resnet", "hidden_act", json!("gelu")),
    ] {
        let (from, to) = (fixture(&format!("models/{model}")), folder.path().join(key));
        fs::create_dir(&to).unwrap();
        fs::copy(from.join("model.safetensors"), to.join("model.safetensors")).unwrap();
        let mut config: Value = serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
        config[key] = value;
        fs::write(to.join("config.json"), config.to_string()).unwrap();
        assert_eq!(cut(&to).bound, None, "{key}");
    }
    for name in ["safetensors/tv_vit", "safetensors/timm_convnext", "safetensors/hf_deit_twins"] {
        assert_eq!(bound(name), None, "{name}");
    }
}

/// The same graph with another attribute of the operator that bounds the embedding, or of the one behind it,
/// promises nothing.
#[test]
fn an_operator_that_leaves_the_ball_promises_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = Artifact::open(&fixture("models/fmnist-vit.onnx")).unwrap();
    let nodes = &model.graph().unwrap().nodes;
    let last = |kind: &str| nodes.iter().rposition(|node| node.op_type == kind).unwrap();
    for (kind, name, value, kept) in [
        ("Gather", "axis", Attribute::Int(1), true),
        ("Gather", "axis", Attribute::Int(2), false),
        ("Gather", "axis", Attribute::Int(-1), false),
        ("LayerNormalization", "axis", Attribute::Int(2), true),
        ("LayerNormalization", "axis", Attribute::Int(1), false),
        ("LayerNormalization", "epsilon", Attribute::Float(-0.1), false),
    ] {
        let mut edits = Edits::default();
        let (name, value) = (name.to_owned(), value);
        let out = folder.path().join(format!("{kind}-{name}-{value:?}"));
        edits.graph.push(GraphEdit::SetAttribute { node: last(kind), name, value });
        model.write(&edits, &out, &|_| ()).unwrap();
        let found = cut(&out.join("fmnist-vit.onnx")).bound;
        assert_eq!(found.is_some(), kept, "{}: {found:?}", out.display());
    }
}
