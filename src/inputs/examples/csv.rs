//! Tables with commas, semicolons or tabs between their cells.

use super::{
    bounds::{MAX_COLUMNS, MAX_ROW, MAX_ROWS},
    table::Table,
};
use crate::inputs::fault::Fault;

/// Reads a table whose first line names the columns. Cells may be quoted, and quoted ones may hold anything.
pub(super) fn read(bytes: &[u8], tabs: bool) -> Result<Table, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Fault::new(format!("it is no UTF-8 at byte {}", error.valid_up_to())).hint("save it as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let semicolons = first.matches(';').count() > first.matches(',').count();
    let separator = if tabs {
        '\t'
    } else if semicolons {
        ';'
    } else {
        ','
    };
    let mut lines = Lines { text, at: 0, separator };
    let columns = lines.next_row()?.ok_or_else(|| Fault::new("it is empty"))?;
    let columns: Vec<String> = columns.iter().map(|name| name.trim().to_owned()).collect();
    if columns.len() > MAX_COLUMNS {
        return Err(Fault::new(format!("it has {} columns, at most {MAX_COLUMNS} are read", columns.len())));
    }
    let mut table = Table::new(columns)?;
    while let Some(row) = lines.next_row()? {
        if row.len() == 1 && row[0].is_empty() {
            continue;
        }
        let number = table.rows.len() + 1;
        if number > MAX_ROWS {
            return Err(Fault::new(format!("it has more than {MAX_ROWS} rows")));
        }
        if row.len() != table.columns.len() {
            let reason =
                format!("row {number} has {} cells, the first line names {}", row.len(), table.columns.len());
            return Err(Fault::new(reason).hint("quote cells that hold the separator or a line break"));
        }
        table.rows.push(row.into_iter().map(Some).collect());
    }
    Ok(table)
}

/// A cell for a table that others open: quoted where it must be, and with a sign in front that makes a text
/// of what spreadsheets would take for a formula.
#[must_use]
pub fn cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', ';', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
    separator: char,
}

impl Lines<'_> {
    /// The cells of the next row, if there is one.
    fn next_row(&mut self) -> Result<Option<Vec<String>>, Fault> {
        let start = self.at;
        if start >= self.text.len() {
            return Ok(None);
        }
        let mut row = Vec::new();
        loop {
            let (cell, ended) = self.cell()?;
            row.push(cell);
            if self.at - start > MAX_ROW {
                return Err(Fault::new(format!("a row has more than {MAX_ROW} bytes")));
            }
            if ended {
                return Ok(Some(row));
            }
        }
    }

    /// One cell, and whether the row ends with it.
    fn cell(&mut self) -> Result<(String, bool), Fault> {
        let rest = &self.text[self.at..];
        if !rest.starts_with('"') {
            let end = rest.find([self.separator, '\n']).unwrap_or(rest.len());
            let cell = rest[..end].strip_suffix('\r').filter(|_| !rest[end..].starts_with(self.separator));
            let cell = cell.unwrap_or(&rest[..end]).to_owned();
            return Ok((cell, self.step_over(end)));
        }
        let (mut cell, mut from) = (String::new(), 1);
        loop {
            let Some(quote) = rest[from..].find('"') else {
                return Err(Fault::new(format!("the quote at byte {} is not closed", self.at)));
            };
            cell.push_str(&rest[from..from + quote]);
            from += quote + 1;
            if !rest[from..].starts_with('"') {
                break;
            }
            cell.push('"');
            from += 1;
        }
        let behind = rest[from..].strip_prefix('\r').filter(|rest| rest.starts_with('\n'));
        let end = if behind.is_some() { from + 1 } else { from };
        let next = rest[end..].chars().next();
        if next.is_some_and(|next| next != self.separator && next != '\n') {
            return Err(Fault::new(format!(
                "something follows the closing quote at byte {}",
                self.at + from - 1
            )));
        }
        Ok((cell, self.step_over(end)))
    }

    /// Goes behind what ends a cell, and says whether it ends the row.
    fn step_over(&mut self, end: usize) -> bool {
        let rest = &self.text[self.at + end..];
        self.at += end + rest.chars().next().map_or(0, char::len_utf8);
        !rest.starts_with(self.separator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Result<Vec<Vec<String>>, String> {
        let table = read(text.as_bytes(), false).map_err(|fault| fault.reason)?;
        Ok(table.rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect())
    }

    #[test]
    fn quotes_line_ends_and_separators_are_those_of_spreadsheets() {
        let text = "\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\n";
        assert_eq!(cells(text).unwrap(), [["1", "x, \"y\"\nz"], ["2", ""]]);
        assert_eq!(cells("a;b\n1;2,5").unwrap(), [["1", "2,5"]]);
        assert_eq!(cells("a\n\"\"\n").unwrap(), [[""]; 0]);
    }

    #[test]
    fn a_cell_is_no_formula_and_no_more_than_a_cell() {
        assert_eq!(cell("a/b.png"), "a/b.png");
        assert_eq!(cell("=HYPERLINK(\"http://x\",1)"), "\"'=HYPERLINK(\"\"http://x\"\",1)\"");
        assert_eq!(cell("a\n\tb"), "a  b");
        assert_eq!(cells(&format!("a\n{}\n", cell("x, \"y\""))).unwrap(), [["x, \"y\""]]);
    }

    #[test]
    fn tables_that_do_not_close_are_refused() {
        for (text, word) in [
            ("", "empty"),
            ("a,b\n1\n", "row 1 has 1 cells"),
            ("a\n\"x", "not closed"),
            ("a\n\"x\"y\n", "follows the closing quote"),
            ("a,a\n1,2", "twice"),
        ] {
            assert!(cells(text).unwrap_err().contains(word), "{text}");
        }
        assert!(read(&[0xff, 0xfe, b'a'], false).is_err());
        let long = format!("a\n{}\n", "x".repeat(MAX_ROW + 1));
        assert!(cells(&long).unwrap_err().contains("more than"));
    }
}
