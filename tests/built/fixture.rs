//! The fixtures of `fixtures/built`, as folders and as arrays.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use declass::formats::{Dtype, TensorInfo};
use serde_json::{Map, Value, json};

/// `count` numbers that a formula gives, which the maker of the fixtures has too.
fn noise(name: &str, count: usize) -> Vec<f32> {
    let seed =
        name.bytes().fold(0x811C_9DC5_u32, |seed, byte| (seed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let number = |at: usize| {
        let mut h = (at as u32).wrapping_mul(0x9E37_79B9).wrapping_add(seed);
        h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
        h = (h ^ (h >> 13)).wrapping_mul(0xC2B2_AE35);
        h ^= h >> 16;
        (h >> 8) as f32 * (-23.0_f32).exp2() - 1.0
    };
    (0..count).map(number).collect()
}

fn bytes(key: &str, info: &TensorInfo, offset: f32, scale: f32) -> Vec<u8> {
    if !info.dtype.is_float() {
        let positions = (0..info.elements() as i64).map(|at| at * scale as i64);
        return positions.flat_map(i64::to_le_bytes).collect();
    }
    let numbers = noise(key, info.elements()).into_iter().map(|it| f64::from(it * scale + offset));
    info.dtype.encode(&numbers.collect::<Vec<_>>()).unwrap()
}

/// Extents of a tensor.
fn shape(json: &Value) -> Vec<usize> {
    json.as_array().unwrap().iter().map(|it| it.as_u64().unwrap() as usize).collect()
}

/// All fixtures by name, or those whose names begin like this.
pub(crate) fn all(begin: &str) -> BTreeMap<String, Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/built");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
        name.starts_with(begin).then(|| (name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()))
    });
    named.collect()
}

/// Writes the folder of a fixture.
pub(crate) fn save(fixture: &Value, folder: &Path) {
    fs::create_dir(folder).unwrap();
    if !fixture["config"].is_null() {
        fs::write(folder.join("config.json"), fixture["config"].to_string()).unwrap();
    }
    let tensors = fixture["tensors"].as_object().unwrap().iter().map(|(name, it)| {
        let [offset, scale] = [2, 3].map(|at| it[at].as_f64().unwrap() as f32);
        let info = TensorInfo { dtype: dtype(it[0].as_str().unwrap()), shape: shape(&it[1]) };
        let data = bytes(name, &info, offset, scale);
        (name.clone(), info, data)
    });
    write(&folder.join("model.safetensors"), tensors);
}

/// Writes the inputs of a case.
pub(crate) fn save_inputs(case: &Value, path: &Path) {
    let inputs = case["inputs"].as_object().unwrap().iter().map(|(name, it)| {
        let shape = shape(&it["shape"]);
        if let Some(ints) = it["ints"].as_array() {
            let data = ints.iter().flat_map(|it| it.as_i64().unwrap().to_le_bytes()).collect();
            return (name.clone(), TensorInfo { dtype: Dtype::I64, shape }, data);
        }
        let info = TensorInfo { dtype: Dtype::F32, shape };
        let data = bytes(it["key"].as_str().unwrap(), &info, 0.0, it["scale"].as_f64().unwrap() as f32);
        (name.clone(), info, data)
    });
    write(path, inputs);
}

fn dtype(name: &str) -> Dtype {
    match name {
        "F16" => Dtype::F16,
        "BF16" => Dtype::Bf16,
        "F32" => Dtype::F32,
        "I64" => Dtype::I64,
        other => panic!("{other} is in no fixture"),
    }
}

/// A safetensors file.
fn write(path: &Path, tensors: impl Iterator<Item = (String, TensorInfo, Vec<u8>)>) {
    let mut header = Map::new();
    let mut body: Vec<u8> = Vec::new();
    for (name, info, data) in tensors {
        let from = body.len();
        body.extend(data);
        let entry =
            json!({"dtype": info.dtype.name(), "shape": info.shape, "data_offsets": [from, body.len()]});
        header.insert(name, entry);
    }
    let header = Value::Object(header).to_string();
    let head = (header.len() as u64).to_le_bytes();
    fs::write(path, [&head[..], header.as_bytes(), &body].concat()).unwrap();
}
