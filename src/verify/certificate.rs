//! A proof, from the stored weights alone, that a forgotten class cannot be the top class; or how near it starts to be.
//!
//! For any weights `λ` on the retained classes that sum to 1, `max_r l_r(z) >= Σ λ_r l_r(z)`. So the class cannot win while
//! `(w_f - Σ λ_r w_r)·z + (b_f - Σ λ_r b_r) < 0`, which holds for every `z` with
//! `|z| < (Σ λ_r b_r - b_f) / |w_f - Σ λ_r w_r|`. With uniform `λ` a sealed row differs from the mean by the rounding of its
//! stored type only, and the radius is astronomically large; without rounding error it is infinite. Where the row is no
//! mean, the best `λ` is found by [`Contest::reach`], and the radius is then exactly where the class starts to win. Where the architecture
//! bounds its embeddings, [`guaranteed`] tells whether that is within their reach.

use super::{
    Request,
    guaranteed::{self, Heads, Radii},
};
use crate::{
    classes::Forgotten,
    cut::{Cut, Head},
    evidence::{Check, Definition, Figure, Origin, Outcome, Side},
    head::{LinearHead, Link, Order, Slot, reach::Contest},
};

/// A radius must exceed the norm of a standard normal draw by this factor to count as a proof: the strata reach
/// four times that norm.
const LEAST_RADIUS_RATIO: f64 = 100.0;

pub(super) static DEFINITION: Definition = Definition {
    id: "forgotten-unreachable",
    version: 1,
    number: None,
    formula: "competing classes: the smallest |z| at which a forgotten logit can reach the largest retained one, proven by weights on the retained rows that sum to 1, >= 100 sqrt(D) where the slot is \
              sealed; multi-label: a row of zeros, and sigmoid(bias) <= 2e-9 where it is sealed",
    origin: Origin::ModelFiles,
    data: "weights as stored, in exact arithmetic; holds for every embedding, no samples involved",
    shows: "that no embedding of an occurring norm makes a forgotten class the top class, or from which norm on one does",
    not_shown: "what an engine's own rounding adds to the logits; that the features no longer encode the class: \
                few-shot relearning can restore it",
};

pub(super) fn check(heads: Heads<'_>, (before, after): (&Cut, &Cut), request: &Request<'_>) -> Check {
    let [_, (candidate, _)] = heads;
    let (outcome, summary, figures) = match (request.slot, before.head.link) {
        (Slot::Drop, _) => absent(candidate, request.forgotten),
        (Slot::Keep, Link::Sigmoid) => constant(candidate, request),
        (Slot::Keep, _) => below_the_retained(heads, (before, after), request),
    };
    Check { definition: &DEFINITION, outcome, summary, figures }
}

/// Whether the forgotten slots of a head are sealed, as far as its stored weights alone tell: no embedding that occurs
/// makes one of them the top class.
#[must_use]
pub fn is_sealed(head: &LinearHead, stored: &Head, forgotten: &Forgotten) -> bool {
    if stored.link == Link::Sigmoid {
        return forgotten.indices().all(|class| is_constant(head, class));
    }
    let least = LEAST_RADIUS_RATIO * (head.width as f64).sqrt();
    let rivals: Vec<usize> = forgotten.retained().collect();
    let radius = |class: usize| {
        Contest { rounding: stored.rounding(), ..Contest::new(head, class, &rivals) }.radius_of_the_mean()
    };
    let far = forgotten.indices().all(|class| radius(class) >= least);
    // Without a bias there is no room for a margin.
    far || (!head.has_bias && is_mean(head, stored, forgotten))
}

/// Largest constant probability that counts as near 0: e^-20, well above what rounding makes of a seal.
const MOST_PROBABLE: f64 = 2e-9;

type Finding = (Outcome, String, Vec<Figure>);

fn absent(candidate: &LinearHead, forgotten: &Forgotten) -> Finding {
    let left = forgotten.retained().count();
    let text = format!("no output is left for them: the head makes {left} classes of {}", candidate.classes);
    (Outcome::Passed, text, Vec::new())
}

/// Where the largest output need not be the largest logit.
fn ties(order: Order, link: Link) -> &'static str {
    match (order, link) {
        (Order::Weak, _) => "; it may tie where all outputs are equal",
        (Order::Strict, Link::OneVsRest) => "; it may tie where the sigmoid rounds both to 1 or both to 0",
        (Order::Strict, _) => "",
    }
}

fn below_the_retained(heads: Heads<'_>, (before, after): (&Cut, &Cut), request: &Request<'_>) -> Finding {
    let [_, (candidate, _)] = heads;
    let least = LEAST_RADIUS_RATIO * (candidate.width as f64).sqrt();
    let radii = radii(heads, request.forgotten, least);
    let margins: Vec<f64> =
        request.forgotten.indices().map(|class| margin(candidate, request.forgotten, class)).collect();
    let mut figures = Vec::new();
    for (found, margin) in radii.iter().zip(&margins) {
        let radius = |side, value| Figure::new("radius", value, "norm").of_class(found.class).on(side);
        figures.push(radius(Side::After, found.candidate).against(least));
        figures.push(radius(Side::Before, found.original));
        figures.push(Figure::new("margin", *margin, "nats").of_class(found.class).on(Side::After));
    }
    let bound = before.bound.as_ref();
    let guaranteed = bound.map(|bound| guaranteed::within(bound, heads, request.forgotten, &radii, least));
    let (within, under) = guaranteed.unwrap_or_default();
    figures.extend(within);
    let smallest = |of: fn(&Radii) -> f64| radii.iter().map(of).fold(f64::INFINITY, f64::min);
    let (radius, originally) = (smallest(|found| found.candidate), smallest(|found| found.original));
    let margin = margins.into_iter().fold(f64::INFINITY, f64::min);
    let ties = ties(before.head.order, before.head.link);
    let accountable = candidate.has_bias || !is_mean(candidate, &after.head, request.forgotten);
    let (outcome, summary) = match (radius >= least, request.sealed && accountable) {
        (true, _) => {
            let whom = if radius.is_infinite() {
                "no embedding whatever".to_owned()
            } else {
                format!("no embedding of norm below {radius:.1e}")
            };
            let depth = format!("{margin:.1} nats below the mean{ties}");
            let text =
                format!("{whom} makes it the top class ({depth}); originally from norm {originally:.2} on");
            (Outcome::Passed, text)
        }
        (false, true) => (
            Outcome::Failed,
            format!("the sealed row is no seal: the class can win from norm {radius:.2} on"),
        ),
        (false, false) if request.sealed => {
            let text = "without a bias the sealed row can only tie with the others, never lead by more than rounding";
            (Outcome::Informative, text.to_owned())
        }
        (false, false) => {
            let text =
                format!("not sealed: it can be the top class from norm {radius:.2} on, originally from");
            (Outcome::Informative, format!("{text} {originally:.2}{under}"))
        }
    };
    (outcome, summary, figures)
}

/// From which norm each forgotten class can be the top class. Where the mean of the retained rows proves at least `least`, no better proof
/// is looked for.
fn radii([original, candidate]: Heads<'_>, forgotten: &Forgotten, least: f64) -> Vec<Radii> {
    let rivals: Vec<usize> = forgotten.retained().collect();
    let of = |class: usize| {
        let contest = |(head, rounding)| Contest { rounding, ..Contest::new(head, class, &rivals) };
        let by_the_mean = contest(candidate).radius_of_the_mean();
        let radius = if by_the_mean >= least {
            by_the_mean
        } else {
            by_the_mean.max(contest(candidate).reach().radius)
        };
        Radii { class, original: contest(original).reach().radius, candidate: radius }
    };
    forgotten.indices().map(of).collect()
}

/// How far a class stays below the mean of the retained ones at the origin.
fn margin(head: &LinearHead, forgotten: &Forgotten, class: usize) -> f64 {
    head.mean(forgotten.retained()).1 - f64::from(head.bias[class])
}

/// Whether every forgotten row is the mean of the retained ones, up to the rounding of the type in which it is stored.
fn is_mean(head: &LinearHead, stored: &Head, forgotten: &Forgotten) -> bool {
    let (mean, bias) = head.mean(forgotten.retained());
    // The mean is rounded to single precision first.
    let near = |(&w, &mean): (&f32, &f64)| {
        let rounded = 0.5f64.powi(24) + stored.rounding();
        (f64::from(w) - mean).abs() <= stored.storage_error(mean.abs()) * 1.001 + mean.abs() * rounded
    };
    // A constant that the model itself adds to the logits acts like a bias.
    let no_higher = |class: usize| f64::from(head.bias[class]) <= bias;
    forgotten.indices().all(|class| no_higher(class) && head.row(class).iter().zip(&mean).all(near))
}

/// A multi-label slot: a zero row makes its logit a constant.
fn constant(candidate: &LinearHead, request: &Request<'_>) -> Finding {
    let mut figures = Vec::new();
    let mut sealed = true;
    for class in request.forgotten.indices() {
        let probability = constant_probability(candidate, class);
        figures.push(Figure::new("probability", probability, "probability").of_class(class).on(Side::After));
        sealed &= is_constant(candidate, class);
    }
    let (outcome, text) = match (sealed, request.sealed) {
        (true, _) => (Outcome::Passed, "their probability is a constant near 0, whatever the input"),
        (false, true) => (Outcome::Failed, "the sealed rows are not constant"),
        (false, false) => (Outcome::Informative, "not sealed: their probability depends on the input"),
    };
    (outcome, text.to_owned(), figures)
}

fn constant_probability(head: &LinearHead, class: usize) -> f64 {
    1.0 / (1.0 + f64::from(-head.bias[class]).exp())
}

fn is_constant(head: &LinearHead, class: usize) -> bool {
    let zero = head.row(class).iter().all(|&w| w == 0.0);
    zero && constant_probability(head, class) <= MOST_PROBABLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::{Branch, Operand};
    use declass_formats::{Dtype, TensorInfo};

    fn stored(dtype: Dtype) -> Head {
        let info = TensorInfo { dtype, shape: vec![3, 1] };
        let branch = Branch {
            embedding: String::new(),
            width: 1,
            weight: Operand::stored("weight", &info, 0),
            bias: None,
            gain: vec![1.0; 3],
            bias_gain: vec![1.0; 3],
        };
        Head {
            name: "head".to_owned(),
            classes: 3,
            branches: vec![branch],
            link: Link::Softmax,
            order: Order::Strict,
            auxiliary: Vec::new(),
            shift: vec![0.0; 3],
            sites: Vec::new(),
            obstacle: None,
        }
    }

    #[test]
    fn a_row_without_bias_is_a_seal_only_if_it_is_the_mean() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let mean = |row: f32, dtype| {
            let weight = vec![row, 2.0, 0.0];
            let head = LinearHead { classes: 3, width: 1, weight, bias: vec![0.0; 3], has_bias: false };
            is_mean(&head, &stored(dtype), &forgotten)
        };
        assert!(mean(1.0, Dtype::F32) && mean(1.0, Dtype::Bf16));
        assert!(mean(1.0 + 1.0 / 256.0, Dtype::Bf16) && !mean(1.0 + 1.0 / 256.0, Dtype::F16));
        assert!(!mean(1.0 + 1.0 / 4096.0, Dtype::F32) && !mean(1.1, Dtype::Bf16));
    }
}
