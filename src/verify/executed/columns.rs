//! Outputs in which the classes are some entries of an axis beside others, as those of detectors are: nothing but the
//! entries of the forgotten classes may differ, and these have to be the same for every input and box.

use std::collections::BTreeSet;

use super::{
    judge::{Expectation, Found},
    pair::{Given, Seen},
};
use crate::{
    cut::{Head, Site},
    net::Flow,
};

/// Largest number that counts as a probability near 0, as that of a sealed class has to be.
const MOST: f64 = 2e-9;

/// Where the classes are in an output.
pub(super) struct Columns<'a> {
    pub(super) output: &'a str,
    /// Counted from the last one.
    axis: usize,
    /// Entries in front of the first class, where that is known.
    start: Option<usize>,
}

/// The entries of an axis in all runs: which differ, and which are one small number in the copy.
struct Entries {
    extent: usize,
    changed: BTreeSet<usize>,
    constant: Vec<bool>,
}

impl<'a> Columns<'a> {
    /// Those of a head.
    pub(super) fn all(head: &Head, flow: &Flow<'a>) -> Vec<Self> {
        let columns = head.sites.iter().filter_map(|site| match site {
            Site::Columns { output, axis, start } => {
                let output = flow.graph().outputs.get(*output)?.name.as_str();
                Some(Self { output, axis: *axis, start: *start })
            }
            _ => None,
        });
        columns.collect()
    }

    /// Judges an output by all that was seen of it.
    pub(super) fn judge(&self, expectation: &Expectation<'_>, seen: &[Seen], output: usize) -> Found {
        if expectation.is_dropped {
            return self.judge_dropped(expectation, seen, output);
        }
        let runs = seen.iter().map(|seen| (&seen.outputs.before[output], &seen.outputs.after[output]));
        let entries = match Entries::of(runs, self.axis) {
            Ok(entries) => entries,
            Err(wrong) => return Found::Wrong(wrong),
        };
        let classes = expectation.forgotten.classes();
        let last = entries.extent.saturating_sub(classes);
        let starts = self.start.map_or(0..=last, |start| start..=start);
        let mut wrong = None;
        for start in starts {
            match entries.wrong(expectation, start) {
                None => return Found::Follows,
                Some(it) => wrong.get_or_insert(it),
            };
        }
        Found::Wrong(wrong.unwrap_or_else(|| "has fewer entries than there are classes".into()))
    }
}

/// What rounding may do to sums of the same products in another order, as a part of the largest number.
const ROUNDING: f64 = 1e-5;

impl Columns<'_> {
    /// Judges an output from which the forgotten classes are gone: what is left has to be as it was.
    fn judge_dropped(&self, expectation: &Expectation<'_>, seen: &[Seen], output: usize) -> Found {
        let classes = expectation.forgotten.classes();
        let mut wrong = None;
        let mut start = self.start.unwrap_or_default();
        loop {
            let gone: BTreeSet<usize> = expectation.forgotten.indices().map(|class| start + class).collect();
            let runs = seen.iter().map(|seen| (&seen.outputs.before[output], &seen.outputs.after[output]));
            let mut found = None;
            let mut extent = 0;
            for (before, after) in runs {
                extent = before.shape.iter().rev().nth(self.axis).copied().unwrap_or_default();
                found =
                    found.or_else(|| self.apart(before, after, &gone, expectation.rounding.max(ROUNDING)));
            }
            match found {
                None => return Found::Follows,
                Some(it) => wrong.get_or_insert(it),
            };
            start += 1;
            if self.start.is_some() || start.saturating_add(classes) > extent {
                return Found::Wrong(wrong.unwrap_or_default());
            }
        }
    }

    /// What is wrong with an output that has all entries of another but some.
    fn apart(&self, before: &Given, after: &Given, gone: &BTreeSet<usize>, rounding: f64) -> Option<String> {
        let axis = before.shape.len().checked_sub(self.axis + 1);
        let Some(axis) = axis else { return Some("has fewer axes than the graph says".into()) };
        let extent = before.shape[axis];
        let mut shape = before.shape.clone();
        shape[axis] = extent.saturating_sub(gone.len());
        if shape != after.shape || gone.iter().any(|entry| *entry >= extent) {
            return Some("has another shape than without the classes".into());
        }
        let inner: usize = before.shape[axis + 1..].iter().product();
        let is_left = |(at, _): &(usize, &f64)| !gone.contains(&(at / inner.max(1) % extent.max(1)));
        let left = before.numbers.iter().enumerate().filter(is_left);
        let entry = |at: usize| at / inner.max(1) % extent.max(1);
        // Places of boxes are larger than probabilities by far: each entry has a measure of its own.
        let mut most = vec![0.0_f64; extent];
        for (at, number) in before.numbers.iter().enumerate().filter(|(_, number)| number.is_finite()) {
            most[entry(at)] = most[entry(at)].max(number.abs());
        }
        let is_same = |at: usize, old: f64, new: f64| {
            old == new || (old.is_nan() && new.is_nan()) || (old - new).abs() <= most[entry(at)] * rounding
        };
        let mut pairs = left.zip(&after.numbers);
        let ((at, _), _) = pairs.find(|((at, old), new)| !is_same(*at, **old, **new))?;
        let entry = entry(at);
        Some(format!("changes at entry {entry}, which is none of a removed class"))
    }
}

impl Entries {
    fn of<'s>(runs: impl Iterator<Item = (&'s Given, &'s Given)>, axis: usize) -> Result<Self, String> {
        let mut extent = 0;
        let mut changed = BTreeSet::new();
        let mut constant: Vec<(bool, Option<f64>)> = Vec::new();
        for (before, after) in runs {
            if before.shape != after.shape {
                return Err("has another shape in the copy".into());
            }
            let at = before.shape.len().checked_sub(axis + 1).ok_or("has fewer axes than the graph says")?;
            let inner: usize = before.shape[at + 1..].iter().product();
            extent = before.shape[at];
            constant.resize(extent, (true, None));
            for (index, (old, new)) in before.numbers.iter().zip(&after.numbers).enumerate() {
                let entry = index / inner.max(1) % extent.max(1);
                if old != new && !(old.is_nan() && new.is_nan()) {
                    changed.insert(entry);
                }
                let (is_constant, known) = &mut constant[entry];
                *is_constant &= (*new <= MOST && known.is_none_or(|known| known == *new)) || !old.is_finite();
                known.get_or_insert(*new);
            }
        }
        Ok(Self {
            extent,
            changed,
            constant: constant.into_iter().map(|(is_constant, _)| is_constant).collect(),
        })
    }

    /// What is wrong if the classes begin at this entry.
    fn wrong(&self, expectation: &Expectation<'_>, start: usize) -> Option<String> {
        let Expectation { forgotten, is_final, .. } = expectation;
        if start.checked_add(forgotten.classes()).is_none_or(|end| end > self.extent) {
            return Some("has fewer entries than there are classes".into());
        }
        let own: BTreeSet<usize> = forgotten.indices().map(|class| start + class).collect();
        if let Some(entry) = self.changed.difference(&own).next() {
            return Some(format!("changes at entry {entry}, which is none of a removed class"));
        }
        let open = own.iter().find(|entry| *is_final && !self.constant[**entry])?;
        Some(format!("still tells class {} of some boxes", open - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        classes::Forgotten,
        evidence::Change,
        head::{Link, Ties},
    };

    /// Two boxes with two coordinates and three classes each, of which class 1 is forgotten.
    fn judged(start: Option<usize>, after: [f64; 10]) -> Found {
        let before = [1.0, 2.0, 3.0, 4.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
        let given =
            |numbers: [f64; 10]| Given { whole: false, shape: vec![1, 5, 2], numbers: numbers.to_vec() };
        let outputs = Change { before: vec![given(before)], after: vec![given(after)] };
        let forgotten = Forgotten::resolve(&["1"], 3, None).unwrap();
        let expectation = Expectation {
            forgotten: &forgotten,
            is_final: true,
            is_dropped: false,
            link: Link::Sigmoid,
            ties: Ties::Never,
            rounding: 0.0,
            names_are_numbers: false,
            is_coarse: false,
            may_round_equal: false,
            place: None,
            lists_best: false,
        };
        let columns = Columns { output: "y", axis: 1, start };
        columns.judge(&expectation, &[Seen { batch: 1, logits: None, places: 1, outputs }], 0)
    }

    #[test]
    fn nothing_but_the_entries_of_the_class_may_change_and_these_tell_nothing() {
        let sealed = [1.0, 2.0, 3.0, 4.0, 0.1, 0.2, 9e-14, 9e-14, 0.5, 0.6];
        assert_eq!(judged(Some(2), sealed), Found::Follows);
        assert_eq!(judged(None, sealed), Found::Follows);
        let says = |start, after, what: &str| {
            let Found::Wrong(wrong) = judged(start, after) else { panic!("it is right") };
            assert!(wrong.contains(what), "{wrong}");
        };
        says(Some(1), sealed, "entry 3");
        let mut moved = sealed;
        moved[3] = 4.5;
        says(Some(2), moved, "entry 1");
        says(None, moved, "entry");
        let mut told = sealed;
        told[7] = 0.4;
        says(Some(2), told, "class 1");
        told[7] = 1e-13;
        says(Some(2), told, "class 1");
        says(Some(3), sealed, "fewer entries");
    }
}
