//! What `fixtures/inputs/make.py` asked Pillow, torchvision, transformers, timm and tokenizers, held against
//! what is made of the same files here.

mod pictures;
mod processors;
mod sounds;
mod texts;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::arrays::Arrays;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs").join(name)
}

/// All arrays of an archive: extents and values, which single precision holds exactly.
fn arrays(name: &str) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let bytes = fs::read(fixture(name)).unwrap();
    let mut file = Arrays::open(&bytes).unwrap();
    let names = file.names();
    let read = file.read(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let values = |array: &crate::arrays::Array<'_>| match array.info.dtype.decode(&array.bytes) {
        Some(values) => values,
        None => {
            array.info.dtype.decode_i64(&array.bytes).unwrap().into_iter().map(|value| value as f32).collect()
        }
    };
    names.into_iter().zip(read.iter().map(|array| (array.info.shape.clone(), values(array)))).collect()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap()
}

/// A folder with files of JSON.
fn folder(files: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files.as_object().unwrap() {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}
