//! Evaluation on labelled embeddings: against numpy and scikit-learn, and as a user meets it.

mod features;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use declass::{
    classes::Forgotten,
    cut::Cut,
    evaluate::{DEFINITIONS, Data, Evaluation, Labelled, Pair, Part, Retrained, compare, evaluate},
    evidence::{Check, Figure, Side, legacy::v1_name},
    formats::Artifact,
    head::{Hints, LinearHead},
};
use serde_json::Value;

const FORGOTTEN: usize = 5;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn reference() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("reference/evaluation.json")).unwrap()).unwrap()
}

fn data(model: &str) -> Labelled {
    Labelled::open(&fixture(&format!("data/fmnist-{model}.safetensors")), Part::Test).unwrap()
}

/// The heads of `fixtures/evaluate.py`, exact in f32.
fn pair(model: &str, kind: &str) -> Pair {
    let artifact = Artifact::open(&fixture(&format!("models/fmnist-{model}"))).unwrap();
    let cut = Cut::locate(&artifact, &Hints::default()).unwrap();
    let before = cut.head.load(&artifact).unwrap();
    let forgotten = Forgotten::resolve(&["5"], before.classes, None).unwrap();
    let after = match kind {
        "dropped" => dropped(&before, &forgotten),
        _ => moved(&before),
    };
    Pair { before, after, forgotten, labels: None, place: None }
}

fn moved(head: &LinearHead) -> LinearHead {
    let mut after = head.clone();
    for class in 0..head.classes {
        let (factor, shift) = match class {
            FORGOTTEN => (0.5, -1.0),
            _ => (1.0 + ((class % 3) as f32 - 1.0) / 8.0, class as f32 / 8.0),
        };
        after.row_mut(class).iter_mut().for_each(|w| *w *= factor);
        after.bias[class] += shift;
    }
    after
}

fn dropped(head: &LinearHead, forgotten: &Forgotten) -> LinearHead {
    let rows: Vec<f32> = forgotten.retained().flat_map(|class| head.row(class).to_vec()).collect();
    let bias: Vec<f32> = forgotten.retained().map(|class| head.bias[class]).collect();
    LinearHead { classes: bias.len(), weight: rows, bias, ..*head }.with_dropped(forgotten)
}

/// Every other row of a class, as `fixtures/evaluate.py` parts them.
fn parted(all: &Labelled) -> Data {
    let mut seen = std::collections::BTreeMap::new();
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (row, label) in all.labels.iter().enumerate() {
        let position = seen.entry(label).or_insert(0);
        if *position % 2 == 0 { &mut train } else { &mut test }.push(row);
        *position += 1;
    }
    let pick = |rows: &[usize]| Labelled {
        embeddings: rows.iter().flat_map(|&row| all.row(row).to_vec()).collect(),
        labels: rows.iter().map(|&row| all.labels[row]).collect(),
        ..all.clone()
    };
    Data { test: pick(&test), train: Some(pick(&train)) }
}

/// The figure by the name that it had in claims of version 1, as in the reference.
fn value(evaluation: &Evaluation, metric: &str, name: &str) -> f64 {
    let found = evaluation.metric(metric).unwrap_or_else(|| panic!("no {metric}: {:?}", evaluation.not_run));
    figure(found, name).unwrap_or_else(|| panic!("no `{name}` in {:#?}", found.figures)).value.0
}

fn figure<'a>(metric: &'a Check, name: &str) -> Option<&'a Figure> {
    let is_it = |figure: &&Figure| v1_name(metric.definition.id, figure, None).as_deref() == Some(name);
    metric.figures.iter().find(is_it)
}

#[track_caller]
fn assert_near(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("no reference for {what}"));
    assert!((found - expected).abs() <= tolerance, "{what}: {found} instead of {expected}");
}

fn behaves(model: &str, kind: &str) {
    let expected = &reference()[model][kind];
    let data = Data { test: data(model), train: None };
    let found = evaluate(&pair(model, kind), &data, 3).unwrap();
    let near = |metric: &str, figure: &str, expected: &Value, tolerance: f64| {
        assert_near(
            value(&found, metric, figure),
            expected,
            tolerance,
            &format!("{model} {kind} {metric} {figure}"),
        );
    };
    for when in ["before", "after"] {
        // Accuracies are quotients of counts: equal but for the last bit.
        near("forgotten-accuracy", when, &expected["forgotten_accuracy"][when], 1e-12);
        near("retained-accuracy", when, &expected["retained_accuracy"][when], 1e-12);
        near("calibration", &format!("ECE {when}"), &expected[format!("ece_{when}")], 1e-5);
        near("calibration", &format!("NLL {when}"), &expected[format!("nll_{when}")], 1e-5);
    }
    near("aus", "AUS", &expected["aus"], 1e-12);
    near("class-drift", "smallest change", &expected["drift"]["worst"], 1e-12);
    near("class-drift", "5th percentile of the changes", &expected["drift"]["p5"], 1e-12);
    near("retained-divergence", "mean", &expected["divergence"]["mean"], 1e-5);
    near("retained-divergence", "99th percentile", &expected["divergence"]["p99"], 1e-5);
    for (class, count) in expected["routing"].as_array().unwrap().iter().enumerate() {
        let routing = found.metric("routing").unwrap();
        let share = routing.figures.iter().find(|figure| figure.to == Some(class)).map_or(0.0, |f| f.value.0);
        assert_near(share * 1000.0, count, 1e-9, "routing");
    }
    if let Some(margin) = expected["margin"].as_array() {
        near("forgotten-margin", "mean after", &margin[0], 1e-5);
        near("forgotten-margin", "largest after", &margin[1], 1e-5);
    } else {
        assert!(found.not_run.iter().any(|metric| metric.id == "forgotten-margin"));
    }
    for side in Side::BOTH {
        let odds = &expected[format!("log_odds_{}", side.name())];
        for group in ["forgotten", "retained"] {
            let quantity = format!("{group}-log-odds");
            let is_it = |figure: &&Figure| figure.quantity == quantity && figure.side == Some(side);
            let figures = found.metric("log-odds").unwrap().figures.iter().filter(is_it);
            let percentiles: Vec<f64> = figures.map(|figure| figure.value.0).collect();
            // Of a slot that was dropped there are none.
            let expected = odds[group].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(percentiles.len(), expected.len(), "{model} {kind} {quantity}");
            percentiles
                .iter()
                .zip(expected)
                .for_each(|(found, expected)| assert_near(*found, expected, 1e-4, &quantity));
        }
    }
    for shots in [1, 5, 10] {
        // Other draws than numpy's: means agree as far as draws scatter.
        let tolerance = if shots == 1 { 0.15 } else { 0.03 };
        let expected = &expected["relearning"][shots.to_string()];
        near("relearning", &format!("5 {shots}-shot: forgotten accuracy"), &expected[0], tolerance);
        near("relearning", &format!("5 {shots}-shot: retained accuracy"), &expected[1], 0.01);
    }
}

fn separates(model: &str, kind: &str) {
    let reference = reference();
    let found = evaluate(&pair(model, kind), &parted(&data(model)), 3).unwrap();
    let attacks = reference[model][kind]["membership"].as_object().unwrap();
    assert_eq!(attacks.len(), 16);
    for (name, expected) in attacks {
        let area = value(&found, "membership", &format!("{name}: AUC"));
        assert_near(area, &expected[0], 1e-6, &format!("{model} {kind} {name}"));
        // Scores that differ by rounding only may or may not tie.
        let passed = value(&found, "membership", &format!("{name}: TPR at 1 % FPR"));
        assert_near(passed, &expected[1], 0.002, &format!("{model} {kind} {name}, TPR"));
    }
    let features = &reference[model]["features"];
    for (side, name) in ["forgotten accuracy", "retained accuracy"].into_iter().enumerate() {
        assert_near(value(&found, "nearest-centre", name), &features["nearest_centre"][side], 1e-12, name);
        // Two solvers of the same convex problem, each short of the minimum by its tolerance.
        assert_near(value(&found, "linear-probe", name), &features["linear_probe"][side], 0.002, name);
    }
    let probe = found.metric("linear-probe").unwrap();
    assert!(!probe.summary.contains("stopped short"), "{}", probe.summary);
}

#[test]
fn agrees_with_numpy_and_scikit_learn() {
    for (model, kind) in [("resnet", "moved"), ("vit", "dropped"), ("swin", "moved"), ("swin", "dropped")] {
        behaves(model, kind);
        separates(model, kind);
    }
}

/// What numpy finds on the same rows.
fn compared(model: &str, kind: &str) -> Value {
    let text = std::fs::read_to_string(fixture("reference/compared.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[model][kind].take()
}

/// The cells of a table, as rows of counts.
fn cells(metric: &Check, side: Side) -> Value {
    let mut table = vec![[0_u64; 10]; 10];
    for figure in metric.figures.iter().filter(|figure| figure.side == Some(side)) {
        table[figure.class.unwrap()][figure.to.unwrap()] = figure.value.0 as u64;
    }
    serde_json::to_value(table).unwrap()
}

/// The first hundred rows of each class, as `fixtures/compared.py` takes them.
fn first(all: &Labelled) -> Labelled {
    let mut rows: Vec<usize> = (0..10).flat_map(|class| all.rows_of(class).take(100)).collect();
    rows.sort_unstable();
    Labelled {
        embeddings: rows.iter().flat_map(|&row| all.row(row).to_vec()).collect(),
        labels: rows.iter().map(|&row| all.labels[row]).collect(),
        ..all.clone()
    }
}

fn near(found: f64, expected: &Value, what: &str) {
    let tolerance = 1e-5 * expected.as_f64().map_or(1.0, |value| value.abs().max(1.0));
    assert_near(found, expected, tolerance, what);
}

#[test]
fn tables_and_changed_inputs_are_those_of_numpy() {
    for (model, kind) in [("vit", "moved"), ("vit", "dropped"), ("swin", "moved"), ("swin", "dropped")] {
        let expected = compared(model, kind);
        let test = first(&data(model));
        let labels = test.labels.clone();
        let found = evaluate(&pair(model, kind), &Data { test, train: None }, 0).unwrap();
        let confusion = found.metric("confusion").unwrap();
        assert_eq!(cells(confusion, Side::Before), expected["confusion_before"]);
        assert_eq!(cells(confusion, Side::After), expected["confusion_after"]);
        assert_eq!(found.changed.len(), expected["changed"]["count"]);
        assert_eq!(confusion.figures[0].value.0, found.changed.len() as f64 / 1000.0);
        for (changed, expected) in
            found.changed.iter().step_by(10).zip(expected["changed"]["some"].as_array().unwrap())
        {
            assert_eq!(changed.name, expected[0].to_string());
            let row: usize = changed.name.parse().unwrap();
            assert_eq!(changed.label, Some(labels[row]));
            for (answer, expected) in [(changed.before, &expected[1]), (changed.after, &expected[2])] {
                assert_eq!(answer.class, expected[0]);
                near(answer.probability, &expected[1], "probability");
                near(answer.margin, &expected[2], "margin");
            }
        }
    }
}

#[test]
fn without_labels_only_what_needs_none_is_said() {
    for (model, kind) in [("vit", "moved"), ("vit", "dropped"), ("swin", "moved"), ("swin", "dropped")] {
        let (expected, pair) = (&compared(model, kind)["unlabelled"], pair(model, kind));
        let test = first(&data(model)).answered_by(&pair.before).unwrap();
        let found = evaluate(&pair, &Data { test, train: None }, 0).unwrap();
        assert_eq!(found.tier, "T1");
        assert_eq!(serde_json::to_value(&found.data.per_class).unwrap(), expected["per_class"]);
        let json = serde_json::to_string(&found.metrics).unwrap();
        assert!(!json.contains("\"accuracy"), "no accuracy is known: {json}");
        let figures = |metric: &str| &found.metric(metric).unwrap_or_else(|| panic!("no {metric}")).figures;
        let [before, after, still, ..] = &figures("removed-answers")[..] else { panic!() };
        near(before.value.0, &expected["given"]["before"], "given before");
        near(after.value.0, &expected["given"]["after"], "given after");
        near(still.value.0, &expected["still"], "still given");
        near(figures("answer-agreement")[0].value.0, &expected["agreement"], "agreement");
        near(figures("answer-drift")[0].value.0, &expected["p5"], "percentile");
        for figure in &figures("answer-drift")[1..] {
            let class = figure.class.unwrap().to_string();
            near(figure.value.0, &expected["by_class"][class], "agreement of a class");
        }
        let given = expected["per_class"][FORGOTTEN].as_f64().unwrap();
        for (class, count) in expected["routing"].as_array().unwrap().iter().enumerate() {
            let share = figures("answer-routing").iter().find(|figure| figure.to == Some(class));
            near(share.map_or(0.0, |figure| figure.value.0) * given, count, "routing");
        }
        near(figures("answer-divergence")[0].value.0, &expected["divergence"]["mean"], "divergence");
        match expected["margin"].as_array() {
            Some(margin) => {
                let after = |quantity: &str| {
                    let mut margins = figures("answer-margin").iter();
                    margins
                        .find(|it| it.quantity == quantity && it.side == Some(Side::After))
                        .unwrap()
                        .value
                        .0
                };
                near(after("mean-margin"), &margin[0], "mean margin");
                near(after("largest-margin"), &margin[1], "largest margin");
            }
            None => assert!(found.metric("answer-margin").is_none()),
        }
    }
}

#[test]
fn a_retrained_model_is_as_far_away_as_numpy_finds() {
    let text = std::fs::read_to_string(fixture("reference/compared.json")).unwrap();
    let expected = serde_json::from_str::<Value>(&text).unwrap()["beside"].take();
    let (pair, other) = (pair("vit", "moved"), pair("swin", "dropped"));
    let [own, theirs] = ["vit", "swin"].map(|model| parted(&first(&data(model))));
    let fewer = Labelled { embeddings: theirs.test.row(0).to_vec(), labels: vec![0], ..theirs.test.clone() };
    let refused = Retrained::new(other.after.clone(), &own, fewer, None).unwrap_err().to_string();
    assert!(refused.contains("they are not the same"), "{refused}");
    let retrained = Retrained::new(other.after, &own, theirs.test, theirs.train).unwrap();
    let found = compare(&pair, &own, &retrained, 0).unwrap();
    assert_eq!(found.metrics.len(), 9);
    assert_eq!((found.tier, found.classes, found.not_run.len()), ("T3", 9, 0));
    let values = |metric: &str| -> Vec<f64> {
        let metric = found.metrics.iter().find(|it| it.definition.id == metric).unwrap();
        metric.figures.iter().map(|figure| figure.value.0).collect()
    };
    near(values("retrained-routing")[0], &expected["routing"], "routing");
    for (at, found) in values("retrained-agreement").into_iter().enumerate() {
        near(found, &expected["agreement"][at], "agreement");
    }
    for (found, expected) in
        values("retrained-accuracy").chunks(3).zip(expected["accuracy"].as_array().unwrap())
    {
        near(found[0], &expected[0], "accuracy");
        near(found[1], &expected[1], "accuracy, retrained");
        assert!((found[2] - (found[0] - found[1])).abs() < 1e-12);
    }
    let names = ["forgotten", "confidence", "entropy", "modified entropy", "loss"];
    for (found, name) in values("retrained-membership").into_iter().zip(names) {
        near(found, &expected["membership"][name], name);
    }
}

#[test]
fn inputs_that_never_got_the_class_say_nothing_of_it() {
    let pair = pair("swin", "moved");
    let all = data("swin").answered_by(&pair.before).unwrap();
    let rows: Vec<usize> = all.rows_of(3).take(9).collect();
    let embeddings = rows.iter().flat_map(|&row| all.row(row).to_vec()).collect();
    let test = Labelled { embeddings, labels: vec![3; 9], ..all.clone() };
    let found = evaluate(&pair, &Data { test: test.clone(), train: None }, 0).unwrap();
    let missing: Vec<&str> = found.not_run.iter().map(|metric| metric.id).collect();
    assert_eq!(missing, ["answer-routing", "answer-margin"]);
    assert_eq!(found.metric("removed-answers").unwrap().figures[0].value.0, 0.0);
    // Training examples are of use only beside labels.
    let refused = evaluate(&pair, &Data { test, train: Some(data("swin")) }, 0).unwrap_err();
    assert!(refused.to_string().contains("only where all examples have labels"), "{refused}");
}

#[test]
fn says_what_it_was_measured_on_and_what_it_means() {
    let data = Data { test: data("swin"), train: None };
    let found = evaluate(&pair("swin", "moved"), &data, 3).unwrap();
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        (&json["tier"], &json["data"]["rows"], &json["data"]["width"]),
        (&"T2".into(), &10_000.into(), &48.into())
    );
    assert_eq!(json["data"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(json["data"]["perClass"], serde_json::json!(vec![1000; 10]));
    for metric in &found.metrics {
        assert!(DEFINITIONS.contains(&metric.definition) && !metric.figures.is_empty(), "{metric:?}");
        for figure in &metric.figures {
            assert!(figure.value.0.is_finite() && figure.n > Some(0), "{} {figure:?}", metric.definition.id);
            // Claims of version 1 knew no tables.
            let newer = ["confusion", "few-shot", "log-odds", "steering", "nearest-neighbours"];
            let is_newer = newer.contains(&metric.definition.id);
            assert!(
                is_newer || v1_name(metric.definition.id, figure, None).is_some(),
                "{figure:?} has no name"
            );
            assert_eq!(
                figure.unit == "rate",
                figure.bound95.is_some(),
                "{} {figure:?}",
                metric.definition.id
            );
        }
    }
    let again = serde_json::to_value(evaluate(&pair("swin", "moved"), &data, 3).unwrap()).unwrap();
    assert_eq!(json, again, "the same seed gives the same figures");
    let other = evaluate(&pair("swin", "moved"), &data, 4).unwrap();
    let shots = "5 1-shot: forgotten accuracy";
    assert_ne!(value(&found, "relearning", shots), value(&other, "relearning", shots));
}

#[test]
fn embeddings_that_do_not_fit_are_refused() {
    let pair = pair("swin", "moved");
    let refused = |change: &dyn Fn(&mut Labelled)| {
        let mut test = data("swin");
        change(&mut test);
        evaluate(&pair, &Data { test, train: None }, 0).unwrap_err().to_string()
    };
    assert!(refused(&|data| data.labels[7] = 10).contains("the label of row 7 is 10"));
    let same = Data { test: data("swin"), train: Some(data("swin")) };
    assert!(evaluate(&pair, &same, 0).unwrap_err().to_string().contains("the same embeddings"));
    assert!(refused(&|data| data.width = 24).contains("24 wide"));
    assert!(refused(&|data| data.labels.iter_mut().for_each(|label| *label = 3)).contains("removed class 5"));
    assert!(
        refused(&|data| data.labels.iter_mut().for_each(|label| *label = 5)).contains("a retained class")
    );
}

#[test]
fn few_rows_leave_out_what_needs_more() {
    let all = data("swin");
    let rows: Vec<usize> = (0..10).flat_map(|class| all.rows_of(class).take(2)).collect();
    let test = Labelled {
        embeddings: rows.iter().flat_map(|&row| all.row(row).to_vec()).collect(),
        labels: rows.iter().map(|&row| all.labels[row]).collect(),
        ..all.clone()
    };
    let single = Labelled { embeddings: all.row(0).to_vec(), labels: vec![all.labels[0]], ..all };
    let found = evaluate(&pair("swin", "moved"), &Data { test, train: Some(single) }, 0).unwrap();
    let missing: Vec<&str> = found.not_run.iter().map(|metric| metric.id).collect();
    let features = ["linear-probe", "nearest-centre", "nearest-neighbours", "few-shot"];
    assert_eq!(missing, [&["relearning"], &features[..], &["membership", "membership-likelihood"]].concat());
}

#[test]
fn the_command_reads_the_claim_and_ends_with_0_or_2() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let (model, embeddings) = (fixture("models/fmnist-swin"), fixture("data/fmnist-swin.safetensors"));
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_declass"));
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let [model, embeddings, out] = [&model, &embeddings, &out].map(|path| path.to_str().unwrap());
    for slot in ["keep", "drop"] {
        let made = run(&[
            "unlearn", model, "--forget", "Sandal", "--slot", slot, "--method", "seal", "-o", out, "--force",
        ]);
        assert_eq!(made.0, Some(0), "{made:?}");
        let arguments = ["evaluate", out, "--original", model, "--eval-embeddings", embeddings];
        let (code, table, _) = run(&[&arguments[..], &["--train-embeddings", embeddings]].concat());
        // The file has no training embeddings.
        assert_eq!(code, Some(2), "{table}");
        let (code, table, error) = run(&arguments);
        assert_eq!(code, Some(0), "{error}");
        assert!(table.contains("0.0 % of its 1 000 inputs still get it, 94.7 % before"), "{table}");
        let (code, json, _) = run(&[&arguments[..], &["--json"]].concat());
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((code, &json["forgotten"]), (Some(0), &serde_json::json!([5])));
    }
    let unclaimed = ["evaluate", model, "--original", model, "--eval-embeddings", embeddings];
    let (code, _, error) = run(&unclaimed);
    assert_eq!(code, Some(2));
    assert!(error.contains("--forget"), "{error}");
    let (code, table, _) = run(&[&unclaimed[..], &["--forget", "Sandal"]].concat());
    assert!(code == Some(0) && table.contains("94.7 % of its 1 000 inputs still get it"), "{table}");
    let other = fixture("data/fmnist-vit.safetensors");
    let (code, _, error) =
        run(&["evaluate", out, "--original", model, "--eval-embeddings", other.to_str().unwrap()]);
    assert!(code == Some(2) && error.contains("64 wide") && error.contains("hint"), "{error}");
}
