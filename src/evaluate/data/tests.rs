use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use safetensors::{Dtype as Stored, serialize, tensor::TensorView};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Labelled, Part, Truth};
use crate::error::Error;

const ROWS: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const LABELS: [i64; 3] = [2, 0, 2];

fn le(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn labels() -> Vec<u8> {
    LABELS.iter().flat_map(|label| label.to_le_bytes()).collect()
}

fn tensors(prefix: &str) -> Vec<u8> {
    let (rows, labels) = (le(&ROWS), labels());
    let rows = TensorView::new(Stored::F32, vec![3, 2], &rows).unwrap();
    let labels = TensorView::new(Stored::I64, vec![3], &labels).unwrap();
    serialize([(format!("{prefix}embeddings"), rows), (format!("{prefix}labels"), labels)], None).unwrap()
}

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u16;
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}          \n")
}

fn zipped(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn npz(rows: Vec<u8>, labels: Vec<u8>) -> Vec<u8> {
    zipped(&[("embeddings.npy", rows), ("labels.npy", labels)], CompressionMethod::Deflated)
}

fn good_rows() -> Vec<u8> {
    npy(&header("<f4", "3, 2"), &le(&ROWS))
}

fn good_labels() -> Vec<u8> {
    npy(&header("<i8", "3,"), &labels())
}

fn open(bytes: &[u8], part: Part) -> Result<Labelled, Error> {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("data");
    fs::write(&path, bytes).unwrap();
    Labelled::open(&path, part)
}

#[track_caller]
fn refused(bytes: &[u8], word: &str) {
    let error = open(bytes, Part::Test).unwrap_err();
    assert!(matches!(error, Error::Embeddings { .. }), "{error:?}");
    assert!(error.to_string().contains(word), "{error}");
}

#[test]
fn both_formats_and_both_names_are_read() {
    let stored = zipped(
        &[("test_embeddings.npy", good_rows()), ("test_labels.npy", good_labels())],
        CompressionMethod::Stored,
    );
    for bytes in [tensors(""), tensors("test_"), npz(good_rows(), good_labels()), stored] {
        let data = open(&bytes, Part::Test).unwrap();
        assert_eq!((data.width, &data.embeddings[..], &data.labels[..]), (2, &ROWS[..], &[2, 0, 2][..]));
        assert_eq!(data.sha256, declass_formats::Sha256Digest::of(&bytes));
        assert_eq!(data.counts(2, 3).unwrap(), [1, 0, 2]);
    }
    assert_eq!(open(&tensors("train_"), Part::Train).unwrap().labels, [2, 0, 2]);
    for name in ["embeddings.npy", "test_embeddings.npy"] {
        let alone = zipped(&[(name, good_rows())], CompressionMethod::Stored);
        let data = open(&alone, Part::Test).unwrap();
        assert_eq!((data.truth, &data.embeddings[..], data.labels.len()), (Truth::Answers, &ROWS[..], 0));
        assert!(open(&alone, Part::Train).is_err(), "nothing is learnt without labels");
    }
    let others = zipped(
        &[("embeddings.npy", good_rows()), ("test_labels.npy", good_labels())],
        CompressionMethod::Stored,
    );
    refused(&others, "it has neither");
    refused(&tensors("train_"), "it has `train_embeddings`, `train_labels`");
}

#[test]
fn an_archive_of_numpy_itself_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/fmnist-images.npz");
    let error = Labelled::open(&path, Part::Test).unwrap_err().to_string();
    assert!(error.contains("`images`, `labels`"), "{error}");
}

#[test]
fn other_files_are_refused() {
    refused(b"", "neither safetensors nor npz");
    refused(b"hello", "neither safetensors nor npz");
    refused(&good_rows(), "a single array");
    refused(b"PK\x03\x04 and then nothing", "not a readable npz");
    let error = Labelled::open(Path::new("/"), Part::Test).unwrap_err();
    assert!(error.to_string().contains("not a file") && error.hint().is_some());
    assert!(matches!(Labelled::open(Path::new("nowhere"), Part::Test), Err(Error::Io { .. })));
}

#[test]
fn arrays_that_are_not_what_they_say_are_refused() {
    let rows = |header: &str, data: &[u8]| npz(npy(header, data), good_labels());
    refused(&rows(&header("<f4", "3, 2"), &le(&ROWS[..5])), "its shape needs 24");
    refused(&rows(&header("<f4", "3, 2"), &[le(&ROWS), vec![0]].concat()), "25 or more bytes");
    let many = |shape: &str, count: &str| {
        npz(npy(&header("<f4", shape), &[]), npy(&header("<i8", &format!("{count},")), &[]))
    };
    refused(&many("18446744073709551615, 2", "18446744073709551615"), "ask for more");
    refused(&rows(&header("<f4", "99999999999999999999999, 2"), &[]), "its header is");
    refused(&many("4000000000, 4000000000", "4000000000"), "ask for more");
    refused(&rows(&header("<f4", "4000000000, 4000000000"), &[]), "4000000000 embeddings and 3 labels");
    refused(&rows(&header("<f4", "6,"), &le(&ROWS)), "expected [N, D]");
    refused(&rows(&header("<f4", "2, 3"), &le(&ROWS)), "2 embeddings and 3 labels");
    refused(&rows(&header(">f4", "3, 2"), &le(&ROWS)), "element type is `>f4`");
    refused(&rows(&header("|O", "3, 2"), &le(&ROWS)), "element type is `|O`");
    refused(&rows(&header("<i4", "3, 2"), &le(&ROWS)), "expected a float type");
    refused(&rows(&header("<f4", "3, 2").replace("False", "True"), &le(&ROWS)), "column by column");
    refused(&rows("{'descr': '<f4'}", &[]), "lacks");
    refused(&rows("import os", &[]), "its header is");
    refused(
        &rows(&header("<f4", "3, 2"), &le(&[1.0, 2.0, 3.0, f32::NAN, 5.0, 6.0])),
        "row 1 of the embeddings",
    );
    refused(&npz(npy(&header("<f4", "0, 2"), &[]), npy(&header("<i8", "0,"), &[])), "no test embeddings");
    refused(&npz(good_rows(), npy(&header("<f8", "3,"), &labels())), "expected an integer type");
    refused(&npz(good_rows(), npy(&header("<i8", "3,"), &[255; 24])), "negative");
    let both = zipped(
        &[
            ("embeddings.npy", good_rows()),
            ("labels.npy", good_labels()),
            ("test_embeddings.npy", good_rows()),
            ("test_labels.npy", good_labels()),
        ],
        CompressionMethod::Stored,
    );
    refused(&both, "two names");
}

#[test]
fn what_a_small_archive_may_unpack_to_has_a_limit() {
    let zeros = |rows: usize| {
        let labels = npy(&header("|u1", &format!("{rows},")), &vec![0; rows]);
        npz(npy(&header("<f4", &format!("{rows}, 16")), &vec![0; 64 * rows]), labels)
    };
    assert_eq!(open(&zeros(1000), Part::Test).unwrap().labels.len(), 1000);
    refused(&zeros(1 << 20), "ask for more than 64 MiB");
}

#[test]
fn cut_and_damaged_files_are_refused_without_a_panic() {
    for whole in [tensors(""), npz(good_rows(), good_labels())] {
        for end in 0..whole.len() {
            assert!(open(&whole[..end], Part::Test).is_err(), "the first {end} bytes");
        }
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                // What is damaged may still be readable; it must only never panic.
                let _ = open(&damaged, Part::Test);
            }
        }
    }
}
