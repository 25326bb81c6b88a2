//! Whether a class is within reach of the embeddings that the architecture can make at all.

use crate::{
    classes::Forgotten,
    evidence::{Figure, Side},
    head::{
        Bound, LinearHead,
        reach::{Contest, Region},
    },
};

/// From which norms on a class can be the top class.
pub(super) struct Radii {
    pub(super) class: usize,
    pub(super) original: f64,
    pub(super) candidate: f64,
}

/// Both heads, each with the largest relative error of its numbers ([`crate::cut::Head::rounding`]).
pub(super) type Heads<'a> = [(&'a LinearHead, f64); 2];

/// The figures under a guarantee of the architecture, and what they come to in words that go on a sentence. A radius of `least` is beyond
/// any embedding and needs no closer look.
pub(super) fn within(
    bound: &Bound,
    [original, candidate]: Heads<'_>,
    forgotten: &Forgotten,
    radii: &[Radii],
    least: f64,
) -> (Vec<Figure>, String) {
    match bound {
        Bound::NonNegative { reason } => {
            let rivals: Vec<usize> = forgotten.retained().collect();
            let nearest = |(head, rounding), class| {
                let contest = Contest::new(head, class, &rivals);
                Contest { region: Region::NonNegative, rounding, ..contest }.reach().radius
            };
            let (mut figures, mut nearest_of_all) = (Vec::new(), f64::INFINITY);
            for found in radii {
                let after =
                    if found.candidate >= least { found.candidate } else { nearest(candidate, found.class) };
                // Fewer embeddings cannot come nearer, whatever rounding makes of the two figures.
                let after = after.max(found.candidate);
                let before = nearest(original, found.class).max(found.original);
                for (side, value) in [(Side::Before, before), (Side::After, after)] {
                    let radius = Figure::new("radius", value, "norm").of_class(found.class).on(side);
                    figures.push(radius.in_stratum("non-negative"));
                }
                nearest_of_all = nearest_of_all.min(after);
            }
            let from = if nearest_of_all >= least {
                "out of reach".to_owned()
            } else {
                format!("from norm {nearest_of_all:.2} on")
            };
            (figures, format!("; embeddings are never negative here ({reason}): {from}"))
        }
        Bound::Norm { most, reason } => {
            let beyond = |radius: fn(&Radii) -> f64| {
                let count = radii.iter().filter(|found| radius(found) > *most).count();
                (count, radii.len() as u64)
            };
            let (before, after) = (beyond(|found| found.original), beyond(|found| found.candidate));
            let classes = |side, (count, all)| {
                Figure::new("classes-out-of-reach", count as f64, "classes").of(all).on(side)
            };
            let figures = vec![
                Figure::new("largest-norm", *most, "norm"),
                classes(Side::Before, before),
                classes(Side::After, after),
            ];
            let verdict = if after.0 == radii.len() { "out of reach" } else { "within reach" };
            (figures, format!("; embeddings have norm <= {most:.1} here ({reason}): {verdict}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0 wins where `y >= x + 3` and `x <= -1`.
    #[test]
    fn each_guarantee_is_held_against_the_class() {
        let weight = vec![0.0, 0.0, 1.0, -1.0, 1.0, 0.0];
        let head = LinearHead { classes: 3, width: 2, weight, bias: vec![0.0, 3.0, 1.0], has_bias: true };
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let radii = [Radii { class: 0, original: 2.0, candidate: 2.0 }];
        let within = |bound: &Bound| within(bound, [(&head, 0.0), (&head, 0.0)], &forgotten, &radii, 1e6);
        let (measured, said) = within(&Bound::NonNegative { reason: "r".into() });
        assert!(measured.iter().all(|measured| measured.value.0 > 1e9), "{measured:?}");
        assert!(said.ends_with("(r): out of reach"), "{said}");
        for (most, verdict) in [(2.5, "within reach"), (1.5, "out of reach")] {
            let (_, said) = within(&Bound::Norm { most, reason: "r".into() });
            assert!(said.ends_with(verdict), "{said}");
        }
    }
}
