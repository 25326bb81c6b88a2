//! Detectors of which the graph does not say what is a class.

use std::path::Path;

use declass_formats::Artifact;

use crate::{
    cut::Cut,
    error::{Error, LocateError},
    head::Hints,
};

fn located(name: &str, head: Option<&str>) -> Result<Cut, Error> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boxes").join(format!("{name}.onnx"));
    let heads = head.map(str::to_owned).into_iter().collect();
    Cut::locate(&Artifact::open(&path)?, &Hints { heads, ..Hints::default() })
}

#[test]
fn operators_that_make_more_are_refused_where_the_graph_does_not_tell_the_classes() {
    // What is taken out with two of the classes is not what YOLO takes out with all.
    let said = located("torn", None).unwrap_err().to_string();
    assert!(said.contains("48 in all") && said.contains("`conv_18`"), "{said}");
    // As many numbers of the box as classes, all of them probabilities: the first are not taken for the classes.
    let said = located("alike", None).unwrap_err().to_string();
    assert!(said.contains("10 in all") && said.contains("`conv_18`"), "{said}");
}

#[test]
fn as_many_sides_as_classes_are_another_head_that_could_be_meant() {
    let Err(Error::Locate(LocateError::Ambiguous { candidates })) = located("sides", None) else {
        panic!("taken without a word");
    };
    assert_eq!(candidates.len(), 2, "{candidates:?}");
    assert_eq!(located("sides", Some("reg.0.1.weight")).unwrap().head.classes, 4);
    assert!(located("sides", Some("cls.0.1.weight")).is_err(), "it makes no probabilities");
}
