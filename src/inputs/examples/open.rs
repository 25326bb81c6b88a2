//! What a path holds, and the class of each example in it.

use std::{collections::BTreeMap, path::Path};

use declass_formats::read_regular;

use super::{
    Asked, Columns, Example, Examples, Unusable,
    bounds::{MAX_LISTED, MAX_TABLE},
    csv, jsonl,
    labels::Classes,
    parquet::Parquet,
    ready::Ready,
    source::{Source, Store},
    table::{Roles, Table},
    walk::{Found, Root},
};
use crate::{
    error::Error,
    inputs::{
        fault::{Fault, shown},
        preparation::Modality,
    },
};

pub(super) const PICTURES: [&str; 8] = ["bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "png", "webp"];
pub(super) const SOUNDS: [&str; 1] = ["wav"];
pub(super) const TEXTS: [&str; 1] = ["txt"];
pub(super) const TABLES: [&str; 4] = ["csv", "jsonl", "ndjson", "tsv"];
pub(super) const PARQUETS: [&str; 1] = ["parquet"];
pub(super) const READY: [&str; 2] = ["npz", "safetensors"];

/// Tables that say of a folder which of its files are what.
const INDICES: [&str; 6] =
    ["metadata.csv", "metadata.jsonl", "metadata.tsv", "labels.csv", "labels.jsonl", "labels.tsv"];
/// Parts that data sets are split into.
const SPLITS: [&str; 9] =
    ["dev", "eval", "evaluation", "test", "testing", "train", "training", "val", "validation"];

impl Examples {
    /// Lists what a path holds: a folder with a folder for each class, or with a table of paths and labels; a
    /// table of texts or paths; a data set of a hub in Parquet; or inputs of a model that are ready.
    ///
    /// # Errors
    /// [`Error::Inputs`] if nothing there can be used, if a label could be several classes, if it is not
    /// clear what a column is, and, where all shall be strict, if anything cannot be used; [`Error::Io`] if
    /// the disk refuses.
    pub fn open(path: &Path, asked: &Asked<'_>) -> Result<Self, Error> {
        let kind = path.metadata().map_err(Error::io(path))?;
        let ending = ending(&path.to_string_lossy());
        let is = |endings: &[&str]| endings.contains(&ending.as_str());
        let listed = if kind.is_dir() {
            let modality = asked.modality.ok_or_else(|| undecided().at(path))?;
            of_folder(path, asked, modality)?
        } else if is(&READY) {
            of_ready(path)?
        } else {
            let modality = asked.modality.ok_or_else(|| undecided().at(path))?;
            if is(&TABLES) {
                of_table_file(path, asked, modality)?
            } else if is(&PARQUETS) {
                of_parquets(&[path], asked, modality)?
            } else {
                let known = [&TABLES[..], &PARQUETS, &READY].concat().join(", ");
                let reason = "it is neither a folder nor a file of examples";
                return Err(Fault::new(reason).hint(format!("files of examples end in {known}")).at(path));
            }
        };
        listed.settle(path, asked)
    }
}

fn undecided() -> Fault {
    Fault::new("the model does not say what its inputs are made of")
        .hint("give inputs that are ready, as npz or safetensors")
}

/// Examples whose labels are as they were written.
struct Listed {
    store: Store,
    list: Vec<(String, Option<String>, Source)>,
    unusable: Vec<Unusable>,
    notes: Vec<String>,
}

impl Listed {
    fn new(store: Store) -> Self {
        Self { store, list: Vec::new(), unusable: Vec::new(), notes: Vec::new() }
    }

    fn refuse(&mut self, id: impl Into<String>, reason: impl Into<String>) {
        if self.unusable.len() < MAX_LISTED {
            self.unusable.push(Unusable { id: id.into(), reason: reason.into() });
        }
    }

    /// Gives every example its class.
    fn settle(self, path: &Path, asked: &Asked<'_>) -> Result<Examples, Error> {
        let Self { store, list, unusable, mut notes } = self;
        let at = |fault: Fault| fault.at(path);
        if asked.strict
            && let Some(first) = unusable.first()
        {
            return Err(at(Fault::new(format!("`{}` cannot be used: {}", shown(&first.id), first.reason))));
        }
        let classes = Classes::new(asked.classes, asked.labels);
        let matched =
            classes.matched(list.iter().filter_map(|(_, label, _)| label.as_deref())).map_err(at)?;
        notes.extend(matched.notes);
        let (mut examples, mut unknown) = (Vec::with_capacity(list.len()), BTreeMap::<String, u64>::new());
        for (id, label, source) in list {
            let class = label.as_ref().map(|label| matched.classes.get(label).copied());
            match (class, label) {
                (Some(None), Some(label)) => *unknown.entry(label).or_default() += 1,
                (class, _) => examples.push(Example { id, label: class.flatten(), source }),
            }
        }
        let unknown: Vec<(String, u64)> = unknown.into_iter().collect();
        if let Some((label, _)) = unknown.first()
            && (asked.strict || examples.is_empty())
        {
            let reason = format!("the label `{}` is no class of the model", shown(label));
            let hint = "labels are the names of the model's classes, or their indices; if a table says them, name it";
            return Err(at(Fault::new(reason).hint(hint)));
        }
        if examples.is_empty() {
            let first = unusable.first().map(|first| format!(": `{}`: {}", shown(&first.id), first.reason));
            return Err(at(Fault::new(format!("no example is found{}", first.unwrap_or_default()))));
        }
        let digests = None;
        let (path, strict) = (path.to_owned(), asked.strict);
        Ok(Examples { path, store, list: examples, unusable, unknown, notes, strict, digests })
    }
}

fn ending(name: &str) -> String {
    Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn of_folder(path: &Path, asked: &Asked<'_>, modality: Modality) -> Result<Listed, Error> {
    let root = Root::open(path)?;
    let found = root.walk()?;
    let indices: Vec<&&str> =
        INDICES.iter().filter(|name| found.files.iter().any(|file| file == **name)).collect();
    if modality != Modality::Texts
        && let Some(first) = indices.first()
    {
        if indices.len() > 1 {
            let reason = format!("`{}` and `{}` both say what its files are", indices[0], indices[1]);
            return Err(Fault::new(reason).hint("name the one that counts").at(path));
        }
        return of_table_file(&path.join(**first), asked, modality);
    }
    let tables: Vec<&String> =
        found.files.iter().filter(|file| TABLES.contains(&ending(file).as_str())).collect();
    if let (Modality::Texts, [table]) = (modality, &tables[..]) {
        return of_table_file(&path.join(table.as_str()), asked, modality);
    }
    let parquets: Vec<_> =
        found.files.iter().filter(|file| ending(file) == PARQUETS[0]).map(|file| path.join(file)).collect();
    if !parquets.is_empty() {
        let split = |path: &std::path::PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            name.split('-').next().unwrap_or_default().to_owned()
        };
        if parquets.iter().any(|path| split(path) != split(&parquets[0])) {
            let reason = "it holds several parts of a data set, or several data sets";
            return Err(Fault::new(reason).hint("name one of the files").at(path));
        }
        return of_parquets(
            &parquets.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>(),
            asked,
            modality,
        );
    }
    of_classes(root, found, asked, modality)
}

/// A folder for each class, or files without one.
fn of_classes(root: Root, found: Found, asked: &Asked<'_>, modality: Modality) -> Result<Listed, Error> {
    let names: Vec<String> = found.folders.iter().map(|name| name.to_lowercase()).collect();
    let is_class = |name: &String| {
        let mut labels = asked.labels.iter().flat_map(|labels| labels.names.iter());
        labels.any(|label| label.eq_ignore_ascii_case(name))
    };
    let split = names.iter().find(|name| SPLITS.contains(&name.as_str()) && !is_class(name));
    if let Some(split) = split {
        let reason = format!("`{}` is a part of a data set and no class", shown(split));
        return Err(Fault::new(reason).hint("name the folder with the classes in it").at(root.path()));
    }
    let Found { files, folders, unusable } = found;
    let endings: &[&str] = match modality {
        Modality::Images => &PICTURES,
        Modality::Sounds => &SOUNDS,
        Modality::Texts => &TEXTS,
    };
    let mut located = Vec::with_capacity(files.len());
    for file in files {
        let fits = endings.contains(&ending(&file).as_str());
        let checked =
            if fits { root.locate(&file).map(|_| ()) } else { Err(Fault::new(other(&file, modality))) };
        located.push((file, checked));
    }
    let mut listed = Listed::new(Store::Files(root, modality));
    listed.unusable = unusable;
    for (file, checked) in located {
        match (checked, file.split_once('/')) {
            (Err(fault), _) => listed.refuse(file, fault.reason),
            (Ok(()), None) if !folders.is_empty() => listed.refuse(file, "it lies in no folder of a class"),
            (Ok(()), folder) => {
                let label = folder.map(|(class, _)| class.to_owned());
                listed.list.push((file.clone(), label, Source::File(file)));
            }
        }
    }
    if folders.is_empty() {
        listed.notes.push("There are no folders of classes: the examples have no labels.".into());
    }
    Ok(listed)
}

fn other(file: &str, modality: Modality) -> String {
    let ending = ending(file);
    match ending.as_str() {
        "" => format!("its name does not end as those of {} do", modality.name()),
        _ => format!("files that end in `.{}` are not read as {}", shown(&ending), modality.name()),
    }
}

fn of_table_file(path: &Path, asked: &Asked<'_>, modality: Modality) -> Result<Listed, Error> {
    let bytes = read_regular(path, MAX_TABLE)?;
    let table = match ending(&path.to_string_lossy()).as_str() {
        "csv" => csv::read(&bytes, false),
        "tsv" => csv::read(&bytes, true),
        _ => jsonl::read(&bytes),
    };
    let at = |fault: Fault| fault.at(path);
    let table = table.map_err(at)?;
    let roles = Roles::of(&table.columns, &asked.columns, modality).map_err(at)?;
    of_table(table, &roles, path, modality)
}

/// Rows of texts, or of paths below the folder that the table lies in.
fn of_table(table: Table, roles: &Roles, path: &Path, modality: Modality) -> Result<Listed, Error> {
    let store = match modality {
        Modality::Texts => Store::Texts,
        _ => Store::Files(Root::open(path.parent().unwrap_or(Path::new("")))?, modality),
    };
    let mut listed = Listed::new(store);
    let names = roles.label.and_then(|label| table.names.get(&table.columns[label]));
    for (number, mut row) in table.rows.into_iter().enumerate() {
        let mut take = |column: Option<usize>| column.and_then(|column| row[column].take());
        let label = take(roles.label).filter(|label| !label.trim().is_empty());
        if roles.label.is_some() && label.is_none() {
            listed.refuse(number.to_string(), "it has no label");
            continue;
        }
        let label = label.map(|label| spelt(label, names));
        let (content, second) = (take(Some(roles.content)), take(roles.second));
        let Some(content) = content else {
            listed.refuse(number.to_string(), "its cell is empty");
            continue;
        };
        match &listed.store {
            Store::Files(root, _) => {
                if content.contains(char::is_control) {
                    listed.refuse(number.to_string(), "its path holds signs that cannot be shown");
                } else if let Err(fault) = root.locate(&content) {
                    listed.refuse(content, fault.reason);
                } else {
                    listed.list.push((content.clone(), label, Source::File(content)));
                }
            }
            _ => listed.list.push((number.to_string(), label, Source::Text(content, second))),
        }
    }
    if roles.label.is_none() {
        listed.notes.push("No column has labels: the examples are without.".into());
    }
    Ok(listed)
}

/// What a label is called, where numbers stand for names.
fn spelt(label: String, names: Option<&Vec<String>>) -> String {
    let name = names.and_then(|names| names.get(label.parse::<usize>().ok()?));
    name.cloned().unwrap_or(label)
}

fn of_parquets(paths: &[&Path], asked: &Asked<'_>, modality: Modality) -> Result<Listed, Error> {
    let mut all: Option<Listed> = None;
    let mut files = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let at = |fault: Fault| fault.at(path);
        let file = Parquet::open(path).map_err(at)?;
        let part = match modality {
            Modality::Texts => {
                let roles = Roles::of(&file.columns, &asked.columns, modality).map_err(at)?;
                let wanted = [Some(roles.content), roles.second, roles.label];
                let wanted: Vec<usize> = wanted.into_iter().flatten().collect();
                let place =
                    |column: usize| wanted.iter().position(|wanted| *wanted == column).unwrap_or_default();
                let roles =
                    Roles { content: 0, second: roles.second.map(place), label: roles.label.map(place) };
                of_table(file.table(&wanted).map_err(at)?, &roles, path, modality)?
            }
            _ => {
                let (column, part) = of_bytes(&file, number, asked, modality).map_err(at)?;
                files.push((file, column));
                part
            }
        };
        let several =
            (paths.len() > 1).then(|| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let named = |id: String| several.as_ref().map_or(id.clone(), |name| format!("{name}:{id}"));
        let all = all.get_or_insert_with(|| Listed::new(Store::Texts));
        all.list.extend(part.list.into_iter().map(|(id, label, source)| (named(id), label, source)));
        part.unusable.into_iter().for_each(|Unusable { id, reason }| all.refuse(named(id), reason));
        all.notes = part.notes;
    }
    let mut all = all.unwrap_or_else(|| Listed::new(Store::Texts));
    if modality != Modality::Texts {
        all.store = Store::Parquets(files, modality);
    }
    Ok(all)
}

/// The rows of a file whose pictures or sounds are bytes in a column.
fn of_bytes(
    file: &Parquet,
    number: usize,
    asked: &Asked<'_>,
    modality: Modality,
) -> Result<(usize, Listed), Fault> {
    let column = bytes_column(file, &asked.columns)?;
    // The label is sought among columns that are not parts of others.
    let mut flat: Vec<String> = file
        .columns
        .iter()
        .map(|name| if name.contains('.') { String::new() } else { name.clone() })
        .collect();
    flat[column].clone_from(&file.columns[column]);
    let columns = Columns { content: Some(file.columns[column].clone()), ..asked.columns.clone() };
    let roles = Roles::of(&flat, &columns, modality)?;
    let labels = roles.label.map(|label| file.table(&[label])).transpose()?;
    let names = labels.as_ref().and_then(|table| table.names.get(&table.columns[0]));
    let mut listed = Listed::new(Store::Texts);
    for row in 0..file.rows {
        let cell = labels.as_ref().map(|table| table.rows.get(row).and_then(|cells| cells[0].clone()));
        match cell {
            Some(None) => listed.refuse(row.to_string(), "it has no label"),
            cell => {
                let label = cell.flatten().map(|label| spelt(label, names));
                listed.list.push((row.to_string(), label, Source::Row { file: number, row }));
            }
        }
    }
    if labels.is_none() {
        listed.notes.push("No column has labels: the examples are without.".into());
    }
    Ok((column, listed))
}

/// The one column that holds bytes, by its own name or by that of what it is the `bytes` of.
fn bytes_column(file: &Parquet, columns: &Columns) -> Result<usize, Fault> {
    let is_wanted = |column: &usize| {
        let name = &file.columns[*column];
        let outer = name.strip_suffix(".bytes").unwrap_or(name);
        columns.content.as_ref().is_none_or(|wanted| wanted == outer || wanted == name)
    };
    let found: Vec<usize> =
        (0..file.columns.len()).filter(|column| file.is_binary(*column)).filter(is_wanted).collect();
    if let [column] = found[..] {
        return Ok(column);
    }
    let names: Vec<String> =
        found.iter().map(|column| format!("`{}`", shown(&file.columns[*column]))).collect();
    let names = if names.is_empty() { "none".into() } else { names.join(", ") };
    Err(Fault::new(format!("one column with bytes is needed, it has {names}")).hint("name the column"))
}

fn of_ready(path: &Path) -> Result<Listed, Error> {
    let (ready, labels) = Ready::open(path)?;
    let rows = ready.rows;
    let mut listed = Listed::new(Store::Ready(ready));
    for row in 0..rows {
        let label = labels.as_ref().map(|labels| labels[row].to_string());
        listed.list.push((row.to_string(), label, Source::Ready(row)));
    }
    if labels.is_none() {
        listed.notes.push("There are no `labels` in it: the examples are without.".into());
    }
    Ok(listed)
}
