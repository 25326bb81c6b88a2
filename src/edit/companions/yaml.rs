//! Lists of classes in YAML: `- name` or `index: name` a line, or a list in brackets, below a key.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked,
    json::list,
    lines::mentions,
    literal_text::{self as text_edit, Changes},
    names::Names,
    which::{is_named, speaks_of_classes},
};
use crate::cut::{COUNTS, literal};

/// Keys with the number of classes, beside those of a `config.json`.
const OTHER_COUNTS: [&str; 2] = ["nc", "number_of_classes"];

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let lines = lines(text);
    let mut changes = Changes::new();
    let mut at = 0;
    while at < lines.len() {
        let end = run(text, &lines, at);
        changes.extend(block(names, path, text, &lines, at..end));
        changes.extend(inline(names, text, &lines[at]));
        at = end.max(at + 1);
    }
    let found = !changes.is_empty();
    if found {
        changes.extend(lines.iter().filter_map(|line| count(names, text, line)));
    }
    let new = text_edit::apply(text, changes);
    let still = new.lines().any(|line| mentions(names, line));
    let stale = (still || (!found && is_named(path) && lines.len() == names.classes)).then_some(None);
    Looked { new: found.then_some(new), stale }
}

/// The lines with their ends.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            at - line.len()..at
        })
        .collect()
}

/// An entry of a list or of a map with indices: how far it is indented, its index, and where its value stands.
fn item(text: &str, line: &Range<usize>) -> Option<(usize, Option<Range<usize>>, Range<usize>)> {
    let whole = text[line.clone()].trim_end();
    let indent = whole.len() - whole.trim_start().len();
    let start = line.start + indent;
    let end = line.start + whole.len();
    let body = &text[start..end];
    if let Some(rest) = body.strip_prefix("- ") {
        return Some((indent, None, end - rest.trim_start().len()..end));
    }
    let (index, rest) = body.split_once(": ")?;
    let digits = index.trim_matches(['\'', '"']);
    digits.parse::<usize>().ok()?;
    let key = start + index.find(digits)?;
    Some((indent, Some(key..key + digits.len()), end - rest.trim_start().len()..end))
}

/// Where the entries that begin at a line end: as many as are indented alike and of one kind.
fn run(text: &str, lines: &[Range<usize>], at: usize) -> usize {
    let kind = |line: &Range<usize>| item(text, line).map(|(indent, key, _)| (indent, key.is_some()));
    let Some(first) = kind(&lines[at]) else { return at };
    at + lines[at..].iter().take_while(|line| kind(line) == Some(first)).count()
}

fn block(
    names: &Names<'_>,
    path: &RelPath,
    text: &str,
    lines: &[Range<usize>],
    run: Range<usize>,
) -> Changes {
    if run.len() != names.classes {
        return Changes::new();
    }
    let items: Vec<_> = lines[run.clone()].iter().filter_map(|line| item(text, line)).collect();
    let listed: Vec<String> = items.iter().map(|(.., value)| unquoted(&text[value.clone()])).collect();
    let above = run.start.checked_sub(1).map(|above| text[lines[above].clone()].trim().trim_end_matches(':'));
    let named = above.is_some_and(speaks_of_classes) || is_named(path);
    let numbered = items
        .iter()
        .enumerate()
        .all(|(class, (_, key, _))| key.as_ref().is_none_or(|key| text[key.clone()].parse() == Ok(class)));
    if !numbered || !(names.are(&listed) || named) {
        return Changes::new();
    }
    let changes = lines[run].iter().zip(&items).enumerate();
    changes
        .filter_map(|(class, (line, (_, key, _)))| match key {
            _ if !names.keeps(class) => Some((line.clone(), String::new())),
            Some(key) => Some((key.clone(), names.after(class).to_string())),
            None => None,
        })
        .collect()
}

/// A list or map in brackets behind a key, on one line.
fn inline(names: &Names<'_>, text: &str, line: &Range<usize>) -> Option<(Range<usize>, String)> {
    let (key, value) = text[line.clone()].trim_end().split_once(": ")?;
    let value = value.trim_start();
    if !value.starts_with(['[', '{']) {
        return None;
    }
    let start = line.start + text[line.clone()].find(value)?;
    let span = start..start + value.len();
    let entries = literal::entries(text, span.clone());
    let listed: Vec<String> = entries.iter().map(|entry| unquoted(&text[entry.value.clone()])).collect();
    let is_list = names.are(&listed) || speaks_of_classes(key.trim());
    list(names, text, span.clone(), None).filter(|_| is_list).map(|new| (span, new))
}

fn count(names: &Names<'_>, text: &str, line: &Range<usize>) -> Option<(Range<usize>, String)> {
    let (key, value) = text[line.clone()].split_once(':')?;
    let number = value.split('#').next()?.trim();
    let counts = COUNTS.iter().chain(&OTHER_COUNTS).any(|count| *count == key.trim());
    let is_count = counts && number.parse() == Ok(names.classes);
    let start = line.start + key.len() + 1 + value.find(number)?;
    is_count.then(|| (start..start + number.len(), names.left().to_string()))
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['\'', '"']).to_owned()
}
