//! Models of many files and tensors: nothing may take the product of their numbers.

mod common;

use std::{fs, time::Instant};

use common::safetensors;
use declass_formats::{Artifact, Diff};

const SHARDS: usize = 2000;
const TENSORS: usize = 20_000;

#[test]
fn many_shards_with_many_tensors_are_compared_in_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let each = TENSORS / SHARDS;
    let mut map = Vec::new();
    for shard in 0..SHARDS {
        let file = format!("m-{shard}.safetensors");
        let names: Vec<String> = (0..each).map(|at| format!("layers.{shard}.{at}.weight")).collect();
        map.extend(names.iter().map(|name| format!(r#""{name}":"{file}""#)));
        let tensor = |(at, name): (usize, &String)| {
            format!(r#""{name}":{{"dtype":"U8","shape":[1],"data_offsets":[{at},{}]}}"#, at + 1)
        };
        let header: Vec<String> = names.iter().enumerate().map(tensor).collect();
        let bytes = safetensors(&format!("{{{}}}", header.join(",")), &vec![1; each]);
        fs::write(folder.path().join(file), bytes).unwrap();
    }
    let index = format!(r#"{{"weight_map":{{{}}}}}"#, map.join(","));
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();

    let start = Instant::now();
    let model = Artifact::open(folder.path()).unwrap();
    let opened = start.elapsed();
    let diff = Diff::between(&model, &model, &|_| ()).unwrap();
    let compared = start.elapsed() - opened;
    assert_eq!((diff.tensor_count, diff.files.len()), (TENSORS, SHARDS + 1));
    assert!(diff.tensors.is_empty() && diff.structure.is_empty());
    // Generous, since other work may be going on; the product of both numbers would take longer still.
    assert!(
        opened.as_secs() < 30 && compared.as_secs() < 30,
        "opened in {opened:?}, compared in {compared:?}"
    );
}
