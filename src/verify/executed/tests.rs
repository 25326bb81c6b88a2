//! What running alone finds out: heads are sealed by hand, and nothing is reasoned about what stands behind them.

use std::{fs, path::Path};

use candle_core::Device;
use declass_formats::Artifact;
use expect_test::expect;

use super::*;
use crate::{
    classes::Forgotten,
    cut::{Branch, Choice, Cut, Operand, Why},
    head::{Hints, Link, MARGIN, Position, Treatment, seal},
    methods,
    progress::Silent,
    verify::models::Model,
};

/// A fixture, with a head that is sealed where its tensors lie, whatever comes behind it.
fn ran(file: &str, name: &str) -> (Outcome, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/onnx/{file}.onnx"));
    let original = Artifact::open(&path).unwrap();
    let [weight, bias] = ["weight", "bias"].map(|part| format!("{name}.{part}"));
    let numbers = |tensor: &str| {
        let info = original.tensor(tensor).unwrap();
        info.dtype.decode(&original.read_tensor(tensor).unwrap()).unwrap()
    };
    let info = original.tensor(&weight).unwrap().clone();
    let [classes, width] = info.shape[..] else { panic!("{weight} is no matrix") };
    let head = LinearHead { classes, width, weight: numbers(&weight), bias: numbers(&bias), has_bias: true };
    let forgotten = Forgotten::from_indices([1].into(), classes).unwrap();
    let sealed = seal(&head, &forgotten, Link::None, MARGIN).unwrap();

    let scratch = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    replace(&mut bytes, &head.weight, &sealed.weight);
    replace(&mut bytes, &head.bias, &sealed.bias);
    let copy = scratch.path().join("copy.onnx");
    fs::write(&copy, bytes).unwrap();
    let copy = Artifact::open(&copy).unwrap();

    let branch = Branch {
        embedding: "embedding".into(),
        width,
        weight: Operand::stored(&weight, &info, 0),
        bias: Some(Operand::stored(&bias, original.tensor(&bias).unwrap(), 0)),
        gain: vec![1.0; classes],
        bias_gain: vec![1.0; classes],
    };
    let removal = Removal::of(forgotten, methods::by_name("seal").unwrap()).treatment(Treatment::Seal);
    let removal = removal.hints(Hints::default()).build().unwrap();
    let sample = Sample::draw(&head, &removal, &Device::Cpu).unwrap();
    let model = |artifact| Model { artifact, cut: cut(name, classes, branch.clone()) };
    let subject = Subject {
        models: &Change { before: model(&original), after: model(&copy) },
        heads: &Change { before: head, after: sealed },
        sample: &sample,
        removal: &removal,
        left: &[],
        changed: [weight.as_str(), bias.as_str()].into(),
        graphs: Ok(Graphs::Own),
    };
    let (check, _) = check(&subject, &Silent);
    (check.outcome, check.summary)
}

/// A cut that says nothing but where the head is.
fn cut(name: &str, classes: usize, branch: Branch) -> Cut {
    let head = Head {
        name: name.to_owned(),
        classes,
        branches: vec![branch],
        link: Link::None,
        position: Position::Whole,
        ties: Ties::Never,
        auxiliary: Vec::new(),
        shift: vec![0.0; classes],
        sites: Vec::new(),
        floated: None,
        reads_rounded: false,
        obstacle: None,
        fewest: None,
        merging: Vec::new(),
        open: None,
    };
    let why = Why {
        rule: String::new(),
        choice: Choice::Located,
        confidence: 1.0,
        runners_up: Vec::new(),
        notes: Vec::new(),
    };
    Cut { head, bound: None, why, labels: None, points: Vec::new(), untouched: Vec::new(), older: false }
}

/// Puts numbers in the place of others.
fn replace(bytes: &mut [u8], old: &[f32], new: &[f32]) {
    let raw = |numbers: &[f32]| numbers.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>();
    let old = raw(old);
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    bytes[at..][..old.len()].copy_from_slice(&raw(new));
}

#[test]
fn what_does_not_follow_a_head_is_seen_when_it_runs() {
    let told = [
        ("cast_to_bytes", "head"),
        ("dropout_in_training", "head"),
        ("max_beside", "head"),
        ("negated_prediction", "head"),
        ("negative_sum", "head"),
        ("output_and_aux", "main"),
        ("output_and_aux", "aux"),
        ("overflowing_label", "head"),
        ("permuted_prediction", "head"),
        ("permuted_scores", "head"),
        ("pooled_classes", "head"),
        ("relu_before_label", "head"),
        ("rescaled_prediction", "head"),
        ("saturated_label", "head"),
        ("sum_at_most_minus_one", "head"),
    ]
    .map(|(file, head)| {
        let (outcome, summary) = ran(file, head);
        format!("{file}, {head}: {outcome:?}, {summary}\n")
    });
    expect![[r#"
        cast_to_bytes, head: Failed, output `scores` does not follow the head: of the classes 3 and 5, the original's logits and this output prefer different ones
        dropout_in_training, head: Failed, behind the embedding: `dropout_3` (Dropout): its results differ from run to run
        max_beside, head: Failed, output `prediction` changes, and does not follow the best class
        negated_prediction, head: Failed, output `prediction` changes, and does not follow the best class
        negative_sum, head: Failed, output `scores` still has class 1 on top
        output_and_aux, main: Failed, output `aux_logits` has a number per class, and does not come from the head
        output_and_aux, aux: Failed, output `output` has a number per class, and does not come from the head
        overflowing_label, head: Failed, output `label` changes, and does not follow the best class
        permuted_prediction, head: Failed, output `prediction` gives classes the indices of others
        permuted_scores, head: Failed, output `scores` does not follow the head: of the classes 2 and 1, the original's logits and this output prefer different ones
        pooled_classes, head: Failed, no output that was run follows the head
        relu_before_label, head: Failed, output `label` changes, and does not follow the best class
        rescaled_prediction, head: Failed, output `prediction` changes, and does not follow the best class
        saturated_label, head: Failed, output `label` changes, and does not follow the best class
        sum_at_most_minus_one, head: Failed, output `scores` still has class 1 on top
    "#]].assert_eq(&told.concat());
    assert!(told.iter().all(|told| told.contains(": Failed, ")));
}

#[test]
fn what_follows_a_head_passes() {
    for file in [
        "argmax",
        "log_softmax",
        "softmax",
        "softmax_decomposed",
        "temperature",
        "temperature_beside",
        "topk",
    ] {
        let (outcome, summary) = ran(file, "head");
        assert_eq!(outcome, Outcome::Passed, "{file}: {summary}");
    }
}
