//! Every `console` block of the book and of the README is run, and prints what it shows.

use std::{fs, path::Path};

use crate::{
    book::{BOOK, Page, book, root},
    console::Script,
};

/// The page whose commands make what the examples of the others start from.
const PREPARATION: &str = "commands/README.md";
/// The page that goes through a whole life, from nothing but a model.
const STORY: &str = "worked-example.md";

#[test]
fn the_worked_example_does_what_it_shows() {
    let folder = with_models();
    Script::of(&Page::read(format!("{BOOK}/{STORY}").into())).run(folder.path());
}

#[test]
fn the_examples_of_the_book_do_what_they_show() {
    let prepared = with_models();
    let preparation = Script::of(&Page::read(format!("{BOOK}/{PREPARATION}").into()));
    preparation.run(prepared.path());
    let others =
        |page: &Page| ![PREPARATION, STORY].iter().any(|path| page.path == Path::new(BOOK).join(path));
    let scripts: Vec<Script> = book()
        .iter()
        .filter(|page| others(page))
        .map(Script::of)
        .filter(|script| !script.is_empty())
        .collect();
    assert!(scripts.len() > 10, "{} pages have examples", scripts.len());
    for script in scripts {
        let folder = tempfile::tempdir().unwrap();
        copy(prepared.path(), folder.path());
        script.run(folder.path());
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
    let mut page = Page::read("README.md".into());
    // Building is another test's business; so is running all tests.
    page.text = page.text.replace("cargo run --release -- ", "declass ").replace("$ cargo test", "$ true");
    Script::of(&page).run(folder.path());
}

/// A folder with the models and data that examples speak of.
fn with_models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model")).unwrap();
    copy(&root().join("fixtures/models/fmnist-resnet"), &folder.path().join("model"));
    for (file, name) in [
        ("fixtures/models/fmnist-resnet.onnx", "model.onnx"),
        ("fixtures/data/fmnist-resnet.safetensors", "test.safetensors"),
    ] {
        fs::copy(root().join(file), folder.path().join(name)).unwrap();
    }
    folder
}

/// Copies what is in a folder into another that is there.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            fs::create_dir(to.join(&name)).unwrap();
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
