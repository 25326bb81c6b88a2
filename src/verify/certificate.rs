//! A proof, from the stored weights alone, that a forgotten class cannot be the top class; or how near it
//! starts to be.
//!
//! For any weights `λ` on the retained classes that sum to 1, `max_r l_r(z) >= Σ λ_r l_r(z)`. So the class
//! cannot win while `(w_f - Σ λ_r w_r)·z + (b_f - Σ λ_r b_r) < 0`, which holds for every `z` with
//! `|z| < (Σ λ_r b_r - b_f) / |w_f - Σ λ_r w_r|`. With uniform `λ` a sealed row differs from the mean by the
//! rounding of its stored type only, and the radius is astronomically large; without rounding error it is
//! infinite. Where the row is no mean, the best `λ` is found by [`Contest::reach`], and the radius is then
//! exactly where the class starts to win. Where the architecture bounds its embeddings, [`guaranteed`] tells
//! whether that is within their reach.

use super::guaranteed::{self, Heads, Radii};
use crate::{
    classes::Forgotten,
    cut::Cut,
    evidence::{Change, Check, Definition, Figure, Origin, Outcome, Side},
    head::{
        LinearHead, Link, Slot, Target, Ties, norm,
        reach::Contest,
        sealed::{is_constant, is_mean, least_radius, margin, probability_at_the_origin},
    },
};

pub(super) static DEFINITION: Definition = Definition {
    id: "forgotten-unreachable",
    version: 1,
    number: None,
    formula: "competing classes: the smallest |z| at which a forgotten logit can reach the largest retained \
              one, proven by weights on the retained rows that sum to 1, >= 100 sqrt(D) where the slot is \
              sealed; multi-label: a row of zeros, and sigmoid(bias) <= 2e-9 where it is sealed",
    origin: Origin::ModelFiles,
    data: "weights as stored, in exact arithmetic; holds for every embedding, no samples involved",
    shows: "that no embedding of an occurring norm makes a forgotten class the top class, or from which norm \
            on one does",
    not_shown: "what an engine's own rounding adds to the logits; that a kept slot comes last: it is not the first, and \
                may be among the best few; that the features no longer encode the class: few-shot relearning can restore \
                it",
};

pub(super) fn check(heads: Heads<'_>, cuts: Change<&Cut>, target: &Target) -> Check {
    let candidate = heads.after.head;
    let open = cuts.before.head.still_open(target);
    let finding = match (target.slot(), cuts.before.head.link, open) {
        (Slot::Drop, ..) => absent(candidate, target.forgotten()),
        (Slot::Keep, _, Some(reason)) => still_open(&reason),
        (Slot::Keep, Link::Sigmoid, None) => constant(candidate, target),
        (Slot::Keep, _, None) => below_the_retained(heads, cuts, target),
    };
    let Finding { outcome, summary, figures } = finding;
    Check { definition: &DEFINITION, outcome, summary, figures }
}

struct Finding {
    outcome: Outcome,
    summary: String,
    figures: Vec<Figure>,
}

fn absent(candidate: &LinearHead, forgotten: &Forgotten) -> Finding {
    let left = forgotten.retained().count();
    let summary =
        format!("no output is left: the head tells {left} classes apart, {} before", candidate.classes);
    Finding { outcome: Outcome::Passed, summary, figures: Vec::new() }
}

/// Whatever its numbers are, a slot can be given out.
fn still_open(reason: &str) -> Finding {
    let summary = format!("a sealed class could still be the answer: {reason}");
    Finding { outcome: Outcome::Failed, summary, figures: Vec::new() }
}

/// Kept slots of classes that compete: a forgotten class wins nowhere, or from a certain norm on.
fn below_the_retained(heads: Heads<'_>, cuts: Change<&Cut>, target: &Target) -> Finding {
    let (candidate, forgotten) = (heads.after.head, target.forgotten());
    let least = least_radius(candidate.width);
    let radii = radii(heads, forgotten, least);
    let mut figures = Vec::new();
    for found in &radii {
        let radius = |side, value| Figure::new("radius", value, "norm").of_class(found.class).on(side);
        figures.push(radius(Side::After, found.candidate).against(least));
        figures.push(radius(Side::Before, found.original));
        let margin = margin(candidate, forgotten, found.class);
        figures.push(Figure::new("margin", margin, "nats").of_class(found.class).on(Side::After));
    }
    let bound = cuts.before.bound.as_ref();
    let guaranteed = bound.map(|bound| guaranteed::within(bound, heads, forgotten, &radii, least));
    let (within, guarantee) = guaranteed.unwrap_or_default();
    figures.extend(within);
    // The class that comes nearest decides for all of them.
    let smallest = |of: fn(&Radii) -> f64| radii.iter().map(of).fold(f64::INFINITY, f64::min);
    let (radius, originally) = (smallest(|found| found.candidate), smallest(|found| found.original));
    let (outcome, summary) = if radius >= least {
        let rounded = rounded_radius(candidate, cuts.after, forgotten).min(radius);
        (Outcome::Passed, out_of_reach(rounded, originally, candidate, cuts.before, forgotten))
    } else if !target.is_sealed() {
        let text = format!("not sealed: it can be the answer for embeddings longer than {radius:.2}");
        (Outcome::Informative, format!("{text}, in the original {originally:.2}{guarantee}"))
    } else if !candidate.has_bias && is_mean(candidate, &cuts.after.head.precision(), forgotten) {
        // The best seal that there is without a bias. All rows may then be equal somewhere, so no radius can
        // be proven: what looks like a lead there is the rounding of the stored row.
        (Outcome::Informative, tie_at_best(candidate, forgotten))
    } else {
        let text = format!("the sealed row is no seal: the class can win from norm {radius:.2} on");
        (Outcome::Failed, text)
    };
    Finding { outcome, summary, figures }
}

/// How much of a lead rounding may give a row without bias that is the mean of the retained ones.
fn tie_at_best(candidate: &LinearHead, forgotten: &Forgotten) -> String {
    let (mean, _) = candidate.mean(forgotten.retained());
    let off = |class: usize| {
        let rounding = candidate.row(class).iter().zip(&mean).map(|(&w, mean)| f64::from(w) - mean);
        norm(&rounding.collect::<Vec<_>>())
    };
    let most = forgotten.indices().map(off).fold(0.0, f64::max);
    format!(
        "without a bias the sealed row, the mean of the retained ones, can tie with them where they are equal, and lead \
         there by as much as it is rounded: by {most:.1e} of the embedding's norm at most, and what an engine rounds"
    )
}

/// The norm below which not even the rounding of an engine makes a forgotten class the top class.
fn rounded_radius(candidate: &LinearHead, cut: &Cut, forgotten: &Forgotten) -> f64 {
    let rivals: Vec<usize> = forgotten.retained().collect();
    let (precision, rounding) = (cut.head.precision(), cut.head.rounding());
    let radius = |class| {
        let contest = Contest { rounding, ..Contest::new(candidate, class, &rivals) };
        contest.radius_of_the_mean_rounded(&precision)
    };
    forgotten.indices().map(radius).fold(f64::INFINITY, f64::min)
}

fn out_of_reach(
    radius: f64,
    originally: f64,
    candidate: &LinearHead,
    cut: &Cut,
    forgotten: &Forgotten,
) -> String {
    let at = cut.head.position.place().map_or_else(String::new, |place| format!(" at any {}", place.name()));
    let depths = forgotten.indices().map(|class| margin(candidate, forgotten, class));
    let depth = depths.fold(f64::INFINITY, f64::min);
    let originally = if originally < 1e6 { format!("{originally:.2}") } else { format!("{originally:.1e}") };
    let ties = match cut.head.merging.first() {
        Some(output) => format!("; it may tie in output `{output}`, whose numbers round to the same"),
        None => ties(cut.head.ties, cut.head.link).to_owned(),
    };
    let few = match cut.head.best_given_out() {
        Some(count) => format!("; among the best {count}, which an output lists, it may be"),
        None => String::new(),
    };
    let its = if forgotten.indices().count() == 1 { "its" } else { "their" };
    format!(
        "cannot be the answer{at} for any embedding shorter than {radius:.1e} (in the original {originally} is enough): {its} \
         score stays {depth:.1} below the average of the others{ties}{few}"
    )
}

/// Where the largest output need not be the largest logit.
fn ties(ties: Ties, link: Link) -> &'static str {
    match (ties, link) {
        (Ties::Possible, _) => "; it may tie where all outputs are equal",
        (Ties::Never, Link::OneVsRest) => "; it may tie where the sigmoid rounds both to 1 or both to 0",
        (Ties::Never, _) => "",
    }
}

/// From which norm each forgotten class can be the top class.
fn radii(heads: Heads<'_>, forgotten: &Forgotten, least: f64) -> Vec<Radii> {
    let rivals: Vec<usize> = forgotten.retained().collect();
    let of = |class: usize| {
        let contests =
            heads.map(|of| Contest { rounding: of.rounding, ..Contest::new(of.head, class, &rivals) });
        let by_the_mean = contests.after.radius_of_the_mean();
        // Where the mean of the retained rows proves enough, no better proof is looked for: that takes far
        // longer.
        let candidate =
            if by_the_mean >= least { by_the_mean } else { by_the_mean.max(contests.after.reach().radius) };
        Radii { class, original: contests.before.reach().radius, candidate }
    };
    forgotten.indices().map(of).collect()
}

/// A multi-label slot: a zero row makes its logit a constant.
fn constant(candidate: &LinearHead, target: &Target) -> Finding {
    let probability = |class| {
        let value = probability_at_the_origin(candidate, class);
        Figure::new("probability", value, "probability").of_class(class).on(Side::After)
    };
    let (outcome, summary) = if target.forgotten().indices().all(|class| is_constant(candidate, class)) {
        (Outcome::Passed, "the probability is a constant near 0, whatever the input")
    } else if target.is_sealed() {
        (Outcome::Failed, "the sealed rows are not constant")
    } else {
        (Outcome::Informative, "not sealed: the probability depends on the input")
    };
    let figures = target.forgotten().indices().map(probability).collect();
    Finding { outcome, summary: summary.to_owned(), figures }
}
