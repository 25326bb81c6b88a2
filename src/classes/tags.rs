//! Labels of tokens that come in pieces: `B-PER` begins a `PER` and `I-PER` goes on with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{AS_INDEX, AS_LABEL, Forgotten, Labels, find, printable};
use crate::error::ClassError;

/// What stands in front of the name of an entity, in the schemes that are in use (IOB, IOBES, BILOU, BMES): the
/// beginning, what goes on (inside, middle), the end (end, last), and what stands alone (single, unit).
const PIECES: [char; 7] = ['B', 'I', 'M', 'E', 'L', 'S', 'U'];
/// The label of a token outside all entities.
pub(crate) const OUTSIDE: &str = "O";

/// What of an entity a removal leaves, or that a removal takes what stands for no entity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LeftPieces {
    /// Some labels of an entity are forgotten and some are not.
    Entity {
        /// The name without what says which piece.
        name: String,
        /// Labels that are forgotten.
        forgotten: Vec<String>,
        /// Labels that stay.
        retained: Vec<String>,
    },
    /// The label of tokens outside all entities is forgotten.
    Outside,
}

impl Forgotten {
    /// As [`resolve`](Self::resolve), where the bare name of an entity stands for all its labels.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_entities<S: AsRef<str>>(
        named: &[S],
        classes: usize,
        labels: Option<&Labels>,
    ) -> Result<Self, ClassError> {
        let indices = |name: &str| match labels.and_then(|labels| of_name(name, classes, labels)) {
            Some(classes) => classes.iter().map(|class| format!("{AS_INDEX}{class}")).collect(),
            None => vec![name.to_owned()],
        };
        let each: Vec<String> = named.iter().flat_map(|name| indices(name.as_ref())).collect();
        match Self::resolve(&each, classes, labels) {
            // The name that was given twice is the one that was written.
            Err(ClassError::Repeated { name }) => {
                let label = |index: &str| labels?.names.get(index.parse::<usize>().ok()?).cloned();
                let name = name.strip_prefix(AS_INDEX).and_then(label).unwrap_or(name);
                Err(ClassError::Repeated { name })
            }
            other => other,
        }
    }

    /// The names of entities all whose labels, of which there are several, are forgotten.
    #[must_use]
    pub fn whole_entities(&self, labels: &Labels) -> Vec<String> {
        let mut pieces: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (class, label) in labels.names.iter().enumerate() {
            if let Some((_, name)) = piece(label) {
                pieces.entry(name).or_default().push(class);
            }
        }
        let is_whole =
            |classes: &[usize]| classes.len() > 1 && classes.iter().all(|class| self.contains(*class));
        pieces.into_iter().filter(|(_, all)| is_whole(all)).map(|(name, _)| name.to_owned()).collect()
    }
}

impl LeftPieces {
    /// What a removal leaves of entities, in the order of their names.
    #[must_use]
    pub fn of(forgotten: &Forgotten, labels: &Labels) -> Vec<Self> {
        let label = |class: usize| labels.names.get(class).map(String::as_str);
        let names: BTreeSet<&str> =
            forgotten.indices().filter_map(|class| Some(piece(label(class)?)?.1)).collect();
        let of_entity =
            |name: &str, class: &usize| label(*class).and_then(piece).is_some_and(|it| it.1 == name);
        let texts = |classes: &mut dyn Iterator<Item = usize>, name: &str| -> Vec<String> {
            classes.filter(|class| of_entity(name, class)).filter_map(label).map(Into::into).collect()
        };
        let entities = names.into_iter().map(|name| Self::Entity {
            name: name.to_owned(),
            forgotten: texts(&mut forgotten.indices(), name),
            retained: texts(&mut forgotten.retained(), name),
        });
        let mut left: Vec<Self> = entities.filter(Self::leaves_some).collect();
        let tagged = labels.names.iter().any(|name| piece(name).is_some());
        if tagged && forgotten.indices().any(|class| label(class) == Some(OUTSIDE)) {
            left.push(Self::Outside);
        }
        left
    }

    fn leaves_some(&self) -> bool {
        matches!(self, Self::Entity { retained, .. } if !retained.is_empty())
    }

    /// What it means for whoever reads the answers.
    #[must_use]
    pub fn warning(&self) -> String {
        let list = |names: &[String]| {
            names.iter().map(|name| format!("`{}`", printable(name))).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Entity { name, forgotten, retained } => {
                let name = printable(name);
                format!(
                    "{} goes and {} stays: tokens are still called `{name}`, in pieces without what was removed, and \
                     whoever joins pieces joins what is left; forget `{name}` to remove all of them",
                    list(forgotten),
                    list(retained)
                )
            }
            Self::Outside => format!(
                "`{OUTSIDE}` is the answer for tokens outside all entities: without it every token is called an entity"
            ),
        }
    }
}

/// The classes of the entity that a name stands for, if it is neither a label nor an index.
pub(super) fn of_name(name: &str, classes: usize, labels: &Labels) -> Option<Vec<usize>> {
    let says_which = name.starts_with(AS_LABEL) || name.starts_with(AS_INDEX);
    if says_which || !matches!(find(name, classes, Some(labels)), Err(ClassError::Unknown { .. })) {
        return None;
    }
    let pieces = labels.names.iter().enumerate();
    let pieces = pieces.filter(|(_, label)| piece(label).is_some_and(|(_, entity)| entity == name));
    let classes: Vec<usize> = pieces.map(|(class, _)| class).collect();
    (!classes.is_empty()).then_some(classes)
}

/// Which piece a label is, and of which entity.
fn piece(label: &str) -> Option<(char, &str)> {
    let (piece, name) = label.split_once('-')?;
    let mut letters = piece.chars();
    let first = letters.next().filter(|letter| PIECES.contains(letter))?;
    (letters.next().is_none() && !name.is_empty()).then_some((first, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        let names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "S-LOC", "LOC", "X-PER", "PER-B"];
        Labels { names: names.map(String::from).to_vec(), source: "test".into() }
    }

    fn resolve(named: &[&str]) -> Result<Vec<usize>, ClassError> {
        Forgotten::resolve_entities(named, 9, Some(&labels())).map(|set| set.indices().collect())
    }

    #[test]
    fn a_bare_name_is_all_labels_of_the_entity_unless_it_is_a_label() {
        assert_eq!(resolve(&["PER"]).unwrap(), [1, 2]);
        assert_eq!(resolve(&["PER", "B-LOC"]).unwrap(), [1, 2, 3]);
        assert_eq!(resolve(&["LOC"]).unwrap(), [6], "it is a label itself");
        assert_eq!(resolve(&["label:B-PER"]).unwrap(), [1]);
        assert!(matches!(resolve(&["label:PER"]), Err(ClassError::Unknown { .. })));
        assert!(matches!(resolve(&["per"]), Err(ClassError::Unknown { .. })));
        assert!(matches!(resolve(&["PER", "I-PER"]), Err(ClassError::Repeated { name }) if name == "I-PER"));
        let forgotten = Forgotten::resolve_entities(&["PER", "B-LOC"], 9, Some(&labels())).unwrap();
        assert_eq!(forgotten.whole_entities(&labels()), ["PER"]);
    }

    #[test]
    fn what_is_left_of_an_entity_is_said() {
        let said = |named: &[&str]| -> Vec<String> {
            let forgotten = Forgotten::resolve_entities(named, 9, Some(&labels())).unwrap();
            LeftPieces::of(&forgotten, &labels()).iter().map(LeftPieces::warning).collect()
        };
        assert_eq!(said(&["PER"]), [""; 0]);
        let part = said(&["B-PER"]);
        assert!(
            part[0].starts_with("`B-PER` goes and `I-PER` stays: tokens are still called `PER`"),
            "{part:?}"
        );
        assert!(said(&["O"])[0].contains("every token is called an entity"));
    }
}
