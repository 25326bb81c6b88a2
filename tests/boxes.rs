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
