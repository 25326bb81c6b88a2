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
    /// Where the labels were read.
    pub(super) source: &'a str,
    /// Whether files are shortened as older versions did: by the place of their entries.
    pub(super) older: bool,
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
    /// The class of each label that only one has.
    only: HashMap<String, Option<usize>>,
}

/// A class that a file calls otherwise than the model does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Difference {
    pub(super) class: usize,
    /// What the model calls it.
    pub(super) label: String,
    pub(super) name: String,
}

impl<'a> Names<'a> {
    pub(in crate::edit) fn of(cut: &'a Cut, forgotten: &'a BTreeSet<usize>) -> Self {
        let labels = cut.labels.as_ref().filter(|labels| !is_generic(&labels.names));
        let source = labels.map_or("", |labels| labels.source.as_str());
        let names = Self::new(cut.head.classes, forgotten, labels.map(|labels| labels.names.as_slice()));
        Self { source, older: cut.older, ..names }
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
        let mut only: HashMap<String, Option<usize>> = HashMap::new();
        for (class, name) in all() {
            only.entry(spelling(name)).and_modify(|only| *only = None).or_insert(Some(class));
        }
        let (source, older, after) = ("", false, after.collect());
        Self { classes, forgotten, labels, source, older, stays, goes, spelling, after, last, only }
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

    /// Whether a list has exactly the labels, in any order.
    pub(super) fn are_all(&self, list: &[String]) -> bool {
        let Some(labels) = self.labels.filter(|labels| labels.len() == list.len()) else { return false };
        let mut left: HashMap<String, usize> = HashMap::new();
        for label in labels {
            *left.entry((self.spelling)(label)).or_default() += 1;
        }
        list.iter().all(|name| {
            left.get_mut(&(self.spelling)(name)).is_some_and(|left| {
                let some = *left > 0;
                *left = left.saturating_sub(1);
                some
            })
        })
    }

    /// The first row of a list, each of a class, that has another name than its class.
    pub(super) fn difference(&self, list: &[String], of: impl Fn(usize) -> usize) -> Option<Difference> {
        let mut rows = list.iter().enumerate().map(|(row, name)| (of(row), name));
        rows.find(|(class, name)| !self.is(*class, name)).map(|(class, name)| Difference {
            class,
            label: self.labels.and_then(|labels| labels.get(class)).cloned().unwrap_or_default(),
            name: name.clone(),
        })
    }

    /// The only class that has this label.
    pub(super) fn only(&self, name: &str) -> Option<usize> {
        self.only.get(&(self.spelling)(name)).copied().flatten()
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
