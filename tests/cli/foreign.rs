//! Models of formats that are not read, and files that are not there yet: called what they are.

use std::{fs, path::Path};

use expect_test::expect;
use serde_json::json;
use tempfile::tempdir;

use crate::process::{DIRECTIONS, Ran, linear_head, run};

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

fn inspect(path: &Path) -> Ran {
    run(&["inspect", path.to_str().unwrap()]).exits(2)
}

#[test]
fn a_pointer_of_git_lfs_is_called_one() {
    let folder = tempdir().unwrap();
    let safetensors = folder.path().join("model.safetensors");
    fs::write(&safetensors, POINTER).unwrap();
    inspect(folder.path()).told(expect![[r#"
        error: `[FOLDER]/model.safetensors`: this is a pointer of git-lfs, not the file itself

        hint: fetch the files that such pointers stand for: `git lfs pull`
    "#]]);
    inspect(&safetensors).says("`git lfs pull`");
    let onnx = folder.path().join("other.onnx");
    fs::write(&onnx, POINTER).unwrap();
    inspect(&onnx).says("pointer of git-lfs").says("`git lfs pull`");
    fs::remove_file(&safetensors).unwrap();
    let config = folder.path().join("model");
    linear_head(&config, &DIRECTIONS[..3], &[0.0; 3], None);
    fs::write(config.join("config.json"), POINTER).unwrap();
    inspect(&config).says("config.json`: this is a pointer of git-lfs");
}

#[test]
fn other_formats_are_named_with_a_way_out() {
    for (files, said, way) in [
        (&["openvino_model.bin", "openvino_model.xml", "config.json"][..], "is an OpenVINO model", "ONNX"),
        (&["pytorch_model.bin"], "the weights are pickled (`pytorch_model.bin`)", "safetensors"),
        (&["model.h5"], "`model.h5` is a Keras model", "tf2onnx"),
        (&["model.keras"], "`model.keras` is a Keras model", "tf2onnx"),
        (&["saved_model.pb", "variables.index"], "`saved_model.pb` is a TensorFlow SavedModel", "tf2onnx"),
        (&["model.tflite"], "`model.tflite` is a TensorFlow Lite model", "tf2onnx"),
        (
            &["flax_model.msgpack", "config.json"],
            "`flax_model.msgpack` is a Flax checkpoint",
            "from_flax=True",
        ),
        (&["model.gguf"], "GGUF", "safetensors"),
    ] {
        let folder = tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "{}").unwrap();
        }
        inspect(folder.path()).says(said).says(way);
        inspect(&folder.path().join(files[0])).says(said).says(way);
    }
}

#[test]
fn an_encoder_whose_head_is_pickled_is_told_where_its_head_is() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    let config = json!({"architectures": ["MPNetModel"], "model_type": "mpnet"});
    linear_head(&model, &DIRECTIONS[..3], &[0.0; 3], Some(&config));
    inspect(&model).says("is a backbone or embedding model without a classifier head");
    fs::write(model.join("model_head.pkl"), "").unwrap();
    inspect(&model).told(expect![[r#"
        error: not a classifier that can be treated: the weights are those of the encoder alone; its head is `model_head.pkl`, a pickle (as SetFit writes it), and reading a pickle can run code

        hint: load the head where you trust it and convert it with skl2onnx; the ONNX file of a linear head can be unlearned
    "#]]);
}

/// A file of safetensors with these tensors, all zero.
fn tensors(path: &Path, tensors: &[(&str, &[usize])]) {
    let (mut header, mut at) = (serde_json::Map::new(), 0);
    for (name, shape) in tensors {
        let end = at + 4 * shape.iter().product::<usize>();
        header.insert((*name).into(), json!({"dtype": "F32", "shape": shape, "data_offsets": [at, end]}));
        at = end;
    }
    let header = serde_json::Value::Object(header).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; at]].concat();
    fs::write(path, bytes).unwrap();
}

#[test]
fn heads_that_are_no_matrix_of_rows_are_called_what_they_are() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    tensors(&file, &[("params.classifier.kernel", &[8, 3]), ("params.conv.kernel", &[3, 3, 1, 8])]);
    inspect(&file).told(expect![[r#"
        error: not a classifier that can be treated: the weights are laid out as Flax does: `params.classifier.kernel` is stored as [features, classes]

        hint: store the matrices as PyTorch does: [classes, features], under names that end in `.weight`
    "#]]);
    let normalised = ["fc.parametrizations.weight.original0", "fc.parametrizations.weight.original1"];
    tensors(&file, &[(normalised[0], &[3, 1]), (normalised[1], &[3, 8]), ("conv.weight", &[8, 1, 3, 3])]);
    inspect(&file).told(expect![[r#"
        error: not a classifier that can be treated: the head is weight-normalised: its matrix is computed from `fc.parametrizations.weight.original1` and a length per row

        hint: take the normalisation out before saving, such as by `torch.nn.utils.parametrize.remove_parametrizations`
    "#]]);
    tensors(
        &file,
        &[("model.22.cv3.0.2.weight", &[3, 8, 1, 1]), ("model.22.dfl.conv.weight", &[1, 16, 1, 1])],
    );
    inspect(&file).says("it detects objects (tensor `model.22.dfl.conv.weight`)");
}
