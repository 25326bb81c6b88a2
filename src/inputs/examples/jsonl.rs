//! Tables with an object a line.

use serde_json::Value;

use super::{
    bounds::{MAX_COLUMNS, MAX_ROW, MAX_ROWS},
    table::Table,
};
use crate::{inputs::fault::Fault, unambiguous};

/// Reads a table whose columns are the keys of all objects.
pub(super) fn read(bytes: &[u8]) -> Result<Table, Fault> {
    let mut table = Table::new(Vec::new())?;
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let at = |reason: String| Fault::new(format!("line {}: {reason}", number + 1));
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if line.len() > MAX_ROW || table.rows.len() == MAX_ROWS {
            return Err(at(format!("more than {MAX_ROW} bytes in a line, or than {MAX_ROWS} lines")));
        }
        let value =
            unambiguous::parse(line).map_err(|reason| at(reason).hint("every line is a JSON object"))?;
        let Value::Object(map) = value else {
            return Err(at("it is no object".into()).hint("every line is a JSON object"));
        };
        let mut row = vec![None; table.columns.len()];
        for (key, value) in map {
            let column = match table.columns.iter().position(|column| *column == key) {
                Some(column) => column,
                None if table.columns.len() == MAX_COLUMNS => {
                    return Err(at(format!("there are more than {MAX_COLUMNS} keys")));
                }
                None => {
                    table.columns.push(key);
                    row.push(None);
                    row.len() - 1
                }
            };
            row[column] = match value {
                Value::Null => None,
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            };
        }
        table.rows.push(row);
    }
    let width = table.columns.len();
    table.rows.iter_mut().for_each(|row| row.resize(width, None));
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_columns_and_lines_are_rows() {
        let table =
            read(b"{\"text\": \"a\", \"label\": 1}\n\n{\"label\": null, \"more\": [1], \"text\": \"b\"}")
                .unwrap();
        assert_eq!(table.columns, ["text", "label", "more"]);
        let row = |cells: [Option<&str>; 3]| cells.map(|cell| cell.map(str::to_owned)).to_vec();
        assert_eq!(table.rows, [row([Some("a"), Some("1"), None]), row([Some("b"), None, Some("[1]")])]);
    }

    #[test]
    fn lines_that_are_no_objects_are_refused() {
        for line in ["[1]", "{", "{\"a\": 1, \"a\": 2}", "{} {}"] {
            assert!(read(line.as_bytes()).unwrap_err().reason.starts_with("line 1: "), "{line}");
        }
    }
}
