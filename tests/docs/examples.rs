//! Every `console` block of the book and of the README is run, and prints what it shows.

use std::{fs, path::Path};

use crate::{
    book::{BOOK, Page, book, root},
    console::Script,
};

/// The page whose commands make what the examples of the other pages start from.
const PREPARATION: &str = "commands/index.md";
/// Pages that start from nothing but a model.
const FROM_THE_START: [&str; 2] = ["start/first-removal.md", "worked-example.md"];

#[test]
fn pages_that_begin_with_a_model_do_what_they_show() {
    for path in FROM_THE_START {
        script(path).run(with_models().path()).unwrap_or_else(|problem| panic!("{problem}"));
    }
}

#[test]
fn the_examples_of_the_other_pages_do_what_they_show() {
    let prepared = with_models();
    script(PREPARATION).run(prepared.path()).unwrap_or_else(|problem| panic!("{problem}"));
    let is_other = |page: &Page| {
        ![PREPARATION].iter().chain(&FROM_THE_START).any(|path| page.path == Path::new(BOOK).join(path))
    };
    let pages = book();
    let scripts: Vec<Script> = pages
        .iter()
        .filter(|page| is_other(page))
        .map(Script::of)
        .filter(|script| !script.is_empty())
        .collect();
    assert!(scripts.len() > 10, "{} pages have examples", scripts.len());
    let run = |script: &Script| {
        let folder = tempfile::tempdir().unwrap();
        copy(prepared.path(), folder.path());
        script.run(folder.path()).err()
    };
    let problems: Vec<String> = scripts.iter().filter_map(run).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
    let mut page = Page::read("README.md".into());
    // Building it, and running all tests, is not for a test. The page is as wide as a terminal.
    page.text = page
        .text
        .replace("cargo run --release -- ", "COLUMNS=100 declass ")
        .replace("$ cargo test", "$ true");
    Script::of(&page).run(folder.path()).unwrap_or_else(|problem| panic!("{problem}"));
}

/// The commands of a page of the book.
fn script(path: &str) -> Script {
    Script::of(&Page::read(Path::new(BOOK).join(path)))
}

/// A folder with the models and data that examples speak of.
fn with_models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model")).unwrap();
    copy(&root().join("fixtures/models/fmnist-resnet"), &folder.path().join("model"));
    fs::create_dir(folder.path().join("pictures")).unwrap();
    copy(&root().join("fixtures/data/pictures"), &folder.path().join("pictures"));
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
