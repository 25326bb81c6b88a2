//! Lists and maps of classes in YAML: an entry a line, or all in brackets on one, below a key.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked, entries,
    json::walk,
    literal_text::{self as text_edit, Changes},
    names::{Difference, Names},
    rows::{Classes, Judged, Rows, counted_on, judge},
    which::{Speaks, is_count, is_named, is_per_class, stem},
};
use crate::cut::names_indices;

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let lines = lines(text);
    let mut found = Found { names, path, text, changes: Changes::new(), unclear: false, contradiction: None };
    let mut at = 0;
    while at < lines.len() {
        let end = run(text, &lines, at);
        found.block(&lines, at..end);
        found.inline(&lines[at]);
        found.changes.extend(count(names, text, &lines[at]));
        at = (at + 1).max(end);
    }
    let Found { changes, unclear, contradiction, .. } = found;
    let changed = !changes.is_empty();
    let new = text_edit::apply(text, changes);
    let uncut = !changed && !names.has_labels() && is_named(path) && lines.len() == names.classes;
    let stale = (unclear || uncut || entries::mentions(names, &new)).then_some(None);
    Looked { new: changed.then_some(new), stale, contradiction }
}

/// What lists and maps there are.
struct Found<'a> {
    names: &'a Names<'a>,
    path: &'a RelPath,
    text: &'a str,
    changes: Changes,
    unclear: bool,
    contradiction: Option<Difference>,
}

/// An entry of a list or of a map.
struct Item {
    indent: usize,
    key: Option<Range<usize>>,
    value: Range<usize>,
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

fn item(text: &str, line: &Range<usize>) -> Option<Item> {
    let whole = text[line.clone()].trim_end();
    let indent = whole.len() - whole.trim_start().len();
    let start = line.start + indent;
    let end = line.start + whole.len();
    let body = &text[start..end];
    if let Some(rest) = body.strip_prefix("- ") {
        return Some(Item { indent, key: None, value: end - rest.trim_start().len()..end });
    }
    let (key, rest) = body.split_once(": ")?;
    let value = end - rest.trim_start().len()..end;
    let is_plain = !value.is_empty() && !text[value.clone()].starts_with(['[', '{', '|', '>', '&', '*', '#']);
    is_plain.then(|| Item { indent, key: Some(start..start + key.trim_end().len()), value })
}

/// Where the entries that begin at a line end: as many as are indented alike and of one kind.
fn run(text: &str, lines: &[Range<usize>], at: usize) -> usize {
    let is_index = |key: Range<usize>| unquoted(&text[key]).bytes().all(|byte| byte.is_ascii_digit());
    let kind = |line: &Range<usize>| item(text, line).map(|item| (item.indent, item.key.map(is_index)));
    let Some(first) = kind(&lines[at]) else { return at };
    at + lines[at..].iter().take_while(|line| kind(line) == Some(first)).count()
}

impl Found<'_> {
    fn block(&mut self, lines: &[Range<usize>], run: Range<usize>) {
        if run.len() != self.names.classes {
            return;
        }
        let text = self.text;
        let items: Vec<Item> = lines[run.clone()].iter().filter_map(|line| item(text, line)).collect();
        let above = run.start.checked_sub(1).map(|above| &text[lines[above].clone()]);
        let key = above.map(|line| line.trim().trim_end_matches(':')).unwrap_or_default();
        let cells = |part: fn(&Item) -> Option<&Range<usize>>| -> Option<Vec<String>> {
            items.iter().map(|item| Some(unquoted(&text[part(item)?.clone()]))).collect()
        };
        let (keys, values) = (cells(|item| item.key.as_ref()), cells(|item| Some(&item.value)));
        let ordered = keys.is_none();
        let columns: Vec<Vec<String>> = keys.into_iter().chain(values).collect();
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        let per_class = is_per_class(key) || is_per_class(stem(self.path));
        let speaks = self.says(key);
        if ordered && !per_class && speaks == Speaks::Not && columns.iter().flatten().all(is_number) {
            return;
        }
        let named = RelPath::try_from(key).ok().and_then(|key| names_indices(&key));
        let indices = named.or_else(|| names_indices(self.path));
        let indices = indices.map(|it| usize::from(it == crate::cut::Indices::Values)).filter(|_| !ordered);
        // Settings stand at the left edge, too, where no labels are known to tell them apart.
        let is_setting = !self.names.has_labels() && !ordered && items.iter().all(|item| item.indent == 0);
        let classes = match judge(
            self.names,
            &Rows {
                columns,
                speaks,
                per_class,
                ordered,
                indices,
                headed: false,
                numbered: indices.is_some(),
                index_columns: None,
            },
        ) {
            Judged::Classes(classes) => classes,
            Judged::Contradiction(difference) => {
                self.contradiction.get_or_insert(difference);
                return;
            }
            Judged::Unclear => {
                self.unclear |= !is_setting && (self.names.has_labels() || speaks != Speaks::Not);
                return;
            }
            Judged::Other => return,
        };
        self.cut(&lines[run], &items, &classes);
    }

    /// Takes the lines of the classes that go away, and counts on in the others.
    fn cut(&mut self, lines: &[Range<usize>], items: &[Item], classes: &Classes) {
        for (row, (line, item)) in lines.iter().zip(items).enumerate() {
            let class = classes.of[row];
            if !self.names.keeps(class) {
                self.changes.push((line.clone(), String::new()));
                continue;
            }
            let parts: Vec<_> = [item.key.clone(), Some(item.value.clone())].into_iter().flatten().collect();
            for (column, base) in &classes.counting {
                let Some(part) = parts.get(*column) else { continue };
                let new = counted_on(&self.text[part.clone()], self.names.after(class) + base);
                self.changes.push((part.clone(), new));
            }
        }
    }

    /// A list or map in brackets behind a key, on one line.
    fn inline(&mut self, line: &Range<usize>) {
        let Some((key, value)) = self.text[line.clone()].trim_end().split_once(": ") else { return };
        let value = value.trim_start();
        if !value.starts_with(['[', '{']) {
            return;
        }
        let Some(at) = self.text[line.clone()].find(value) else { return };
        let start = line.start + at;
        let key = unquoted(key);
        let found = walk(self.names, &key, self.says(&key), value, &[]);
        let placed = found.changes.into_iter().map(|(span, new)| (start + span.start..start + span.end, new));
        self.changes.extend(placed);
        self.unclear |= found.unclear;
        self.contradiction = self.contradiction.take().or(found.contradiction);
    }

    fn says(&self, key: &str) -> Speaks {
        let known = self.names.has_labels();
        Speaks::of_key(key, known).max(Speaks::of_file(self.path, known).min(Speaks::Somewhat))
    }
}

fn count(names: &Names<'_>, text: &str, line: &Range<usize>) -> Option<(Range<usize>, String)> {
    let (key, value) = text[line.clone()].split_once(':')?;
    let number = value.split('#').next()?.trim();
    let counts = is_count(key.trim()) && number.parse() == Ok(names.classes);
    let start = line.start + key.len() + 1 + value.find(number)?;
    counts.then(|| (start..start + number.len(), names.left().to_string()))
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['\'', '"']).to_owned()
}
