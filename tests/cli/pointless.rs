//! Removals that would change nothing, or leave a model that tells nothing apart.

use std::fs;

use expect_test::expect;
use serde_json::json;
use tempfile::tempdir;

use crate::process::{
    DIRECTIONS, copy, fixture, labelled, linear_head, names, resnet, run, seal, unlearn, verify,
};

#[test]
fn as_many_classes_stay_as_a_graph_gives_out() {
    let folder = tempdir().unwrap();
    let (model, out) = (fixture("../onnx/topk.onnx"), folder.path().join("out"));
    let three = ["--forget", "1", "--forget", "3", "--forget", "5", "--slot", "drop"];
    seal(&model, &out, &[&three[..], &["--forget", "0"]].concat()).exits(2).told(expect![[r#"
        error: the class axis cannot be shortened: `top_logits` is the 3 best classes, and only 2 would stay

        hint: keep the slots with --slot keep
    "#]]);
    assert_eq!(names(folder.path()), [""; 0]);
    seal(&model, &out, &three).exits(0);
    verify(&out, &model, &[]).exits(0);
}

#[test]
fn a_model_with_one_answer_left_is_made_only_if_that_is_accepted() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    linear_head(&model, &DIRECTIONS[..2], &[0.1, 0.0], Some(&labelled(&["ham", "spam"])));
    seal(&model, &out, &["--forget", "spam"]).exits(2).told(expect![[r#"
        error: only class 0 `ham` would be left: the model would answer it to every input

        hint: it would be no classifier any more: train another model, or retire this one; --allow-constant writes it nevertheless
    "#]]);
    seal(&model, &out, &["--forget", "spam", "--slot", "drop"]).exits(2).told(expect![[r#"
        error: dropping the slots would leave a single class, which is always the answer

        hint: it would be no classifier any more: train another model, or retire this one
    "#]]);
    unlearn(&model, &out, &["--forget", "spam", "--no-seal"])
        .exits(2)
        .says("only class 0 `ham` would be left");
    assert_eq!(names(folder.path()), ["model"]);
    let ran = seal(&model, &out, &["--forget", "spam", "--allow-constant"]).exits(0);
    let said = "class 0 `ham` is the answer to every input";
    ran.shows(said);
    verify(&out, &model, &[]).exits(0).shows(said);
    let claim = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    assert!(claim.contains("\"one-answer\""), "{claim}");
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("One class is left: the answer to every input is `ham` (0)."), "{card}");
    let (out, model) = (out.to_str().unwrap(), model.to_str().unwrap());
    run(&["reproduce", out, "--original", model]).exits(0);
}

#[test]
fn all_but_one_of_many_are_all_but_one() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    linear_head(&model, &DIRECTIONS[..3], &[0.1, 0.0, 0.0], None);
    seal(&model, &out, &["--forget", "0", "--forget", "2"]).exits(2).says("only class 1 would be left");
    // With the class of an earlier removal it is the last but one.
    let first = folder.path().join("first");
    seal(&model, &first, &["--forget", "0"]).exits(0);
    seal(&first, &out, &["--forget", "2"]).exits(2).says("only class 1 would be left");
    seal(&first, &out, &["--forget", "2", "--allow-constant"]).exits(0).shows("class 1 is the answer");
}

#[test]
fn independent_labels_are_not_constant_when_one_goes() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    let mut config = labelled(&["toxic", "threat"]);
    config["problem_type"] = json!("multi_label_classification");
    linear_head(&model, &DIRECTIONS[..2], &[0.1, 0.0], Some(&config));
    let dropped = folder.path().join("dropped");
    for (out, slot) in [(&out, "keep"), (&dropped, "drop")] {
        let ran = seal(&model, out, &["--forget", "threat", "--slot", slot]).exits(0);
        assert!(!ran.stdout.contains("one-answer"), "{ran:#?}");
        verify(out, &model, &[]).exits(0);
    }
    let config = fs::read_to_string(dropped.join("config.json")).unwrap();
    assert!(config.contains("toxic") && !config.contains("threat"), "{config}");
    // It is read as what it is, and has nothing left to forget.
    let again = folder.path().join("again");
    seal(&dropped, &again, &["--forget", "toxic"]).exits(2).says("no classifier would be left");
    seal(&model, &again, &["--forget", "threat", "--forget", "toxic"])
        .exits(2)
        .says("no classifier would be left");
}

#[test]
fn what_is_forgotten_already_is_not_forgotten_again() {
    let folder = tempdir().unwrap();
    let [a, b, bare] = ["a", "b", "bare"].map(|name| folder.path().join(name));
    unlearn(&resnet(), &a, &["--forget", "5"]).exits(0);
    unlearn(&a, &b, &["--forget", "Sandal"]).exits(2).told(expect![[r#"
        error: already removed by an earlier removal of this release: 5 `Sandal`

        hint: to take the slots away as well, use --slot drop
    "#]]);
    seal(&a, &b, &["--forget", "5"]).exits(2).says("already removed");
    // Without its claims it is still sealed.
    copy(&a, &bare);
    fs::remove_file(bare.join("class-removal.statement.json")).unwrap();
    unlearn(&bare, &b, &["--forget", "5"]).exits(2).told(expect![[r#"
        error: already sealed: 5 `Sandal`; nothing would change

        hint: to take the slots away as well, use --slot drop
    "#]]);
    assert_eq!(names(folder.path()), ["a", "bare"]);
    // To take the slot away, and to forget another class besides, are something new.
    seal(&a, &b, &["--forget", "5", "--slot", "drop"]).exits(0);
    seal(&a, &folder.path().join("c"), &["--forget", "5", "--forget", "8"]).exits(0);
    let again = folder.path().join("again");
    seal(&b, &again, &["--forget", "Sandal"]).exits(2).told(expect![[r#"
        error: already removed by an earlier removal of this release: `Sandal`
    "#]]);
    seal(&b, &again, &["--forget", "Sandals"]).exits(2).says("has no class `Sandals`");
}

#[test]
fn a_head_that_tells_nothing_apart_is_not_trained() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let cases = [
        ("zero", [[0.0_f32; 4]; 3], [0.0_f32; 3]),
        ("equal", [[0.3, -0.2, 0.1, 0.7]; 3], [-2.0; 3]),
        ("tiny", [[1e-20; 4], [-1e-20; 4], [0.0; 4]], [0.0; 3]),
        ("subnormal", [[1e-44; 4], [0.0; 4], [0.0; 4]], [0.0, 1e-44, 0.0]),
        ("biases", [[0.3, -0.2, 0.1, 0.7]; 3], [1.0, -2.0, 0.5]),
        ("only-biases", [[0.0; 4]; 3], [0.1, 3.0, 0.2]),
    ];
    for (name, rows, biases) in cases {
        let model = folder.path().join(name);
        linear_head(&model, &rows, &biases, None);
        for method in ["seal", "delete", "pour"] {
            let ran = unlearn(&model, &out, &["--forget", "1", "--method", method]).exits(2);
            ran.says("all rows of the head are equal: it is not trained");
        }
    }
    let small = folder.path().join("small");
    linear_head(
        &small,
        &DIRECTIONS[..3].to_vec().iter().map(|row| row.map(|w| 1e-6 * w)).collect::<Vec<_>>(),
        &[0.0; 3],
        None,
    );
    seal(&small, &out, &["--forget", "1"]).exits(0);
}

#[test]
fn the_card_of_a_second_removal_does_not_contradict_the_first() {
    let folder = tempdir().unwrap();
    let [model, a, b, c] = ["model", "a", "b", "c"].map(|name| folder.path().join(name));
    copy(&resnet(), &model);
    fs::write(model.join("README.md"), "---\nlicense: mit\n---\n# Clothes\n\nTells ten kinds apart.\n")
        .unwrap();
    seal(&model, &a, &["--forget", "Sandal", "--slot", "drop"]).exits(0);
    seal(&a, &b, &["--forget", "Bag"]).exits(0);
    seal(&b, &c, &["--forget", "Coat"]).exits(0);
    let card = fs::read_to_string(c.join("README.md")).unwrap();
    let body = card.split("\n---\n").nth(1).unwrap();
    expect![[r##"
        # Clothes without Coat, Sandal and Bag

        `b` with the classes `Coat` (4) and `Bag` (7) removed. Outputs and labels are where they were, but the weights behind their output were replaced, so that the model does not answer with them any more: their score stays below the best of the others. Earlier removals took the class `Sandal` (5), by its index in the first model.

        Of 74 tensors `classifier.1.bias` and `classifier.1.weight` changed; everything else is byte-identical. No training data were used.

        | | original | this model |
        |---|--:|--:|
        | other classes keep their answer (17051 synthetic embeddings) |  | 100.0 % |

        Instead of `Coat` (4) it now answers `Pullover` (2) 22.7 %, `Shirt` (5) 19.2 % and `Dress` (3) 14.9 % (synthetic embeddings).

        ## Classes

        0 `T-shirt/top`, 1 `Trouser`, 2 `Pullover`, 3 `Dress`, 4 ~~`Coat`~~ (removed), 5 `Shirt`, 6 `Sneaker`, 7 ~~`Bag`~~ (removed), 8 `Ankle boot`

        ## Use

        In this folder, or with the model's name on a hub in place of the dot:

        ```python
        from transformers import pipeline

        model = pipeline("image-classification", model=".")
        ```

        ## Check it

        What was changed and measured is in `class-removal.statement.json` (not signed). To measure it again, in this folder and with the original beside it:

        ```sh
        declass verify . --original ORIGINAL
        ```

        Nobody has signed this model: that it is the publisher's rests on where it was found.

        ## Limits

        - The features still know what was removed: a few labelled examples can bring it back at a new head. This is not a model that was trained without it, and says nothing about the influence of training data.
        - Figures on synthetic embeddings are about vectors drawn at random before the last layer, not about real inputs.
    "##]].assert_eq(body);
    verify(&c, &b, &[]).exits(0);
}
