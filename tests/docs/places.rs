//! The table of heads that decide for places: what the program knows of them, and what it does with small graphs.

use std::{collections::BTreeSet, fmt::Write, fs};

use declass::{
    cut::{self, Cut, Served},
    edit::edits,
    head::{Hints, Link, Slot},
    methods,
};
use declass_formats::Artifact;

use crate::{
    book::root,
    generated::{quoted, settle},
};

/// Made graphs of `fixtures/boxes`, and after whose exports they are made.
const GRAPHS: [(&str, &str); 13] = [
    ("detect", "ultralytics 8.4: YOLOv5u, v8, v9, v10, 11, 12"),
    ("split", "ultralytics before 8.3"),
    ("dynamic", "the same with inputs of any size"),
    ("segment", "the same with masks"),
    ("pose", "the same with key points"),
    ("levels", "YOLOX"),
    ("scores", "PP-YOLOE without the choice of boxes"),
    ("rows", "RTMDet without the choice of boxes"),
    (
        "queries",
        "transformers: `logits` and `pred_boxes`, with the `config.json` of DETR and its kin beside them",
    ),
    ("stacked", "transformers: RT-DETR, RT-DETR v2, Deformable DETR with two stages"),
    ("end_to_end", "YOLOv10, YOLO26, end to end"),
    ("shared", "NanoDet: one operator for classes and boxes"),
    ("anchored", "YOLOv5 with anchors, with masks"),
];

#[test]
fn the_table_of_places_is_that_of_the_program() {
    let head = "|---|---|---|---|---|---|---|\n";
    let mut text = format!("## transformers\n\nJudged by transformers {}.\n\n", version("transformers"));
    text += &format!(
        "| `architectures` of config.json | head | decides for | seal | keep | drop | `delete` |\n{head}"
    );
    cut::of_transformers().iter().for_each(|served| row(&mut text, served));
    write!(text, "\n## torchvision\n\nJudged by torchvision {}.\n\n", version("torchvision")).unwrap();
    text += &format!("| model | head | decides for | seal | keep | drop | `delete` |\n{head}");
    cut::of_torchvision().iter().for_each(|served| row(&mut text, served));
    write!(
        text,
        "\n## Detectors in ONNX\n\nJudged by onnxruntime {} on the small graphs of `fixtures/boxes`, which are made \
         after the operators of these exporters.\n\n| as exported by | head | keep | drop |\n|---|---|---|---|\n",
        version("onnxruntime")
    )
    .unwrap();
    GRAPHS.iter().for_each(|(name, exporter)| text += &graph(name, exporter));
    settle("docs/src/reference/places.md", &text);
}

fn row(text: &mut String, served: &Served) {
    let seal = match served.link {
        Link::Sigmoid => "constant `sigmoid(-30)`",
        Link::OneVsRest => "mean of the others less 30; one number is added to all",
        _ => "mean of the others less 30",
    };
    let delete = methods::choose(methods::by_name("delete"), served.link, Some(served.place)).is_ok();
    let beside = served.beside.map(|beside| format!("; {beside}")).unwrap_or_default();
    writeln!(
        text,
        "| {} | `{}`{beside} | {} | {seal} | yes | {} | {} |",
        quoted(&served.models),
        served.head,
        served.place.name(),
        served.kept.map_or_else(|| "yes".into(), |reason| format!("no: {reason}")),
        if delete { "yes" } else { "no" }
    )
    .unwrap();
}

/// A graph, and what becomes of it.
fn graph(name: &str, exporter: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    fs::copy(root().join(format!("fixtures/boxes/{name}.onnx")), &path).unwrap();
    if name == "queries" {
        let labels = r#"{"0": "a", "1": "b", "2": "c", "3": "d", "4": "e"}"#;
        let config = format!(r#"{{"architectures": ["RTDetrForObjectDetection"], "id2label": {labels}}}"#);
        fs::write(folder.path().join("config.json"), config).unwrap();
    }
    let artifact = Artifact::open(folder.path()).unwrap();
    let cut = match Cut::locate(&artifact, &Hints::default()) {
        Ok(cut) => cut,
        Err(error) => return format!("| {exporter} | | no: {} | |\n", named(&error.to_string())),
    };
    assert!(cut.head.position.place().is_some(), "{name}");
    let head = cut.head.load(&artifact).unwrap();
    let dropped = edits(&artifact, &cut, &head, &head, &BTreeSet::from([1]), Slot::Drop);
    let drop = dropped.map_or_else(|error| format!("no: {}", named(&error.to_string())), |_| "yes".into());
    let places = cut.why.rule.split(" (").next().unwrap_or_default();
    format!("| {exporter} | {places} | yes | {drop} |\n")
}

/// A reason without what is said in front of all.
fn named(reason: &str) -> String {
    let reason = reason.strip_prefix("not a classifier that can be treated: ").unwrap_or(reason);
    reason.replace('|', "/")
}

/// The version of a library that the judges run.
fn version(library: &str) -> String {
    let files = ["requirements-libraries.txt", "requirements.txt"];
    let text: String =
        files.map(|name| fs::read_to_string(root().join("tests/judge").join(name)).unwrap()).concat();
    let of = |line: &str| Some(line.strip_prefix(library)?.strip_prefix("==")?.split(' ').next()?.to_owned());
    text.lines().find_map(of).unwrap_or_else(|| panic!("no version of {library}"))
}
