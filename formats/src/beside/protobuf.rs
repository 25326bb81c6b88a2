//! Models that are protobuf messages, told by their fields, which may stand in any order.

use super::{Glimpse, text::is_text};

/// What kind of model a message is, if it is one.
pub(super) fn model(file: &Glimpse) -> Option<&'static str> {
    if is_onnx(file) {
        Some("an ONNX model")
    } else if is_versioned(&file.beginning) {
        Some("a TensorFlow or Core ML model")
    } else if is_graph_definition(&file.beginning) {
        Some("a TensorFlow graph")
    } else {
        None
    }
}

/// Whether it is a vocabulary of SentencePiece: pieces of a text and a score each.
pub(super) fn is_vocabulary(beginning: &[u8]) -> bool {
    let Some((1, inner, _)) = message(beginning) else { return false };
    let Some((1, piece, rest)) = message(inner) else { return false };
    let is_score = |rest: &[u8]| rest.first() == Some(&0x15) && matches!(rest.len(), 5 | 7);
    // The first pieces stand for what no text has.
    !piece.is_empty() && piece.len() <= 64 && std::str::from_utf8(piece).is_ok() && is_score(rest)
}

/// A message of fields, whatever they are, one of which is a graph. A field that leads out of what is known may
/// lead into the end of the file.
fn is_onnx(file: &Glimpse) -> bool {
    let mut at = 0;
    for _ in 0..MOST_FIELDS {
        let Some(rest) = file.from(at) else { return false };
        let Some((tag, used)) = varint(rest) else { return false };
        let (field, behind) = (tag >> 3, &rest[used..]);
        let length = match (field, tag & 7) {
            (0, _) => return false,
            (_, 0) => varint(behind).map(|(_, used)| used as u64),
            (_, 1) => Some(8),
            (_, 2) => varint(behind).and_then(|(length, used)| {
                let end = (used as u64).checked_add(length)?;
                (field != GRAPH || !is_graph(&behind[used..], length)).then_some(end)
            }),
            (_, 5) => Some(4),
            _ => None,
        };
        match length {
            Some(length) => match at.checked_add(used as u64).and_then(|at| at.checked_add(length)) {
                Some(next) if next <= file.size => at = next,
                _ => return false,
            },
            // It is a graph, or nothing that is known.
            None => {
                return (field, tag & 7) == (GRAPH, 2)
                    && varint(behind).is_some_and(|(length, used)| {
                        let end = at.saturating_add((used + 1) as u64).saturating_add(length);
                        end <= file.size && is_graph(&behind[used..], length)
                    });
            }
        }
    }
    false
}

/// Whether bytes are those of a graph: nodes, a name, tensors, inputs and the like, each of some length.
fn is_graph(bytes: &[u8], length: u64) -> bool {
    let Some((tag, used)) = varint(bytes) else { return false };
    let inner = varint(&bytes[used..]).map(|(inner, more)| inner.saturating_add((used + more) as u64));
    let is_field = [0x0a, 0x12, 0x2a, 0x52, 0x5a, 0x62, 0x6a, 0x72, 0x7a, 0x82].contains(&(tag & 0xff));
    // The results of nodes stand behind a byte that no text has.
    let whole = usize::try_from(length).ok().and_then(|length| bytes.get(..length));
    let has_results = whole.is_none_or(|graph| graph.contains(&RESULT));
    is_field && has_results && inner.is_some_and(|end| end <= length)
}

/// Core ML and TensorFlow's saved models: a small version, then a message that begins with one or a name.
fn is_versioned(beginning: &[u8]) -> bool {
    let [0x08, 1..=40, rest @ ..] = beginning else { return false };
    let Some((2, inner, _)) = message(rest) else { return false };
    // A description, or a graph with what is known about it; other messages of such a form hold words.
    inner.len() >= 16 && !is_text(inner)
}

/// Nodes with a name and an operator each, the first of which is capitalised.
fn is_graph_definition(beginning: &[u8]) -> bool {
    let Some((1, node, _)) = message(beginning) else { return false };
    let Some((1, name, rest)) = message(node) else { return false };
    let Some((2, operator, _)) = message(rest) else { return false };
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name
        && operator.first().is_some_and(u8::is_ascii_uppercase)
        && operator.iter().all(u8::is_ascii_alphanumeric)
}

/// The number of a field with bytes, the bytes as far as they are known, and what stands behind.
fn message(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (tag, used) = varint(bytes)?;
    let (length, more) = varint(bytes.get(used..)?)?;
    let rest = bytes.get(used + more..)?;
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    (tag & 7 == 2).then(|| (tag >> 3, &rest[..end], &rest[end..]))
}

/// A number of at most ten bytes, and how many it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let end = bytes.iter().take(10).position(|byte| *byte < 0x80)?;
    let number =
        bytes.get(..=end)?.iter().rev().fold(0_u64, |number, byte| (number << 7) | u64::from(byte & 0x7f));
    Some((number, end + 1))
}

/// Where ONNX has the graph.
const GRAPH: u64 = 7;
/// What the names of a node's results follow.
const RESULT: u8 = 0x12;
/// A model has a few fields of one value and some lists.
const MOST_FIELDS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn what(bytes: &[u8]) -> Option<&'static str> {
        model(&Glimpse::of(bytes))
    }

    /// A graph with one node, which reads `x`.
    const GRAPH_FIELD: &[u8] = b"\x3a\x0b\x0a\x09\x0a\x01x\x12\x01y\x22\x01N";

    #[test]
    fn a_graph_is_found_behind_any_fields() {
        for before in [
            &b""[..],
            b"\x08\x08",
            b"\x08\x88\x00",
            b"\x12\x01x",
            b"\x22\x01x\x28\x01",
            b"\x42\x04\x0a\x00\x10\x11",
            b"\xfa\x3e\x03abc",
            b"\x35\0\0\0\0",
            b"\x39\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(what(&[before, GRAPH_FIELD].concat()), Some("an ONNX model"), "{before:?}");
            assert_eq!(what(before), None);
        }
        // A graph that follows more than is known of the beginning.
        let mut long = b"\x32\xa0\x8d\x06".to_vec();
        long.resize(4 + 100_000, b'a');
        long.extend(GRAPH_FIELD);
        let (beginning, end) = (long[..512].to_vec(), long[long.len() - 600..].to_vec());
        let glimpse = Glimpse { size: long.len() as u64, beginning, end };
        assert_eq!(model(&glimpse), Some("an ONNX model"));
    }

    #[test]
    fn other_messages_are_no_models() {
        for bytes in [
            &b"\x08\x01\x12\x05hello"[..],
            b"\n\x05hello",
            b":text of a list\n",
            b"\x3a\x40\x0a\x09",
            b"\xde\x12\x04\x95\0",
            b":(\n\x20and words enough to be as long as is said before, forty letters",
        ] {
            assert_eq!(what(bytes), None, "{bytes:?}");
        }
        let pieces = b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a";
        assert!(is_vocabulary(pieces) && what(pieces).is_none());
        assert_eq!(
            what(b"\x08\x04\x12\x10\x0a\x0e\x0a\x05input\x12\x05\x1a\x03\x0a\x01\x04"),
            Some("a TensorFlow or Core ML model")
        );
        assert_eq!(what(b"\n\x1c\n\x05input\x12\x0bPlaceholder\x1a\x06abcdef"), Some("a TensorFlow graph"));
        assert!(!is_vocabulary(b"\n\x1c\n\x05input\x12\x0bPlaceholder\x1a\x06abcdef"));
    }
}
