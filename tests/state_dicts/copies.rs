//! Copies of a head elsewhere in the file, in the forms that were tried on the gate.

use candle_core::Device;
use declass::{
    Outcome, RemovalBuilder, Silent, classes::Forgotten, cut::Cut, edit, evidence::Check, head::Hints,
    methods, verify,
};
use declass_formats::Artifact;

use super::dict::Dict;

const CLASSES: usize = 6;
const WIDTH: usize = 64;
const FORGOTTEN: usize = 2;

/// What verification says of copies, where the head is sealed and the rest stays.
fn judged(model: &Dict) -> Check {
    let written = model.model();
    let (original, folder) = (&written.artifact, tempfile::tempdir().unwrap());
    let forgotten = Forgotten::resolve(&[FORGOTTEN.to_string()], CLASSES, None).unwrap();
    let hints = Hints::naming(&["fc"]);
    let removal = removal(forgotten).hints(hints.clone()).build().unwrap();
    let cut = Cut::locate(original, &hints).unwrap();
    let head = cut.head.load(original).unwrap();
    let edits = edit::rewrite(original, &cut, &head, &head, removal.target()).unwrap();
    let out = folder.path().join("out");
    original.write(&edits, &out, &|_| ()).unwrap();
    let report =
        verify(original, &Artifact::open(&out).unwrap(), &removal, None, &Device::Cpu, &Silent).unwrap();
    report.checks().iter().find(|check| check.definition.id == "restoration").unwrap().clone()
}

fn removal(forgotten: Forgotten) -> RemovalBuilder {
    declass::Removal::of(forgotten, methods::by_name("seal").unwrap())
}

/// A model and the values of its head.
fn model() -> (Dict, Vec<f32>) {
    let mut dict = Dict::new().linear("trunk.0", WIDTH, 40).tensor("trunk.1.weight", &[WIDTH, 300]);
    let rows = dict.noise(CLASSES * WIDTH);
    (dict.floats("fc.weight", &[CLASSES, WIDTH], &rows).tensor("fc.bias", &[CLASSES]), rows)
}

fn row(rows: &[f32]) -> &[f32] {
    &rows[FORGOTTEN * WIDTH..(FORGOTTEN + 1) * WIDTH]
}

#[track_caller]
fn is_found(name: &str, make: impl Fn(Dict, &[f32]) -> Dict) {
    let (dict, rows) = model();
    let check = judged(&make(dict, &rows));
    assert_eq!(check.outcome, Outcome::Failed, "{name}: {}", check.summary);
    assert!(check.summary.contains("`copy"), "{}", check.summary);
}

#[test]
fn without_a_copy_what_was_searched_is_said() {
    let check = judged(&model().0);
    assert_eq!(check.outcome, Outcome::Informative, "{}", check.summary);
    assert!(check.summary.starts_with("none of the 3 other tensors as large holds"), "{}", check.summary);
    let quantised = model().0.bytes("packed", "F8_E4M3", &[500], vec![1; 500]);
    let check = judged(&quantised);
    assert!(check.summary.contains("1 were not searched"), "{}", check.summary);
}

#[test]
fn copies_of_the_whole_head_are_found() {
    is_found("flat", |dict, rows| dict.floats("copy", &[rows.len()], rows));
    is_found("behind something else", |mut dict, rows| {
        let values = [dict.noise(333), rows.to_vec()].concat();
        dict.floats("copy", &[values.len()], &values)
    });
    is_found("stacked", |mut dict, rows| {
        let values = [dict.noise(rows.len()), rows.to_vec()].concat();
        dict.floats("copy", &[2, CLASSES, WIDTH], &values)
    });
    let by_feature = |rows: &[f32]| -> Vec<f32> {
        (0..rows.len()).map(|at| rows[at % CLASSES * WIDTH + at / CLASSES]).collect()
    };
    is_found("transposed", |dict, rows| dict.floats("copy", &[WIDTH, CLASSES], &by_feature(rows)));
    is_found("transposed and flat", |dict, rows| dict.floats("copy", &[rows.len()], &by_feature(rows)));
}

#[test]
fn copies_of_the_row_alone_are_found() {
    is_found("single row", |dict, rows| dict.floats("copy", &[WIDTH], row(rows)));
    is_found("block of rows", |dict, rows| dict.floats("copy", &[2, WIDTH], &rows[WIDTH * 2..WIDTH * 4]));
    is_found("scaled, turned round and amid others", |mut dict, rows| {
        let mut values = dict.noise(5 * 80);
        values[97..97 + WIDTH].iter_mut().zip(row(rows)).for_each(|(slot, value)| *slot = -3.0 * value);
        dict.floats("copy", &[5, 80], &values)
    });
}

#[test]
fn copies_in_other_types_are_found() {
    let bytes = |rows: &[f32]| rows.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let signed = |rows: &[f32]| rows.iter().map(|value| (value * 127.0) as i8 as u8).collect::<Vec<u8>>();
    is_found("int8", |dict, rows| dict.bytes("copy", "I8", &[CLASSES, WIDTH], signed(rows)));
    is_found("uint8", |dict, rows| {
        let values = rows.iter().map(|value| (value * 127.0 + 128.0) as u8).collect();
        dict.bytes("copy", "U8", &[CLASSES, WIDTH], values)
    });
    is_found("int16", |dict, rows| {
        let values = rows.iter().flat_map(|value| ((value * 999.0) as i16).to_le_bytes()).collect();
        dict.bytes("copy", "I16", &[rows.len()], values)
    });
    is_found("bytes", |dict, rows| dict.bytes("copy", "U8", &[4 * rows.len()], bytes(rows)));
    is_found("words", |dict, rows| dict.bytes("copy", "I32", &[rows.len()], bytes(rows)));
    is_found("double", |dict, rows| {
        let values = rows.iter().flat_map(|value| f64::from(*value).to_le_bytes()).collect();
        dict.bytes("copy", "F64", &[CLASSES, WIDTH], values)
    });
}
