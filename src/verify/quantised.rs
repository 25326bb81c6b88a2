//! Whether a removal outlives the rounding that a released model may meet later: quantised, a head that was
//! pushed just below the others can rise above them again.
//!
//! The candidate's head is [rounded](super::rounding) and judged on the same embeddings as the unrounded one.
//!
//! No verdict follows, since the released file is not rounded. A sealed or dropped slot that is recognised
//! again is said first.

use super::{
    recognition::Recognition,
    rounding::ROUNDINGS,
    sample::{Cell, Outcomes, Sample},
};
use crate::{
    classes::{Labels, describe},
    error::Error,
    evidence::{Check, Definition, Figure, Origin, Outcome, Side, thresholds::ENOUGH, words::grouped},
    head::LinearHead,
    removal::Removal,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "quantised",
    version: 1,
    number: None,
    formula: "the head's weights and biases rounded to fp16, bf16, int8 (one scale per row) and int4 (one \
              scale per 32 weights); rates as in forget-rate and retained-agreement; worst over classes and \
              strata, and over retained classes with at least 20 embeddings",
    origin: Origin::Synthetic,
    data: "synthetic embeddings of all strata, fewer than those of the other checks; the head's weights \
           rounded in memory, the encoder not; the unrounded candidate on the same embeddings beside them",
    shows: "whether the removal outlives the rounding that a released model may meet later",
    not_shown: "any other rounding: shown for these roundings of the head only; the files that were checked \
                are not rounded",
};

/// Measures every rounding of the candidate; `widths` are those of its parallel heads, whose rows are stored
/// apart.
pub(super) fn check(
    candidate: &LinearHead,
    widths: &[usize],
    sample: &Sample,
    recognition: Recognition<'_>,
    removal: &Removal,
    labels: Option<&Labels>,
) -> Result<Check, Error> {
    let unrounded = sample.judge(candidate, recognition)?;
    let mut effects = vec![Effect { name: "unrounded", before: &unrounded, after: unrounded.clone() }];
    for rounding in ROUNDINGS {
        let after = sample.judge(&rounding.apply(candidate, widths), recognition)?;
        effects.push(Effect { name: rounding.name(), before: &unrounded, after });
    }
    let gone = removal.target().is_final();
    Ok(Check {
        definition: &DEFINITION,
        outcome: Outcome::Informative,
        summary: summary(&effects[1..], gone, labels),
        figures: effects.iter().flat_map(Effect::figures).collect(),
    })
}

/// What one rounding does.
struct Effect<'a> {
    name: &'static str,
    before: &'a Outcomes,
    after: Outcomes,
}

impl Effect<'_> {
    /// The forgotten class and stratum that is recognised most, with its rate before rounding.
    fn worst_forgotten(&self) -> Option<(Cell, f64)> {
        let pairs = self.after.forgotten.iter().zip(&self.before.forgotten);
        let by_rate = |a: &Cell, b: &Cell| a.rate().total_cmp(&b.rate()).then(a.count.cmp(&b.count));
        let worst = pairs.max_by(|a, b| by_rate(a.0, b.0));
        worst.map(|(after, before)| (*after, before.rate()))
    }

    fn agreement(&self) -> (f64, f64) {
        (mean(&self.after), mean(self.before))
    }

    /// The embeddings of the retained class that agrees least, and its agreement.
    fn worst_retained(&self) -> Option<(u64, f64)> {
        let enough = self.after.retained.iter().filter(|(count, _)| *count >= ENOUGH);
        enough.map(|&(count, same)| (count, same as f64 / count as f64)).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn figures(&self) -> Vec<Figure> {
        let all = self.after.retained.iter().map(|(count, _)| count).sum();
        let rate = |quantity, (count, rate): (u64, f64)| {
            Figure::new(quantity, rate, "rate").in_stratum(self.name).of(count)
        };
        let forgotten = self.worst_forgotten().map(|(cell, _)| (cell.count, cell.rate()));
        let mut figures = Vec::new();
        figures.extend(forgotten.map(|found| rate("worst-recognised", found).on(Side::After)));
        figures.push(rate("agreement", (all, self.agreement().0)));
        figures.extend(self.worst_retained().map(|found| rate("worst-class-agreement", found)));
        figures
    }
}

fn mean(outcomes: &Outcomes) -> f64 {
    let (n, same) = outcomes.retained.iter().fold((0, 0), |(n, same), (a, b)| (n + a, same + b));
    same as f64 / n.max(1) as f64
}

/// The worst of all roundings; what was gone and came back goes first.
fn summary(effects: &[Effect<'_>], gone: bool, labels: Option<&Labels>) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let worst = effects.iter().filter_map(|effect| Some((effect.name, effect.worst_forgotten()?)));
    let forgotten = match worst.max_by(|a, b| a.1.0.rate().total_cmp(&b.1.0.rate())) {
        None => "no stratum reached a removed class".to_owned(),
        Some((_, (cell, _))) if cell.recognised == 0 => {
            let all: u64 = effects[0].before.forgotten.iter().map(|cell| cell.count).sum();
            format!("0 of {} recognised under fp16, bf16, int8 and int4", grouped(all))
        }
        Some((name, (cell, before))) => format!(
            "{}class {} {} recognised under {} in {} (unrounded {})",
            if gone && before == 0.0 { "THE REMOVAL DOES NOT OUTLIVE ROUNDING: " } else { "" },
            describe(cell.class, labels),
            percent(cell.rate()),
            name,
            cell.stratum.name(),
            percent(before),
        ),
    };
    let change = |effect: &&Effect<'_>| effect.agreement().0 - effect.agreement().1;
    let least = effects.iter().min_by(|a, b| change(a).total_cmp(&change(b)));
    let retained = least.map_or_else(String::new, |effect| {
        let (after, before) = effect.agreement();
        format!("; retained {} with {}, unrounded {}", percent(after), effect.name, percent(before))
    });
    forgotten + &retained
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embeddings::Stratum;

    fn outcomes(recognised: u64, kept: u64) -> Outcomes {
        let cell = Cell { stratum: Stratum::Scaled2, class: 0, count: 10, recognised };
        Outcomes { forgotten: vec![cell], retained: vec![(0, 0), (40, kept)] }
    }

    #[test]
    fn what_comes_back_is_said_first_and_loudly_where_it_was_said_to_be_gone() {
        let before = outcomes(0, 40);
        let effect =
            |name, recognised, kept| Effect { name, before: &before, after: outcomes(recognised, kept) };
        let effects = [effect("bf16", 0, 40), effect("int4", 3, 30)];
        let loud = summary(&effects, true, None);
        assert!(
            loud.starts_with("THE REMOVAL DOES NOT OUTLIVE ROUNDING: class 0 30.0 % recognised under int4"),
            "{loud}"
        );
        assert!(loud.ends_with("retained 75.0 % with int4, unrounded 100.0 %"), "{loud}");
        assert!(
            summary(&effects, false, None).starts_with("class 0 30.0 % recognised under int4 in scaled-2x")
        );
        let quiet = summary(&effects[..1], true, None);
        assert!(quiet.starts_with("0 of 10 recognised"), "{quiet}");
        let rates: Vec<f64> = effects[1].figures().iter().map(|figure| figure.value.0).collect();
        assert_eq!(rates, [0.3, 0.75, 0.75]);
    }
}
