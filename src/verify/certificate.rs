//! A proof, from the stored weights alone, that a forgotten class cannot be the top class; or how near it starts to be.
//!
//! For any weights `λ` on the retained classes that sum to 1, `max_r l_r(z) >= Σ λ_r l_r(z)`. So the class cannot win while
//! `(w_f - Σ λ_r w_r)·z + (b_f - Σ λ_r b_r) < 0`, which holds for every `z` with
//! `|z| < (Σ λ_r b_r - b_f) / |w_f - Σ λ_r w_r|`. With uniform `λ` a sealed row differs from the mean by the rounding of its
//! stored type only, and the radius is astronomically large; without rounding error it is infinite. Where the row is no
//! mean, the best `λ` is found by [`reach`], and the radius is then exactly where the class starts to win. Where the architecture
//! bounds its embeddings, [`guaranteed`] tells whether that is within their reach.

use super::{
    Request,
    guaranteed::{self, Radii},
    report::{Check, Measurement, Outcome},
};
use crate::{
    classes::Forgotten,
    cut::{Bound, Cut, Link, Order},
    edit::Slot,
    linear::LinearHead,
    reach::reach,
};

/// A radius must exceed the norm of a standard normal draw by this factor to count as a proof: the strata reach
/// four times that norm.
const LEAST_RADIUS_RATIO: f64 = 100.0;

pub(super) fn check(
    original: &LinearHead,
    candidate: &LinearHead,
    cut: &Cut,
    request: &Request<'_>,
) -> Check {
    let (order, link) = (cut.head.order, cut.head.link);
    let (outcome, summary, measurements) = match (request.slot, link) {
        (Slot::Drop, _) => absent(candidate, request.forgotten),
        (Slot::Keep, Link::Sigmoid) => constant(candidate, request),
        (Slot::Keep, _) => {
            below_the_retained((original, candidate), ties(order, link), cut.bound.as_ref(), request)
        }
    };
    Check {
        id: "forgotten-unreachable",
        outcome,
        summary,
        measurements,
        data: "weights as stored, in exact arithmetic; holds for every embedding, no samples involved",
        not_shown: "what an engine's own rounding adds to the logits; that the features no longer encode the class: \
                    few-shot relearning can restore it",
    }
}

/// Largest constant probability that counts as near 0: e^-20, well above what rounding makes of a seal.
const MOST_PROBABLE: f64 = 2e-9;

type Finding = (Outcome, String, Vec<Measurement>);

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

fn below_the_retained(
    (original, candidate): (&LinearHead, &LinearHead),
    ties: &str,
    bound: Option<&Bound>,
    request: &Request<'_>,
) -> Finding {
    let least = LEAST_RADIUS_RATIO * (candidate.width as f64).sqrt();
    let (mut measurements, mut radii) = (Vec::new(), Vec::new());
    let (mut radius, mut margin, mut before) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    for class in request.forgotten.indices() {
        let (mean_radius, own_margin) = radius_and_margin(candidate, request.forgotten, class);
        let own_radius = if mean_radius >= least {
            mean_radius
        } else {
            mean_radius.max(nearest(candidate, request.forgotten, class))
        };
        let own_before = nearest(original, request.forgotten, class);
        let norm = |name: &str, value| Measurement::new(format!("{name} of class {class}"), value, "norm");
        measurements.push(norm("radius", own_radius).against(least));
        measurements.push(norm("radius in the original", own_before));
        measurements.push(Measurement::new(format!("margin of class {class}"), own_margin, "nats"));
        (radius, margin) = (radius.min(own_radius), margin.min(own_margin));
        before = before.min(own_before);
        radii.push(Radii { class, original: own_before, candidate: own_radius });
    }
    let guaranteed =
        bound.map(|bound| guaranteed::within(bound, (original, candidate), request.forgotten, &radii, least));
    let (figures, under) = guaranteed.unwrap_or_default();
    measurements.extend(figures);
    let proven = radius >= least;
    let accountable = candidate.has_bias || !is_mean(candidate, request.forgotten);
    let summary = match (proven, request.sealed && accountable) {
        (true, _) if radius.is_infinite() => {
            format!(
                "no embedding whatever makes it the top class ({margin:.1} nats below the mean{ties}); originally from norm {before:.2} on"
            )
        }
        (true, _) => format!(
            "no embedding of norm below {radius:.1e} makes it the top class ({margin:.1} nats below the mean{ties}); originally from norm {before:.2} on"
        ),
        (false, true) => format!("the sealed row is no seal: the class can win from norm {radius:.2} on"),
        (false, false) if request.sealed => {
            "without a bias the sealed row can only tie with the others, never lead by \
                                             more than rounding"
                .to_owned()
        }
        (false, false) => {
            format!(
                "not sealed: it can be the top class from norm {radius:.2} on, originally from {before:.2}{under}"
            )
        }
    };
    let outcome = match (proven, request.sealed && accountable) {
        (true, _) => Outcome::Passed,
        (false, true) => Outcome::Failed,
        (false, false) => Outcome::Informative,
    };
    (outcome, summary, measurements)
}

/// Norm from which the class can be the top class: none of a smaller one makes it that.
fn nearest(head: &LinearHead, forgotten: &Forgotten, class: usize) -> f64 {
    reach(head, class, &forgotten.retained().collect::<Vec<_>>(), 0.0).radius
}

/// How far from the origin the class provably cannot win, and by how much it stays below there at the origin.
fn radius_and_margin(head: &LinearHead, forgotten: &Forgotten, class: usize) -> (f64, f64) {
    let (mean, mean_bias) = head.mean(forgotten.retained());
    let margin = mean_bias - f64::from(head.bias[class]);
    let gaps = head.row(class).iter().zip(&mean).map(|(&w, m)| f64::from(w) - m);
    let distance = gaps.map(|gap| gap * gap).sum::<f64>().sqrt();
    let radius = if margin <= 0.0 { 0.0 } else { margin / distance };
    (radius, margin)
}

/// Whether every forgotten row is the mean of the retained ones, to the rounding of the narrowest float type.
fn is_mean(head: &LinearHead, forgotten: &Forgotten) -> bool {
    let (mean, bias) = head.mean(forgotten.retained());
    let largest = forgotten
        .retained()
        .flat_map(|class| head.row(class))
        .fold(0.0f64, |m, &w| m.max(f64::from(w).abs()));
    let near = |(&w, &mean): (&f32, &f64)| (f64::from(w) - mean).abs() <= mean.abs() / 256.0 + largest * 1e-6;
    // A constant that the model itself adds to the logits acts like a bias.
    let no_higher = |class: usize| f64::from(head.bias[class]) <= bias;
    forgotten.indices().all(|class| no_higher(class) && head.row(class).iter().zip(&mean).all(near))
}

/// A multi-label slot: a zero row makes its logit a constant.
fn constant(candidate: &LinearHead, request: &Request<'_>) -> Finding {
    let mut measurements = Vec::new();
    let mut sealed = true;
    for class in request.forgotten.indices() {
        let zero = candidate.row(class).iter().all(|&w| w == 0.0);
        let probability = 1.0 / (1.0 + f64::from(-candidate.bias[class]).exp());
        measurements.push(Measurement::new(
            format!("probability of class {class}"),
            probability,
            "probability",
        ));
        sealed &= zero && probability <= MOST_PROBABLE;
    }
    let (outcome, text) = match (sealed, request.sealed) {
        (true, _) => (Outcome::Passed, "their probability is a constant near 0, whatever the input"),
        (false, true) => (Outcome::Failed, "the sealed rows are not constant"),
        (false, false) => (Outcome::Informative, "not sealed: their probability depends on the input"),
    };
    (outcome, text.to_owned(), measurements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_radius_is_where_the_bound_stops_to_hold() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        // Mean of the retained rows (1, 0); row 0 differs from it by (0, 2); mean bias 1, own bias -5.
        let head = LinearHead {
            classes: 3,
            width: 2,
            weight: vec![1.0, 2.0, 2.0, 1.0, 0.0, -1.0],
            bias: vec![-5.0, 2.0, 0.0],
            has_bias: true,
        };
        assert_eq!(radius_and_margin(&head, &forgotten, 0), (3.0, 6.0));
    }

    #[test]
    fn a_row_without_bias_is_a_seal_only_if_it_is_the_mean() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let mut head = LinearHead {
            classes: 3,
            width: 1,
            weight: vec![1.0, 2.0, 0.0],
            bias: vec![0.0; 3],
            has_bias: false,
        };
        assert!(is_mean(&head, &forgotten));
        head.weight[0] = 1.1;
        assert!(!is_mean(&head, &forgotten));
    }

    #[test]
    fn an_exact_mean_has_no_radius_and_a_raised_bias_no_proof() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let mut head = LinearHead {
            classes: 3,
            width: 1,
            weight: vec![1.0, 2.0, 0.0],
            bias: vec![-30.0, 0.0, 0.0],
            has_bias: true,
        };
        assert_eq!(radius_and_margin(&head, &forgotten, 0), (f64::INFINITY, 30.0));
        head.bias[0] = 0.0;
        assert_eq!(radius_and_margin(&head, &forgotten, 0).0, 0.0);
    }
}
