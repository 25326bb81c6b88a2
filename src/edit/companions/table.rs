//! Tables in text: a row per class, perhaps below a row of headings, perhaps with columns of classes too.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked, entries,
    names::Names,
    rows::{Classes, Judged, Rows, counted_on, has_indices, judge},
    which::{Speaks, is_index, is_of_pairs, is_per_class, speaks_of_classes, stem},
};

/// What may stand between the cells of a line.
const SEPARATORS: [char; 4] = ['\t', ';', ',', '|'];

/// A table as its cells, each as a range of the line that it stands in.
pub(super) struct Table<'t> {
    lines: Vec<Line<'t>>,
    has_headings: bool,
}

pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    pub(super) cells: Vec<Range<usize>>,
}

impl<'t> Line<'t> {
    fn cell(&self, column: usize) -> &'t str {
        self.cells.get(column).map_or("", |cell| &self.text[cell.clone()])
    }
}

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
    let Some(table) = Table::read(text, names.classes) else { return suspect(names, text, filled) };
    let columns = table.columns_of_classes(names);
    let judged = judge(names, &table.as_rows(names, path));
    match judged {
        Judged::Contradiction(difference) => Looked::contradiction(difference),
        Judged::Classes(_) if table.is_of_pairs(path, columns.as_ref()) => Looked::stale(table.rows().len()),
        Judged::Classes(classes) => Looked::shortened(table.without(names, Some(&classes), columns.as_ref())),
        // Headings that are the labels, above something else than rows of the classes.
        Judged::Other if columns.is_some() && table.rows().len() != names.classes => {
            let new = table.without(names, None, columns.as_ref());
            let still = Table::read(&new, names.classes).is_some_and(|table| table.mentions(names));
            Looked { new: Some(new), stale: still.then_some(Some(table.rows().len())), contradiction: None }
        }
        Judged::Unclear => Looked::stale(table.rows().len()),
        Judged::Other if columns.is_some() || table.is_of_pairs(path, None) => {
            Looked::stale(table.rows().len())
        }
        Judged::Other => suspect(names, text, table.rows().len()),
    }
}

/// A table that is not understood, but has a label that goes, or as many rows as classes whose labels nobody knows.
fn suspect(names: &Names<'_>, text: &str, rows: usize) -> Looked {
    let counted = !names.has_labels() && (rows == names.classes || rows == names.classes + 1);
    if counted || entries::mentions(names, text) { Looked::stale(rows) } else { Looked::default() }
}

fn bare(cell: &str) -> &str {
    cell.trim().trim_matches(['"', '\'']).trim()
}

impl<'t> Table<'t> {
    /// Rows of equally many cells, as many as there are classes, or one more, which are headings then.
    pub(super) fn read(text: &'t str, classes: usize) -> Option<Self> {
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.trim().is_empty()).collect();
        let first = lines.first()?;
        let by_count = |it: &char| first.matches(*it).count();
        let separator = SEPARATORS.into_iter().max_by_key(by_count).filter(|it| by_count(it) > 0);
        let split = |line: &str| cells(line.trim_end_matches(['\n', '\r']), separator);
        Self::of(lines, classes, split)
    }

    /// Lines with cells as they are told apart by the caller.
    pub(super) fn of(
        lines: Vec<&'t str>,
        classes: usize,
        split: impl Fn(&str) -> Option<Vec<Range<usize>>>,
    ) -> Option<Self> {
        let has_headings = lines.len() != classes;
        let lines: Option<Vec<Line<'t>>> =
            lines.into_iter().map(|text| Some(Line { text, cells: split(text)? })).collect();
        let table = Self { lines: lines?, has_headings };
        let even = table.lines.iter().all(|line| line.cells.len() == table.width());
        even.then_some(table)
    }

    fn width(&self) -> usize {
        self.lines.first().map_or(0, |line| line.cells.len())
    }

    pub(super) fn rows(&self) -> &[Line<'t>] {
        self.lines.get(usize::from(self.has_headings)..).unwrap_or_default()
    }

    fn headings(&self) -> impl Iterator<Item = &'t str> {
        let first = self.lines.first().filter(|_| self.has_headings);
        first.into_iter().flat_map(|line| line.cells.iter().map(|cell| bare(&line.text[cell.clone()])))
    }

    fn column(&self, column: usize) -> Vec<String> {
        self.rows().iter().map(|line| bare(line.cell(column)).to_owned()).collect()
    }

    fn mentions(&self, names: &Names<'_>) -> bool {
        self.lines.iter().any(|line| (0..line.cells.len()).any(|at| names.is_gone(bare(line.cell(at)))))
    }

    /// The rows as they are held against the labels.
    pub(super) fn as_rows(&self, names: &Names<'_>, path: &RelPath) -> Rows {
        let columns: Vec<Vec<String>> = (0..self.width()).map(|column| self.column(column)).collect();
        let per_class = is_per_class(stem(path)) || self.headings().any(is_per_class);
        Rows {
            columns,
            speaks: Speaks::of_file(path, names.has_labels()),
            per_class: per_class || self.headings().any(|it| is_index(it) && speaks_of_classes(it)),
            ordered: true,
            indices: self.headings().position(is_index),
            headed: self.headings().any(speaks_of_classes),
            index_columns: self.has_headings.then(|| {
                let headings = self.headings().enumerate();
                headings.filter(|(_, heading)| is_index(heading)).map(|(at, _)| at).collect()
            }),
            numbered: self.headings().any(|it| !it.is_empty() && is_index(it)),
        }
    }

    /// Whether a column has the index of each class.
    pub(super) fn counts(&self, classes: usize) -> bool {
        (0..self.width()).any(|column| has_indices(&self.column(column), classes))
    }

    /// By column, whether it stays: where every label is the heading of one.
    fn columns_of_classes(&self, names: &Names<'_>) -> Option<Vec<bool>> {
        let headings: Vec<&str> = self.headings().collect();
        let labels: Vec<String> =
            headings.iter().filter(|it| names.knows(it)).map(|it| (*it).to_owned()).collect();
        let all = names.has_labels() && names.are_all(&labels);
        all.then(|| headings.iter().map(|it| !names.knows(it) || names.stays(it)).collect())
    }

    /// Whether it counts pairs of classes without naming those of the columns.
    fn is_of_pairs(&self, path: &RelPath, named: Option<&Vec<bool>>) -> bool {
        let rows = self.rows().len();
        named.is_none() && is_of_pairs(stem(path)) && (self.width() == rows || self.width() == rows + 1)
    }

    /// The table without the rows and the columns of the classes that go.
    pub(super) fn without(
        &self,
        names: &Names<'_>,
        classes: Option<&Classes>,
        columns: Option<&Vec<bool>>,
    ) -> String {
        let mut kept = String::new();
        if self.has_headings {
            kept.extend(self.lines.first().map(|line| edited(line, columns, |_| None)));
        }
        for (row, line) in self.rows().iter().enumerate() {
            let Some(classes) = classes else {
                kept.push_str(&edited(line, columns, |_| None));
                continue;
            };
            let Some(class) = classes.of.get(row).copied().filter(|class| names.keeps(*class)) else {
                continue;
            };
            let counting = |at: usize| classes.counting.iter().find(|(column, _)| *column == at);
            let number = |at: usize| {
                counting(at).map(|(_, base)| counted_on(line.cell(at), names.after(class) + base))
            };
            kept.push_str(&edited(line, columns, number));
        }
        kept
    }
}

/// A line with other cells, and without those that do not stay and what stands in front of them.
fn edited(line: &Line<'_>, stays: Option<&Vec<bool>>, new: impl Fn(usize) -> Option<String>) -> String {
    let (mut text, mut is_first) = (String::new(), true);
    let mut end = 0;
    for (at, cell) in line.cells.iter().enumerate() {
        if stays.and_then(|stays| stays.get(at)).is_none_or(|stays| *stays) {
            // The first cell that stays has no separator in front of it.
            let before = if is_first && at > 0 { cell.start } else { end };
            is_first = false;
            text.push_str(&line.text[before..cell.start]);
            text.push_str(&new(at).unwrap_or_else(|| line.text[cell.clone()].to_owned()));
        }
        end = cell.end;
    }
    text + &line.text[end..]
}

/// The cells of a line; `None` if a quoted one does not end in it.
fn cells(line: &str, separator: Option<char>) -> Option<Vec<Range<usize>>> {
    let mut cells = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, letter) in line.char_indices() {
        if letter == '"' {
            quoted = !quoted;
        } else if Some(letter) == separator && !quoted {
            cells.push(start..at);
            start = at + letter.len_utf8();
        }
    }
    cells.push(start..line.len());
    (!quoted).then_some(cells)
}
