//! Heads that decide for every token or pixel.

use std::collections::BTreeSet;

use declass::{
    cut::Cut,
    edit::edits,
    error::Error,
    head::{Hints, Place, Position, Slot},
    model::Model,
};
use serde_json::json;

use crate::dict::Dict;

/// What a model decides for, and the weights of its heads.
#[track_caller]
fn found(model: &Dict) -> (Position, Vec<String>) {
    let head = model.locate(&[]).unwrap().head;
    (head.position, head.branches.iter().map(|branch| branch.weight.tensor.clone()).collect())
}

fn map(model: Dict, name: &str, classes: usize, width: usize) -> Dict {
    model
        .tensor(&format!("{name}.weight"), &[classes, width, 1, 1])
        .tensor(&format!("{name}.bias"), &[classes])
}

#[test]
fn a_token_classifier_decides_for_every_token() {
    for (class, head) in [
        ("BertForTokenClassification", "classifier"),
        ("LlamaForTokenClassification", "score"),
        ("T5GemmaForTokenClassification", "score.out_proj"),
        ("OfSomebodyForTokenClassification", "classifier"),
    ] {
        let model = Dict::new().hf(class, 9).linear("trunk.dense", 64, 64).linear(head, 9, 64);
        assert_eq!(
            found(&model),
            (Position::PerPlace(Place::Token), vec![format!("{head}.weight")]),
            "{class}"
        );
    }
    let biased = Dict::new().hf("Qwen3ASRForTokenClassification", 9).linear("score", 9, 64);
    let said = biased.locate(&[]).unwrap_err().to_string();
    assert!(said.contains("has no bias"), "{said}");
    let adapter = Dict::new().file("adapter_config.json", &json!({"task_type": "TOKEN_CLS"}));
    let adapter = adapter.linear("base_model.model.classifier.modules_to_save", 9, 64).adapter();
    let cut = Cut::locate(&adapter.artifact, &Hints::default()).unwrap();
    assert_eq!(cut.head.position, Position::PerPlace(Place::Token));
    let field =
        Dict::new().hf_with("MyForTokenClassification", 9, json!({"auto_map": {"AutoModel": "my.Crf"}}));
    let field = field.linear("classifier", 9, 64).tensor("crf.transitions", &[9, 9]);
    let said = field.locate(&[]).unwrap_err().to_string();
    assert!(said.contains("crf.transitions"), "{said}");
}

#[test]
fn a_head_that_another_number_of_classes_changes_is_not_shortened_to_it() {
    let model = |classes: usize, head: &str| {
        Dict::new()
            .hf("LayoutLMv3ForTokenClassification", classes)
            .linear("layoutlmv3.dense", 64, 64)
            .linear(head, classes, 64)
    };
    model(9, "classifier").is_found("classifier.weight");
    model(11, "classifier.out_proj").is_found("classifier.out_proj.weight");
    assert!(model(9, "classifier.out_proj").locate(&[]).unwrap_err().to_string().contains("there is none"));
    let written = model(11, "classifier.out_proj").model();
    let cut = Cut::locate(&written.artifact, &Hints::default()).unwrap();
    let head = cut.head.load(&written.artifact).unwrap();
    let drop = |classes: &[usize]| {
        edits(
            &written.artifact,
            &cut,
            &head,
            &head,
            &BTreeSet::from_iter(classes.iter().copied()),
            Slot::Drop,
        )
    };
    assert!(drop(&[3]).is_ok());
    match drop(&[3, 4]) {
        Err(Error::CannotDrop { obstacle, keepable: true }) => assert!(obstacle.contains("fewer than 10")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn segmenters_of_transformers_decide_for_every_pixel() {
    let segformer = Dict::new().hf("SegformerForSemanticSegmentation", 6).linear("segformer.dense", 64, 64);
    let segformer = map(segformer, "decode_head.classifier", 6, 24);
    let pixel = Position::PerPlace(Place::Pixel);
    assert_eq!(found(&segformer), (pixel, vec!["decode_head.classifier.weight".to_owned()]));
    let dpt = Dict::new().hf("DPTForSemanticSegmentation", 6).linear("dpt.dense", 64, 64);
    let dpt = map(map(dpt, "head.head.4", 6, 16), "auxiliary_head.head.4", 6, 16);
    let cut = dpt.locate(&[]).unwrap();
    assert_eq!((cut.head.position, cut.head.name.as_str()), (pixel, "head.head.4"));
    assert!(cut.why.notes.iter().any(|note| note.contains("auxiliary_head.head.4")), "{:?}", cut.why.notes);
    let other = |class: &str| map(Dict::new().hf(class, 6), "head", 6, 16);
    other("NewForSemanticSegmentation").is_refused(&[], "its head is not known");
    for class in ["Mask2FormerForUniversalSegmentation", "DetrForSegmentation"] {
        other(class).is_refused(&[], "as its head, with a bias, and there is none");
    }
}

#[test]
fn segmenters_of_torchvision_are_told_by_their_names() {
    let trunk = || {
        Dict::new()
            .tensor("backbone.conv1.weight", &[64, 3, 7, 7])
            .tensor("backbone.deep.weight", &[8, 64, 3, 3])
    };
    let fcn = trunk().tensor("classifier.0.weight", &[16, 8, 3, 3]).norm("classifier.1", 16);
    let fcn = map(map(fcn, "classifier.4", 6, 16), "aux_classifier.4", 6, 16);
    let pixel = Position::PerPlace(Place::Pixel);
    assert_eq!(found(&fcn), (pixel, vec!["classifier.4.weight".to_owned()]));
    let notes = fcn.locate(&[]).unwrap().why.notes;
    assert!(notes.iter().any(|note| note.contains("auxiliary head `aux_classifier.4.weight`")), "{notes:?}");
    let lraspp = trunk()
        .tensor("classifier.cbr.0.weight", &[12, 8, 1, 1])
        .tensor("classifier.scale.1.weight", &[12, 8, 1, 1]);
    let lraspp = map(map(lraspp, "classifier.low_classifier", 6, 5), "classifier.high_classifier", 6, 12);
    let head = lraspp.locate(&[]).unwrap().head;
    let gains: Vec<f64> = head.branches.iter().map(|branch| branch.gain[0]).collect();
    assert_eq!((head.position, gains, head.width()), (pixel, vec![1.0, 1.0], 17), "the results are added");
    map(trunk(), "classifier.3", 6, 16).is_refused(&[], "belongs to a segmentation");
}

#[test]
fn the_name_of_an_entity_stands_for_all_its_labels_where_tokens_have_them() {
    let labels = json!({"0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC"});
    let forgotten = |class: &str, name: &str| {
        let config = json!({"architectures": [class], "model_type": "bert", "id2label": labels});
        let written = Dict::new().config(&config).linear("classifier", 4, 16).model();
        let model = Model::of(written.artifact.clone(), Hints::default()).unwrap();
        let removal = model.forget(&[name])?.build()?;
        Ok::<Vec<usize>, Error>(removal.forgotten().indices().collect())
    };
    assert_eq!(forgotten("BertForTokenClassification", "PER").unwrap(), [1, 2]);
    assert_eq!(forgotten("BertForTokenClassification", "B-PER").unwrap(), [1]);
    let said = forgotten("BertForSequenceClassification", "PER").unwrap_err().to_string();
    assert!(said.contains("PER"), "the labels of whole inputs are what they say: {said}");
}
