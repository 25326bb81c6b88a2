//! The words of the glossary, which is the page of the book itself.

/// The page.
const PAGE: &str = include_str!("../../docs/src/glossary.md");

/// A word and what it means.
pub(super) struct Entry {
    /// As it is written.
    pub(super) word: &'static str,
    body: &'static str,
}

/// All words, in the order of the page.
pub(super) fn words() -> Vec<&'static str> {
    entries().into_iter().map(|entry| entry.word).collect()
}

/// The entries about a word: `nats` are `nat`, and `forgotten` is in `Forgotten and retained`.
pub(super) fn find(word: &str) -> Vec<Entry> {
    let plain = |text: &str| text.trim().to_lowercase().replace(['-', '_'], " ");
    let wanted = plain(word);
    let singular = wanted.strip_suffix('s').unwrap_or(&wanted).to_owned();
    let is_meant = |entry: &Entry| {
        let name = plain(entry.word);
        let mut names = name.split(" and ").chain([name.as_str()]);
        names.any(|name| name == wanted || name == singular)
    };
    entries().into_iter().filter(is_meant).collect()
}

fn entries() -> Vec<Entry> {
    let entry = |section: &'static str| {
        let (word, body) = section.split_once('\n').unwrap_or((section, ""));
        Entry { word: word.trim(), body }
    };
    PAGE.split("\n## ").skip(1).map(entry).collect()
}

impl Entry {
    /// What it means, one line for each paragraph, without the marks of links and of stress.
    pub(super) fn text(&self) -> String {
        let paragraphs = self.body.trim().split("\n\n").map(|paragraph| {
            let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
            without_links(&lines.join(" ")).replace('*', "")
        });
        paragraphs.collect::<Vec<_>>().join("\n")
    }
}

/// `[text](target)` becomes `text`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let Some((words, behind)) = link.split_once("](") else {
            plain.push('[');
            rest = link;
            continue;
        };
        plain.push_str(words);
        rest = behind.split_once(')').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_has_a_text() {
        assert!(words().len() > 30);
        for word in words() {
            let found = find(word);
            assert_eq!(found.len(), 1, "{word}");
            let text = found[0].text();
            assert!(text.len() > 20 && !text.contains("]("), "{word}: {text}");
        }
        for (typed, meant) in
            [("nats", "Nat"), ("retained", "Forgotten and retained"), ("ROOT-DIGEST", "Root digest")]
        {
            assert_eq!(find(typed)[0].word, meant);
        }
        assert!(find("weasel").is_empty());
    }

    #[test]
    fn links_are_words() {
        assert_eq!(without_links("a [b c](d.md#e) f [x] (g)"), "a b c f [x] (g)");
    }
}
