//! Folders and files that the tests make, good ones and hostile ones.

mod folders;
mod hostile;
mod parquets;
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Asked, Columns, Examples};
use crate::{
    classes::Labels,
    error::Error,
    inputs::preparation::{Modality, Preparation},
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/inputs").join(name)
}

fn labels(names: &[&str]) -> Labels {
    Labels { names: names.iter().copied().map(str::to_owned).collect(), source: "test".into() }
}

fn asked(labels: &Labels, modality: Modality) -> Asked<'_> {
    Asked {
        modality: Some(modality),
        classes: labels.names.len(),
        labels: Some(labels),
        columns: Columns::default(),
        strict: false,
    }
}

fn open(path: &Path, names: &[&str], modality: Modality) -> Result<Examples, Error> {
    Examples::open(path, &asked(&labels(names), modality))
}

/// A picture of the fixtures below a folder.
fn put(folder: &Path, at: &str, picture: &str) {
    let to = folder.join(at);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(fixture("pictures").join(picture), to).unwrap();
}

/// A preparation of pictures to 12 x 12.
fn preparation(folder: &Path) -> Preparation {
    let config = r#"{"image_processor_type": "ViTImageProcessor", "size": 12}"#;
    fs::write(folder.join("preprocessor_config.json"), config).unwrap();
    Preparation::open(folder, None).unwrap()
}

fn ids(examples: &Examples) -> Vec<(&str, Option<usize>)> {
    examples.list().iter().map(|example| (example.id.as_str(), example.label)).collect()
}

fn reasons(examples: &Examples) -> Vec<String> {
    examples.unusable().iter().map(|unusable| format!("{}: {}", unusable.id, unusable.reason)).collect()
}
