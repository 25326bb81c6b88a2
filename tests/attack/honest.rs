//! Releases that nobody tampered with: byte for byte what the edits make of the original, whatever its
//! storage.

use super::{release, small, verify};

/// One of each kind of storage: shards, plain and typed fields, `Constant` nodes, external data, computed and
/// shared weights, attributes, no bias, auxiliary heads, element types.
const KINDS: &[&str] = &[
    "onnx/gemm_no_bias.onnx",
    "onnx/gemm_transb1.onnx",
    "onnx/ir3_initializers_as_inputs.onnx",
    "onnx/linear_classifier.onnx",
    "onnx/matmul_no_bias.onnx",
    "onnx/metadata_names.onnx",
    "onnx/shared_zero_bias.onnx",
    "onnx/twin_heads.onnx",
    "onnx/value_info.onnx",
    "onnx/weight_cast_fp16.onnx",
    "onnx/weight_constant_node.onnx",
    "onnx/weight_double_data.onnx",
    "onnx/weight_external.onnx",
    "onnx/weight_float_data.onnx",
    "onnx/weight_half_model.onnx",
    "onnx/weight_int32_data_fp16.onnx",
    "onnx/weight_transpose.onnx",
    "safetensors/hf_llama_bf16",
    "safetensors/hf_multi_label",
    "safetensors/hf_sharded",
    "safetensors/hf_vit_f16",
    "safetensors/hf_vit_f64",
    "safetensors/hf_vit_mixed",
    "safetensors/tv_googlenet",
    "safetensors/tv_maxvit_no_bias",
];

#[test]
fn an_honest_release_passes_whatever_the_storage() {
    let mut refused = Vec::new();
    for slot in ["keep", "drop"] {
        for kind in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let original = small(kind);
            let out = release(folder.path(), &original, slot);
            let (_, text) = verify(&out, &original);
            let fine = |line: &str| line.contains("ok") && line.contains("only-head-changed");
            if !text.lines().any(fine) {
                refused.push(format!("{kind} {slot}: {text}"));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_finding_names_what_changed() {
    let finding = |name: &str, slot: &str| {
        let folder = tempfile::tempdir().unwrap();
        let original = small(name);
        let out = release(folder.path(), &original, slot);
        let (_, text) = verify(&out, &original);
        text.lines().find(|line| line.contains("only-head-changed")).unwrap().to_owned()
    };
    let kept = finding("safetensors/hf_resnet", "keep");
    assert!(kept.contains("everything else byte-identical"), "{kept}");
    let dropped = finding("safetensors/hf_resnet", "drop");
    for place in
        ["config.json (id2label, label2id", "header of `model.safetensors`", "everything else byte-identical"]
    {
        assert!(dropped.contains(place), "{place}: {dropped}");
    }
    let graph = finding("models/fmnist-resnet.onnx", "drop");
    for place in ["output `logits`", "everything else byte-identical"] {
        assert!(graph.contains(place), "{place}: {graph}");
    }
}
