//! A release beside a retrained model, layer by layer, held against transformers.

use std::{fs, path::Path};

use safetensors::{SafeTensors, serialize, tensor::TensorView};
use serde_json::Value;
use tempfile::tempdir;

use crate::process::{fixture, run, seal};

/// The trained model with the weights of its second and last blocks at a quarter, as `fixtures/features.py` has it.
fn quieter(out: &Path) {
    let model = fixture("fmnist-vit");
    fs::create_dir(out).unwrap();
    for name in ["config.json", "preprocessor_config.json"] {
        fs::copy(model.join(name), out.join(name)).unwrap();
    }
    let bytes = fs::read(model.join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let scaled = |name: &str, data: &[u8]| -> Vec<u8> {
        let is_meant =
            ["layer.1.", "layer.3."].iter().any(|block| name.contains(block)) && name.ends_with("weight");
        let numbers = data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        numbers.flat_map(|x| (if is_meant { x / 4.0 } else { x }).to_le_bytes()).collect()
    };
    let all: Vec<_> = tensors
        .iter()
        .map(|(name, it)| (name, it.dtype(), it.shape().to_vec(), scaled(name, it.data())))
        .collect();
    let views = all
        .iter()
        .map(|(name, dtype, shape, data)| (*name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    fs::write(out.join("model.safetensors"), serialize(views, None).unwrap()).unwrap();
}

fn figures(json: &Value, quantity: &str) -> Vec<(String, f64)> {
    let metrics = json["retrained"]["metrics"].as_array().unwrap();
    let metric = metrics.iter().find(|metric| metric["id"] == "retrained-features").unwrap();
    let figures =
        metric["figures"].as_array().unwrap().iter().filter(|figure| figure["quantity"] == quantity);
    let figure =
        |figure: &Value| (figure["stratum"].as_str().unwrap().to_owned(), figure["value"].as_f64().unwrap());
    figures.map(figure).collect()
}

#[test]
fn layers_of_two_models_are_as_alike_as_transformers_and_numpy_find() {
    let folder = tempdir().unwrap();
    let (model, out, other) = (fixture("fmnist-vit"), folder.path().join("out"), folder.path().join("other"));
    quieter(&other);
    seal(&model, &out, &["--forget", "Sandal"]).exits(0);
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/pictures");
    let [model, out, other, pictures] = [&model, &out, &other, &pictures].map(|path| path.to_str().unwrap());
    let evaluate = |more: &[&str]| {
        run(&[&["evaluate", out, "--original", model, "--data", pictures, "--retrained", other], more]
            .concat())
    };
    let json = evaluate(&["--layers", "64", "--json"]).exits(0).json();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/features.json");
    let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for (at, quantity) in ["forgotten-cka", "retained-cka"].into_iter().enumerate() {
        let found = figures(&json, quantity);
        assert_eq!(found.len(), 10, "nine layers and the embedding: {found:?}");
        // Every second layer is the sum behind a block, which transformers calls a hidden state.
        for ((name, found), expected) in
            found.iter().step_by(2).zip(expected["alike"]["layers"].as_array().unwrap())
        {
            let expected = expected[at].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-4, "{quantity} of {name}: {found}, numpy has {expected}");
        }
        assert!(found[9].0 == "embedding" && found[9].1 < 0.999, "{found:?}");
    }
    let said = evaluate(&["--layers", "2", "-v"]).exits(0);
    said.shows("1 in every layer by construction").shows("in 2 layers before");
    // Another architecture has other layers.
    let resnet = fixture("fmnist-resnet");
    let said = run(&[
        "evaluate",
        out,
        "--original",
        model,
        "--data",
        pictures,
        "--retrained",
        resnet.to_str().unwrap(),
        "--limit",
        "40",
    ]);
    said.exits(0).shows("no layers of the same names");
}
