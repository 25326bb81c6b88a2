use std::{fs, path::Path};

use base64ct::{Base64, Encoding};
use serde_json::Value;

use super::*;

/// One name of every template, as claims of version 1 have them, in the order of the table.
const NAMES: [(&str, &[&str]); 21] = [
    ("only-head-changed", &["tensors changed", "values changed"]),
    (
        "forgotten-unreachable",
        &[
            "radius of class 5",
            "radius in the original of class 5",
            "margin of class 5",
            "radius of class 5 among non-negative embeddings",
            "radius of class 5 among non-negative embeddings in the original",
            "largest norm of an embedding",
            "classes out of reach of that norm in the original",
            "classes out of reach of that norm",
            "probability of class 0",
        ],
    ),
    ("forget-rate", &["class 5 recognised in scaled-2x", "draws of class 12 by Markov chains"]),
    ("retained-agreement", &["agreement", "agreement in class-direction", "worst class 0 `T-shirt/top`"]),
    ("retained-divergence", &["mean", "99th percentile", "mean over all classes"]),
    ("retained-logits", &["retained rows moved", "largest change"]),
    (
        "quantised",
        &[
            "forgotten recognised at worst, unrounded",
            "retained agreement, fp16",
            "agreement of the worst retained class, int4",
        ],
    ),
    (
        "head-bias",
        &[
            "mean forgotten less mean retained bias",
            "bias score",
            "gap of the median",
            "gap of the least",
            "share of the bias in the lost margin of class 5",
        ],
    ),
    (
        "restoration",
        &[
            "copies of a forgotten row",
            "class 5 recognised by the original",
            "class 5 recognised by the candidate",
            "class 5 recognised by the rebuilt row",
        ],
    ),
    (
        "assumptions",
        &[
            "gradient lowers the own class",
            "gradient raises every retained class",
            "both",
            "smallest alignment of a forgotten class",
            "largest alignment of a retained class",
        ],
    ),
    ("forgotten-accuracy", &["before", "6 `Shirt` after"]),
    ("retained-accuracy", &["after", "change"]),
    ("aus", &["AUS", "A_or", "A_t", "A_f"]),
    ("class-drift", &["smallest change", "5th percentile of the changes", "0 `T-shirt/top` after"]),
    ("routing", &["5 `Sandal` to 9 `Ankle boot`"]),
    ("calibration", &["ECE before", "NLL after"]),
    ("forgotten-margin", &["mean before", "largest after"]),
    (
        "relearning",
        &[
            "5 `Sandal` 1-shot: forgotten accuracy",
            "5 `Sandal` 5-shot: retained accuracy",
            "5 `Sandal` 10-shot: least forgotten accuracy",
            "5 `Sandal` 1-shot: largest forgotten accuracy",
            "5 `Sandal` 1-shot: restoration",
        ],
    ),
    ("linear-probe", PROBES),
    ("nearest-centre", PROBES),
    (
        "membership",
        &[
            "forgotten after, modified entropy: AUC",
            "forgotten before, loss: TPR at 1 % FPR",
            "retained after, confidence: AUC",
            "retained before, entropy: TPR at 1 % FPR",
        ],
    ),
];

const PROBES: &[&str] =
    &["forgotten accuracy", "retained accuracy", "forgotten accuracy, draw 1", "retained accuracy, draw 3"];

fn labels() -> Labels {
    let names = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ];
    Labels { names: names.map(String::from).to_vec(), source: "test".into() }
}

fn figure(named: &Named) -> Figure {
    Figure {
        class: named.class,
        to: named.to,
        stratum: named.stratum.clone().map(Into::into),
        side: named.side,
        ..Figure::new(named.quantity, 0.0, "")
    }
}

#[test]
fn every_name_is_read_and_written_again() {
    for ((check, templates), (named, names)) in TABLE.iter().zip(&NAMES) {
        assert_eq!((check, templates.len()), (named, names.len()));
        for (name, template) in names.iter().zip(*templates) {
            let read = template.read(name).unwrap_or_else(|| panic!("{check}: `{name}`"));
            assert_eq!(v1_figure(check, name).as_ref(), Some(&read), "`{name}` fits two templates");
            assert_eq!(v1_name(check, &figure(&read), Some(&labels())).as_deref(), Some(*name));
        }
    }
}

#[test]
fn what_a_name_says_is_in_fields() {
    let read = v1_figure("routing", "5 `a to 7 (\u{e9})` to 7 `1-shot: restoration`").unwrap();
    assert_eq!((read.class, read.to, read.quantity), (Some(5), Some(7), "share"));
    let read = v1_figure("membership", "forgotten after, modified entropy: AUC").unwrap();
    assert_eq!((read.stratum.as_deref(), read.side), (Some("modified-entropy"), Some(Side::After)));
    let read = v1_figure("linear-probe", "retained accuracy, draw 3").unwrap();
    assert_eq!(read.stratum.as_deref(), Some("draw-3"));
    let read = v1_figure(
        "forgotten-unreachable",
        "radius of class 12 among non-negative embeddings in the original",
    );
    let read = read.unwrap();
    assert_eq!((read.class, read.stratum.as_deref()), (Some(12), Some("non-negative")));
    assert_eq!((read.side, read.quantity), (Some(Side::Before), "radius"));
    assert_eq!(v1_figure("relearning", "5 1-shot: restoration").unwrap().class, Some(5), "no labels");
}

#[test]
fn other_names_are_not_guessed() {
    for (check, name) in [
        ("forget-rate", "class 5 recognised in"),
        ("forget-rate", "class 5 recognised in "),
        ("forget-rate", "class  recognised in gaussian"),
        ("forget-rate", "class 99999999999999999999999 recognised in gaussian"),
        ("retained-agreement", "worst class 6 `Shirt"),
        ("retained-agreement", "agreement in gaussian and more"),
        ("membership", "agreement"),
        ("nothing", "mean"),
    ] {
        assert_eq!(v1_figure(check, name), None, "{check}: `{name}`");
    }
    assert_eq!(v1_name("forget-rate", &Figure::new("recognised", 0.0, "rate"), None), None);
}

/// The claim that a release of version 1 holds, out of its envelope.
fn claim(release: &Path) -> Value {
    let bundle = fs::read(release.join("class-removal.sigstore.json")).unwrap();
    let bundle: Value = serde_json::from_slice(&bundle).unwrap();
    let payload = Base64::decode_vec(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[test]
fn every_figure_of_real_claims_keeps_its_name() {
    let releases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/releases/v1");
    let mut names = 0;
    for release in ["first", "second", "measured", "dropped"] {
        // The ONNX model carries no labels.
        let labels = (release != "dropped").then(labels);
        let verification = claim(&releases.join(release))["predicate"]["verification"].take();
        let metrics = verification["evaluation"]["metrics"].as_array();
        let checks = verification["checks"].as_array().unwrap().iter().chain(metrics.into_iter().flatten());
        for check in checks {
            let id = check["id"].as_str().unwrap();
            for measured in check["measurements"].as_array().unwrap() {
                let name = measured["name"].as_str().unwrap();
                let read = v1_figure(id, name).unwrap_or_else(|| panic!("{release}, {id}: `{name}`"));
                assert_eq!(v1_name(id, &figure(&read), labels.as_ref()).as_deref(), Some(name));
                names += 1;
            }
        }
    }
    assert!(names > 100, "{names}");
}
