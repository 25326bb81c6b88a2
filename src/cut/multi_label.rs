//! Whether the classes are independent of each other, where the weights do not say so.

use declass_formats::{Artifact, Format, Role};
use serde_json::Value;

use super::{refusal, refuse};
use crate::{
    error::Error,
    head::{Hints, Link},
};

/// Words of model cards and names of files that multi-label models have.
const CARD_WORDS: [&str; 5] = ["multi-label", "multi_label", "multilabel", "image-tagging", "auto-tagging"];
const FILE_WORDS: [&str; 3] = ["selected_tags", "_threshold", "thresholds."];
/// Most bytes of a model card that are looked into.
const MAX_CARD: u64 = 1 << 20;

/// Whether the configuration says so, or the one who asks does.
///
/// # Errors
/// If the two contradict each other.
pub(super) fn is_stated(artifact: &Artifact, hints: &Hints) -> Result<bool, Error> {
    // What lies beside a graph did not count then.
    if hints.older && artifact.format() == Format::Onnx {
        return Ok(hints.multi_label);
    }
    let kind = artifact.config().and_then(|config| config.get("problem_type")).and_then(Value::as_str);
    match kind {
        Some("multi_label_classification") => Ok(true),
        Some(other) if hints.multi_label => {
            Err(contradicted(&format!("config.json `problem_type` is `{other}`")))
        }
        _ => Ok(hints.multi_label),
    }
}

/// What a graph makes of the logits, given that the classes are said to be independent of each other.
///
/// # Errors
/// If the graph lets them compete, and the one who asks says that they do not.
pub(super) fn link(found: Link, artifact: &Artifact, hints: &Hints, competing: bool) -> Result<Link, Error> {
    let stated = is_stated(artifact, hints)? || (!hints.older && is_of_detector(artifact));
    match found {
        Link::None if stated && !competing => Ok(Link::Sigmoid),
        Link::Sigmoid | Link::None if !(hints.multi_label && competing) => Ok(found),
        _ if hints.multi_label => Err(contradicted("the graph compares its classes (softmax or argmax)")),
        _ => Ok(found),
    }
}

/// Whether the configuration is that of a detector of independent classes, or of sounds in which several speak at once.
fn is_of_detector(artifact: &Artifact) -> bool {
    refuse::is_independent(artifact.config())
}

fn contradicted(what: &str) -> Error {
    refusal(
        format!("its classes are said to be independent of each other, but {what}"),
        "leave out that they are, if only one class is right at a time",
    )
}

/// What suggests that several classes can be right at once, where nothing says so.
pub(super) fn suggestion(artifact: &Artifact, link: Link) -> Option<String> {
    if link != Link::None {
        return None;
    }
    let files = artifact.files().iter().filter(|file| file.role == Role::Companion);
    let by_name = files.map(|file| file.path.as_str()).find(|path| {
        let path = path.to_ascii_lowercase();
        FILE_WORDS.iter().any(|word| path.contains(word))
    });
    let what = match by_name {
        Some(path) => Some(format!("`{path}`")),
        None => speaks_of_tags(artifact).then(|| "the model card".to_owned()),
    }?;
    Some(format!(
        "{what} suggests that several classes can be right at once, and nothing says so: unless you say so, the classes are \
         assumed to exclude each other"
    ))
}

/// Whether the head of the card, in which hubs look for tags, has such a word.
fn speaks_of_tags(artifact: &Artifact) -> bool {
    let card = artifact.files().iter().find(|file| file.role == Role::Card && file.size <= MAX_CARD);
    let text = card.and_then(|card| String::from_utf8(artifact.read_file(&card.path).ok()?).ok());
    let text = text.unwrap_or_default();
    let front = text.strip_prefix("---").and_then(|rest| rest.split_once("\n---")).map(|(front, _)| front);
    let front = front.unwrap_or_default().to_lowercase();
    CARD_WORDS.iter().any(|word| front.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sample::{graph, node, opened};

    #[test]
    fn what_is_said_by_hand_must_not_contradict_the_graph() {
        let graph = graph(vec![node("Relu", &["x"], "y")], &[]);
        let (_folder, artifact) = opened(&graph, &[]);
        let said = Hints { multi_label: true, ..Hints::default() };
        let link = |found, hints: &Hints, competing| link(found, &artifact, hints, competing).ok();
        assert_eq!(link(Link::None, &said, false), Some(Link::Sigmoid));
        assert_eq!(link(Link::None, &Hints::default(), false), Some(Link::None));
        assert_eq!(link(Link::Sigmoid, &said, false), Some(Link::Sigmoid));
        for (found, competing) in [(Link::None, true), (Link::Softmax, false), (Link::ArgMax, false)] {
            assert_eq!(link(found, &said, competing), None, "{found:?}");
            assert_eq!(link(found, &Hints::default(), competing), Some(found));
        }
    }
}
