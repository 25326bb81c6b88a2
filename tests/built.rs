//! Graphs that are built of configurations, held against what transformers, timm and torchvision compute, and what is
//! not built.

#[path = "built/fixture.rs"]
mod fixture;

use std::{fs, path::Path};

use declass::{
    blueprint::{Blueprint, Origin},
    formats::Artifact,
    head::Hints,
    pipeline::Running,
};
use rayon::prelude::*;
use serde_json::{Value, json};

/// How far logits may be apart, as a part of the largest.
const APART: f64 = 1e-4;

#[test]
fn every_family_computes_what_its_library_does() {
    let fixtures = fixture::all("");
    assert!(fixtures.len() > 50);
    let wrong: Vec<String> = fixtures
        .par_iter()
        .filter_map(|(name, fixture)| {
            let apart = judged(fixture);
            (apart > APART).then(|| format!("{name}: apart by {apart:.1e}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The largest difference of a fixture's logits, as a part of the largest logit.
fn judged(fixture: &Value) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fixture::save(fixture, &path);
    let model = Artifact::open(&path).unwrap();
    let built = Blueprint::built(&model).expect("a family").expect("a graph");
    let Origin::Built { family, weights, .. } = built.origin() else { panic!("a file") };
    assert_eq!(family, fixture["family"].as_str().unwrap());
    assert!(weights > 10);
    let cases = fixture["cases"].as_array().unwrap().iter();
    cases.map(|case| apart(&model, case, folder.path())).fold(0.0, f64::max)
}

fn apart(model: &Artifact, case: &Value, folder: &Path) -> f64 {
    let (inputs, out) = (folder.join("in.safetensors"), folder.join("out.safetensors"));
    fixture::save_inputs(case, &inputs);
    let running = Running { inputs, out: out.clone(), graph: None, at: None };
    running.run(model, &Hints::default()).unwrap();
    let made = Artifact::open(&out).unwrap();
    let made = made.tensor("logits").unwrap().dtype.decode_f64(&made.read_tensor("logits").unwrap()).unwrap();
    fs::remove_file(&out).unwrap();
    let rows = case["logits"].as_array().unwrap();
    let wanted: Vec<f64> =
        rows.iter().flat_map(|row| row.as_array().unwrap()).map(|it| it.as_f64().unwrap()).collect();
    assert_eq!(made.len(), wanted.len());
    let largest = wanted.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    made.iter().zip(&wanted).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f64::max)
}

/// Why a fixture is not built once something of it is changed.
fn refused(name: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut fixture = fixture::all(name).remove(name).unwrap();
    change(&mut fixture);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fixture::save(&fixture, &path);
    match Blueprint::built(&Artifact::open(&path).unwrap()) {
        Some(Ok(built)) => panic!("{name} is built: {:?}", built.origin()),
        Some(Err(reason)) => reason,
        None => "no family".to_owned(),
    }
}

#[test]
fn a_setting_that_is_not_built_is_refused_by_name() {
    let settings = [
        ("vit", "hidden_act", json!("mish"), "hidden_act `mish` is not built"),
        ("vit", "auto_map", json!({"AutoModel": "x.Y"}), "auto_map"),
        ("vit", "pruned_heads", json!({"0": [1]}), "pruned_heads"),
        ("vit", "quantization_config", json!({"bits": 8}), "quantization_config"),
        ("vit", "num_attention_heads", json!(3), "a width of 16 with 3 heads"),
        ("vit", "num_attention_heads", json!(0), "num_attention_heads `0`"),
        ("vit", "patch_size", json!("4"), "patch_size `4`"),
        ("vit", "head_dim", json!(4), "head_dim `4`"),
        ("beit", "image_size", json!([16, 32]), "image_size [16, 32]"),
        ("resnet-basic", "layer_type", json!("wide"), "layer_type `wide`"),
        ("bert", "is_decoder", json!(true), "is_decoder `true`"),
        ("bert", "position_embedding_type", json!("relative_key"), "position_embedding_type `relative_key`"),
        ("swin", "window_size", json!(9), "relative_position_bias_table"),
        ("swin", "image_size", json!(16_777_216), "window_size `4`"),
        ("efficientnet", "pooling_type", json!("sum"), "pooling_type `sum`"),
        ("deberta-v3", "pos_att_type", json!(["p2p"]), "pos_att_type"),
        ("deberta-v3", "norm_rel_ebd", json!("rms"), "norm_rel_ebd `rms`"),
        ("modernbert", "classifier_pooling", json!("max"), "classifier_pooling `max`"),
        ("modernbert", "layer_types", json!(["full_attention"]), "layer_types"),
        (
            "modernbert",
            "rope_parameters",
            json!({"full_attention": {"rope_type": "yarn"}, "sliding_attention": {}}),
            "rope_type `yarn`",
        ),
        ("modernbert", "rope_parameters", json!({"rope_theta": 1e4}), "rope_parameters"),
        ("modernbert", "local_rope_theta", json!(null), "local_rope_theta `null`"),
        ("wav2vec2", "feat_extract_norm", json!("batch"), "feat_extract_norm `batch`"),
        ("wav2vec2-layer", "use_weighted_layer_sum", json!(true), "use_weighted_layer_sum `true` with"),
        ("wav2vec2", "add_adapter", json!(true), "add_adapter `true`"),
        ("timm-vit", "model_args", json!({"num_heads": 3, "qk_norm": true}), "model_args.qk_norm"),
        ("timm-vit", "global_pool", json!("avg"), "global_pool `token` is stated, and `avg`"),
        ("timm-resnet", "global_pool", json!("max"), "global_pool"),
    ];
    for (name, key, value, why) in settings {
        let reason = refused(name, |fixture| fixture["config"][key] = value);
        assert!(reason.contains(why), "{name} {key}: {reason}");
    }
    for architecture in ["resnet50d", "vit_base_patch16_siglip_224", "swinv2_tiny_window8_256"] {
        let reason =
            refused("timm-resnet", |fixture| fixture["config"]["architecture"] = json!(architecture));
        assert_eq!(reason, "no family", "{architecture}");
    }
}

#[test]
fn a_tensor_that_is_missing_or_more_or_of_another_shape_is_named() {
    let head = "vit.encoder.layer.1.attention.attention.key.weight";
    let missing = refused("vit", |fixture| drop(fixture["tensors"].as_object_mut().unwrap().remove(head)));
    assert_eq!(missing, format!("`{head}` is missing"));
    let more = refused("vit", |fixture| fixture["tensors"]["vit.extra"] = json!(["F32", [1], 0, 1]));
    assert_eq!(more, "`vit.extra` has no place in it");
    let other = refused("vit", |fixture| fixture["tensors"][head][1] = json!([16, 8]));
    assert_eq!(other, format!("`{head}` has the shape [16, 8], and [16, 16] is read"));
    let whole = refused("vit", |fixture| fixture["tensors"][head][0] = json!("I64"));
    assert_eq!(whole, format!("`{head}` holds elements of type I64"));
    let wide = refused("tv-vit", |fixture| {
        for (name, tensor) in fixture["tensors"].as_object_mut().unwrap() {
            if name == "conv_proj.weight" {
                tensor[1] = json!([700, 3, 16, 16]);
            }
        }
    });
    assert!(wide.contains("a width of 700"), "{wide}");
}
