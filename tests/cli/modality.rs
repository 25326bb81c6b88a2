//! Folders that prepare examples of several kinds: the graph says which of them the model takes.

use std::fs;

use tempfile::tempdir;

use crate::{
    own::pictures,
    process::{fixture, run},
};

#[test]
fn a_folder_with_a_processor_and_a_tokenizer_takes_what_its_graph_takes() {
    let folder = tempdir().unwrap();
    let [model, own, out] = ["model", "pictures", "out"].map(|name| folder.path().join(name));
    fs::create_dir(&model).unwrap();
    for entry in fs::read_dir(fixture("fmnist-vit")).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let tokenizer =
        concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/inputs/tokenizers/wordpiece/tokenizer.json");
    fs::copy(tokenizer, model.join("tokenizer.json")).unwrap();
    pictures(&own);
    let [model, own, out] = [&model, &own, &out].map(|path| path.to_str().unwrap());
    let unlearn = ["unlearn", model, "--forget", "Sandal", "--method", "seal", "--executed", "0", "-o", out];
    let said = run(&[&unlearn[..], &["--data", own, "--limit", "20", "--no-cache"]].concat()).exits(0);
    said.shows("20 examples");
}
