//! Detectors, a class of which is sealed, in onnxruntime: nothing but its own entries changes, bit by bit.

use super::{fixture, unlearn_and_verify, venv::judge};

/// A detector, its output, the axis of the classes there, and how many entries lie in front of them.
const CASES: [(&str, &str, &str, &str); 11] = [
    ("anchored", "output0", "2", "5"),
    ("detect", "output0", "1", "4"),
    ("dynamic", "output0", "1", "4"),
    ("levels", "output", "2", "5"),
    ("pose", "output0", "1", "4"),
    ("rows", "scores", "2", "0"),
    ("scores", "scores_out", "1", "0"),
    ("segment", "output0", "1", "4"),
    ("shared", "output", "2", "0"),
    ("split", "output0", "1", "4"),
    ("stacked", "scores", "2", "0"),
];

#[test]
fn every_entry_but_those_of_the_class_stays_as_it_was() {
    for (name, output, axis, start) in CASES {
        let model = fixture("boxes").join(format!("{name}.onnx"));
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        unlearn_and_verify(&model, &out, &["--forget", "card front", "--method", "seal"]);
        let written = out.join(model.file_name().unwrap());
        let paths = [model.to_str().unwrap(), written.to_str().unwrap()];
        let place = ["--forget", "3", "--output", output, "--axis", axis, "--start", start];
        let verdict = judge("boxes.py", &[&paths[..], &place].concat());
        assert_eq!(verdict["checker"], serde_json::Value::Null, "{name}");
        assert_eq!(verdict["others_differ"], 0, "{name}: {verdict}");
        assert!(verdict["moved"].as_f64().unwrap() > 0.01, "{name}: {verdict}");
        assert!(verdict["most"].as_f64().unwrap() < 1e-12, "{name}: {verdict}");
        assert_eq!(verdict["most"], verdict["least"], "{name}: {verdict}");
    }
}

#[test]
fn what_is_left_where_a_class_is_dropped_is_what_was_there() {
    // Of stacked layers those that are not picked have the classes, too, and some operators make other numbers.
    let kept = ["anchored", "shared", "stacked"];
    for (name, output, axis, start) in CASES.into_iter().filter(|(name, ..)| !kept.contains(name)) {
        let model = fixture("boxes").join(format!("{name}.onnx"));
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let forget = ["--forget", "card front", "--forget", "card back"];
        unlearn_and_verify(&model, &out, &[&forget[..], &["--method", "seal", "--slot", "drop"]].concat());
        let written = out.join(model.file_name().unwrap());
        let paths = [model.to_str().unwrap(), written.to_str().unwrap()];
        let place = [
            "--forget",
            "3",
            "--forget",
            "4",
            "--output",
            output,
            "--axis",
            axis,
            "--start",
            start,
            "--dropped",
        ];
        let verdict = judge("boxes.py", &[&paths[..], &place].concat());
        assert_eq!(verdict["checker"], serde_json::Value::Null, "{name}");
        assert_eq!(verdict["others_differ"], 0, "{name}: {verdict}");
    }
}
