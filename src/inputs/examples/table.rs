//! Rows of cells with named columns, and which column is what.

use std::collections::BTreeMap;

use super::Columns;
use crate::inputs::{
    fault::{Fault, shown},
    preparation::Modality,
};

/// A table in memory.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    /// As many cells as columns in each.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// What numbers stand for, by column, where the file says it.
    pub(super) names: BTreeMap<String, Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: Vec<String>) -> Result<Self, Fault> {
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Fault::new(format!("the column `{}` is there twice", shown(&pair[0])))),
            None => Ok(Self { columns, rows: Vec::new(), names: BTreeMap::new() }),
        }
    }
}

/// Which columns are what, as their numbers.
#[derive(Debug, PartialEq)]
pub(super) struct Roles {
    /// The path of a picture or sound, or a text.
    pub(super) content: usize,
    /// The second text of a pair.
    pub(super) second: Option<usize>,
    /// The class.
    pub(super) label: Option<usize>,
}

const LABELS: [&str; 6] = ["label", "labels", "class", "class_name", "target", "category"];
const PATHS: [&str; 8] = ["file_name", "filename", "path", "file", "filepath", "file_path", "image", "audio"];
const TEXTS: [&str; 6] = ["text", "sentence", "content", "review", "comment", "document"];
const PAIRS: [[&str; 2]; 8] = [
    ["premise", "hypothesis"],
    ["sentence1", "sentence2"],
    ["sentence_1", "sentence_2"],
    ["question1", "question2"],
    ["question", "sentence"],
    ["question", "passage"],
    ["text", "text_pair"],
    ["text1", "text2"],
];
/// Columns that number rows.
const NUMBERS: [&str; 5] = ["", "id", "idx", "index", "unnamed: 0"];

impl Roles {
    /// The roles that the names of columns say, or the user.
    pub(super) fn of(columns: &[String], chosen: &Columns, modality: Modality) -> Result<Self, Fault> {
        let label = match &chosen.label {
            Some(name) => Some(named(columns, name)?),
            None => one_of(columns, &LABELS, "label")?,
        };
        if let Some(name) = &chosen.content {
            let second = chosen.second.as_ref().map(|name| named(columns, name)).transpose()?;
            return Ok(Self { content: named(columns, name)?, second, label });
        }
        if modality != Modality::Texts {
            let content = one_of(columns, &PATHS, "path")?.ok_or_else(|| undecided(columns, "path"))?;
            return Ok(Self { content, second: None, label });
        }
        let at = |name: &str| position(columns, name);
        let pairs: Vec<_> = PAIRS.iter().filter_map(|[first, second]| at(first).zip(at(second))).collect();
        match pairs[..] {
            [(content, second)] => return Ok(Self { content, second: Some(second), label }),
            [] => {}
            _ => return Err(undecided(columns, "pair of texts")),
        }
        if let Some(content) = one_of(columns, &TEXTS, "text")? {
            return Ok(Self { content, second: None, label });
        }
        let rest = columns.iter().enumerate().filter(|(column, name)| {
            Some(*column) != label && !NUMBERS.contains(&name.trim().to_lowercase().as_str())
        });
        match rest.map(|(column, _)| column).collect::<Vec<_>>()[..] {
            [content] => Ok(Self { content, second: None, label }),
            _ => Err(undecided(columns, "text")),
        }
    }
}

fn position(columns: &[String], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.trim().to_lowercase() == name)
}

fn named(columns: &[String], name: &str) -> Result<usize, Fault> {
    columns.iter().position(|column| column == name).ok_or_else(|| {
        Fault::new(format!("there is no column `{}`; it has {}", shown(name), listed(columns)))
    })
}

/// The one column of some names; none if there is none.
fn one_of(columns: &[String], names: &[&str], what: &str) -> Result<Option<usize>, Fault> {
    let found: Vec<usize> = names.iter().filter_map(|name| position(columns, name)).collect();
    match found[..] {
        [] => Ok(None),
        [column] => Ok(Some(column)),
        _ => Err(undecided(columns, what)),
    }
}

fn undecided(columns: &[String], what: &str) -> Fault {
    let reason = format!("its columns do not say which one is the {what}: {}", listed(columns));
    Fault::new(reason).hint("name the column")
}

fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<String> =
        columns.iter().take(SHOWN).map(|name| format!("`{}`", shown(name))).collect();
    if columns.len() > SHOWN {
        names.push(format!("{} more", columns.len() - SHOWN));
    }
    if names.is_empty() { "none at all".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(columns: &[&str], modality: Modality) -> Result<Roles, String> {
        let columns: Vec<String> = columns.iter().copied().map(str::to_owned).collect();
        Roles::of(&columns, &Columns::default(), modality).map_err(|fault| fault.reason)
    }

    #[test]
    fn columns_are_known_by_the_names_that_people_give_them() {
        let of = |content, second, label| Ok(Roles { content, second, label });
        assert_eq!(roles(&["Label", "text"], Modality::Texts), of(1, None, Some(0)));
        assert_eq!(
            roles(&["idx", "premise", "hypothesis", "label"], Modality::Texts),
            of(1, Some(2), Some(3))
        );
        assert_eq!(roles(&["id", "utterance", "label"], Modality::Texts), of(1, None, Some(2)));
        assert_eq!(roles(&["utterance"], Modality::Texts), of(0, None, None));
        assert_eq!(roles(&["file_name", "text", "label"], Modality::Images), of(0, None, Some(2)));
    }

    #[test]
    fn what_could_be_several_is_refused() {
        assert!(roles(&["a", "b", "label"], Modality::Texts).unwrap_err().contains("`a`, `b`, `label`"));
        assert!(roles(&["text", "label", "class"], Modality::Texts).unwrap_err().contains("the label"));
        assert!(roles(&["path", "image", "label"], Modality::Images).unwrap_err().contains("the path"));
        assert!(roles(&["text"], Modality::Images).unwrap_err().contains("the path"));
    }
}
