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
        ("rows", "entries 0 to 4 of axis 2 of output `scores`"),
        ("scores", "entries 0 to 4 of axis 1 of output `scores_out`"),
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
fn of_stacked_layers_the_one_that_is_picked_is_the_head() {
    let artifact = Artifact::open(&detector("stacked")).unwrap();
    let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
    assert_eq!(cut.head.link, Link::Sigmoid);
    assert_eq!(cut.head.branches[0].weight.tensor, "class_embed.1.weight");
    let left: BTreeSet<&str> = cut.untouched.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(left, BTreeSet::from(["boxes_out", "class_embed.0.weight", "enc_score_head.weight"]));
    let head = cut.head.load(&artifact).unwrap();
    let dropped = edits(&artifact, &cut, &head, &head, &BTreeSet::from([FORGOTTEN]), Slot::Drop);
    let said = dropped.unwrap_err().to_string();
    assert!(said.contains("stacks the results of several layers"), "{said}");
}

#[test]
fn of_operators_that_make_more_the_rows_of_the_classes_are_the_head() {
    // The numbers of each anchor, and those in front of its classes.
    let cases = [
        ("anchored", 16, 5, "rows 5 to 9 of 48", "entries 5 to 9 of axis 2 of output `output0`"),
        ("shared", 21, 0, "rows 0 to 4 of 21", "entries 0 to 4 of axis 2 of output `output`"),
    ];
    for (name, each, before, own, place) in cases {
        let artifact = Artifact::open(&detector(name)).unwrap();
        let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
        assert_eq!((cut.head.classes, cut.head.link), (5, Link::Sigmoid), "{name}");
        assert!(cut.why.rule.ends_with(place), "{name}: {}", cut.why.rule);
        assert_eq!(cut.head.name, format!("conv_18, {own}"));
        assert_eq!(located(name, Some(&cut.head.name)).unwrap().head.name, cut.head.name);
        let head = cut.head.load(&artifact).unwrap();
        let forgotten = BTreeSet::from([FORGOTTEN]);
        let set = declass::classes::Forgotten::from_indices(forgotten.clone(), 5).unwrap();
        let after = declass::head::seal(&head, &set, cut.head.link, declass::head::MARGIN).unwrap();
        let all = edits(&artifact, &cut, &head, &after, &forgotten, Slot::Keep).unwrap();
        assert_eq!(all.tensors.len(), 6, "{name}: a weight and a bias at each scale");
        for tensor in all.tensors.keys() {
            let (old, new) = rows(&artifact, &all, tensor);
            let sealed = if tensor.ends_with("bias") { -30.0 } else { 0.0 };
            for (row, (old, new)) in old.iter().zip(&new).enumerate() {
                let expected =
                    if row % each == before + FORGOTTEN { vec![sealed; old.len()] } else { old.clone() };
                assert_eq!(*new, expected, "{tensor} {row}");
            }
        }
        let dropped = edits(&artifact, &cut, &head, &head, &forgotten, Slot::Drop);
        assert!(matches!(dropped, Err(Error::CannotDrop { keepable: true, .. })), "{name}");
    }
}

#[test]
fn operators_that_make_more_are_refused_where_the_graph_does_not_tell_the_classes() {
    // The same detector, but what it takes out with two of its classes is not what YOLO takes out with all.
    let said = located("torn", None).unwrap_err().to_string();
    assert!(said.contains("48 in all") && said.contains("`conv_18`"), "{said}");
}

#[test]
fn entries_of_a_longer_axis_are_dropped_where_constants_count_them() {
    let cases = [
        ("detect", "entries 4 to 6 of axis 1 of output `output0`"),
        ("dynamic", "some entries of axis 1 of output `output0`"),
        ("levels", "entries 5 to 7 of axis 2 of output `output`"),
        ("pose", "entries 4 to 6 of axis 1 of output `output0`"),
        ("rows", "entries 0 to 2 of axis 2 of output `scores`"),
        ("scores", "entries 0 to 2 of axis 1 of output `scores_out`"),
        ("segment", "entries 4 to 6 of axis 1 of output `output0`"),
        ("split", "entries 4 to 6 of axis 1 of output `output0`"),
    ];
    for (name, place) in cases {
        let artifact = Artifact::open(&detector(name)).unwrap();
        let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
        let head = cut.head.load(&artifact).unwrap();
        let all = edits(&artifact, &cut, &head, &head, &BTreeSet::from([FORGOTTEN, 4]), Slot::Drop).unwrap();
        let folder = tempfile::tempdir().unwrap();
        artifact.write(&all, folder.path(), &|_| ()).unwrap();
        let copy = Artifact::open(&folder.path().join(format!("{name}.onnx"))).unwrap();
        // Beside other outputs the head is named: three scales that are joined look like three classes.
        let hints = Hints { heads: vec![cut.head.name.clone()], ..Hints::default() };
        let cut = Cut::locate(&copy, &hints).unwrap();
        assert_eq!(cut.labels.as_ref().unwrap().names, ["person", "car", "dog"], "{name}");
        assert!(cut.why.rule.ends_with(place), "{name}: {}", cut.why.rule);
    }
}

/// A folder of the transformers library with a detector of four labels; the numbers of its tensors count up.
fn folder(class: &str, more: &str, tensors: &[(&str, &[usize])]) -> tempfile::TempDir {
    let folder = bare(tensors);
    let config = format!(
        r#"{{"architectures": ["{class}"], "id2label": {{"0": "person", "1": "car", "2": "dog", "3": "cat"}}{more}}}"#
    );
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    folder
}

/// A folder with nothing but tensors, the numbers of which count up.
fn bare(tensors: &[(&str, &[usize])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
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
fn a_configuration_says_what_becomes_of_the_logits_of_a_graph_beside_it() {
    let located = |class: &str, labels: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        std::fs::copy(detector("queries"), &path).unwrap();
        let config = format!(r#"{{"architectures": ["{class}"], "id2label": {{{labels}}}}}"#);
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        Cut::locate(&Artifact::open(folder.path()).unwrap(), &Hints::default())
    };
    let four = r#""0": "person", "1": "car", "2": "dog", "3": "cat""#;
    let cut = located("DetrForObjectDetection", four).unwrap();
    assert_eq!((cut.head.classes, cut.head.link), (5, Link::None));
    assert_eq!(cut.head.position, Position::PerPlace(Place::Box));
    assert_eq!(cut.labels.unwrap().names, ["person", "car", "dog", "cat", "(no object)"]);
    let cut = located("RTDetrForObjectDetection", &format!(r#"{four}, "4": "bird""#)).unwrap();
    assert_eq!((cut.head.classes, cut.head.link), (5, Link::Sigmoid));
    assert_eq!(cut.head.position, Position::PerPlace(Place::Box));
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
fn the_copy_by_which_a_second_stage_begins_stays_as_it_is() {
    let tensors: &[(&str, &[usize])] = &[
        ("model.decoder.class_embed.0.weight", &[4, 3]),
        ("model.decoder.class_embed.0.bias", &[4]),
        ("model.decoder.class_embed.1.weight", &[4, 3]),
        ("model.decoder.class_embed.1.bias", &[4]),
    ];
    let class = "DeformableDetrForObjectDetection";
    let (_folder, plain) = in_folder(class, "", tensors);
    let plain = plain.unwrap();
    assert_eq!((plain.head.name.as_str(), plain.head.link), ("model.decoder.class_embed.1", Link::Sigmoid));
    let (folder, staged) = in_folder(class, r#", "two_stage": true, "decoder_layers": 1"#, tensors);
    let staged = staged.unwrap();
    assert_eq!(staged.head.name, "model.decoder.class_embed.0");
    let left: Vec<&str> = staged.untouched.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(left, ["model.decoder.class_embed.1.weight", "model.decoder.class_embed.1.bias"]);
    let (_, _, kept) = removed(folder.path(), 1, Slot::Keep).unwrap();
    assert!(kept.tensors.keys().all(|name| name.starts_with("model.decoder.class_embed.0.")));
    assert!(matches!(removed(folder.path(), 1, Slot::Drop), Err(Error::CannotDrop { .. })));
    // Without a copy of its own the second stage would begin elsewhere.
    let (_folder, shared) = in_folder(class, r#", "two_stage": true, "decoder_layers": 2"#, tensors);
    assert!(shared.unwrap_err().to_string().contains("two stages"));
}

#[test]
fn what_is_added_to_all_classes_of_a_box_leaves_their_order() {
    let tensors: &[(&str, &[usize])] =
        &[("model.decoder.class_embed.0.weight", &[4, 3]), ("model.decoder.class_embed.0.bias", &[4])];
    let (_folder, cut) = in_folder("DFineForObjectDetection", "", tensors);
    let cut = cut.unwrap();
    assert_eq!((cut.head.link, cut.head.position), (Link::OneVsRest, Position::PerPlace(Place::Box)));
    assert!(cut.why.notes.iter().any(|note| note.contains("no seal bounds")), "{:?}", cut.why.notes);
    let place = cut.head.position.place();
    assert!(declass::methods::choose(declass::methods::by_name("delete"), cut.head.link, place).is_err());
    assert_eq!(declass::methods::choose(None, cut.head.link, place).unwrap().name, "seal");
}

#[test]
fn a_seal_of_a_segmenter_leaves_no_object_out() {
    let tensors: &[(&str, &[usize])] = &[
        ("class_predictor.weight", &[5, 3]),
        ("class_predictor.bias", &[5]),
        ("criterion.empty_weight", &[5]),
    ];
    let folder = folder("Mask2FormerForUniversalSegmentation", "", tensors);
    let (artifact, cut, all) = removed(folder.path(), 2, Slot::Keep).unwrap();
    assert_eq!((cut.head.classes, cut.head.position), (4, Position::PerPlace(Place::Mask)));
    assert_eq!(cut.labels.as_ref().unwrap().names, ["person", "car", "dog", "cat"]);
    let (old, new) = rows(&artifact, &all, "class_predictor.weight");
    for at in 0..3 {
        let mean = (old[0][at] + old[1][at] + old[3][at]) / 3.0;
        assert!((new[2][at] - mean).abs() < 1e-6, "the mean of the others, no object not among them");
    }
    let (old, new) = rows(&artifact, &all, "class_predictor.bias");
    assert!((new[2][0] - ((old[0][0] + old[1][0] + old[3][0]) / 3.0 - 30.0)).abs() < 1e-5);
    for row in [0, 1, 3, 4] {
        assert_eq!(old[row], new[row]);
    }
    let (_, _, dropped) = removed(folder.path(), 2, Slot::Drop).unwrap();
    for name in ["class_predictor.weight", "class_predictor.bias", "criterion.empty_weight"] {
        let (old, new) = rows(&artifact, &dropped, name);
        assert_eq!(new, [0, 1, 3, 4].map(|row: usize| old[row].clone()), "{name}");
    }
    let place = cut.head.position.place();
    assert!(declass::methods::choose(declass::methods::by_name("delete"), cut.head.link, place).is_err());
}

#[test]
fn segmenters_of_other_shapes_are_refused() {
    let class = "MaskFormerForInstanceSegmentation";
    let rows = |rows: usize| -> Error {
        let tensors: &[(&str, &[usize])] =
            &[("class_predictor.weight", &[rows, 3]), ("class_predictor.bias", &[rows])];
        in_folder(class, "", tensors).1.unwrap_err()
    };
    assert!(rows(4).to_string().contains("the head has 3 and a row of no object"));
    let (_folder, other) = in_folder(class, "", &[("class_predictor.weight", &[5, 3])]);
    assert!(other.unwrap_err().to_string().contains("with a bias"));
    let (_folder, listed) = in_folder(
        "OneFormerForUniversalSegmentation",
        "",
        &[
            ("model.transformer_module.decoder.class_embed.weight", &[5, 3]),
            ("model.transformer_module.decoder.class_embed.bias", &[5]),
        ],
    );
    assert_eq!(listed.unwrap().head.classes, 4);
}

#[test]
fn several_speak_in_a_frame_of_a_sound() {
    let tensors: &[(&str, &[usize])] = &[("classifier.weight", &[4, 3]), ("classifier.bias", &[4])];
    let (_folder, cut) = in_folder("WavLMForAudioFrameClassification", "", tensors);
    let head = cut.unwrap().head;
    assert_eq!((head.link, head.position), (Link::Sigmoid, Position::PerPlace(Place::Frame)));
    let (_folder, other) = in_folder("OtherForAudioFrameClassification", "", tensors);
    assert!(other.unwrap_err().to_string().contains("every frame of a sound"));
}

/// Two anchors with three classes each, in kernels of nine places.
const PYRAMID: &[(&str, &[usize])] = &[
    ("backbone.body.0.weight", &[2, 3, 3, 3]),
    ("head.classification_head.cls_logits.bias", &[6]),
    ("head.classification_head.cls_logits.weight", &[6, 2, 3, 3]),
    ("head.regression_head.bbox_reg.weight", &[8, 2, 3, 3]),
];
const REGIONS: &[(&str, &[usize])] = &[
    ("backbone.body.0.weight", &[2, 3, 3, 3]),
    ("roi_heads.box_predictor.bbox_pred.bias", &[12]),
    ("roi_heads.box_predictor.bbox_pred.weight", &[12, 5]),
    ("roi_heads.box_predictor.cls_score.bias", &[3]),
    ("roi_heads.box_predictor.cls_score.weight", &[3, 5]),
    ("rpn.head.cls_logits.weight", &[3, 2, 1, 1]),
];

fn removed(
    folder: &Path,
    class: usize,
    slot: Slot,
) -> Result<(Artifact, Cut, declass_formats::Edits), Error> {
    let artifact = Artifact::open(folder)?;
    let cut = Cut::locate(&artifact, &Hints::default())?;
    let before = cut.head.load(&artifact)?;
    let forgotten =
        declass::classes::Forgotten::from_indices(BTreeSet::from([class]), cut.head.classes).unwrap();
    let after = match slot {
        Slot::Keep => declass::head::seal(&before, &forgotten, cut.head.link, declass::head::MARGIN)?,
        Slot::Drop => before.clone(),
    };
    let all = edits(&artifact, &cut, &before, &after, forgotten.as_set(), slot)?;
    Ok((artifact, cut, all))
}

/// A tensor of the copy, row by row, and the numbers of the rows of the original.
fn rows(artifact: &Artifact, all: &declass_formats::Edits, name: &str) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let split = |info: &declass_formats::TensorInfo, data: &[u8]| -> Vec<Vec<f32>> {
        let numbers = info.dtype.decode(data).unwrap();
        assert_eq!(numbers.len(), info.elements(), "{name}");
        numbers.chunks(numbers.len() / info.shape[0]).map(<[f32]>::to_vec).collect()
    };
    let old = split(artifact.tensor(name).unwrap(), &artifact.read_tensor(name).unwrap());
    (old, split(&all.tensors[name].info, &all.tensors[name].data))
}

#[test]
fn every_anchor_of_a_layer_is_a_head_of_its_own() {
    let folder = bare(PYRAMID);
    let (artifact, cut, all) = removed(folder.path(), 1, Slot::Keep).unwrap();
    assert_eq!((cut.head.classes, cut.head.width(), cut.head.link), (3, 18, Link::Sigmoid));
    assert_eq!(cut.head.name, "head.classification_head.cls_logits, anchor 0");
    assert!(cut.why.rule.contains("RetinaNet"), "{}", cut.why.rule);
    for (name, sealed) in [("weight", 0.0), ("bias", -30.0)] {
        let (old, new) = rows(&artifact, &all, &format!("head.classification_head.cls_logits.{name}"));
        for (row, (old, new)) in old.iter().zip(&new).enumerate() {
            let expected = if row % 3 == 1 { vec![sealed; old.len()] } else { old.clone() };
            assert_eq!(*new, expected, "{name} {row}");
        }
    }
    let (artifact, _, all) = removed(folder.path(), 1, Slot::Drop).unwrap();
    for name in ["weight", "bias"] {
        let (old, new) = rows(&artifact, &all, &format!("head.classification_head.cls_logits.{name}"));
        let left: Vec<_> = [0, 2, 3, 5].iter().map(|row: &usize| old[*row].clone()).collect();
        assert_eq!(new, left, "{name}");
    }
}

#[test]
fn boxes_of_a_class_go_with_its_scores_or_stay_out_of_reach() {
    let folder = bare(REGIONS);
    let (_, cut, kept) = removed(folder.path(), 2, Slot::Keep).unwrap();
    assert_eq!((cut.head.classes, cut.head.link), (3, Link::None));
    assert!(cut.head.is_background(0) && !cut.head.is_background(2));
    let changed: Vec<&str> = kept.tensors.keys().map(String::as_str).collect();
    let score = "roi_heads.box_predictor.cls_score";
    assert_eq!(changed, [format!("{score}.bias"), format!("{score}.weight")]);
    let left: Vec<&str> = cut.untouched.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(left, ["roi_heads.box_predictor.bbox_pred.weight", "roi_heads.box_predictor.bbox_pred.bias"]);
    let (artifact, _, dropped) = removed(folder.path(), 1, Slot::Drop).unwrap();
    let (old, new) = rows(&artifact, &dropped, "roi_heads.box_predictor.bbox_pred.weight");
    assert_eq!(new, [&old[..4], &old[8..]].concat());
    let (old, new) = rows(&artifact, &dropped, &format!("{score}.bias"));
    assert_eq!(new, [old[0].clone(), old[2].clone()]);
}

#[test]
fn the_background_stays_the_first_and_one_class_beside_it_is_none_to_forget() {
    let folder = bare(REGIONS);
    std::fs::write(folder.path().join("labels.txt"), "cat\ndog\n").unwrap();
    let (_, cut, _) = removed(folder.path(), 1, Slot::Keep).unwrap();
    assert_eq!(cut.labels.unwrap().names, ["(background)", "cat", "dog"]);
    let dropped = removed(folder.path(), 0, Slot::Drop).map(|_| ());
    assert!(matches!(&dropped, Err(Error::CannotDrop { obstacle, .. }) if obstacle.contains("background")));
    let one = |name: &str, shape: &[usize]| match (name.rsplit_once('.'), shape) {
        (Some((stem, _)), [3, rest @ ..]) if stem.ends_with("cls_score") => [&[2], rest].concat(),
        (_, [12, rest @ ..]) => [&[8], rest].concat(),
        _ => shape.to_vec(),
    };
    let shapes: Vec<Vec<usize>> = REGIONS.iter().map(|(name, shape)| one(name, shape)).collect();
    let tensors: Vec<(&str, &[usize])> =
        REGIONS.iter().zip(&shapes).map(|((name, _), shape)| (*name, shape.as_slice())).collect();
    let folder = bare(&tensors);
    let said = removed(folder.path(), 1, Slot::Keep).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("one class from the background"), "{said}");
    // What is nothing of torchvision's is not taken for it.
    let more = [REGIONS, &[("other.weight", &[3, 5])]].concat();
    assert!(removed(bare(&more).path(), 1, Slot::Keep).is_err());
}
