//! Edits of JSON as text: what is not changed keeps its bytes, white space and number spelling included.
//!
//! Only for text that a JSON parser has accepted before.

use std::ops::Range;

/// A member of an object or an element of a list, as byte ranges of the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    /// The key with its quotes; empty for an element of a list.
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

impl Entry {
    fn span(&self) -> Range<usize> {
        if self.key.is_empty() {
            self.value.clone()
        } else {
            self.key.start..self.value.end
        }
    }
}

/// The entries of the object or list in `text[span]`; nothing for other values.
pub(super) fn entries(text: &str, span: Range<usize>) -> Vec<Entry> {
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
            // Over the colon.
            at = skip_space(bytes, skip_space(bytes, key.end) + 1);
        }
        let value = at..skip_value(bytes, at);
        at = skip_space(bytes, value.end);
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
        entries.push(Entry { key, value });
    }
    entries
}

/// The value of a key of the object in `text[span]`; of a repeated key the last, as parsers do.
pub(super) fn member(text: &str, span: Range<usize>, key: &str) -> Option<Range<usize>> {
    let hit = |entry: &Entry| string(text, entry.key.clone()).as_deref() == Some(key);
    entries(text, span)
        .into_iter()
        .rfind(hit)
        .map(|entry| entry.value)
}

/// The string in `text[span]`, unescaped.
pub(super) fn string(text: &str, span: Range<usize>) -> Option<String> {
    serde_json::from_str(text.get(span)?).ok()
}

/// The object or list in `text[span]` with only the entries for which `keep` gives a text.
pub(super) fn rebuilt(
    text: &str,
    span: Range<usize>,
    mut keep: impl FnMut(usize, &Entry) -> Option<String>,
) -> String {
    let all = entries(text, span.clone());
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return text[span].to_owned();
    };
    let separator = all
        .get(1)
        .map_or(",", |second| &text[first.span().end..second.span().start]);
    let kept: Vec<String> = all
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| keep(at, entry))
        .collect();
    [
        &text[span.start..first.span().start],
        &kept.join(separator),
        &text[last.span().end..span.end],
    ]
    .concat()
}

/// The text of an entry as it is.
pub(super) fn verbatim(text: &str, entry: &Entry) -> String {
    text[entry.span()].to_owned()
}

/// The text of an entry with another key or value.
pub(super) fn replaced(text: &str, entry: &Entry, part: Range<usize>, by: &str) -> String {
    [
        &text[entry.span().start..part.start],
        by,
        &text[part.end..entry.span().end],
    ]
    .concat()
}

/// Applies replacements of ranges that do not overlap.
pub(super) fn apply(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in changes {
        result.push_str(&text[at..span.start]);
        result.push_str(&new);
        at = span.end;
    }
    result.push_str(&text[at..]);
    result
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
            b'"' => {
                at = skip_string(bytes, at);
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

fn skip_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a\": {\"x\\\"}\": 1e-05, \"y\": [1, 2]},\n  \"b\": [ \"p\" , \"q\" ],\n  \"c\": 3\n}";

    #[test]
    fn members_are_found_by_their_keys() {
        let value = |key: &str| member(TEXT, 0..TEXT.len(), key).map(|span| &TEXT[span]);
        assert_eq!(value("a"), Some("{\"x\\\"}\": 1e-05, \"y\": [1, 2]}"));
        assert_eq!(value("c"), Some("3"));
        assert_eq!(value("d"), None);
        let inner = member(TEXT, 0..TEXT.len(), "a").unwrap();
        assert_eq!(
            member(TEXT, inner, "x\"}").map(|span| &TEXT[span]),
            Some("1e-05")
        );
    }

    #[test]
    fn what_stays_keeps_its_bytes() {
        let span = member(TEXT, 0..TEXT.len(), "b").unwrap();
        let shorter = rebuilt(TEXT, span.clone(), |at, entry| {
            (at == 1).then(|| verbatim(TEXT, entry))
        });
        assert_eq!(shorter, "[ \"q\" ]");
        assert_eq!(
            apply(TEXT, vec![(span, shorter)]),
            TEXT.replace("\"p\" , ", "")
        );
    }
}
