//! Text files with a class a line.

use declass_formats::RelPath;

use super::{Looked, names::Names, which::is_named};
use crate::classes::numbered;

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let filled: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(new) = pairs(names, text) {
        return Looked::shortened(new);
    }
    let is_numbered = filled.iter().enumerate().all(|(class, line)| numbered(line, class).is_some());
    let listed: Vec<String> = filled
        .iter()
        .enumerate()
        .map(|(class, line)| line[numbered(line, class).filter(|_| is_numbered).unwrap_or(0)..].to_owned())
        .collect();
    let counted = filled.len() == names.classes;
    if counted && (names.are(&listed) || is_named(path)) {
        return Looked::shortened(without(names, text, is_numbered));
    }
    let named = listed.iter().any(|line| mentions(names, line));
    if named || (counted && !names.has_labels()) { Looked::stale(filled.len()) } else { Looked::default() }
}

/// Whether a line, a column of it, or an entry, a key or a value in it, is the label of a class that goes.
pub(super) fn mentions(names: &Names<'_>, line: &str) -> bool {
    let columns = line.split(['\t', ';', '|', '=', ':', ',', '[', ']', '{', '}']);
    let plain =
        |column: &str| column.trim_matches(|it: char| it.is_whitespace() || "'\"->".contains(it)).to_owned();
    names.is_gone(line.trim()) || columns.map(plain).any(|column| names.is_gone(&column))
}

/// The lines of the classes that stay, with their new indices where each begins with its own.
fn without(names: &Names<'_>, text: &str, is_numbered: bool) -> String {
    let mut class = 0;
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            kept.push_str(line);
            continue;
        }
        let own = class;
        class += 1;
        if !names.keeps(own) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        match line[indent..].strip_prefix(&own.to_string()).filter(|_| is_numbered) {
            Some(rest) => kept.extend([&line[..indent], &names.after(own).to_string(), rest]),
            None => kept.push_str(line),
        }
    }
    kept
}

/// Lines such as `'ham' => 0`, in which some libraries keep a map from labels to indices; what else the file has
/// stays.
fn pairs(names: &Names<'_>, text: &str) -> Option<String> {
    let pair = |line: &str| -> Option<(String, usize)> {
        let (name, index) = line.trim().split_once(" => ")?;
        let name = name.trim().strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
        Some((name.to_owned(), index.trim().parse().ok()?))
    };
    // Behind the line that ends the map there are settings.
    let end = text.find("\n==").map_or(text.len(), |at| at + 1);
    let (map, rest) = text.split_at(end);
    let found: Vec<(String, usize)> = map.lines().map(pair).collect::<Option<_>>()?;
    let fits = |(name, class): &(String, usize)| {
        *class < names.classes && (!names.has_labels() || names.is(*class, name))
    };
    if found.len() != names.classes || !found.iter().all(fits) {
        return None;
    }
    let lines = map.split_inclusive('\n').zip(&found).filter(|(_, (_, class))| names.keeps(*class));
    let mut kept: String = lines
        .map(|(line, (_, class))| {
            let (name, index) = line.rsplit_once(" => ").unwrap_or((line, ""));
            [name, " => ", &index.replacen(&class.to_string(), &names.after(*class).to_string(), 1)].concat()
        })
        .collect();
    kept.push_str(rest);
    Some(kept)
}
