//! Safetensors: what was not edited stays, byte for byte.

mod common;

use std::fs;

use common::{differing_bytes, edit, floats, info, rel, rewrite, safetensors};
use declass_formats::{Artifact, Dtype, Edits, NewTensor, RelPath, Role};
use proptest::prelude::*;

#[test]
fn golden_bytes_of_a_dropped_row() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#;
    let data = [&1f32.to_le_bytes()[..], &2f32.to_le_bytes(), &[7, 8]].concat();
    fs::write(folder.path().join("model.safetensors"), safetensors(header, &data)).unwrap();
    let model = Artifact::open(folder.path()).unwrap();
    let out = folder.path().join("out");
    let (_, diff) = rewrite(&model, &edit("a", floats(&[1, 1], &[1.0])), &out);

    let header = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#;
    let padded = format!("{header:width$}", width = header.len().next_multiple_of(8));
    let expected = safetensors(&padded, &[&1f32.to_le_bytes()[..], &[7, 8]].concat());
    assert_eq!(fs::read(out.join("model.safetensors")).unwrap(), expected);
    assert_eq!(diff.tensors.len(), 1);
    assert_eq!(diff.tensors[0].after, Some(info(Dtype::F32, &[1, 1])));
    assert_eq!(diff.tensors[0].values, 2);
    assert_eq!(places(&diff), ["header of `model.safetensors`"]);
    assert_eq!((diff.tensor_count, diff.value_count), (2, 4));
}

#[test]
fn shards_and_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let shard = |name: &str| format!(r#"{{"{name}":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}}"#);
    write("m-1.safetensors", &safetensors(&shard("a"), &[1; 8]));
    write("m-2.safetensors", &safetensors(&shard("b"), &[2; 8]));
    let index = "{\n  \"metadata\": {\n    \"total_parameters\": 4,\n    \"total_size\": 16\n  },\n  \"weight_map\": {\n    \"a\": \"m-1.safetensors\",\n    \"b\": \"m-2.safetensors\"\n  }\n}\n";
    write("model.safetensors.index.json", index.as_bytes());
    write("other.safetensors", b"not opened");
    let model = Artifact::open(folder.path()).unwrap();
    assert_eq!(model.left_out(), [rel("other.safetensors")]);
    assert!(model.files().iter().all(|file| file.role == Role::Weights));

    let same = tempfile::tempdir().unwrap();
    let (_, diff) = rewrite(&model, &edit("b", floats(&[2], &[1.0, 2.0])), same.path());
    let changed: Vec<_> = diff.files.iter().filter(|file| file.before != file.after).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].path, rel("m-2.safetensors"));

    let smaller = tempfile::tempdir().unwrap();
    let (copy, diff) = rewrite(&model, &edit("b", floats(&[1], &[1.0])), smaller.path());
    let expected = index.replace("\": 4", "\": 3").replace("\": 16", "\": 12");
    assert_eq!(fs::read_to_string(smaller.path().join("model.safetensors.index.json")).unwrap(), expected);
    assert_eq!(copy.read_tensor("a").unwrap(), [1; 8]);
    assert_eq!(places(&diff), ["header of `m-2.safetensors`"]);
    for new in [floats(&[1], &[1.0]), floats(&[2], &[1.0, 2.0])] {
        told_is_written(&model, &edit("b", new));
    }
}

fn places(diff: &declass_formats::Diff) -> Vec<&str> {
    diff.structure.iter().map(|change| change.place.as_str()).collect()
}

/// What is told of a copy without writing it is what is written.
fn told_is_written(model: &Artifact, edits: &Edits) {
    let out = tempfile::tempdir().unwrap();
    let (copy, diff) = rewrite(model, edits, out.path());
    let told = model.edited_digests(edits, &|_| ()).unwrap();
    for file in &diff.files {
        assert_eq!(file.after, told.get(&file.path).copied().or(file.before), "{}", file.path);
    }
    assert!(model.deviations(edits, &copy).unwrap().is_empty());
    assert!(!model.deviations(&Edits::default(), &copy).unwrap().is_empty());
}

#[test]
fn metadata_and_order_are_structure() {
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let a = |from, to| format!(r#""a":{{"dtype":"U8","shape":[2],"data_offsets":[{from},{to}]}}"#);
    let b = |from, to| format!(r#""b":{{"dtype":"U8","shape":[2],"data_offsets":[{from},{to}]}}"#);
    let before = format!(r#"{{"__metadata__":{{"format":"pt"}},{},{}}}"#, a(0, 2), b(2, 4));
    let after = format!(r#"{{"__metadata__":{{"format":"tf"}},{},{}}}"#, a(2, 4), b(0, 2));
    fs::write(one.path().join("model.safetensors"), safetensors(&before, &[1, 2, 3, 4])).unwrap();
    fs::write(two.path().join("model.safetensors"), safetensors(&after, &[3, 4, 1, 9])).unwrap();
    let open = |folder: &tempfile::TempDir| Artifact::open(folder.path()).unwrap();
    let diff = declass_formats::Diff::between(&open(&one), &open(&two), &|_| ()).unwrap();
    let expected = [
        "metadata entry `model.safetensors: format`",
        "header of `model.safetensors`",
        "every data of tensor",
    ];
    assert_eq!(places(&diff), expected);
    assert_eq!(diff.tensors.len(), 1);
    assert_eq!((diff.tensors[0].name.as_str(), diff.tensors[0].values), ("a", 1));
}

#[test]
fn edits_that_do_not_fit_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    fs::write(folder.path().join("model.safetensors"), safetensors(header, &[0; 4])).unwrap();
    let model = Artifact::open(folder.path()).unwrap();
    let mut weights = Edits::default();
    weights.files.insert(rel("model.safetensors"), Vec::new());
    let wrong_type = NewTensor { info: info(Dtype::I32, &[1]), data: vec![0; 4] };
    let wrong_length = NewTensor { info: info(Dtype::F32, &[2]), data: vec![0; 4] };
    let out = folder.path().join("out");
    for edits in [edit("z", floats(&[1], &[0.0])), edit("a", wrong_type), edit("a", wrong_length), weights] {
        assert!(model.write(&edits, &out, &|_| ()).is_err());
        assert!(!out.exists());
    }
    assert!(model.write(&Edits::default(), folder.path(), &|_| ()).is_err(), "the folder is not empty");
}

#[test]
fn files_are_copied_replaced_and_added() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    };
    write("model.safetensors", "\u{2}\0\0\0\0\0\0\0{}");
    write("config.json", r#"{"z": 1, "a": 2}"#);
    write("README.md", "old");
    write("deep/er/vocab.txt", "words");
    for name in [".git/config", "LICENSE", "head.npy", "pytorch_model.bin", "onnx/model.onnx", "model.sig"] {
        write(name, "x");
    }
    write("class-removal.statement.json", "x");
    let is_about_it = |path: &RelPath| path.as_str().starts_with("class-removal.");
    let model = Artifact::open_leaving_out(folder.path(), is_about_it).unwrap();
    let roles: Vec<_> = model.files().iter().map(|file| (file.path.as_str(), file.role)).collect();
    let expected = [
        ("LICENSE", Role::Companion),
        ("README.md", Role::Card),
        ("config.json", Role::Config),
        ("deep/er/vocab.txt", Role::Companion),
        ("model.safetensors", Role::Weights),
    ];
    assert_eq!(roles, expected);
    let left_out: Vec<_> = model.left_out().iter().map(|path| path.as_str()).collect();
    assert_eq!(
        left_out,
        ["class-removal.statement.json", "head.npy", "model.sig", "onnx/model.onnx", "pytorch_model.bin"]
    );
    assert_eq!(model.read_file(&rel("model.sig")).unwrap(), b"x");
    let keys: Vec<_> = model.config().unwrap().as_object().unwrap().keys().collect();
    assert_eq!(keys, ["z", "a"]);

    let mut edits = Edits::default();
    edits.files.insert(rel("README.md"), b"new".to_vec());
    edits.files.insert(rel("new/claim.json"), b"{}".to_vec());
    let out = folder.path().join("out");
    let (copy, diff) = rewrite(&model, &edits, &out);
    assert_eq!(copy.read_file(&rel("deep/er/vocab.txt")).unwrap(), b"words");
    let changed: Vec<_> =
        diff.files.iter().filter(|file| file.before != file.after).map(|f| f.path.as_str()).collect();
    assert_eq!(changed, ["README.md", "new/claim.json"]);
    assert!(!out.join("model.sig").exists() && !out.join(".git").exists());
}

fn dtypes() -> impl Strategy<Value = Dtype> {
    prop::sample::select(vec![Dtype::Bf16, Dtype::F16, Dtype::F32, Dtype::F64, Dtype::I64, Dtype::U8])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn editing_one_tensor_changes_only_its_bytes(
        tensors in prop::collection::vec((dtypes(), prop::collection::vec(0usize..5, 0..3), any::<u8>()), 1..6),
        chosen in any::<prop::sample::Index>(),
        fill in any::<u8>(),
        drop_row in any::<bool>(),
    ) {
        let mut entries = vec![r#""__metadata__": {"format": "pt"}"#.to_owned()];
        let mut data = Vec::new();
        for (index, (dtype, shape, byte)) in tensors.iter().enumerate() {
            let start = data.len();
            data.resize(start + info(*dtype, shape).byte_len(), *byte);
            let (name, end) = (dtype.name(), data.len());
            entries.push(format!(r#""t{index}": {{"dtype": "{name}", "shape": {shape:?}, "data_offsets": [{start}, {end}]}}"#));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        fs::write(&path, safetensors(&format!("{{{}}}", entries.join(", ")), &data)).unwrap();
        let model = Artifact::open(&path).unwrap();

        let chosen = chosen.index(tensors.len());
        let name = format!("t{chosen}");
        let mut new = model.tensor(&name).unwrap().clone();
        let reshaped = drop_row && new.shape.first().is_some_and(|rows| *rows > 0);
        if reshaped {
            new.shape[0] -= 1;
        }
        let tensor = NewTensor { data: vec![fill; new.byte_len()], info: new };
        let (copy, diff) = rewrite(&model, &edit(&name, tensor.clone()), &folder.path().join("out"));

        for other in model.tensors().keys() {
            let expected = if *other == name { tensor.data.clone() } else { model.read_tensor(other).unwrap() };
            prop_assert_eq!(copy.read_tensor(other).unwrap(), expected);
        }
        let differs = reshaped || model.read_tensor(&name).unwrap() != tensor.data;
        let named: Vec<_> = diff.tensors.iter().map(|change| change.name.clone()).collect();
        prop_assert_eq!(named, if differs { vec![name.clone()] } else { vec![] });
        // Another shape is another header.
        prop_assert_eq!(diff.structure.len(), usize::from(reshaped));
        if !reshaped {
            let positions = differing_bytes(&path, &folder.path().join("out/model.safetensors"));
            prop_assert!(positions.len() <= tensor.data.len());
            prop_assert!(positions.iter().max().zip(positions.iter().min()).is_none_or(|(a, b)| a - b < tensor.data.len()));
        }
    }
}
