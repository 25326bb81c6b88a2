//! The further files of a model's folder that have the same head: a removal is done in all of them, or they stay
//! behind.

use declass_formats::RelPath;

use crate::{
    claim::names::MOST_OTHER_FILES,
    edit,
    error::Error,
    head::Hints,
    model::Model,
    removal::{OtherFile, Removal},
};

/// A file that may be the same model once more, and is left out of the copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeftFile {
    /// Where it is.
    pub path: RelPath,
    /// Why.
    pub reason: String,
}

/// The same removal in every further file of the model's folder whose head is the same and can be treated in the same
/// way, and the files in which it is not, each with the reason.
#[must_use]
pub fn gather(model: &Model, removal: Removal) -> (Removal, Vec<LeftFile>) {
    let (mut others, mut left) = (Vec::new(), Vec::new());
    let (mut paths, artifact) = (Vec::new(), model.artifact());
    for (number, path) in artifact.possible_twins().enumerate() {
        if number >= MOST_OTHER_FILES {
            let reason = format!("no more than {MOST_OTHER_FILES} files are looked into");
            left.push(LeftFile { path: path.clone(), reason });
            continue;
        }
        match same(model, &removal, &paths, path) {
            Ok(other) => {
                paths.push(path.clone());
                others.push(other);
            }
            Err(reason) => left.push(LeftFile { path: path.clone(), reason }),
        }
    }
    (removal.in_files(others), left)
}

/// A further file of a model's folder, as it is looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FurtherFile {
    /// Where it is.
    pub path: RelPath,
    /// Why it is not the same model once more; none if its head is the same.
    pub apart: Option<String>,
}

/// What the further graphs and tensors of a model's folder are, as far as their heads say.
#[must_use]
pub fn further_files(model: &Model) -> Vec<FurtherFile> {
    let mut same = Vec::new();
    let look = |path: &RelPath| {
        let apart = twin(model, &same, path).err();
        same.extend(apart.is_none().then(|| path.clone()));
        FurtherFile { path: path.clone(), apart }
    };
    model.artifact().possible_twins().take(MOST_OTHER_FILES).map(look).collect()
}

/// A file as one in which the removal is done, or why it is not.
fn same(model: &Model, removal: &Removal, before: &[RelPath], path: &RelPath) -> Result<OtherFile, String> {
    let twin = twin(model, before, path)?;
    let other = OtherFile { path: path.clone(), hints: twin.lasting_hints() };
    possible(&twin, &removal.of_file(&other)).map(|()| other).map_err(|error| error.to_string())
}

/// A file as the same model once more, or why it is none.
fn twin(model: &Model, before: &[RelPath], path: &RelPath) -> Result<Model, String> {
    let paths = [before, std::slice::from_ref(path)].concat();
    let view = model.artifact().with_twins(&paths).and_then(|artifact| artifact.twin(path));
    let hints = Hints {
        classes: Some(model.head().classes),
        multi_label: model.hints().multi_label,
        ..Hints::default()
    };
    let twin = view.map_err(Error::from).and_then(|view| Model::of(view, hints));
    let twin = twin.map_err(|error| error.to_string())?;
    match model.head().apart_from(model.artifact(), (twin.head(), twin.artifact())) {
        Ok(None) => {}
        Ok(Some(reason)) => return Err(reason),
        // That the model's own numbers cannot be read is said by whatever reads them next.
        Err(error) => return Err(error.to_string()),
    }
    match (model.labels(), twin.labels()) {
        (Some(mine), Some(other)) if mine.names != other.names => {
            Err("it calls the classes otherwise".to_owned())
        }
        _ => Ok(twin),
    }
}

/// Whether the removal can be done in a file, as far as can be told before training.
fn possible(twin: &Model, removal: &Removal) -> Result<(), Error> {
    let (artifact, cut, target) = (twin.artifact(), twin.cut(), removal.target());
    removal.require_link(cut.head.link, cut.head.position.place())?;
    if let Some(reason) = cut.head.still_open(target) {
        return Err(Error::CannotKeep { reason, droppable: cut.head.obstacle.is_none() });
    }
    let before = cut.head.load(artifact)?;
    edit::check(artifact, cut, &before, target)?;
    edit::rewrite(artifact, cut, &before, &before, target).map(|_| ())
}
