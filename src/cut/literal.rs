//! Lists and maps of labels written as text, in JSON or as a Python literal, by their places in the text.
//!
//! A scanner rather than a parser, so that an edit can leave every other byte as it is. Text that is neither
//! gives entries that fit nothing, never a panic.

use std::ops::Range;

use declass_formats::{MAX_VALUES, Problem};
use serde_json::Value;

/// A member of an object or an element of a list, as byte ranges of the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// The key with its quotes; empty for an element of a list.
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
}

impl Entry {
    /// The whole entry.
    pub(crate) fn span(&self) -> Range<usize> {
        if self.key.is_empty() { self.value.clone() } else { self.key.start..self.value.end }
    }
}

/// The labels that a text lists, by JSON or Python rules.
pub(crate) fn labels(text: &str) -> Option<Vec<String>> {
    let parsed = match declass_formats::parse_json(text.as_bytes()) {
        Err(Problem::TooManyValues { .. }) => return None,
        parsed => parsed.ok(),
    };
    if let Some(value @ (Value::Array(_) | Value::Object(_))) = parsed {
        return super::labels::ordered(&value).ok().filter(|names| !names.is_empty());
    }
    let mut names: Vec<(usize, String)> = Vec::new();
    for (at, entry) in entries(text, 0..text.len()).into_iter().enumerate() {
        let index = if entry.key.is_empty() { Some(at) } else { index(text.get(entry.key)?) };
        names.push((index?, unquoted(text.get(entry.value)?)?));
    }
    names.sort();
    let complete = !names.is_empty() && names.iter().map(|(index, _)| *index).eq(0..names.len());
    complete.then(|| names.into_iter().map(|(_, name)| name).collect())
}

/// A class index, in quotes or not.
pub(crate) fn index(text: &str) -> Option<usize> {
    text.trim_matches(['"', '\'']).parse().ok()
}

/// The entries of the object or list in `text[span]`; nothing for other values, and for more than [`MAX_VALUES`].
pub(crate) fn entries(text: &str, span: Range<usize>) -> Vec<Entry> {
    let bytes = text.as_bytes();
    let mut entries = Vec::new();
    let mut at = skip_space(bytes, span.start);
    let is_object = bytes.get(at) == Some(&b'{');
    if !is_object && bytes.get(at) != Some(&b'[') {
        return entries;
    }
    at = skip_space(bytes, at + 1);
    while at < span.end && !matches!(bytes.get(at), None | Some(b'}' | b']')) {
        let mut key = at..at;
        if is_object {
            key = at..skip_value(bytes, at);
            let colon = skip_space(bytes, key.end);
            at = skip_space(bytes, (colon + 1).min(bytes.len()));
        }
        let value = at..skip_value(bytes, at);
        if value.is_empty() {
            break;
        }
        at = skip_space(bytes, value.end);
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
        if entries.len() == MAX_VALUES {
            return Vec::new();
        }
        entries.push(Entry { key, value });
    }
    entries
}

/// The value of a key of the object in `text[span]`; of a repeated key the last, as parsers do.
pub(crate) fn member(text: &str, span: Range<usize>, key: &str) -> Option<Range<usize>> {
    let hit = |entry: &Entry| string(text, entry.key.clone()).as_deref() == Some(key);
    entries(text, span).into_iter().rfind(hit).map(|entry| entry.value)
}

/// The JSON string in `text[span]`, unescaped.
pub(crate) fn string(text: &str, span: Range<usize>) -> Option<String> {
    serde_json::from_str(text.get(span)?).ok()
}

/// The string in `text[span]`, of JSON or of Python.
pub(crate) fn either_string(text: &str, span: Range<usize>) -> Option<String> {
    string(text, span.clone()).or_else(|| unquoted(text.get(span)?))
}

/// A Python string literal's content.
fn unquoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut result = String::new();
    let mut rest = inner.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            result.push(letter);
            continue;
        }
        match rest.next()? {
            'n' => result.push('\n'),
            't' => result.push('\t'),
            'x' => result.push(escaped(&mut rest, 2)?),
            'u' => result.push(escaped(&mut rest, 4)?),
            other => result.push(other),
        }
    }
    Some(result)
}

fn escaped(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let code: String = rest.take(digits).collect();
    char::from_u32(u32::from_str_radix(&code, 16).ok()?)
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Where the value that begins at `start` ends.
fn skip_value(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                at = skip_string(bytes, at, *byte);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 1 { at + 1 } else { at },
            b'}' | b']' => depth -= 1,
            b',' | b' ' | b'\n' | b'\r' | b'\t' | b':' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

fn skip_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "{\n  \"a\": {\"x\\\"}\": 1e-05, \"y\": [1, 2]},\n  \"b\": [ \"p\" , \"q\" ],\n  \"c\": 3\n}";

    #[test]
    fn members_are_found_by_their_keys() {
        let value = |key: &str| member(TEXT, 0..TEXT.len(), key).map(|span| &TEXT[span]);
        assert_eq!(value("a"), Some("{\"x\\\"}\": 1e-05, \"y\": [1, 2]}"));
        assert_eq!(value("c"), Some("3"));
        assert_eq!(value("d"), None);
        let inner = member(TEXT, 0..TEXT.len(), "a").unwrap();
        assert_eq!(member(TEXT, inner, "x\"}").map(|span| &TEXT[span]), Some("1e-05"));
    }

    #[test]
    fn python_literals_are_read() {
        let names = |text| labels(text).unwrap();
        assert_eq!(names("{0: 'ant', 1: \"fox's\", 2: 'a\\'b'}"), ["ant", "fox's", "a'b"]);
        assert_eq!(names("['ant', 'caf\\xe9']"), ["ant", "caf\u{e9}"]);
        assert_eq!(labels("{0: 'ant', 2: 'bee'}"), None);
    }

    #[test]
    fn more_labels_than_any_model_has_are_none() {
        let many = |begin: &str, each: &str| [begin, &each.repeat(MAX_VALUES), "]"].concat();
        assert_eq!(labels(&many("[", r#""","#)), None);
        // What a Python literal quotes hides the rest from whoever counts by the rules of JSON.
        assert_eq!(labels(&many("['\"',", "'',")), None);
    }

    #[test]
    fn nonsense_gives_nothing_and_ends() {
        for text in ["{", "[:]", "{'", "{a:", "[,,]", "{0 'x'}", "[\"\\", "{:::", "\u{e9}{", "['\\\u{e9}"] {
            assert_eq!(labels(text), None, "{text}");
        }
    }
}
