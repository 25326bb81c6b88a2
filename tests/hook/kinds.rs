//! What counts as weights outside of releases, whatever it is called, and what may lie in one unsigned.

use std::fs;

use declass::formats::Sha256Digest;

use crate::{
    objects::{blob, tree, with},
    repository::{Home, findings},
};

fn safetensors() -> Vec<u8> {
    let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat()
}

/// Names that programs load weights from.
const NAMES: [&str; 28] = [
    "saved_model.pb",
    "m.ort",
    "m.pte",
    "m.pt2",
    "m.ptl",
    "m.joblib",
    "m.pth.tar",
    "m.onnx_data",
    "model.onnx.data",
    "m.safetensors.bak",
    "m.safetensors.1",
    "ckpt.data-00000-of-00001",
    "m.zip",
    "m.tar.gz",
    "m.7z",
    "m.mnn",
    "m.rknn",
    "m.dlc",
    "m.nemo",
    "m.mar",
    "m.t7",
    "m.pdmodel",
    "m.pdiparams",
    "m.trt",
    "m.sft",
    "m.llamafile",
    "M.PB. .",
    "m.pb::$DATA",
];

/// Names of text that is no weights.
const HARMLESS: [&str; 10] = [
    "paper.pdf",
    "train.csv.gz",
    "README.md",
    "export_onnx.py",
    "labels.json",
    "v1.2",
    "data.parquet",
    "page.pt",
    "train.plan",
    "make.params",
];

#[test]
fn weights_are_found_by_name() {
    let home = Home::with_release();
    let text = blob(&home, "x");
    for name in NAMES {
        let pushed = tree(&home, &[("100644", name, &text)]);
        assert_eq!(findings(&home.check(&pushed).exits(1)), [format!("DC2001 {name}")]);
    }
    for name in HARMLESS {
        home.check(&tree(&home, &[("100644", name, &text)])).exits(0);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Of a few bytes as text nobody can tell what they are.
    digits + &"00".repeat(1 << 10)
}

/// More than 1 MiB of numbers as weights are.
fn table() -> String {
    let row: Vec<String> = (0..64).map(|at| format!("{:.9}", f64::from(at * at % 61) / 37.0 - 0.9)).collect();
    (row.join(",") + "\n").repeat(1 << 11)
}

#[test]
fn weights_are_found_by_content() {
    let home = Home::with_release();
    let mut large = vec![0xfe, 0xff, 1, 2];
    large.resize(1 << 20, 7);
    for bytes in [
        safetensors(),
        b"GGUF\x03\0\0\0".to_vec(),
        b"\x80\x04\x95q\0.".to_vec(),
        b"\x89HDF\r\n\x1a\n\0".to_vec(),
        b"\x12\x07pytorch\x08\x08\x3a\x0b\x0a\x09\x0a\x01x\x12\x01y\x22\x01N".to_vec(),
        b"(dp0\nVw\np1\n(lp2\nF1.0\naF2.0\nas.".to_vec(),
        [&[0; 512][..], b"\x89HDF\r\n\x1a\n\0"].concat(),
        b"<?xml version=\"1.0\"?>\n<net name=\"x\" version=\"11\">\n".to_vec(),
        hexadecimal(&safetensors()).into_bytes(),
        table().into_bytes(),
        large,
    ] {
        let id = home.git_reads("hash-object -w --stdin", &bytes);
        let pushed = tree(&home, &[("100644", "notes.md", &id)]);
        assert_eq!(findings(&home.check(&pushed).exits(1)), ["DC2001 notes.md"], "{:?}", &bytes[..4]);
        assert_eq!(
            with(&home, &[("100644", "x", &id)], 1),
            ["DC2004 release/x"],
            "in a release it is unsigned"
        );
        home.check(&format!("{pushed} --path elsewhere")).exits(0);
    }
}

#[test]
fn what_lies_unsigned_in_a_release_is_looked_into() {
    let home = Home::with_release();
    let (text, model) = (blob(&home, "x"), home.git_reads("hash-object -w --stdin", &safetensors()));
    for (folder, name, id, found) in [
        (".github", "saved_model.pb", &text, true),
        (".cache", "modeling_x.py", &text, true),
        (".github", "notes.md", &model, true),
        (".github", "notes.md", &text, false),
    ] {
        let inner = tree(&home, &[("100644", name, id)]);
        let expected: &[String] = if found { &[format!("DC2011 release/{folder}/{name}")] } else { &[] };
        assert_eq!(with(&home, &[("40000", folder, &inner)], i32::from(found)), expected);
    }
}

#[test]
fn pointers_stand_for_weights_only() {
    let home = Home::with_release();
    let config = home.work("release/config.json");
    let digest = Sha256Digest::of(&fs::read(&config).unwrap());
    let pointer =
        |digest| format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 2000000\n");
    fs::write(&config, pointer(digest)).unwrap();
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(2)), ["DC3001 release/config.json"]);
    home.refuses("main").says("only weights may be git-lfs pointers");
    // Outside of releases a pointer is what it is called.
    let id = blob(&home, &pointer(digest));
    for (name, code) in [("film.mp4", 0), ("table.parquet", 0), ("unknown", 1), ("m.onnx", 1)] {
        home.check(&tree(&home, &[("100644", name, &id)])).exits(code);
    }
}

#[test]
fn names_that_other_systems_take_for_a_release_are_refused() {
    let home = Home::with_release();
    let release = home.git("rev-parse HEAD:release").stdout.trim_end().to_owned();
    let text = blob(&home, "x");
    let inner = tree(&home, &[("100644", "x", &text)]);
    for (mode, name, id) in [
        ("100644", "rel\\config.json", &text),
        ("40000", "rel::$INDEX_ALLOCATION", &inner),
        ("40000", "re\u{200c}l", &inner),
        ("40000", "REL. ", &inner),
    ] {
        let mut entries = [("40000", "rel", release.as_str()), (mode, name, id.as_str())];
        entries.sort_by_key(|(mode, name, _)| format!("{name}{}", if *mode == "40000" { "/" } else { "" }));
        let found = findings(&home.check(&tree(&home, &entries)).exits(2));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0].starts_with("DC3004"), "{name}: {found:?}");
    }
    for name in [".g\u{200c}it", "git~1", ".git::$INDEX_ALLOCATION"] {
        let found = findings(&home.check(&tree(&home, &[("40000", name, &inner)])).exits(2));
        assert_eq!(found, ["DC3004 ."], "{name}");
    }
    // Where no release is, names are names.
    home.check(&tree(&home, &[("40000", "rel", &inner), ("40000", "re\u{200c}l", &inner)])).exits(0);
}

#[test]
fn what_a_file_was_taken_for_is_said() {
    let home = Home::with_release();
    for (name, bytes, said) in [
        ("x.txt", &b"GGUF\x03\0\0\0"[..], "weights (GGUF) without a manifest"),
        ("x", b"\xfd7zXZ\0\0\x04", "a compressed file that may hold weights without a manifest"),
        ("x.onnx", b"x", "weights without a manifest"),
    ] {
        let id = home.git_reads("hash-object -w --stdin", bytes);
        home.check(&tree(&home, &[("100644", name, &id)])).exits(1).shows(said);
    }
}
