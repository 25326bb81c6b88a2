//! The files beside the weights that name or count the classes: shortened where their form is understood,
//! otherwise told.

mod config;
mod entries;
mod json;
mod lines;
mod names;
mod table;
mod which;
mod yaml;

use declass_formats::{Artifact, ModelFile, RelPath, Role};

use super::{literal_text, place::Placement};
use crate::{
    cut::Cut,
    error::Error,
    evidence::{Untouched, UntouchedKind},
};

pub(super) use json::list;
pub(super) use names::Names;

/// Most bytes of a file that is looked into.
const MAX_SIZE: u64 = 16 << 20;

/// What was found in a file.
#[derive(Debug, Default)]
struct Looked {
    /// Its text without the forgotten classes.
    new: Option<String>,
    /// Whether it would still list or name them, and how many entries it has, if that is known.
    stale: Option<Option<usize>>,
}

impl Looked {
    /// Of a file that may list the classes and cannot be read.
    const UNREAD: Self = Self { new: None, stale: Some(None) };

    fn shortened(text: String) -> Self {
        Self { new: Some(text), stale: None }
    }

    fn stale(entries: usize) -> Self {
        Self { new: None, stale: Some(Some(entries)) }
    }
}

/// The files that the releases of older versions have shortened.
const FIRST: [&str; 3] = ["config.json", "labels.json", "labels.txt"];

/// Shortens every file whose list of classes is understood.
pub(super) fn shorten(placement: &mut Placement<'_>, cut: &Cut) -> Result<(), Error> {
    let names = Names::of(cut, placement.forgotten);
    let mut changed = Vec::new();
    let known = |file: &&ModelFile| !cut.older || FIRST.contains(&file.path.as_str());
    for file in placement.artifact.files().iter().filter(known) {
        let Some((text, looked)) = look(placement.artifact, file, &names)? else { continue };
        if let Some(new) = looked.new.filter(|new| *new != text) {
            changed.push((file.path.clone(), new.into_bytes()));
        }
    }
    placement.edits.files.extend(changed);
    Ok(())
}

/// The files that would still list or name the forgotten classes.
pub(super) fn stale(artifact: &Artifact, names: &Names<'_>) -> Result<Vec<Untouched>, Error> {
    let mut found = Vec::new();
    for file in artifact.files() {
        if let Some((_, Looked { stale: Some(entries), .. })) = look(artifact, file, names)? {
            let extents: Vec<usize> = entries.into_iter().collect();
            found.push(Untouched::new(UntouchedKind::File, file.path.as_str(), &extents));
        }
    }
    Ok(found)
}

type Form = fn(&Names<'_>, &RelPath, &str) -> Looked;

/// The text of a file and what was found in it; nothing for those that are no lists of classes.
fn look(artifact: &Artifact, file: &ModelFile, names: &Names<'_>) -> Result<Option<(String, Looked)>, Error> {
    let form: Form = match file.role {
        Role::Config => config::look,
        Role::Companion if !which::is_other(&file.path) => {
            match which::ending(&file.path).to_ascii_lowercase().as_str() {
                "csv" | "tsv" => table::look,
                "json" => json::look,
                "cfg" | "ini" | "jsonl" | "toml" => entries::look,
                "py" => entries::look_quoted,
                "txt" => lines::look,
                "yaml" | "yml" => yaml::look,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    // What cannot be read is told if its name says that it is about classes.
    let unread = || which::is_named(&file.path).then(|| (String::new(), Looked::UNREAD));
    if file.role == Role::Companion && file.size > MAX_SIZE {
        return Ok(unread());
    }
    let Ok(text) = String::from_utf8(artifact.read_file(&file.path)?) else {
        return Ok(unread());
    };
    let looked = form(names, &file.path, &text);
    Ok(Some((text, looked)))
}

#[cfg(test)]
mod tests;
