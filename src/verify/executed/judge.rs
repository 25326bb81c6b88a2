//! Whether an output does what the heads say it does.

use super::pair::{Rows, Seen};
use crate::{
    classes::Forgotten,
    head::{Link, Place, Ties},
};

/// What a run is judged by.
pub(super) struct Expectation<'a> {
    pub(super) forgotten: &'a Forgotten,
    /// Whether no input shall be given a forgotten class any more.
    pub(super) is_final: bool,
    /// Whether the slots are gone.
    pub(super) is_dropped: bool,
    pub(super) link: Link,
    pub(super) ties: Ties,
    /// What rounding may do to a number, as a part of the largest.
    pub(super) rounding: f64,
    /// Whether classes are called by their numbers, so that these may be names and no indices.
    pub(super) names_are_numbers: bool,
    /// Whether what the head reads is rounded to whole numbers first, so that the logits of what was put in say
    /// little of what comes out.
    pub(super) is_coarse: bool,
    /// Whether a sealed slot is only as good as the others where these are all equal, so that rounding decides.
    pub(super) may_round_equal: bool,
    /// What has a row of its own; none if the whole input has one.
    pub(super) place: Option<Place>,
    /// Whether whole numbers are the best few classes of a row, and not only the best one.
    pub(super) lists_best: bool,
}

/// What is found of one output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// It follows the head, and the class is not on top.
    Follows,
    /// It is the same in both, and has no result per class.
    Unmoved,
    /// It changes, and is neither scores of the classes nor the best one.
    NotJudged,
    /// It has a result per class, and does not come from the head.
    Apart,
    /// What it does instead.
    Wrong(String),
}

/// One output of one input, before and after, with the logits.
struct Row<'s> {
    before: Vec<f64>,
    after: Vec<f64>,
    logits: Option<(&'s [f32], &'s [f32])>,
}

impl Expectation<'_> {
    /// Judges the output at this place by all that was seen of it.
    pub(super) fn judge(&self, seen: &[Seen], output: usize) -> Found {
        let Some(first) = seen.first() else { return Found::NotJudged };
        let (before, after) = (&first.outputs.before[output], &first.outputs.after[output]);
        let unmoved = seen.iter().all(|seen| seen.outputs.before[output] == seen.outputs.after[output]);
        let (classes, left) = (self.forgotten.classes(), self.left());
        let of_classes = |axis: &usize| {
            !before.whole
                && before.inner(*axis, classes, self.rows_of(first)).is_some()
                && (unmoved || after.inner(*axis, left, self.rows_of(first)).is_some())
        };
        let axes: Vec<usize> = (0..before.shape.len()).rev().filter(of_classes).collect();
        if !axes.is_empty() {
            if unmoved {
                return Found::Apart;
            }
            // Where as many were run together as there are classes, either axis may be that of the classes.
            let found = axes.iter().map(|axis| match self.rows(seen, output, Some(*axis)) {
                Some(rows) => self.scores(&rows),
                None => Found::NotJudged,
            });
            let found: Vec<Found> = found.collect();
            let follows = found.iter().find(|found| **found == Found::Follows);
            return follows.or(found.first()).cloned().unwrap_or(Found::NotJudged);
        }
        let is_list = self.place.is_some() && self.lists_best;
        let answers = self.rows(seen, output, None).filter(|_| before.whole && after.whole && !is_list);
        match answers.as_ref().and_then(|rows| self.answers(rows)) {
            Some(found) => found,
            None if unmoved => Found::Unmoved,
            None if answers.is_some_and(|rows| rows.iter().all(|row| row.before.len() == 1)) => {
                Found::Wrong("changes, and does not follow the best class".into())
            }
            None => Found::NotJudged,
        }
    }

    /// Classes of the copy's outputs.
    fn left(&self) -> usize {
        if self.is_dropped { self.forgotten.retained().count() } else { self.forgotten.classes() }
    }

    /// What has a row each in an output of this run.
    fn rows_of(&self, seen: &Seen) -> Rows {
        if self.place.is_some() { Rows::OfPlaces(seen.batch) } else { Rows::OfInputs(seen.batch) }
    }

    /// What was given out for each input, or each place of it: along the axis of the classes, or whatever comes
    /// first.
    fn rows<'s>(&self, seen: &'s [Seen], output: usize, axis: Option<usize>) -> Option<Vec<Row<'s>>> {
        let classes = self.forgotten.classes();
        let mut rows = Vec::new();
        for seen in seen {
            let both = [&seen.outputs.before[output], &seen.outputs.after[output]];
            let [before, after] = both.map(|given| given.rows(axis, self.rows_of(seen)));
            let (before, after) = (before?, after?);
            if before.len() != after.len() {
                return None;
            }
            // One embedding stands for all places of an input; else each place has its own, if they are as many.
            let per_logits = before.len() / (seen.batch * seen.places).max(1);
            let fits = seen.places == 1 || (per_logits == 1 && before.len() == seen.batch * seen.places);
            let logits = seen.logits.as_ref().filter(|_| fits);
            for (at, (before, after)) in before.into_iter().zip(after).enumerate() {
                let of = |all: &'s [f32]| all.get(at / per_logits.max(1) * classes..)?.get(..classes);
                let logits = logits.and_then(|logits| Some((of(&logits.before)?, of(&logits.after)?)));
                rows.push(Row { before, after, logits });
            }
        }
        Some(rows)
    }

    /// One number per class.
    fn scores(&self, rows: &[Row<'_>]) -> Found {
        let all: Vec<usize> = (0..self.forgotten.classes()).collect();
        let retained: Vec<usize> = self.forgotten.retained().collect();
        let mut tells = false;
        for row in rows.iter().filter(|row| row.before.iter().all(|it| it.is_finite())) {
            if row.after.iter().any(|it| it.is_nan()) {
                return Found::Wrong(
                    "has something that is not a number, where the original has numbers".into(),
                );
            }
            if let Some(wrong) = self.on_top(row) {
                return Found::Wrong(wrong);
            }
            let Some((before, after)) = row.logits else { continue };
            let (best, worst) = ends(before);
            tells |= row.before[best] > row.before[worst];
            if self.is_coarse {
                continue;
            }
            if let Some((a, b)) = self.out_of_order(before, &row.before, &all) {
                return Found::Wrong(format!(
                    "does not follow the head: of the classes {a} and {b}, the original's logits and this output \
                     prefer different ones"
                ));
            }
            let compared = if self.is_dropped { &retained } else { &all };
            let after: Vec<f32> = compared.iter().map(|class| after[*class]).collect();
            let places: Vec<usize> = (0..compared.len()).collect();
            if let Some((a, b)) = self.out_of_order(&after, &row.after, &places) {
                return Found::Wrong(format!(
                    "does not follow the new head: of the classes {} and {}, its logits and this output prefer \
                     different ones",
                    compared[a], compared[b]
                ));
            }
        }
        let judged = rows.iter().any(|row| row.logits.is_some());
        match (judged, tells) {
            (true, false) => Found::Wrong("tells no classes apart, where the head does".into()),
            (false, _) => Found::NotJudged,
            _ => Found::Follows,
        }
    }

    /// What is wrong, if a forgotten class is on top.
    fn on_top(&self, row: &Row<'_>) -> Option<String> {
        if self.is_dropped || !self.is_final {
            return None;
        }
        let most = |classes: &mut dyn Iterator<Item = usize>| {
            classes.map(|class| row.after[class]).fold(f64::NEG_INFINITY, f64::max)
        };
        if self.link == Link::Sigmoid {
            let is_rate = row.before.iter().chain(&row.after).all(|it| (0.0..=1.0).contains(it));
            let class = self
                .forgotten
                .indices()
                .find(|class| row.after[*class] >= if is_rate { 0.5 } else { 0.0 })?;
            return Some(format!("still says yes to class {class}"));
        }
        let best = most(&mut self.forgotten.retained());
        let least = self.forgotten.retained().map(|class| row.after[class]).fold(f64::INFINITY, f64::min);
        if best == least {
            return None;
        }
        let room = if self.may_round_equal { self.rounding * best.abs().max(least.abs()) } else { 0.0 };
        let first = self.forgotten.retained().find(|class| row.after[*class] == best);
        // Of equals, whoever reads the output takes the first.
        let is_first = |class: usize| first.is_some_and(|first| class < first);
        let wins = |class: &usize| {
            let lead = row.after[*class] - best;
            lead > room || (lead == 0.0 && self.ties == Ties::Never && room == 0.0 && is_first(*class))
        };
        let class = self.forgotten.indices().find(wins)?;
        Some(format!("still has class {class} on top"))
    }

    /// The first two classes that an output has in another order than their logits, which differ by more than
    /// rounding.
    fn out_of_order(&self, logits: &[f32], output: &[f64], classes: &[usize]) -> Option<(usize, usize)> {
        let finite = |class: &usize| logits[*class].is_finite();
        let mut order: Vec<usize> = classes.iter().copied().filter(finite).collect();
        order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
        let size =
            |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |most: f64, it| most.max(it.abs()));
        let slack = self.rounding * (1.0 + size(&mut order.iter().map(|class| f64::from(logits[*class]))));
        let room = self.rounding * size(&mut order.iter().map(|class| output[*class]));
        // Behind each class, the largest output of those whose logits are clearly smaller.
        let mut largest = vec![(f64::NEG_INFINITY, 0); order.len() + 1];
        for at in (0..order.len()).rev() {
            let class = order[at];
            let (most, _) = largest[at + 1];
            largest[at] = if output[class] > most { (output[class], class) } else { largest[at + 1] };
        }
        let mut from = 0;
        for class in &order {
            while from < order.len() && f64::from(logits[*class] - logits[order[from]]) <= slack {
                from += 1;
            }
            let (most, other) = largest[from];
            if most > output[*class] + room {
                return Some((*class, other));
            }
        }
        None
    }

    /// Whole numbers of which the first is the best class, or stands for it; none if it does not follow the best
    /// class.
    fn answers(&self, rows: &[Row<'_>]) -> Option<Found> {
        let mut stands: Vec<Option<f64>> = vec![None; self.forgotten.classes()];
        for row in rows {
            let Some(best) = row.logits.and_then(|(before, _)| self.clear_best(before)) else { continue };
            match stands[best] {
                Some(known) if known != row.before[0] => return self.renumbered(rows),
                _ => stands[best] = Some(row.before[0]),
            }
        }
        let known = || stands.iter().enumerate().filter_map(|(class, value)| Some((class, (*value)?)));
        let first = known().next()?.1;
        if known().all(|(_, value)| value == first) {
            return self.renumbered(rows);
        }
        let shift = known().next().map(|(class, value)| value - class as f64)?;
        let counts = known().all(|(class, value)| value - class as f64 == shift);
        let is_index = |value: f64| (0.0..self.forgotten.classes() as f64).contains(&value);
        if !counts && known().all(|(_, value)| is_index(value)) {
            return Some(Found::Wrong("gives classes the indices of others".into()));
        }
        let is_forgotten = |given: f64| self.forgotten.indices().any(|class| given == class as f64 + shift);
        let judges_all = self.place.is_some() && self.is_final && !self.is_dropped && counts;
        if let Some(row) = rows.iter().find(|row| judges_all && is_forgotten(row.after[0])) {
            return Some(Found::Wrong(format!(
                "still gives {}, which stands for a removed class",
                row.after[0]
            )));
        }
        let renumbered = self.forgotten.index_map();
        for row in rows {
            let Some(best) = row.logits.and_then(|(_, after)| self.clear_best(after)) else { continue };
            let new = renumbered[best].filter(|_| self.is_dropped && counts);
            let expected = new.map(|new| new as f64 + shift).or(stands[best]);
            // Numbers that are names stay.
            let stays = (shift != 0.0 || self.names_are_numbers) && stands[best] == Some(row.after[0]);
            let is_other = |expected: f64| expected != row.after[0] && !stays && !self.is_coarse;
            if expected.is_some_and(is_other) {
                let given = row.after[0];
                return Some(Found::Wrong(format!(
                    "gives {given} where the new head has class {best} on top"
                )));
            }
        }
        Some(Found::Follows)
    }

    /// Indices of classes that follow something else than the order of the logits: where the slots are gone, it is
    /// enough that the others are the same under their new numbers, in nearly all runs (retained rows may move).
    fn renumbered(&self, rows: &[Row<'_>]) -> Option<Found> {
        if !self.is_dropped {
            return None;
        }
        let new = self.forgotten.index_map();
        let class = |row: &Row<'_>| new.get(row.before[0] as usize).copied().flatten();
        let retained = rows.iter().filter_map(|row| Some((class(row)?, row.after[0])));
        let (mut same, mut all) = (0, 0);
        for (expected, given) in retained {
            all += 1;
            same += usize::from(expected as f64 == given);
        }
        (all > 0 && same * 10 >= all * 9).then_some(Found::Follows)
    }

    /// The class with the largest logit, if it leads by more than rounding.
    fn clear_best(&self, logits: &[f32]) -> Option<usize> {
        let (best, _) = ends(logits);
        let lead = logits[best];
        let size = logits.iter().filter(|it| it.is_finite()).fold(0.0_f32, |most, it| most.max(it.abs()));
        let slack = self.rounding * (1.0 + f64::from(size));
        let close = |(class, logit): (usize, &f32)| class != best && f64::from(lead - *logit) <= slack;
        (lead.is_finite() && !logits.iter().enumerate().any(close)).then_some(best)
    }
}

/// The classes with the largest and the smallest finite logit.
fn ends(logits: &[f32]) -> (usize, usize) {
    let mut ends = (0, 0);
    for (class, logit) in logits.iter().enumerate().filter(|(_, logit)| logit.is_finite()) {
        if !logits[ends.0].is_finite() || *logit > logits[ends.0] {
            ends.0 = class;
        }
        if !logits[ends.1].is_finite() || *logit < logits[ends.1] {
            ends.1 = class;
        }
    }
    ends
}
