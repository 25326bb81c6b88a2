//! Whether a class is within reach of the embeddings that the architecture can make at all.

use super::report::Measurement;
use crate::{
    classes::Forgotten,
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
) -> (Vec<Measurement>, String) {
    match bound {
        Bound::NonNegative { reason } => {
            let rivals: Vec<usize> = forgotten.retained().collect();
            let nearest = |(head, rounding), class| {
                let contest = Contest::new(head, class, &rivals);
                Contest { region: Region::NonNegative, rounding, ..contest }.reach().radius
            };
            let (mut measurements, mut nearest_of_all) = (Vec::new(), f64::INFINITY);
            for found in radii {
                let after =
                    if found.candidate >= least { found.candidate } else { nearest(candidate, found.class) };
                // Fewer embeddings cannot come nearer, whatever rounding makes of the two figures.
                let after = after.max(found.candidate);
                let before = nearest(original, found.class).max(found.original);
                let name = format!("radius of class {} among non-negative embeddings", found.class);
                measurements.push(Measurement::new(format!("{name} in the original"), before, "norm"));
                measurements.push(Measurement::new(name, after, "norm"));
                nearest_of_all = nearest_of_all.min(after);
            }
            let from = match nearest_of_all >= least {
                true => "out of reach".to_owned(),
                false => format!("from norm {nearest_of_all:.2} on"),
            };
            (measurements, format!("; embeddings are never negative here ({reason}): {from}"))
        }
        Bound::Norm { most, reason } => {
            let beyond = |radius: fn(&Radii) -> f64| {
                let count = radii.iter().filter(|found| radius(found) > *most).count();
                (count, radii.len() as u64)
            };
            let (before, after) = (beyond(|found| found.original), beyond(|found| found.candidate));
            let classes = |name: &str, (count, all)| Measurement::new(name, count as f64, "classes").of(all);
            let measurements = vec![
                Measurement::new("largest norm of an embedding", *most, "norm"),
                classes("classes out of reach of that norm in the original", before),
                classes("classes out of reach of that norm", after),
            ];
            let verdict = if after.0 == radii.len() { "out of reach" } else { "within reach" };
            (measurements, format!("; embeddings have norm <= {most:.1} here ({reason}): {verdict}"))
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
        assert!(measured.iter().all(|measured| measured.value > 1e9), "{measured:?}");
        assert!(said.ends_with("(r): out of reach"), "{said}");
        for (most, verdict) in [(2.5, "within reach"), (1.5, "out of reach")] {
            let (_, said) = within(&Bound::Norm { most, reason: "r".into() });
            assert!(said.ends_with(verdict), "{said}");
        }
    }
}
