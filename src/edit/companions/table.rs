//! Tables in text: a row per class, perhaps below a row of headings, perhaps with a column that counts.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked,
    names::Names,
    which::{is_named, speaks_of_classes},
};

/// A table as its cells, each as a range of the line that it stands in.
struct Table<'t> {
    lines: Vec<Line<'t>>,
    has_headings: bool,
}

struct Line<'t> {
    text: &'t str,
    cells: Vec<Range<usize>>,
}

impl<'t> Line<'t> {
    fn cell(&self, column: usize) -> &'t str {
        self.cells.get(column).map_or("", |cell| &self.text[cell.clone()])
    }

    /// The line with another number in one of its cells.
    fn cell_with(&self, cell: &Range<usize>, old: &str, new: &str) -> String {
        let number = self.text[cell.clone()].replacen(old, new, 1);
        [&self.text[..cell.start], &number, &self.text[cell.end..]].concat()
    }
}

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let Some(table) = Table::read(text, names.classes) else {
        return suspect(names, text.lines().filter(|line| !line.trim().is_empty()).count(), text);
    };
    let rows = table.rows().len();
    let with_labels: Vec<usize> =
        (0..table.width()).filter(|column| names.are(&table.column(*column))).collect();
    let labelled = !with_labels.is_empty();
    // Where the rows are in the order of the classes, a column in another order counts something else, and the only
    // column with the labels has nothing but those, also where they are numbers.
    let counts = |column: usize, classes: &[usize]| classes.is_sorted() && with_labels != [column];
    let classes = table.counting(names.classes);
    let classes = classes.filter(|(column, classes)| !labelled || counts(*column, classes));
    let by_class = classes.as_ref().is_some_and(|(_, classes)| {
        (0..table.width()).any(|column| {
            classes.iter().zip(table.column(column)).all(|(class, name)| names.is(*class, &name))
        })
    });
    let headed = table.has_headings
        && (0..table.width()).any(|column| speaks_of_classes(bare(table.lines[0].cell(column))));
    // Whether the first row is one of headings is sure only where the labels are known or counted.
    let named = is_named(path) && (!names.has_labels() || classes.is_some() || !table.has_headings);
    let is_list = labelled || by_class || named || (!names.has_labels() && headed);
    if rows == names.classes && is_list {
        return Looked::shortened(table.without(names, classes.as_ref()));
    }
    suspect(names, rows, text)
}

/// A table that is not understood, but has a label that goes, or as many rows as classes whose labels nobody knows.
fn suspect(names: &Names<'_>, rows: usize, text: &str) -> Looked {
    let cells = text.split(['\n', ',', ';', '\t']).map(bare);
    let counted = !names.has_labels() && (rows == names.classes || rows == names.classes + 1);
    if counted || cells.into_iter().any(|cell| names.is_gone(cell)) {
        Looked::stale(rows)
    } else {
        Looked::default()
    }
}

fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('"').trim()
}

impl<'t> Table<'t> {
    /// Rows of equally many cells, as many as there are classes, or one more, which are headings then.
    fn read(text: &'t str, classes: usize) -> Option<Self> {
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.trim().is_empty()).collect();
        let first = lines.first()?;
        let by_count = |it: &char| first.matches(*it).count();
        let separator = ['\t', ';', ','].into_iter().max_by_key(by_count).filter(|it| by_count(it) > 0);
        let mut table = Self { lines: Vec::new(), has_headings: lines.len() == classes + 1 };
        for line in lines {
            let cells = cells(line.trim_end_matches(['\n', '\r']), separator)?;
            table.lines.push(Line { text: line, cells });
        }
        let even = table.lines.iter().all(|line| line.cells.len() == table.width());
        even.then_some(table)
    }

    fn width(&self) -> usize {
        self.lines.first().map_or(0, |line| line.cells.len())
    }

    fn rows(&self) -> &[Line<'t>] {
        &self.lines[usize::from(self.has_headings)..]
    }

    fn column(&self, column: usize) -> Vec<String> {
        self.rows().iter().map(|line| bare(line.cell(column)).to_owned()).collect()
    }

    /// The first column with every class's index once, and what it says of each row.
    fn counting(&self, classes: usize) -> Option<(usize, Vec<usize>)> {
        (0..self.width()).find_map(|column| {
            let found: Vec<usize> =
                self.column(column).iter().map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
            let mut sorted = found.clone();
            sorted.sort_unstable();
            sorted.iter().copied().eq(0..classes).then_some((column, found))
        })
    }

    fn without(&self, names: &Names<'_>, counting: Option<&(usize, Vec<usize>)>) -> String {
        let mut kept = String::new();
        if self.has_headings {
            kept.push_str(self.lines[0].text);
        }
        for (at, line) in self.rows().iter().enumerate() {
            let class = counting.map_or(at, |(_, classes)| classes[at]);
            if !names.keeps(class) {
                continue;
            }
            match counting.and_then(|(column, _)| line.cells.get(*column)) {
                Some(cell) => {
                    let new = line.cell_with(cell, &class.to_string(), &names.after(class).to_string());
                    kept.push_str(&new);
                }
                None => kept.push_str(line.text),
            }
        }
        kept
    }
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
