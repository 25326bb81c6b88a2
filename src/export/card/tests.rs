//! Cards of claims that an earlier version signed, changed where a test needs another one.

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::{
    claim::{Claim, StoredClaim},
    export::Words,
};

/// What a claim of `fixtures/releases/v2` says, of ten kinds of clothes.
fn statement(release: &str, edit: impl FnOnce(&mut Value)) -> Statement {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/releases/v2").join(release);
    let stored = StoredClaim::read(&folder).unwrap();
    let mut claim: Value = serde_json::from_slice(stored.statement()).unwrap();
    edit(&mut claim["predicate"]);
    Claim::from_bytes(claim.to_string().as_bytes()).unwrap().statement
}

fn made(original: Option<&str>, statement: &Statement) -> String {
    let config = json!({"architectures": ["ViTForImageClassification"]});
    let names = (0..10).map(|class| if class == 5 { "Sandal".into() } else { format!("c{class}") });
    let labels = Labels { names: names.collect(), source: "test".into() };
    let beside = Beside {
        card: original,
        config: Some(&config),
        labels: Some(&labels),
        original: "m",
        is_signed: false,
        words: Words { check: |_, _| None, metric: |_, _| None },
    };
    card(statement, beside)
}

const ORIGINAL: &str = "---\nlicense: mit\nbase_model: a/b\nmetrics: [f1]\nwidget:\n- src: sandal.jpg\ntags: [x, \"y\"]\n\
                        model-index:\n- name: z\n  results: []\n---\n# Clothes\n\nKnows sandals.\n\n## Usage\n\nload it\n\n\
                        ## Citation\n\n```\n# a comment\n@article{}\n```\n\n## License notes\n\nabout the Sandal\n";

#[test]
fn a_card_says_what_was_removed_and_how_to_check_it() {
    let card = made(None, &statement("first", |_| ()));
    for said in [
        "---\nlibrary_name: transformers\npipeline_tag: image-classification\n# base_model:",
        "\n# m without Sandal\n\n`m` with the class `Sandal` (5) removed.",
        "5 ~~`Sandal`~~ (removed)",
        "pipeline(\"image-classification\", model=\".\")",
        "declass verify . --original",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    let signed = signed_card(&card);
    assert!(card.contains("(not signed)") && !signed.contains("not signed"), "{signed}");
    assert!(signed.contains("declass verify . --trust") && !signed.contains("Nobody"), "{signed}");
    assert_eq!(signed_card(&signed), signed);
}

#[test]
fn slots_that_are_open_or_gone_are_said_to_be() {
    let open = |predicate: &mut Value| {
        predicate["buildDefinition"]["externalParameters"]["seal"] = false.into();
        predicate["removal"]["claim"] = "class-output-suppressed".into();
    };
    let card = made(None, &statement("first", open));
    assert!(card.contains("sealed: false") && card.contains("**not sealed**"), "{card}");
    let card = made(None, &statement("dropped", |_| ()));
    assert!(card.contains("no output for") && card.contains("(removed, no index)"), "{card}");
}

#[test]
fn of_the_originals_card_only_what_still_holds_is_kept() {
    let on_hub = |predicate: &mut Value| {
        predicate["buildDefinition"]["resolvedDependencies"][0]["uri"] = "pkg:huggingface/o/p@c".into();
    };
    let card = made(Some(ORIGINAL), &statement("first", on_hub));
    for kept in [
        "license: mit\n",
        "base_model: \"o/p\"\nbase_model_relation: finetune\n",
        "- x\n- y\n- class-removal\n",
        "# Clothes without Sandal\n\n[o/p](https://huggingface.co/o/p) with",
        "\n## From the original's card\n\n### Citation\n\n```\n# a comment\n@article{}\n```\n",
    ] {
        assert!(card.contains(kept), "{kept}: {card}");
    }
    for gone in ["a/b", "f1", "sandal.jpg", "model-index", "Knows sandals", "load it", "about the Sandal"] {
        assert!(!card.contains(gone), "{gone}: {card}");
    }
}

#[test]
fn a_card_made_of_a_card_is_the_same() {
    for original in [None, Some(ORIGINAL), Some("# Old\n")] {
        for release in ["first", "measured"] {
            let statement = statement(release, |_| ());
            let card = made(original, &statement);
            assert_eq!(made(Some(&card), &statement), card);
            assert_eq!(original_in(&card).as_deref(), Some("m"));
        }
    }
    // Whoever publishes may say where the original is.
    let filled = made(None, &statement("first", |_| ()))
        .replace("# base_model: the original's name on the Hub, if it has one", "base_model: a/b");
    let again = made(Some(&filled), &statement("first", |_| ()));
    assert!(again.contains("base_model: a/b\n") && !again.contains("# base_model"), "{again}");
}

#[test]
fn a_second_removal_makes_one_card() {
    let first = made(Some(ORIGINAL), &statement("first", |_| ()));
    let second = made(Some(&first), &statement("second", |_| ()));
    assert!(second.contains("\n# Clothes without "), "{second}");
    assert_eq!(second.matches(" without ").count(), first.matches(" without ").count());
    for once in ["class_removal:", "# base_model", "## From the original's card", "### Citation", "## Limits"]
    {
        assert_eq!(second.matches(once).count(), 1, "{once}: {second}");
    }
    // What earlier versions wrote.
    let earlier = "---\nclass_removal:\n  slot: keep\n---\n# m with one class unlearnt\n\nUnlearnt\n\n## The original's card\n\n\
                   # Old\n\n## Citation\n\ntheirs\n";
    let second = made(Some(earlier), &statement("second", |_| ()));
    assert!(second.contains("\n# m without ") && !second.contains("unlearnt"), "{second}");
    assert!(second.ends_with("### Citation\n\ntheirs\n"), "{second}");
}

#[test]
fn figures_on_real_inputs_are_a_table_and_can_be_replaced() {
    let measured = statement("measured", |_| ());
    let evaluation = measured.predicate.verification.evaluation.clone().unwrap();
    let words = Words { check: |_, _| None, metric: |_, _| None };
    let card = made(Some(ORIGINAL), &measured);
    assert!(card.contains("| its own inputs get `Sandal` (5) ("), "{card}");
    assert!(card.contains("\n## Measured on labelled data\n"), "{card}");
    assert_eq!(with_figures(&card, &evaluation, words), card);
    let edited = card.replacen("\n## From the", "\n## Notes\n\nours\n\n## From the", 1);
    let mut other = evaluation;
    other.data[0].rows = 7;
    let replaced = with_figures(&edited, &other, words);
    assert!(
        replaced.contains(", 7 embeddings of width") && replaced.contains("## Notes\n\nours\n"),
        "{replaced}"
    );
    assert_eq!(replaced.matches("## Measured on").count(), 1);
}

#[test]
fn a_label_adds_nothing_to_a_card() {
    let label = "x\"\n---\nlicense: mit\n`# y | <b>";
    let card = made(
        None,
        &statement("first", |predicate| predicate["removal"]["forgotten"][0]["label"] = label.into()),
    );
    assert!(card.contains("`x\" --- license: mit '# y \\| <b>` (5)"), "{card}");
    assert!(!card.contains("\nlicense: mit") && !card.contains("\n# y"), "{card}");
}
