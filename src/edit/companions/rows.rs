//! Rows of cells, as tables, lists and maps have them, held against the labels of the model: which class each row is
//! of, if it is of one.

use super::{
    names::{Difference, Names},
    which::Speaks,
};

/// Columns that are looked at: labels and indices stand in front.
const MAX_COLUMNS: usize = 64;

/// A cell or more for each entry of a list.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// By column, the cells of all rows.
    pub(super) columns: Vec<Vec<String>>,
    /// What the name of the file or of the list says.
    pub(super) speaks: Speaks,
    /// Whether there is a number for each class, by what it is called.
    pub(super) per_class: bool,
    /// Whether the order of the rows may be that of the classes; that of a map means nothing.
    pub(super) ordered: bool,
    /// The column that has the indices, where more than one could.
    pub(super) indices: Option<usize>,
    /// Whether a column has a heading that speaks of classes.
    pub(super) headed: bool,
    /// Whether one is called an index.
    pub(super) numbered: bool,
    /// The columns that may have indices, by their headings.
    pub(super) index_columns: Option<Vec<usize>>,
}

/// Rows of the classes.
#[derive(Debug, PartialEq)]
pub(super) struct Classes {
    /// By row, its class.
    pub(super) of: Vec<usize>,
    /// Columns with the index of that class, and which number the first class has there.
    pub(super) counting: Vec<(usize, usize)>,
}

/// What rows are.
#[derive(Debug, PartialEq)]
pub(super) enum Judged {
    Classes(Classes),
    /// They name the classes otherwise than the model does.
    Contradiction(Difference),
    /// They may count or name the classes, and it cannot be told how.
    Unclear,
    /// Something else.
    Other,
}

/// A column with the index of each class, once.
struct Counted {
    column: usize,
    base: usize,
    classes: Vec<usize>,
}

/// What these rows are.
pub(super) fn judge(names: &Names<'_>, rows: &Rows) -> Judged {
    if rows.columns.first().is_none_or(|column| column.len() != names.classes) {
        return Judged::Other;
    }
    let columns = || rows.columns.iter().enumerate().take(MAX_COLUMNS);
    let counted: Vec<Counted> =
        columns().filter_map(|(at, cells)| Counted::of(at, cells, names.classes)).collect();
    if !names.has_labels() {
        return unlabelled(names, rows, &counted);
    }
    let labelled: Vec<usize> =
        columns().filter(|(_, cells)| names.are_all(cells)).map(|(at, _)| at).collect();
    let agree = |label: usize, indices: &Counted| {
        label != indices.column
            && indices.classes.iter().zip(&rows.columns[label]).all(|(class, name)| names.is(*class, name))
    };
    let pairs: Vec<(usize, &Counted)> = labelled
        .iter()
        .flat_map(|label| counted.iter().map(|indices| (*label, indices)))
        .filter(|(label, indices)| agree(*label, indices))
        .collect();
    match chosen(&pairs, rows.indices) {
        Some(Some((label, indices))) => {
            let of = indices.classes.clone();
            let counting = counted.iter().filter(|it| it.column != label && it.classes == of);
            let counting = counting.map(|it| (it.column, it.base)).collect();
            Judged::Classes(Classes { of, counting })
        }
        Some(None) => Judged::Unclear,
        None if labelled.is_empty() => without_labels(names, rows, &counted),
        None => by_order_or_name(names, rows, &counted, &labelled),
    }
}

/// Which column has the labels and which the indices; nothing where each of two could be either.
fn chosen<'c>(
    pairs: &[(usize, &'c Counted)],
    preferred: Option<usize>,
) -> Option<Option<(usize, &'c Counted)>> {
    let first = pairs.first()?;
    let named = pairs.iter().find(|(_, indices)| Some(indices.column) == preferred);
    let turned = pairs.iter().any(|(label, indices)| (*label, indices.column) == (first.1.column, first.0));
    Some(named.or((!turned).then_some(first)).copied())
}

/// Rows that have every label, but no index that fits.
fn by_order_or_name(names: &Names<'_>, rows: &Rows, counted: &[Counted], labelled: &[usize]) -> Judged {
    if rows.ordered && labelled.iter().any(|label| names.are(&rows.columns[*label])) {
        return Judged::Classes(Classes { of: (0..names.classes).collect(), counting: Vec::new() });
    }
    let Some(label) = labelled.first() else { return Judged::Other };
    let cells = &rows.columns[*label];
    let may_count =
        |column: usize| rows.index_columns.as_ref().is_none_or(|columns| columns.contains(&column));
    let mut others = counted.iter().filter(|it| it.column != *label && may_count(it.column));
    let other = others.find(|it| it.is_sorted() || !rows.ordered);
    let says_classes = rows.speaks != Speaks::Not || rows.numbered;
    let by_order = rows.ordered && (rows.columns.len() == 1 || rows.speaks != Speaks::Not);
    if by_order || other.is_some() {
        let of = |row: usize| other.map_or(row, |indices| indices.classes[row]);
        let difference = names.difference(cells, of).filter(|_| says_classes);
        return difference.map_or(Judged::Unclear, Judged::Contradiction);
    }
    let of: Option<Vec<usize>> = cells.iter().map(|name| names.only(name)).collect();
    of.map_or(Judged::Unclear, |of| Judged::Classes(Classes { of, counting: Vec::new() }))
}

/// Rows that have other words than the labels, or numbers alone.
fn without_labels(names: &Names<'_>, rows: &Rows, counted: &[Counted]) -> Judged {
    if rows.per_class {
        return per_class(names, rows, counted);
    }
    let is_word = |cell: &&String| cell.chars().any(char::is_alphabetic);
    let words = |cells: &&Vec<String>| cells.iter().filter(is_word).count();
    let known = |cells: &&Vec<String>| cells.iter().filter(is_word).filter(|it| names.knows(it)).count();
    let Some(most) = rows.columns.iter().take(MAX_COLUMNS).max_by_key(known) else { return Judged::Other };
    let enough = match rows.speaks {
        Speaks::Surely => known(&most) > 0,
        Speaks::Somewhat => known(&most) * 2 >= names.classes,
        Speaks::Not => false,
    };
    let indices = counted.first().map(|it| &it.classes);
    if enough && (rows.ordered || indices.is_some()) {
        let of = |row: usize| indices.map_or(row, |classes| classes[row]);
        return names.difference(most, of).map_or(Judged::Unclear, Judged::Contradiction);
    }
    let lists = rows.speaks == Speaks::Surely && rows.columns.iter().any(|it| words(&it) * 2 > it.len());
    if lists { Judged::Unclear } else { Judged::Other }
}

/// Rows of a model whose labels nobody knows.
fn unlabelled(names: &Names<'_>, rows: &Rows, counted: &[Counted]) -> Judged {
    let only = match rows.indices {
        Some(column) => counted.iter().find(|it| it.column == column),
        None => counted.first().filter(|_| rows.ordered || counted.len() == 1),
    };
    let is_text = |cells: &Vec<String>| cells.iter().all(|cell| cell.parse::<f64>().is_err());
    let is_map = !rows.ordered && rows.columns.iter().any(is_text);
    let is_list = || rows.speaks != Speaks::Not && rows.columns.iter().any(is_text);
    let with_indices = rows.speaks == Speaks::Surely || rows.headed || is_map || is_list();
    match only {
        Some(indices) if with_indices && rows.columns.len() > 1 => {
            let counting = vec![(indices.column, indices.base)];
            Judged::Classes(Classes { of: indices.classes.clone(), counting })
        }
        _ if rows.per_class => per_class(names, rows, counted),
        _ if rows.speaks == Speaks::Surely && rows.ordered => {
            Judged::Classes(Classes { of: (0..names.classes).collect(), counting: Vec::new() })
        }
        _ if !rows.ordered && only.is_none() => Judged::Other,
        _ => Judged::Unclear,
    }
}

/// Numbers of the classes, by their index or in their order.
fn per_class(names: &Names<'_>, rows: &Rows, counted: &[Counted]) -> Judged {
    let is_number = |cells: &Vec<String>| cells.iter().all(|cell| cell.parse::<f64>().is_ok());
    let by_index = counted.iter().find(|it| rows.columns.len() > 1 && (it.is_sorted() || !rows.ordered));
    if let Some(indices) = by_index {
        let counting = vec![(indices.column, indices.base)];
        return Judged::Classes(Classes { of: indices.classes.clone(), counting });
    }
    match rows.ordered && rows.columns.iter().all(is_number) {
        true => Judged::Classes(Classes { of: (0..names.classes).collect(), counting: Vec::new() }),
        false if rows.ordered => Judged::Unclear,
        false => Judged::Other,
    }
}

/// Whether a column has the index of each class, once.
pub(super) fn has_indices(cells: &[String], classes: usize) -> bool {
    Counted::of(0, cells, classes).is_some()
}

impl Counted {
    fn of(column: usize, cells: &[String], classes: usize) -> Option<Self> {
        let found: Vec<usize> = cells.iter().map(|cell| whole(cell)).collect::<Option<_>>()?;
        let base = found.iter().copied().min().filter(|base| *base < 2)?;
        let mut seen = vec![false; classes];
        for number in &found {
            let seen = seen.get_mut(number - base)?;
            if std::mem::replace(seen, true) {
                return None;
            }
        }
        let classes = found.into_iter().map(|number| number - base).collect();
        (seen.len() == cells.len()).then_some(Self { column, base, classes })
    }

    fn is_sorted(&self) -> bool {
        self.classes.is_sorted()
    }
}

/// An index, which may be written as `3`, `03` or `3.0`.
fn whole(cell: &str) -> Option<usize> {
    let digits = match cell.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => cell,
    };
    let is_index = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_index)
}

/// The index in a cell replaced by another, with as many digits where it is padded.
pub(super) fn counted_on(cell: &str, new: usize) -> String {
    let start = cell.find(|letter: char| letter.is_ascii_digit()).unwrap_or(cell.len());
    let end = cell[start..].find(|letter: char| !letter.is_ascii_digit()).map_or(cell.len(), |at| start + at);
    let width = if cell[start..end].starts_with('0') { end - start } else { 0 };
    format!("{}{new:0width$}{}", &cell[..start], &cell[end..])
}

#[cfg(test)]
mod tests {
    use super::counted_on;

    #[test]
    fn an_index_keeps_its_spelling() {
        assert_eq!(counted_on("\"010\"", 9), "\"009\"");
        assert_eq!(counted_on("10", 9), "9");
        assert_eq!(counted_on(" 3.0", 2), " 2.0");
        assert_eq!(counted_on("0", 0), "0");
    }
}
