//! Detectors: the head in several places, what is claimed of it, and what is refused.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use declass::{
    cut::Cut,
    edit::edits,
    error::Error,
    head::{Hints, Link, Place, Position, Slot},
};
use declass_formats::Artifact;

/// The class that is forgotten.
const FORGOTTEN: usize = 3;

fn detector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boxes").join(format!("{name}.onnx"))
}

fn located(name: &str, head: Option<&str>) -> Result<Cut, Error> {
    let heads = head.map(str::to_owned).into_iter().collect();
    Cut::locate(&Artifact::open(&detector(name))?, &Hints { heads, ..Hints::default() })
}

#[test]
fn the_operators_of_all_scales_are_one_head() {
    let cases = [
        ("detect", "entries 4 to 8 of axis 1 of output `output0`"),
        ("dynamic", "some entries of axis 1 of output `output0`"),
        ("levels", "entries 5 to 9 of axis 2 of output `output`"),
        ("pose", "entries 4 to 8 of axis 1 of output `output0`"),
        ("segment", "entries 4 to 8 of axis 1 of output `output0`"),
        ("split", "entries 4 to 8 of axis 1 of output `output0`"),
    ];
    for (name, place) in cases {
        let cut = located(name, None).unwrap();
        let head = &cut.head;
        assert_eq!((head.classes, head.link), (5, Link::Sigmoid), "{name}");
        assert_eq!(head.position, Position::PerPlace(Place::Box), "{name}");
        let labels = cut.labels.as_ref().unwrap();
        assert_eq!(labels.names, ["person", "car", "dog", "card front", "card back"], "{name}");
        assert!(cut.why.rule.starts_with("one head in 3 places"), "{name}: {}", cut.why.rule);
        assert!(cut.why.rule.ends_with(place), "{name}: {}", cut.why.rule);
    }
    let untouched = located("segment", None).unwrap().untouched;
    assert_eq!(untouched.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["output1"]);
}

#[test]
fn a_scale_an_output_or_a_weight_names_the_whole_head() {
    let whole = located("detect", None).unwrap().head.name;
    for name in ["output0", "cv3.1.1.weight", "cv3.2.1_out"] {
        assert_eq!(located("detect", Some(name)).unwrap().head.name, whole, "{name}");
    }
    // The distances of the sides are no classes.
    assert!(located("detect", Some("cv2.1.1.weight")).is_err());
}

#[test]
fn all_scales_are_sealed_and_nothing_else_changes() {
    let path = detector("split");
    let artifact = Artifact::open(&path).unwrap();
    let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
    let before = cut.head.load(&artifact).unwrap();
    let forgotten = declass::classes::Forgotten::from_indices(BTreeSet::from([FORGOTTEN]), 5).unwrap();
    let after = declass::head::seal(&before, &forgotten, cut.head.link, declass::head::MARGIN).unwrap();
    let all = edits(&artifact, &cut, &before, &after, forgotten.as_set(), Slot::Keep).unwrap();
    let folder = tempfile::tempdir().unwrap();
    artifact.write(&all, folder.path(), &|_| ()).unwrap();
    let copy = Artifact::open(&folder.path().join("split.onnx")).unwrap();
    for (name, info) in artifact.tensors() {
        let read = |of: &Artifact| info.dtype.decode_f64(&of.read_tensor(name).unwrap());
        let (old, new) = (read(&artifact), read(&copy));
        let is_own = name.starts_with("cv3.") && (name.ends_with(".1.weight") || name.ends_with(".1.bias"));
        if !is_own {
            assert_eq!(old, new, "{name}");
            continue;
        }
        let (old, new) = (old.unwrap(), new.unwrap());
        let width = old.len() / 5;
        let own = FORGOTTEN * width..(FORGOTTEN + 1) * width;
        let sealed = if width == 1 { -30.0 } else { 0.0 };
        for (at, (old, new)) in old.iter().zip(&new).enumerate() {
            assert_eq!(*new, if own.contains(&at) { sealed } else { *old }, "{name} {at}");
        }
    }
}

#[test]
fn what_chooses_among_the_boxes_is_refused_by_its_name() {
    let said = located("end_to_end", None).unwrap_err().to_string();
    assert!(said.contains("output `output0`") && said.contains("chooses among the boxes"), "{said}");
}

#[test]
fn entries_of_a_longer_axis_are_not_dropped() {
    let artifact = Artifact::open(&detector("detect")).unwrap();
    let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
    let head = cut.head.load(&artifact).unwrap();
    let dropped = edits(&artifact, &cut, &head, &head, &BTreeSet::from([FORGOTTEN]), Slot::Drop);
    assert!(matches!(dropped, Err(Error::CannotDrop { keepable: true, .. })));
}

/// A folder of the transformers library with a detector of four labels; the numbers of its tensors count up.
fn folder(class: &str, more: &str, tensors: &[(&str, &[usize])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        r#"{{"architectures": ["{class}"], "id2label": {{"0": "person", "1": "car", "2": "dog", "3": "cat"}}{more}}}"#
    );
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (name, shape) in tensors {
        let start = data.len();
        let elements: usize = shape.iter().product();
        data.extend((0..elements).flat_map(|at| (at as f32 * 0.1 - 1.0).to_le_bytes()));
        let end = data.len();
        entries
            .push(format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#));
    }
    let header = format!("{{{}}}", entries.join(","));
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat();
    std::fs::write(folder.path().join("model.safetensors"), file).unwrap();
    folder
}

fn in_folder(
    class: &str,
    more: &str,
    tensors: &[(&str, &[usize])],
) -> (tempfile::TempDir, Result<Cut, Error>) {
    let folder = folder(class, more, tensors);
    let cut =
        Artifact::open(folder.path()).map_err(Error::from).and_then(|it| Cut::locate(&it, &Hints::default()));
    (folder, cut)
}

#[test]
fn the_row_of_no_object_is_a_class_without_a_label_of_the_configuration() {
    let tensors: &[(&str, &[usize])] = &[
        ("class_labels_classifier.weight", &[5, 3]),
        ("class_labels_classifier.bias", &[5]),
        ("bbox_predictor.layers.2.weight", &[4, 3]),
        ("bbox_predictor.layers.2.bias", &[4]),
    ];
    let (folder, cut) = in_folder("DetrForObjectDetection", "", tensors);
    let cut = cut.unwrap();
    assert_eq!((cut.head.classes, cut.head.link), (5, Link::None));
    assert_eq!(cut.head.position, Position::PerPlace(Place::Box));
    assert_eq!(cut.labels.as_ref().unwrap().names, ["person", "car", "dog", "cat", "(no object)"]);
    let artifact = Artifact::open(folder.path()).unwrap();
    let head = cut.head.load(&artifact).unwrap();
    let dropped = edits(&artifact, &cut, &head, &head, &BTreeSet::from([2]), Slot::Drop);
    assert!(matches!(dropped, Err(Error::CannotDrop { keepable: true, .. })));
    let (_folder, without) = in_folder("DetrForObjectDetection", "", &tensors[2..]);
    assert!(without.is_err(), "boxes are no classes");
}

#[test]
fn every_layer_of_a_decoder_has_a_copy_and_what_chooses_where_to_look_stays() {
    let tensors: &[(&str, &[usize])] = &[
        ("model.decoder.class_embed.0.weight", &[4, 3]),
        ("model.decoder.class_embed.0.bias", &[4]),
        ("model.decoder.class_embed.1.weight", &[4, 3]),
        ("model.decoder.class_embed.1.bias", &[4]),
        ("model.enc_score_head.weight", &[4, 3]),
        ("model.enc_score_head.bias", &[4]),
        ("model.denoising_class_embed.weight", &[5, 3]),
    ];
    let (folder, cut) = in_folder("RTDetrForObjectDetection", "", tensors);
    let cut = cut.unwrap();
    assert_eq!((cut.head.name.as_str(), cut.head.link), ("model.decoder.class_embed.1", Link::Sigmoid));
    assert!(cut.untouched.iter().any(|it| it.name == "model.enc_score_head.weight"), "{:?}", cut.untouched);
    let artifact = Artifact::open(folder.path()).unwrap();
    let before = cut.head.load(&artifact).unwrap();
    let forgotten = declass::classes::Forgotten::from_indices(BTreeSet::from([2]), 4).unwrap();
    let after = declass::head::seal(&before, &forgotten, cut.head.link, declass::head::MARGIN).unwrap();
    let all = edits(&artifact, &cut, &before, &after, forgotten.as_set(), Slot::Keep).unwrap();
    let changed: Vec<&str> = all.tensors.keys().map(String::as_str).collect();
    let layer = |at: usize, what: &str| format!("model.decoder.class_embed.{at}.{what}");
    assert_eq!(changed, [layer(0, "bias"), layer(0, "weight"), layer(1, "bias"), layer(1, "weight")]);
}

#[test]
fn detectors_whose_boxes_depend_on_the_scores_are_refused_with_the_reason() {
    let tensors: &[(&str, &[usize])] = &[("class_embed.0.weight", &[4, 3]), ("class_embed.0.bias", &[4])];
    let (_folder, plain) = in_folder("DeformableDetrForObjectDetection", "", tensors);
    assert_eq!(plain.unwrap().head.link, Link::Sigmoid);
    let (_folder, staged) = in_folder("DeformableDetrForObjectDetection", r#", "two_stage": true"#, tensors);
    assert!(staged.unwrap_err().to_string().contains("two stages"));
    let (_folder, shifted) = in_folder("DFineForObjectDetection", "", tensors);
    assert!(shifted.unwrap_err().to_string().contains("adds one number"));
}
