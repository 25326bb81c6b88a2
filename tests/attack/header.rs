//! Bytes hidden in the headers of safetensors files and between their tensors.

use std::{fs, path::Path};

use super::{release, says_no_at, small, verify};

/// A file's header as text, and the data behind it.
fn parts(file: &Path) -> (String, Vec<u8>) {
    let bytes = fs::read(file).unwrap();
    let (length, rest) = bytes.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap());
    let (header, data) = rest.split_at(length as usize);
    (String::from_utf8(header.to_vec()).unwrap(), data.to_vec())
}

fn write(file: &Path, header: &str, data: &[u8]) {
    let length = (header.len() as u64).to_le_bytes();
    fs::write(file, [&length, header.as_bytes(), data].concat()).unwrap();
}

fn swapped(header: &str, first: &str, second: &str) -> String {
    header.replace(first, "\u{1}").replace(second, first).replace('\u{1}', second)
}

type Attack = fn(&str) -> String;

/// All of these describe the same tensors to a parser.
const SPELLINGS: &[(&str, Attack)] = &[
    ("padding", |header| format!("{header}        ")),
    ("white space", |header| header.replacen(':', ": ", 1).replacen(',', " ,", 1)),
    ("tabs in the padding", |header| format!("{}\t\t\t\t\t\t\t\t", header.trim_end())),
    ("order of keys", |header| swapped(header, "\"dtype\":\"F32\"", "\"data_offsets\"")),
    ("escapes", |header| header.replacen("\"dtype\"", "\"\\u0064type\"", 1)),
    ("numbers", |header| header.replacen("\"data_offsets\":[0,", "\"data_offsets\":[ 0,", 1)),
    ("a key twice", |header| {
        header.replacen("\"format\":\"pt\"", "\"format\":\"the dropped row\",\"format\":\"pt\"", 1)
    }),
    ("metadata", |header| header.replacen("\"format\":\"pt\"", "\"format\":\"pt\",\"row\":\"1 2 3\"", 1)),
];

#[test]
fn a_header_is_compared_byte_for_byte() {
    for (fixture, slot) in [("safetensors/hf_resnet", "keep"), ("safetensors/hf_resnet", "drop")] {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("model");
        with_metadata(&small(fixture), &original);
        let out = release(folder.path(), &original, slot);
        assert_eq!(verify(&out, &original).0, Some(0));
        let file = out.join("model.safetensors");
        let (header, data) = parts(&file);
        let mut tried = 0;
        for (what, attack) in SPELLINGS {
            let spelled = attack(&header);
            if spelled == header || serde_json::from_str::<serde_json::Value>(&spelled).is_err() {
                continue;
            }
            tried += 1;
            write(&file, &spelled, &data);
            let found = std::panic::catch_unwind(|| {
                says_no_at(&out, &original, "only-head-changed", "header of `model.safetensors`");
            });
            assert!(found.is_ok(), "{what} of {fixture}, {slot}");
        }
        assert!(tried >= 6, "{tried}");
    }
}

/// A copy of a model whose header has metadata, as the usual writers make them.
fn with_metadata(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let file = to.join("model.safetensors");
    let (header, data) = parts(&file);
    let mut header = header.trim_end().to_owned();
    if !header.contains("__metadata__") {
        header = header.replacen('{', "{\"__metadata__\":{\"format\":\"pt\"},", 1);
    }
    write(&file, &header, &data);
}

#[test]
fn a_shard_without_a_head_is_compared_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let original = small("safetensors/hf_sharded");
    let out = release(folder.path(), &original, "drop");
    assert_eq!(verify(&out, &original).0, Some(0));
    let shards = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let shards: Vec<_> =
        shards.filter(|path| path.extension().is_some_and(|end| end == "safetensors")).collect();
    assert!(shards.len() > 1);
    for shard in shards {
        let honest = fs::read(&shard).unwrap();
        let (header, data) = parts(&shard);
        write(&shard, &format!("{header}        "), &data);
        let name = shard.file_name().unwrap().to_str().unwrap();
        says_no_at(&out, &original, "only-head-changed", name);
        fs::write(&shard, honest).unwrap();
    }
}

#[test]
fn there_is_nothing_between_the_tensors_or_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let original = small("safetensors/hf_resnet");
    let out = release(folder.path(), &original, "drop");
    let file = out.join("model.safetensors");
    let (header, data) = parts(&file);
    for tampered in [[&data[..], b"row"].concat(), [b"row", &data[..]].concat()] {
        write(&file, &header, &tampered);
        // Such a file cannot even be read.
        assert_eq!(verify(&out, &original).0, Some(2));
    }
}
