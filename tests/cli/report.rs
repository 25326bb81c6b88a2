//! A release on a page: what stands on it, and that it says no where `declass verify` does.

use std::fs;

use tempfile::tempdir;

use crate::process::{Ran, copy, fixture, rewrite, run, seal};

/// The text of a page, and the run that wrote it; a new file each time.
fn page(folder: &std::path::Path, name: &str, more: &[&str]) -> (String, Ran) {
    let [out, page] = ["out", name].map(|name| folder.join(name));
    let ran = run(&[&["report", out.to_str().unwrap(), "-o", page.to_str().unwrap()], more].concat());
    (fs::read_to_string(&page).unwrap_or_default(), ran)
}

#[test]
fn a_page_says_what_was_checked_and_nothing_from_elsewhere() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    copy(&fixture("fmnist-resnet"), &model);
    // A label that would be a script, an attribute and a path to elsewhere.
    let hostile = r#"<script src='https://a.b/c'></script>" onload="x"#;
    rewrite(&model.join("config.json"), |config| {
        config.as_object_mut().unwrap().remove("label2id");
        config["id2label"]["7"] = hostile.into();
    });
    seal(&model, &out, &["--forget", "Sandal"]).exits(0);
    let against = ["--original", model.to_str().unwrap()];
    let (text, ran) = page(folder.path(), "one.html", &against);
    ran.exits(0).shows("one.html").shows("passed");
    for part in [
        "Passed",
        "without Sandal",
        "Measured again against the original",
        "forgotten-unreachable",
        "synthetic",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(
        text.contains("classifier.1.weight") && text.contains("&lt;script src='https://a.b/c'&gt;"),
        "{text}"
    );
    let tags = ["<script", "<link", "<img", "<iframe", "src=", "href=", "onload=\"", "@import", "url("];
    for tag in tags {
        // As text it may stand there, as a part of the page it may not.
        assert!(
            !text
                .replace(&hostile.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"), "")
                .contains(tag),
            "{tag}"
        );
    }
    // The same command gives the same bytes, and takes no file's place.
    let (again, _) = page(folder.path(), "two.html", &against);
    assert!(text == again);
    page(folder.path(), "one.html", &against).1.exits(2).says("is there already");
    page(folder.path(), "out/page.html", &against).1.exits(2).says("lies in the release");
    assert!(!out.join("page.html").exists());
}

#[test]
fn nobody_who_checked_and_a_no_are_told_first() {
    let folder = tempdir().unwrap();
    let (model, out) = (fixture("fmnist-vit"), folder.path().join("out"));
    seal(&model, &out, &["--forget", "Sandal"]).exits(0);
    let (text, ran) = page(folder.path(), "unchecked.html", &[]);
    ran.exits(0).shows("nobody checked");
    assert!(text.contains("Not checked") && !text.contains(">Passed<"), "{text}");
    assert!(text.contains("As the claim has them"), "{text}");
    // A card is no part of what is measured; a weight is.
    let weights = out.join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let (text, ran) = page(folder.path(), "no.html", &["--original", model.to_str().unwrap()]);
    ran.exits(1).shows("FAILED");
    assert!(
        text.contains(">Failed<") && text.contains("is not to be relied on") && text.contains(">failed<"),
        "{text}"
    );
    let (text, ran) = page(folder.path(), "none.html", &["--register", "r", "--vkey", "r.vkey"]);
    ran.exits(1).says("it is not the file that the claim names");
    assert_eq!(text, "", "nothing is half written");
}
