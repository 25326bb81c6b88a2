//! Classes that may have been meant by a name that is nobody's label.

use crate::error::Likely;

/// Most classes that are suggested.
const SUGGESTED: usize = 5;
/// Labels longer than this are compared by what they have in them only.
const LONG: usize = 256;

/// How a label is like a name, the closest last.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Likeness {
    /// Spelt almost like it.
    Spelt(f64),
    /// It has the name somewhere in it.
    Holds,
    /// One of its words is the name.
    Word,
    /// One of the names that it lists is the name, as in `tench, Tinca tinca`.
    Synonym,
    /// The same but for capitals.
    Same,
}

/// The classes whose labels are most like a name, best first. Of those that have it in them, the first few of
/// the best kind; labels that are only spelt alike are left out if there are any of those.
pub(super) fn near(name: &str, labels: &[String]) -> Vec<Likely> {
    let name = name.trim().to_lowercase();
    if name.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Likeness, usize)> = labels
        .iter()
        .enumerate()
        .filter_map(|(class, label)| Some((likeness(&label.to_lowercase(), &name)?, class)))
        .collect();
    // The sort is stable: of two that are alike, the class that comes first.
    found.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    let holds = found.first().is_some_and(|(best, _)| !matches!(best, Likeness::Spelt(_)));
    found
        .into_iter()
        .filter(|(likeness, _)| !holds || !matches!(likeness, Likeness::Spelt(_)))
        .take(if holds { SUGGESTED } else { 3 })
        .filter_map(|(_, index)| Some(Likely { index, label: labels.get(index)?.clone() }))
        .collect()
}

fn likeness(label: &str, name: &str) -> Option<Likeness> {
    if label == name {
        return Some(Likeness::Same);
    }
    let synonyms = || label.split(',').map(str::trim);
    if synonyms().any(|synonym| synonym == name) {
        return Some(Likeness::Synonym);
    }
    if label.split(|c: char| !c.is_alphanumeric()).any(|word| word == name) {
        return Some(Likeness::Word);
    }
    // A single letter is in nearly everything.
    if name.chars().nth(1).is_some() && label.contains(name) {
        return Some(Likeness::Holds);
    }
    if label.len() > LONG || name.len() > LONG {
        return None;
    }
    let alike = |text: &str| strsim::jaro_winkler(text, name);
    let best = synonyms().map(alike).fold(alike(label), f64::max);
    (best > 0.7).then_some(Likeness::Spelt(best))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(name: &str) -> Vec<usize> {
        let labels =
            ["tench, Tinca tinca", "Egyptian cat", "cattle truck", "catamaran", "Cat", "T-shirt/top"];
        near(name, &labels.map(String::from)).into_iter().map(|likely| likely.index).collect()
    }

    #[test]
    fn capitals_words_and_parts_lead_to_a_class() {
        assert_eq!(suggested("tench, tinca tinca"), [0]);
        assert_eq!(suggested("TINCA TINCA"), [0]);
        assert_eq!(suggested("tenth"), [0]);
        assert_eq!(suggested("cat"), [4, 1, 2, 3], "the same, then a word, then a part");
        assert_eq!(suggested("shirt"), [5]);
        assert_eq!(suggested(""), [0; 0]);
        assert_eq!(suggested("zebra"), [0; 0]);
    }
}
