//! The files beside the weights that name or count the classes: shortened where their form is understood,
//! otherwise told.

mod config;
mod entries;
mod json;
mod lines;
mod lists;
mod metadata;
mod names;
mod rows;
mod table;
mod which;
mod yaml;

use declass_formats::{Artifact, ModelFile, RelPath, Role};

use super::{literal_text, place::Placement};
use crate::{
    classes::printable,
    cut::{CHARACTERS, Cut, LABEL_KEYS, contradiction, without_mark},
    error::Error,
    evidence::{Untouched, UntouchedKind},
};

use names::Difference;
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
    /// A class that it calls otherwise than the model does.
    contradiction: Option<Difference>,
}

impl Looked {
    /// Of a file that may list the classes and cannot be read.
    const UNREAD: Self = Self { new: None, stale: Some(None), contradiction: None };

    fn shortened(text: String) -> Self {
        Self { new: Some(text), ..Self::default() }
    }

    fn stale(entries: usize) -> Self {
        Self { stale: Some(Some(entries)), ..Self::default() }
    }

    fn contradiction(difference: Difference) -> Self {
        Self { contradiction: Some(difference), ..Self::default() }
    }

    /// Fails if the place, a file or a key, contradicts the labels.
    fn require_agreement(&self, names: &Names<'_>, place: &str) -> Result<(), Error> {
        match &self.contradiction {
            Some(Difference { class, label, name }) => Err(contradiction(&format!(
                "class {class} is `{}` in {} and `{}` in {place}",
                printable(label),
                names.source,
                printable(name)
            ))),
            None => Ok(()),
        }
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
        looked.require_agreement(&names, file.path.as_str())?;
        if let Some(new) = looked.new.filter(|new| *new != text) {
            changed.push((file.path.clone(), new.into_bytes()));
        }
    }
    placement.edits.files.extend(changed);
    Ok(())
}

/// The files that would still list or name the forgotten classes.
///
/// # Errors
/// If one of them, or of the texts of the metadata, calls a class otherwise than the model does.
pub(super) fn stale(artifact: &Artifact, names: &Names<'_>) -> Result<Vec<Untouched>, Error> {
    let mut found = Vec::new();
    for file in artifact.files() {
        let Some((_, looked)) = look(artifact, file, names)? else { continue };
        looked.require_agreement(names, file.path.as_str())?;
        if let Some(entries) = looked.stale {
            let extents: Vec<usize> = entries.into_iter().collect();
            found.push(Untouched::new(UntouchedKind::File, file.path.as_str(), &extents));
        }
    }
    for (key, looked) in texts(artifact, names) {
        let place = format!("metadata `{key}`");
        looked.require_agreement(names, &place)?;
        if looked.stale.is_some() {
            found.push(Untouched::new(UntouchedKind::File, format!("metadata {key}"), &[]));
        }
    }
    Ok(found)
}

/// The texts of a graph's metadata without the forgotten classes, by key.
pub(super) fn shorter_texts(artifact: &Artifact, names: &Names<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut all = Vec::new();
    for (key, looked) in texts(artifact, names) {
        looked.require_agreement(names, &format!("metadata `{key}`"))?;
        all.extend(looked.new.map(|new| (key.to_owned(), new)));
    }
    Ok(all)
}

fn texts<'a>(artifact: &'a Artifact, names: &'a Names<'_>) -> impl Iterator<Item = (&'a str, Looked)> + 'a {
    let metadata = artifact.graph().into_iter().flat_map(|graph| &graph.metadata);
    let others = metadata.filter(|(key, text)| {
        let is_known = LABEL_KEYS.contains(&key.as_str());
        key != CHARACTERS && (is_known || !names.older) && text.len() as u64 <= MAX_SIZE
    });
    others.map(|(key, text)| (key.as_str(), metadata::look(names, key, text)))
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
                "names" | "txt" => lines::look,
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
    let text = match String::from_utf8(artifact.read_file(&file.path)?) {
        Ok(text) => text,
        Err(other) => {
            let told = entries::look(names, &file.path, &String::from_utf8_lossy(other.as_bytes()));
            return Ok(unread().or_else(|| told.stale.map(|_| (String::new(), Looked::UNREAD))));
        }
    };
    let content = without_mark(&text);
    let mark = &text[..text.len() - content.len()];
    let mut looked = form(names, &file.path, content);
    looked.new = looked.new.map(|new| [mark, &new].concat());
    Ok(Some((text, looked)))
}

#[cfg(test)]
mod tests;
