//! What a card takes over from that of the original: its title, and the sections that are true of both models.

use super::{Subject, front::Parts};
use crate::claim::NamedClass;

/// Where our own text ends. Earlier versions put the whole card of the original behind the second.
const BORDERS: [&str; 2] = ["\n## From the original's card\n\n", "\n## The original's card\n\n"];
/// Headings of sections that a removal does not make wrong, by a word of theirs.
const LASTING: [&str; 10] = [
    "acknowledg",
    "attribution",
    "author",
    "bibtex",
    "citation",
    "cite",
    "contact",
    "licen",
    "preprocessing",
    "reference",
];
/// What stands between the title of the original and what was removed.
pub(super) const WITHOUT: &str = " without ";
/// How the titles of earlier versions went on.
const EARLIER: &str = " with ";
/// How the sentence goes on that begins with the original's name.
const LEAD: &str = "` with the class";
/// Characters of a title that are taken over.
const TITLE: usize = 120;

/// Where the text of a card ends that is its own.
pub(super) fn border(card: &str) -> Option<usize> {
    BORDERS.iter().filter_map(|border| card.find(border)).min()
}

/// What the original is called: by its card, or else by its name.
pub(super) fn title(parts: &Parts<'_>, name: &str) -> String {
    let heading = parts.body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
    let heading = heading.filter(|heading| (1..=TITLE).contains(&heading.chars().count()));
    match heading {
        // A release has one title, however many removals led to it.
        Some(heading) if parts.is_of_a_release() => {
            let end = heading.rfind(WITHOUT).or_else(|| heading.rfind(EARLIER));
            heading[..end.unwrap_or(heading.len())].to_owned()
        }
        Some(heading) => heading.to_owned(),
        None => name.to_owned(),
    }
}

/// What the card of a release calls its original, if that has no name on a hub.
pub(crate) fn original_in(card: &str) -> Option<String> {
    let line = card.lines().find(|line| line.starts_with('`') && line.contains(LEAD))?;
    line[1..].split_once('`').map(|(name, _)| name.to_owned())
}

/// The sections that still hold, behind a heading of their own.
pub(super) fn text(subject: &Subject<'_>, body: &str) -> String {
    let sections: Vec<&str> = match border(body) {
        // Of a release: what its card took over, or the original's whole card of earlier versions.
        Some(at) => sections(&body[at + 1..]),
        None => sections(body),
    };
    let classes = subject.statement.forgotten_in_all().iter().map(|entry| &entry.class);
    let removed: Vec<String> = classes.filter_map(|class| word(subject, class)).collect();
    let holds = |section: &&str| {
        let heading = section.lines().next().unwrap_or_default().to_lowercase();
        let lower = section.to_lowercase();
        LASTING.iter().any(|word| heading.contains(word)) && !removed.iter().any(|word| lower.contains(word))
    };
    let kept: Vec<String> = sections.into_iter().filter(holds).map(deeper).collect();
    if kept.is_empty() { String::new() } else { BORDERS[0].to_owned() + &kept.join("\n") }
}

/// A label as it would stand in a text about it.
fn word(subject: &Subject<'_>, class: &NamedClass) -> Option<String> {
    let label = class.label.as_deref().or_else(|| subject.label_of(class.index))?;
    Some(label.to_lowercase()).filter(|label| !label.trim().is_empty())
}

/// A text from heading to heading; what stands above the first is none.
fn sections(body: &str) -> Vec<&str> {
    let (mut begins, mut at, mut is_code) = (Vec::new(), 0, false);
    for line in body.split_inclusive('\n') {
        is_code ^= line.starts_with("```");
        if !is_code && level(line).is_some() {
            begins.push(at);
        }
        at += line.len();
    }
    let ends = begins.iter().copied().skip(1).chain([body.len()]);
    begins.iter().copied().zip(ends).map(|(begin, end)| &body[begin..end]).collect()
}

/// The depth of a heading.
fn level(line: &str) -> Option<usize> {
    let marks = line.len() - line.trim_start_matches('#').len();
    ((1..=6).contains(&marks) && line[marks..].starts_with(' ')).then_some(marks)
}

/// A section with a heading of the third level.
fn deeper(section: &str) -> String {
    let text = section.trim_start_matches('#').trim_end();
    format!("###{text}\n")
}
