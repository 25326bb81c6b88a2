//! Models side by side: figures that other commands give as well, a page, and what cannot be compared.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::process::{copy, fixture, rewrite, run, seal};

fn pictures() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/pictures").display().to_string()
}

/// The pictures in two folders, every other one in each.
fn halves(folder: &Path) -> [String; 2] {
    let halves = ["test", "train"].map(|name| folder.join(name));
    for class in fs::read_dir(pictures()).unwrap().flatten() {
        let mut names: Vec<_> =
            fs::read_dir(class.path()).unwrap().flatten().map(|it| it.file_name()).collect();
        names.sort();
        for (at, name) in names.iter().enumerate() {
            let place = halves[at % 2].join(class.file_name());
            fs::create_dir_all(&place).unwrap();
            fs::copy(class.path().join(name), place.join(name)).unwrap();
        }
    }
    halves.map(|path| path.display().to_string())
}

/// A folder with two releases of a model without `Sandal`: sealed, and with the slot dropped.
fn releases(model: &Path) -> (TempDir, [String; 2]) {
    let folder = tempdir().unwrap();
    let [kept, dropped] = ["kept", "dropped"].map(|name| folder.path().join(name));
    seal(model, &kept, &["--forget", "Sandal"]).exits(0);
    seal(model, &dropped, &["--forget", "Sandal", "--slot", "drop"]).exits(0);
    let paths = [kept, dropped].map(|path| path.display().to_string());
    (folder, paths)
}

/// The figures of a metric.
fn figures<'a>(evaluation: &'a Value, metric: &str) -> &'a Value {
    let metrics = evaluation["metrics"].as_array().unwrap();
    let found = metrics.iter().find(|it| it["id"] == metric);
    &found.unwrap_or_else(|| panic!("no {metric} in {evaluation:#}"))["figures"]
}

fn value(figures: &Value, is_it: impl Fn(&Value) -> bool) -> f64 {
    figures.as_array().unwrap().iter().find(|it| is_it(it)).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn figures_are_those_of_evaluate_for_models_with_the_same_encoder_and_with_another() {
    let (model, vit) = (fixture("fmnist-resnet"), fixture("fmnist-vit"));
    let (folder, [kept, dropped]) = releases(&model);
    let cache = folder.path().join("cache").display().to_string();
    let [model, vit] = [&model, &vit].map(|path| path.to_str().unwrap());
    let data = ["--data", &pictures(), "--train-data", &pictures(), "--limit", "60", "--cache", &cache];
    let same = run(&[&["compare", model, &kept], &data[..], &["--json"]].concat());
    same.exits(2).says("training and test data are the same");
    let [test, train] = halves(folder.path());
    let data = ["--data", &test, "--train-data", &train, "--cache", &cache];
    let compared =
        run(&[&["compare", model, &kept, &dropped, "--retrained", vit], &data[..], &["--json"]].concat());
    let compared = compared.exits(0).json();
    let evaluated = |release: &str, more: &[&str]| {
        run(&[&["evaluate", release, "--original", model], &data[..], more, &["--json"]].concat())
            .exits(0)
            .json()
    };
    assert_eq!(compared["removed"], json!([5]));
    for (at, release) in [&kept, &dropped].into_iter().enumerate() {
        let evaluation = evaluated(release, &["--retrained", vit]);
        let found = &compared["models"][at];
        assert_eq!(found["encoder"], "same", "{release}");
        let own = &found["data"]["measured"];
        for metric in [
            "forgotten-accuracy",
            "retained-accuracy",
            "class-drift",
            "routing",
            "confusion",
            "log-odds",
            "membership",
        ] {
            let theirs = figures(&evaluation, metric);
            assert!(!theirs.as_array().unwrap().is_empty());
            assert_eq!(figures(own, metric), theirs, "{metric} of {release}");
        }
        assert_eq!(found["retrained"], evaluation["retrained"], "{release}");
    }
    // The other encoder was run here as it is where it is held against a release.
    let evaluation = evaluated(&kept, &["--retrained", vit]);
    let [.., other] = compared["models"].as_array().unwrap().as_slice() else { panic!("{compared:#}") };
    assert_eq!(other["encoder"], "other");
    let own = figures(&other["data"]["measured"], "retained-accuracy");
    let theirs = figures(&evaluation["retrained"], "retrained-accuracy");
    let of_theirs = |it: &Value| it["quantity"] == "retained-accuracy" && it["stratum"] == "retrained";
    assert_eq!(value(own, |it| it["side"] == "after"), value(theirs, of_theirs));
    let alike = figures(&other["data"]["measured"], "layer-similarity");
    assert_eq!(alike, figures(&evaluation["retrained"], "retrained-features"));
    assert!(other["synthetic"]["notRun"].is_string(), "{other:#}");
    // Whatever answers changed, evaluate lists as well.
    let csv = folder.path().join("changed.csv");
    evaluated(&kept, &["--changed", csv.to_str().unwrap()]);
    let changed = fs::read_to_string(csv).unwrap().lines().count() - 1;
    let inputs = compared["inputs"].as_array().unwrap();
    assert_eq!(inputs.iter().filter(|it| it["after"][0].is_object()).count(), changed);
    assert!(changed >= 5, "all sandals at least");
}

#[test]
fn a_page_shows_all_models_with_pictures_and_asks_nothing_of_anybody() {
    let (folder, model) = (tempdir().unwrap(), fixture("fmnist-resnet"));
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    copy(&model, &original);
    let hostile = r#"<img src=x onerror=alert(1)>"#;
    rewrite(&original.join("config.json"), |config| {
        config.as_object_mut().unwrap().remove("label2id");
        config["id2label"]["7"] = hostile.into();
    });
    seal(&original, &out, &["--forget", "Sandal"]).exits(0);
    let [original, out] = [&original, &out].map(|path| path.to_str().unwrap());
    let page = |name: &str| {
        let path = folder.path().join(name);
        let said = run(&[
            "compare",
            original,
            out,
            "--data",
            &pictures(),
            "--no-cache",
            "-o",
            path.to_str().unwrap(),
        ]);
        (fs::read_to_string(&path).unwrap_or_default(), said)
    };
    let (text, said) = page("one.html");
    said.exits(0).shows("one.html");
    assert!(text.matches("src=\"data:image/png;base64,").count() >= 10, "sandals");
    assert_eq!(text.matches("<img").count(), text.matches("src=\"data:image/png;base64,").count());
    for tag in ["<script", "<link", "<iframe", "href=", "onerror=\"", "@import", "url("] {
        assert!(!text.contains(tag), "{tag}");
    }
    assert!(text.contains("&lt;img src=x onerror=alert(1)&gt;"), "{text}");
    let (again, _) = page("two.html");
    assert!(text == again, "the same command gives the same bytes");
    page("out/page.html").1.exits(2).says("lies in the release");
    page("one.html").1.exits(2).says("is there already");
}

#[test]
fn what_cannot_be_compared_is_told_and_the_files_are_compared_all_the_same() {
    let (folder, model) = (tempdir().unwrap(), fixture("fmnist-resnet"));
    let other = folder.path().join("other");
    copy(&model, &other);
    rewrite(&other.join("config.json"), |config| {
        config.as_object_mut().unwrap().remove("label2id");
        for class in 0..10 {
            config["id2label"][class.to_string()] = format!("kind {class}").into();
        }
    });
    let [model, other] = [&model, &other].map(|path| path.to_str().unwrap());
    let json = run(&["compare", model, other, "--forget", "Bag", "--json"]).exits(0).json();
    let found = &json["models"][0];
    assert!(found["synthetic"]["notRun"].as_str().unwrap().contains("kind 0"), "{found:#}");
    assert_eq!(found["changes"]["files"], json!(["config.json"]));
    assert_eq!(found["changes"]["tensors"], json!([]));
    // The same model twice: nothing differs, and every answer is the same.
    let json = run(&["compare", model, model, "--json"]).exits(0).json();
    assert_eq!(json["removed"], json!([]));
    let found = &json["models"][0];
    assert_eq!((&found["encoder"], &found["changes"]["files"]), (&json!("same"), &json!([])));
    let kept = figures(&found["synthetic"]["measured"], "answer-agreement");
    assert_eq!(value(kept, |it| it["quantity"] == "agreement"), 1.0);
    // A file does not own the folder that it lies in.
    let folder = tempdir().unwrap();
    let graph = folder.path().join("model.onnx");
    fs::copy(fixture("fmnist-vit").with_extension("onnx"), &graph).unwrap();
    let (graph, page) = (graph.to_str().unwrap(), folder.path().join("page.html"));
    run(&["compare", graph, graph, "-o", page.to_str().unwrap()]).exits(0);
    assert!(page.exists());
    // A model that is none is no comparison.
    let empty = tempdir().unwrap();
    run(&["compare", model, empty.path().to_str().unwrap()]).exits(2);
    run(&["compare", model]).exits(2);
}

#[test]
fn an_encoder_is_the_same_only_if_the_files_that_say_what_it_does_are() {
    let (folder, model) = (tempdir().unwrap(), fixture("fmnist-resnet"));
    let changed = |name: &str, change: &dyn Fn(&Path)| {
        let path = folder.path().join(name);
        copy(&model, &path);
        change(&path);
        path.display().to_string()
    };
    let setting = |file: &'static str, key: &'static str, value: Value| {
        move |path: &Path| rewrite(&path.join(file), |config| config[key] = value.clone())
    };
    let mean = changed("mean", &setting("preprocessor_config.json", "image_mean", json!([0.9, 0.1, 0.0])));
    let activation = changed("activation", &setting("config.json", "hidden_act", json!("gelu")));
    let missing = changed("missing", &|path| fs::remove_file(path.join("preprocessor_config.json")).unwrap());
    let card = changed("card", &|path| fs::write(path.join("README.md"), "# Another card\n").unwrap());
    let label = changed("label", &|path| {
        rewrite(&path.join("config.json"), |config| {
            config.as_object_mut().unwrap().remove("label2id");
            config["id2label"]["8"] = "Suitcase".into();
        });
    });
    let encoders = |json: &Value| -> Vec<Value> {
        json["models"].as_array().unwrap().iter().map(|it| it["encoder"].clone()).collect()
    };
    let reference = model.to_str().unwrap();
    let all = ["compare", reference, &mean, &activation, &missing, &card, &label, "--json"];
    let json = run(&all).exits(0).json();
    assert_eq!(encoders(&json), ["other", "other", "other", "same", "same"]);
    // Its own embeddings are what another preparation of the inputs changes.
    let data = ["--data", &pictures(), "--limit", "60", "--no-cache", "--json"];
    let json = run(&[&["compare", reference, &mean, "--forget", "Bag"], &data[..]].concat()).exits(0).json();
    let own = figures(&json["models"][0]["data"]["measured"], "confusion");
    assert!(value(own, |it| it["quantity"] == "answers-changed") > 0.0, "{own:#}");
}

#[test]
fn releases_without_different_classes_share_the_encoder_of_their_original() {
    let folder = tempdir().unwrap();
    let original = fixture("fmnist-vit.onnx");
    let [one, two] = [("5", "one"), ("8", "two")].map(|(class, name)| {
        let out = folder.path().join(name);
        seal(&original, &out, &["--forget", class, "--slot", "drop"]).exits(0);
        out.display().to_string()
    });
    let json = run(&["compare", original.to_str().unwrap(), &one, &two, "--json"]).exits(0).json();
    assert_eq!(json["removed"], json!([5, 8]));
    for model in json["models"].as_array().unwrap() {
        assert_eq!(model["encoder"], "same", "{:#}", model["changes"]);
    }
}
