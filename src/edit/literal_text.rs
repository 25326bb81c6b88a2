//! Edits of JSON and Python literals as text: what is not changed keeps its bytes, white space and number
//! spelling included.

use std::ops::Range;

use crate::cut::literal::{Entry, entries};

/// Ranges of a text, and what shall stand there.
pub(super) type Changes = Vec<(Range<usize>, String)>;

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
    let separator = all.get(1).map_or(",", |second| &text[first.span().end..second.span().start]);
    let kept: Vec<String> = all.iter().enumerate().filter_map(|(at, entry)| keep(at, entry)).collect();
    [&text[span.start..first.span().start], &kept.join(separator), &text[last.span().end..span.end]].concat()
}

/// The text of an entry as it is.
pub(super) fn verbatim(text: &str, entry: &Entry) -> String {
    text[entry.span()].to_owned()
}

/// The text of an entry with another key or value.
pub(super) fn replaced(text: &str, entry: &Entry, part: Range<usize>, by: &str) -> String {
    [&text[entry.span().start..part.start], by, &text[part.end..entry.span().end]].concat()
}

/// Applies replacements of ranges that do not overlap.
pub(super) fn apply(text: &str, changes: Changes) -> String {
    apply_within(text, 0..text.len(), changes)
}

/// The text of a range, with replacements inside of it.
pub(super) fn apply_within(text: &str, whole: Range<usize>, mut changes: Changes) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut result = String::with_capacity(whole.len());
    let mut at = whole.start;
    for (span, new) in changes {
        // Inside of one that is replaced already.
        if span.start < at {
            continue;
        }
        result.push_str(&text[at..span.start]);
        result.push_str(&new);
        at = span.end;
    }
    result.push_str(&text[at..whole.end]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::literal::member;

    #[test]
    fn what_stays_keeps_its_bytes() {
        let text = "{\"x\": 1e-05,\n  \"b\": [ \"p\" , \"q\" ]}";
        let span = member(text, 0..text.len(), "b").unwrap();
        let shorter = rebuilt(text, span.clone(), |at, entry| (at == 1).then(|| verbatim(text, entry)));
        assert_eq!(shorter, "[ \"q\" ]");
        assert_eq!(apply(text, vec![(span, shorter)]), text.replace("\"p\" , ", ""));
    }
}
