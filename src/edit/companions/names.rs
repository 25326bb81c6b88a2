//! What the classes are called, and which of them go.

use std::collections::BTreeSet;

use crate::{
    classes::is_generic,
    cut::{Cut, plain, same},
};

/// The classes by index and, where they have names, by those.
pub(in crate::edit) struct Names<'a> {
    pub(super) classes: usize,
    forgotten: &'a BTreeSet<usize>,
    labels: Option<&'a [String]>,
    /// Labels of the classes that stay, and those that only forgotten classes have, without what spellings differ
    /// in.
    stays: BTreeSet<String>,
    goes: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub(in crate::edit) fn of(cut: &'a Cut, forgotten: &'a BTreeSet<usize>) -> Self {
        let labels = cut.labels.as_ref().map(|labels| labels.names.as_slice());
        Self::new(cut.head.classes, forgotten, labels.filter(|names| !is_generic(names)))
    }

    pub(super) fn new(classes: usize, forgotten: &'a BTreeSet<usize>, labels: Option<&'a [String]>) -> Self {
        let all = || labels.into_iter().flatten().enumerate();
        let of = |goes: bool| {
            all().filter(move |(class, _)| forgotten.contains(class) == goes).map(|(_, name)| plain(name))
        };
        let stays: BTreeSet<String> = of(false).collect();
        let goes = of(true).filter(|name| !stays.contains(name)).collect();
        Self { classes, forgotten, labels, stays, goes }
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// Whether a class stays.
    pub(super) fn keeps(&self, class: usize) -> bool {
        !self.forgotten.contains(&class)
    }

    /// How many classes stay.
    pub(super) fn left(&self) -> usize {
        self.classes - self.forgotten.len()
    }

    /// The index of a class once the forgotten ones are gone.
    pub(super) fn after(&self, class: usize) -> usize {
        class - self.forgotten.range(..class).count()
    }

    /// Whether a list has exactly the labels, in order.
    pub(super) fn are(&self, list: &[String]) -> bool {
        self.labels.is_some_and(|labels| {
            labels.len() == list.len() && labels.iter().zip(list).all(|(label, name)| same(label, name))
        })
    }

    /// Whether a class has this label.
    pub(super) fn is(&self, class: usize, name: &str) -> bool {
        self.labels.and_then(|labels| labels.get(class)).is_some_and(|label| same(label, name))
    }

    /// The last class of this name that stays.
    pub(super) fn last_of(&self, name: &str) -> Option<usize> {
        (0..self.classes).rev().find(|class| self.keeps(*class) && self.is(*class, name))
    }

    /// Whether a class that stays has this label.
    pub(super) fn stays(&self, name: &str) -> bool {
        self.stays.contains(&plain(name))
    }

    /// Whether some class has this label.
    pub(super) fn knows(&self, name: &str) -> bool {
        let name = plain(name);
        self.stays.contains(&name) || self.goes.contains(&name)
    }

    /// Whether this is the label of forgotten classes only. A number or a sign is a word of its own everywhere.
    pub(super) fn is_gone(&self, name: &str) -> bool {
        !self.goes.is_empty() && name.chars().any(char::is_alphabetic) && self.goes.contains(&plain(name))
    }

    /// How many different labels there are.
    pub(super) fn distinct(&self) -> usize {
        self.stays.len() + self.goes.len()
    }
}
