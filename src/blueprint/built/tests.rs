//! The graphs that are built, held against what the libraries themselves compute.

use std::{collections::HashMap, fs, path::PathBuf};

use candle_core::Device;
use declass_formats::{Artifact, Dtype, TensorInfo};
use rayon::prelude::*;
use serde_json::Value as Json;

use super::Built;
use crate::run::{Limits, Network, Run, Value};

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

fn shape(json: &Json) -> Vec<usize> {
    json.as_array().unwrap().iter().map(|it| it.as_u64().unwrap() as usize).collect()
}

/// The folder of a fixture.
fn folder(fixture: &Json) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    if !fixture["config"].is_null() {
        fs::write(folder.path().join("config.json"), fixture["config"].to_string()).unwrap();
    }
    let mut header = serde_json::Map::new();
    let mut body = Vec::new();
    for (name, it) in fixture["tensors"].as_object().unwrap() {
        let dtype = match it[0].as_str().unwrap() {
            "F32" => Dtype::F32,
            "F16" => Dtype::F16,
            "BF16" => Dtype::Bf16,
            _ => Dtype::I64,
        };
        let info = TensorInfo { dtype, shape: shape(&it[1]) };
        let from = body.len();
        body.extend(bytes(name, &info, it[2].as_f64().unwrap() as f32, it[3].as_f64().unwrap() as f32));
        let entry = serde_json::json!({"dtype": it[0], "shape": it[1], "data_offsets": [from, body.len()]});
        header.insert(name.clone(), entry);
    }
    let header = Json::Object(header).to_string();
    let head = (header.len() as u64).to_le_bytes();
    fs::write(folder.path().join("model.safetensors"), [&head[..], header.as_bytes(), &body].concat())
        .unwrap();
    folder
}

fn inputs(case: &Json, network: &Network<'_>) -> HashMap<crate::net::ValueId, Value> {
    let value = |(name, it): (&String, &Json)| {
        let shape = shape(&it["shape"]);
        let value = if let Some(ints) = it["ints"].as_array() {
            let data: Vec<u8> = ints.iter().flat_map(|it| it.as_i64().unwrap().to_le_bytes()).collect();
            Value::of(&TensorInfo { dtype: Dtype::I64, shape }, &data, &Device::Cpu)
        } else {
            let info = TensorInfo { dtype: Dtype::F32, shape };
            let data = bytes(it["key"].as_str().unwrap(), &info, 0.0, it["scale"].as_f64().unwrap() as f32);
            Value::of(&info, &data, &Device::Cpu)
        };
        Some((network.value(name)?, value.unwrap()))
    };
    case["inputs"].as_object().unwrap().iter().filter_map(value).collect()
}

/// The largest difference of a fixture's logits, as a part of the largest logit.
fn judge(fixture: &Json) -> Result<f64, String> {
    let folder = folder(fixture);
    let model = Artifact::open(folder.path()).map_err(|error| error.to_string())?;
    let built = Built::of(&model).ok_or("no family")??;
    if built.family != fixture["family"].as_str().unwrap() {
        return Err(format!("it is taken for {}", built.family));
    }
    let places = built.places(&model)?;
    let network = Network::from(built.source(&model, &places), Device::Cpu).map_err(|it| it.to_string())?;
    let logits = network.value("logits").unwrap();
    let mut worst = 0.0_f64;
    for case in fixture["cases"].as_array().unwrap() {
        let given = inputs(case, &network);
        let run = Run { given: &given, wanted: &[logits], learns: false, limits: Limits::default() };
        let made = network.run(&run).map_err(|fault| fault.to_string())?[0].numbers().unwrap();
        let wanted = case["logits"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        let wanted: Vec<f64> = wanted.map(|it| it.as_f64().unwrap()).collect();
        assert_eq!(made.len(), wanted.len());
        let largest = wanted.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        let apart = made.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        worst = worst.max(apart / largest);
    }
    Ok(worst)
}

fn fixtures() -> Vec<(String, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/built");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap())
    };
    let mut fixtures: Vec<(String, Json)> = files.map(read).collect();
    fixtures.sort_by(|a, b| a.0.cmp(&b.0));
    fixtures
}

#[test]
fn every_family_computes_what_its_library_does() {
    let only = std::env::var("BUILT").unwrap_or_default();
    let fixtures: Vec<_> = fixtures().into_iter().filter(|(name, _)| name.starts_with(&only)).collect();
    assert!(!fixtures.is_empty());
    let wrong: Vec<String> = fixtures
        .par_iter()
        .filter_map(|(name, fixture)| match judge(fixture) {
            Ok(apart) if apart <= 1e-4 => {
                println!("{name} {apart:.1e}");
                None
            }
            Ok(apart) => Some(format!("{name}: apart by {apart:.1e}")),
            Err(reason) => Some(format!("{name}: {reason}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
