//! Operators against the node tests of the Python package `onnx`, and whole networks against onnxruntime
//! (`fixtures/nodes`, made by `make.py` there).
#![cfg(feature = "compute")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use candle_core::Device;
use declass::run::{Program, RawTensor};
use declass_formats::Artifact;
use expect_test::expect_file;

type Arrays = BTreeMap<String, RawTensor>;

/// What the package's own test runner allows.
const RELATIVE: f64 = 1e-3;
const ABSOLUTE: f64 = 1e-7;
/// A few units in the last place of half precision.
const HALF: f64 = 4e-3;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn numbers(array: &RawTensor) -> Vec<f64> {
    let dtype = array.info.dtype;
    let whole = || Some(dtype.decode_i64(&array.bytes)?.into_iter().map(|value| value as f64).collect());
    dtype.decode_f64(&array.bytes).or_else(whole).unwrap()
}

/// The arrays of a file whose names begin so, without the beginning.
fn arrays(file: &Artifact, beginning: &str) -> Arrays {
    let named = file.tensors().range(beginning.to_owned()..);
    let named = named.map_while(|(name, info)| Some((name, name.strip_prefix(beginning)?, info)));
    let read = |(name, short, info): (&String, &str, &declass_formats::TensorInfo)| {
        (short.to_owned(), RawTensor { info: info.clone(), bytes: file.read_tensor(name).unwrap() })
    };
    named.map(read).collect()
}

/// What a model makes of its inputs, or why it is not run.
fn outputs(model: &Path, given: &Arrays, wanted: &[&str]) -> Result<Vec<RawTensor>, String> {
    let artifact = Artifact::open(model).map_err(|error| error.to_string())?;
    let program = Program::new(&artifact, Device::Cpu).map_err(|error| error.to_string())?;
    program.supported(wanted).map_err(|error| error.to_string())?;
    program.run(given, wanted).map_err(|error| error.to_string())
}

/// How an array is not the expected one.
fn difference(found: &RawTensor, expected: &RawTensor) -> Option<String> {
    if found.info != expected.info {
        return Some(format!("{:?} for {:?}", found.info, expected.info));
    }
    let dtype = expected.info.dtype;
    let relative = if dtype.is_float() && dtype.bits() == 16 { HALF } else { RELATIVE };
    let (found, expected) = (numbers(found), numbers(expected));
    let close = |a: f64, b: f64| {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= ABSOLUTE + relative * b.abs()
    };
    let wrong = found.iter().zip(&expected).find(|(a, b)| !close(**a, **b));
    wrong.map(|(a, b)| format!("{a} for {b}"))
}

/// The cases of an archive: those that come out otherwise, and those that are refused, with the reason.
fn cases(archive: &str) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let packed = fs::File::open(fixtures().join("nodes").join(archive)).unwrap();
    zip::ZipArchive::new(packed).unwrap().extract(folder.path()).unwrap();
    let file = Artifact::open(&folder.path().join("nodes.safetensors")).unwrap();
    let cases: BTreeSet<&str> = file.tensors().keys().filter_map(|name| name.split('/').next()).collect();
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    let model = folder.path().join("model.onnx");
    for case in &cases {
        fs::write(&model, file.read_tensor(&format!("{case}/model")).unwrap()).unwrap();
        let expected = arrays(&file, &format!("{case}/out/"));
        let wanted: Vec<&str> = expected.keys().map(String::as_str).collect();
        match outputs(&model, &arrays(&file, &format!("{case}/in/")), &wanted) {
            Err(why) => refused.push(format!("{case}: {why}\n")),
            Ok(found) => wrong.extend(
                expected
                    .values()
                    .zip(&found)
                    .filter_map(|(expected, found)| difference(found, expected))
                    .map(|how| format!("{case}: {how}")),
            ),
        }
    }
    assert!(cases.len() > 40, "the archive has all its cases");
    (wrong, refused)
}

#[test]
fn every_node_test_passes_or_is_refused_by_name() {
    let (wrong, refused) = cases("nodes.zip");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    expect_file!["../fixtures/nodes/refused.txt"].assert_eq(&refused.concat());
}

#[test]
fn operators_without_node_tests_give_what_onnxruntime_gives() {
    let (wrong, refused) = cases("others.zip");
    assert_eq!((wrong, refused), (Vec::new(), Vec::new()));
}

#[test]
fn trained_networks_give_what_onnxruntime_gives() {
    let file = Artifact::open(&fixtures().join("nodes/networks.safetensors")).unwrap();
    for name in ["fmnist-resnet", "fmnist-vit", "fmnist-swin"] {
        let expected = arrays(&file, &format!("{name}/out/"));
        let wanted: Vec<&str> = expected.keys().map(String::as_str).collect();
        let model = fixtures().join(format!("models/{name}.onnx"));
        let found = outputs(&model, &arrays(&file, &format!("{name}/in/")), &wanted).unwrap();
        for (found, expected) in found.iter().zip(expected.values()) {
            let (found, expected) = (numbers(found), numbers(expected));
            let largest = expected.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
            let gap = found.iter().zip(&expected).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
            assert!(gap <= 1e-5 * largest, "{name}: {gap} of {largest}");
        }
    }
}
