//! Classes as people ask for them: one by one, by a pattern of labels, or by what shall be left.

use std::collections::BTreeSet;

use super::{AS_INDEX, AS_LABEL, Forgotten, Labels, all_of, find};
use crate::error::ClassError;

/// What is asked for of a model's classes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wish {
    /// Labels and indices, and patterns of labels: `*` stands for any text and `?` for any letter. What is a label or
    /// an index as it is written is no pattern.
    pub names: Vec<String>,
    /// Whether these stay and all others go.
    pub keep: bool,
}

/// What of a model's labels a wish is resolved with.
#[derive(Clone, Copy, Debug)]
pub struct Space<'a> {
    /// Number of classes.
    pub classes: usize,
    /// What they are called.
    pub labels: Option<&'a Labels>,
    /// Whether labels may be pieces of entities, so that a bare name stands for all of them.
    pub entities: bool,
    /// Classes that stand for nothing, such as the background: they stay where all but some classes go.
    pub nothing: &'a [usize],
}

/// The classes that a wish takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Granted {
    /// What is to be forgotten.
    pub forgotten: Forgotten,
    /// The patterns among the names, in their order.
    pub patterns: Vec<Matched>,
    /// Classes that nobody named and that stay since they stand for nothing.
    pub staying: Vec<usize>,
}

/// A pattern of labels, and the classes that have such a label.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matched {
    /// As it was written.
    pub pattern: String,
    /// The classes, ascending; at least one.
    pub classes: Vec<usize>,
}

impl Wish {
    /// The classes that it takes.
    ///
    /// # Errors
    /// As [`Forgotten::resolve`]; [`ClassError::Unmatched`] for a pattern that no label has,
    /// [`ClassError::NothingToForget`] if all classes are to be kept.
    pub fn resolve(&self, space: Space<'_>) -> Result<Granted, ClassError> {
        let Space { classes, labels, .. } = space;
        let mut named = BTreeSet::new();
        let mut patterns: Vec<Matched> = Vec::new();
        for name in &self.names {
            match space.exactly(name) {
                Ok(found) => {
                    let again = found.iter().find(|class| named.contains(*class));
                    if let Some(class) = again {
                        // Of an entity, the piece that was named before.
                        let label = labels.filter(|_| found.len() > 1).and_then(|it| it.names.get(*class));
                        return Err(ClassError::Repeated { name: label.unwrap_or(name).clone() });
                    }
                    named.extend(found);
                }
                Err(error) => patterns.push(space.pattern(name, error)?),
            }
        }
        named.extend(patterns.iter().flat_map(|matched| &matched.classes));
        if !self.keep || named.is_empty() {
            let forgotten = Forgotten::from_indices(named, classes)?;
            return Ok(Granted { forgotten, patterns, staying: Vec::new() });
        }
        let others = (0..classes).filter(|class| !named.contains(class));
        let (staying, indices): (Vec<usize>, Vec<usize>) =
            others.partition(|class| space.nothing.contains(class));
        if indices.is_empty() {
            return Err(ClassError::NothingToForget);
        }
        let forgotten = Forgotten::from_indices(indices.into_iter().collect(), classes)?;
        Ok(Granted { forgotten, patterns, staying })
    }

    /// The classes in a text with one name a line; empty lines and those that begin with `#` do not count.
    #[must_use]
    pub fn lines(text: &str) -> Vec<String> {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
    }
}

impl Space<'_> {
    /// The classes that a name stands for as it is written.
    fn exactly(self, name: &str) -> Result<Vec<usize>, ClassError> {
        let entity = self.labels.filter(|_| self.entities).and_then(|it| all_of(name, self.classes, it));
        entity.map_or_else(|| Ok(vec![find(name, self.classes, self.labels)?]), Ok)
    }

    /// The classes that a name takes as a pattern; `error` is why it is none as it is written.
    fn pattern(self, name: &str, error: ClassError) -> Result<Matched, ClassError> {
        let says_which = name.starts_with(AS_LABEL) || name.starts_with(AS_INDEX);
        let is_unknown = matches!(error, ClassError::Unknown { .. } | ClassError::SeveralInOne { .. });
        let Some(labels) = self.labels.filter(|_| is_unknown && !says_which && name.contains(WILD)) else {
            return Err(error);
        };
        let pattern: Vec<char> = name.chars().collect();
        let labels = labels.names.iter().take(self.classes).enumerate();
        let classes: Vec<usize> =
            labels.filter(|(_, label)| matches(&pattern, label)).map(|(class, _)| class).collect();
        if classes.is_empty() {
            return Err(ClassError::Unmatched { pattern: name.to_owned() });
        }
        Ok(Matched { pattern: name.to_owned(), classes })
    }
}

const WILD: [char; 2] = ['*', '?'];

/// Whether a name is one that a pattern describes: `*` stands for any letters, `?` for one.
pub(crate) fn matches_pattern(pattern: &str, name: &str) -> bool {
    matches(&pattern.chars().collect::<Vec<_>>(), name)
}

/// Whether a label is one that a pattern describes: of several places where a text between stars could be, the first
/// is as good as any other.
fn matches(pattern: &[char], label: &str) -> bool {
    let label: Vec<char> = label.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where to go on if what follows the last star does not fit here.
    let mut again: Option<(usize, usize)> = None;
    while from < label.len() {
        match (pattern.get(at), again) {
            (Some('*'), _) => {
                again = Some((at + 1, from));
                at += 1;
            }
            (Some(sign), _) if *sign == '?' || *sign == label[from] => (at, from) = (at + 1, from + 1),
            (_, Some((behind, start))) => {
                (at, from) = (behind, start + 1);
                again = Some((behind, start + 1));
            }
            _ => return false,
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space<'a>(labels: &'a Labels, nothing: &'a [usize]) -> Space<'a> {
        Space { classes: labels.names.len(), labels: Some(labels), entities: false, nothing }
    }

    fn labels(names: &[&str]) -> Labels {
        Labels { names: names.iter().map(|name| (*name).to_owned()).collect(), source: "test".into() }
    }

    fn wish(names: &[&str], keep: bool) -> Wish {
        Wish { names: names.iter().map(|name| (*name).to_owned()).collect(), keep }
    }

    fn forgotten(granted: &Granted) -> Vec<usize> {
        granted.forgotten.indices().collect()
    }

    #[test]
    fn stars_and_question_marks_stand_for_letters() {
        let fits = |pattern: &str, label: &str| matches(&pattern.chars().collect::<Vec<_>>(), label);
        for (pattern, label) in [
            ("dog*", "dog"),
            ("dog*", "dog house"),
            ("*dog", "hot dog"),
            ("*o*o*", "boo"),
            ("d?g", "d\u{fc}g"),
            ("*", ""),
            ("a*b*c", "abbcbc"),
        ] {
            assert!(fits(pattern, label), "{pattern} {label}");
        }
        for (pattern, label) in
            [("dog*", "hot dog"), ("d?g", "dg"), ("?", ""), ("a*b", "abc"), ("Dog*", "dog"), ("", "x")]
        {
            assert!(!fits(pattern, label), "{pattern} {label}");
        }
        assert!(!fits(&"*a".repeat(2000), &"a".repeat(1999)), "and soon");
    }

    #[test]
    fn exact_names_come_before_patterns_and_patterns_may_overlap() {
        let labels = labels(&["dog", "dog*", "dogs", "cat", "hot dog", "owl"]);
        let granted = |names: &[&str]| wish(names, false).resolve(space(&labels, &[])).unwrap();
        assert_eq!(forgotten(&granted(&["dog*"])), [1]);
        let some = granted(&["do*", "*g", "3"]);
        assert_eq!(forgotten(&some), [0, 1, 2, 3, 4]);
        let of =
            |pattern: &str, classes: &[usize]| Matched { pattern: pattern.into(), classes: classes.into() };
        assert_eq!(some.patterns, [of("do*", &[0, 1, 2]), of("*g", &[0, 4])]);
    }

    #[test]
    fn what_is_kept_leaves_all_others_but_those_that_stand_for_nothing() {
        let labels = labels(&["background", "dog", "cat", "bird"]);
        let granted = |names: &[&str]| wish(names, true).resolve(space(&labels, &[0]));
        let kept = granted(&["cat"]).unwrap();
        assert_eq!((forgotten(&kept), kept.staying), (vec![1, 3], vec![0]));
        let kept = granted(&["background", "c*"]).unwrap();
        assert_eq!((forgotten(&kept), kept.staying, kept.patterns.len()), (vec![1, 3], vec![], 1));
        assert_eq!(granted(&["dog", "cat", "bird"]), Err(ClassError::NothingToForget));
        assert_eq!(granted(&[]), Err(ClassError::NothingNamed));
        assert!(matches!(granted(&["dog", "1"]), Err(ClassError::Repeated { name }) if name == "1"));
        assert!(matches!(granted(&["x*"]), Err(ClassError::Unmatched { .. })));
        assert!(matches!(granted(&["label:c*"]), Err(ClassError::Unknown { .. })));
    }

    #[test]
    fn a_file_has_a_name_a_line() {
        let text = "\u{feff}# of 2026\r\n\n tench, Tinca tinca \r\nlabel:#1\n7\n";
        assert_eq!(Wish::lines(text), ["tench, Tinca tinca", "label:#1", "7"]);
    }
}
