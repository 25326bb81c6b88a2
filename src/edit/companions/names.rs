//! What the classes are called, and which of them go.

use std::collections::{BTreeSet, HashMap};

use crate::{
    classes::is_generic,
    cut::{Cut, spelling},
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
    /// How labels are spelt when they are compared.
    spelling: fn(&str) -> String,
    /// By class: its index once the forgotten ones are gone.
    after: Vec<usize>,
    /// The last class of each label that stays.
    last: HashMap<String, usize>,
}

impl<'a> Names<'a> {
    pub(in crate::edit) fn of(cut: &'a Cut, forgotten: &'a BTreeSet<usize>) -> Self {
        let labels = cut.labels.as_ref().map(|labels| labels.names.as_slice());
        Self::new(cut.head.classes, forgotten, labels.filter(|names| !is_generic(names)))
    }

    pub(super) fn new(classes: usize, forgotten: &'a BTreeSet<usize>, labels: Option<&'a [String]>) -> Self {
        let spelling = spelling(&[labels.unwrap_or_default()]);
        let all = || labels.into_iter().flatten().enumerate();
        let of = |goes: bool| {
            let chosen = all().filter(move |(class, _)| forgotten.contains(class) == goes);
            chosen.map(|(class, name)| (spelling(name), class))
        };
        let last: HashMap<String, usize> = of(false).collect();
        let stays: BTreeSet<String> = last.keys().cloned().collect();
        let goes = of(true).map(|(name, _)| name).filter(|name| !stays.contains(name)).collect();
        let mut gone = 0;
        let after = (0..classes).map(|class| {
            let after = class - gone;
            gone += usize::from(forgotten.contains(&class));
            after
        });
        Self { classes, forgotten, labels, stays, goes, spelling, after: after.collect(), last }
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
        self.after.get(class).copied().unwrap_or(class)
    }

    /// Whether a list has exactly the labels, in order.
    pub(super) fn are(&self, list: &[String]) -> bool {
        self.labels.is_some_and(|labels| {
            labels.len() == list.len() && labels.iter().zip(list).all(|(label, name)| self.same(label, name))
        })
    }

    /// Whether a class has this label.
    pub(super) fn is(&self, class: usize, name: &str) -> bool {
        self.labels.and_then(|labels| labels.get(class)).is_some_and(|label| self.same(label, name))
    }

    fn same(&self, label: &str, name: &str) -> bool {
        label == name || (self.spelling)(label) == (self.spelling)(name)
    }

    /// The last class of this name that stays.
    pub(super) fn last_of(&self, name: &str) -> Option<usize> {
        self.last.get(&(self.spelling)(name)).copied()
    }

    /// Whether a class that stays has this label.
    pub(super) fn stays(&self, name: &str) -> bool {
        self.stays.contains(&(self.spelling)(name))
    }

    /// Whether some class has this label.
    pub(super) fn knows(&self, name: &str) -> bool {
        let name = (self.spelling)(name);
        self.stays.contains(&name) || self.goes.contains(&name)
    }

    /// Whether this is the label of forgotten classes only. A number or a sign is a word of its own everywhere.
    pub(super) fn is_gone(&self, name: &str) -> bool {
        !self.goes.is_empty()
            && name.chars().any(char::is_alphabetic)
            && self.goes.contains(&(self.spelling)(name))
    }

    /// How many different labels there are.
    pub(super) fn distinct(&self) -> usize {
        self.stays.len() + self.goes.len()
    }
}
