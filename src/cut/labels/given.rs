//! Labels that somebody gives in a file.

use declass_formats::{MAX_VALUES, parse_json};
use serde_json::Value;

use super::{beside::without_mark, maps::ordered};
use crate::{classes::Labels, error::Error};

/// Labels a line each, or as a list or a map in JSON.
///
/// # Errors
/// [`Error::Labels`] for a table, JSON without labels, and more of them than any model has.
pub fn given_labels(text: &str, from: &str) -> Result<Labels, Error> {
    let refused = |reason: &str| {
        let reason = format!("{reason}; what is read is a text file with a label a line, or a list in JSON");
        Err(Error::Labels { from: from.to_owned(), reason })
    };
    let text = without_mark(text);
    let ending = from.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if text.bytes().filter(|byte| *byte == b'\n').count() >= MAX_VALUES {
        return refused(&format!("it has more than {MAX_VALUES} lines, the most that are read"));
    }
    if ending != "json" {
        let labels = Labels::of_lines(text, from.to_owned());
        let is_plain = |name: &String| !name.contains([',', ';', '\t', '|', ':']);
        let other = matches!(ending.as_str(), "csv" | "tsv" | "yaml" | "yml");
        return match other && !labels.names.iter().all(is_plain) {
            true => refused("it is a table or a configuration"),
            false => Ok(labels),
        };
    }
    let value = match parse_json(text.as_bytes()) {
        Ok(value) => value,
        Err(problem) => return refused(&problem.to_string()),
    };
    let listed = value.get("id2label").unwrap_or(&value);
    let is_plain = |value: &Value| value.is_string() || value.is_number();
    let of_texts = match listed {
        Value::Array(list) => list.iter().all(is_plain),
        Value::Object(map) => map.values().all(is_plain),
        _ => false,
    };
    match ordered(listed) {
        Ok(names) if of_texts => Ok(Labels { names, source: from.to_owned() }),
        Ok(_) => refused("it has no list of labels and no map from indices to them"),
        Err(problem) => refused(&format!("its labels are not in order: {problem}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_as_lines_lists_and_maps() {
        let names = |text: &str, from: &str| given_labels(text, from).unwrap().names;
        for (text, from) in [
            ("\u{feff}cat\ndog\n", "x.txt"),
            ("cat\ndog\n", "x.csv"),
            ("0,cat\n1,dog\n", "x.csv"),
            ("[\"cat\", \"dog\"]", "x.json"),
            ("{\"1\": \"dog\", \"0\": \"cat\"}", "x.json"),
            ("{\"cat\": 0, \"dog\": 1}", "x.JSON"),
            ("{\"id2label\": {\"0\": \"cat\", \"1\": \"dog\"}}", "config.json"),
        ] {
            assert_eq!(names(text, from), ["cat", "dog"], "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_labels_is_refused_with_what_would_be() {
        for (text, from, reason) in [
            ("index,label\n0,cat\n", "x.csv", "a table"),
            ("{\"a\": {\"b\": 1}}", "x.json", "not in order"),
            ("[[1], [2]]", "x.json", "no list of labels"),
            ("[1, 2", "x.json", "EOF"),
            (&"\n".repeat(MAX_VALUES), "x.txt", "more than 1048576 lines"),
        ] {
            let said = given_labels(text, from).unwrap_err().to_string();
            assert!(said.contains(reason) && said.contains("a label a line"), "{said}");
        }
    }
}
