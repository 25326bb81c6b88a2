//! Whether a class is within reach of the embeddings that the architecture can make at all.

use crate::{
    classes::Forgotten,
    evidence::{Change, Figure, Side},
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

/// A head as numbers, and how far they may be from the model's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounded<'a> {
    pub(super) head: &'a LinearHead,
    /// Largest relative error ([`crate::cut::Head::rounding`]).
    pub(super) rounding: f64,
}

/// Both heads.
pub(super) type Heads<'a> = Change<Rounded<'a>>;

/// The figures under a guarantee of the architecture, and what they come to in words that go on a sentence. A
/// radius of `least` is beyond any embedding and needs no closer look.
pub(super) fn within(
    bound: &Bound,
    heads: Heads<'_>,
    forgotten: &Forgotten,
    radii: &[Radii],
    least: f64,
) -> (Vec<Figure>, String) {
    match bound {
        Bound::NonNegative { reason } => {
            let rivals: Vec<usize> = forgotten.retained().collect();
            let nearest = |of: Rounded<'_>, class| {
                let contest = Contest::new(of.head, class, &rivals);
                Contest { region: Region::NonNegative, rounding: of.rounding, ..contest }.reach().radius
            };
            let (mut figures, mut nearest_of_all) = (Vec::new(), f64::INFINITY);
            for found in radii {
                let after = if found.candidate >= least {
                    found.candidate
                } else {
                    nearest(heads.after, found.class)
                };
                // Fewer embeddings cannot come nearer, whatever rounding makes of the two figures.
                let after = after.max(found.candidate);
                let before = nearest(heads.before, found.class).max(found.original);
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
            let beyond =
                |radius: fn(&Radii) -> f64| radii.iter().filter(|found| radius(found) > *most).count();
            let (before, after) = (beyond(|found| found.original), beyond(|found| found.candidate));
            let classes = |side, count| {
                let figure = Figure::new("classes-out-of-reach", count as f64, "classes").on(side);
                figure.of(radii.len() as u64)
            };
            let figures = vec![
                Figure::new("largest-norm", *most, "norm"),
                classes(Side::Before, before),
                classes(Side::After, after),
            ];
            let verdict = if after == radii.len() { "out of reach" } else { "within reach" };
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
        let rounded = Rounded { head: &head, rounding: 0.0 };
        let heads = Change { before: rounded, after: rounded };
        let within = |bound: &Bound| within(bound, heads, &forgotten, &radii, 1e6);
        let (measured, said) = within(&Bound::NonNegative { reason: "r".into() });
        assert!(measured.iter().all(|measured| measured.value.0 > 1e9), "{measured:?}");
        assert!(said.ends_with("(r): out of reach"), "{said}");
        for (most, verdict) in [(2.5, "within reach"), (1.5, "out of reach")] {
            let (_, said) = within(&Bound::Norm { most, reason: "r".into() });
            assert!(said.ends_with(verdict), "{said}");
        }
    }
}
