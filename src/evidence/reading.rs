//! What measurements on real inputs say of a removed class and of all others, picked out of their figures.

use super::{Figure, Side};

/// Figures by the id of the metric that they belong to.
pub trait Figures {
    /// Those of one metric, if it was measured.
    fn of(&self, metric: &str) -> Option<&[Figure]>;
}

/// A share, after the removal and before it where that was measured.
#[derive(Clone, Copy, Debug)]
pub struct Shares<'a> {
    /// On the original.
    pub before: Option<&'a Figure>,
    /// On what became of it.
    pub after: &'a Figure,
}

/// Inputs of a removed class that still get it: of those with its label, or else of those that the original gives it.
pub fn still_given<'a>(figures: &'a impl Figures, class: usize, is_only: bool) -> Option<Shares<'a>> {
    let labelled = figures.of("forgotten-accuracy").and_then(|figures| {
        let of = |side| {
            let about =
                move |figure: &&Figure| figure.class == Some(class) || (is_only && figure.class.is_none());
            let accuracy = figures.iter().filter(about).filter(|figure| figure.quantity == "accuracy");
            accuracy.into_iter().find(|figure| figure.side == Some(side))
        };
        Some(Shares { before: Some(of(Side::Before)?), after: of(Side::After)? })
    });
    let found = labelled.or_else(|| {
        let figures = figures.of("removed-answers")?;
        let after = figures.iter().find(|it| it.quantity == "still-given" && it.class == Some(class))?;
        Some(Shares { before: None, after })
    });
    found.filter(Shares::is_of_any)
}

impl Shares<'_> {
    /// Whether there were inputs at all: a share of none says nothing.
    fn is_of_any(&self) -> bool {
        self.after.n.is_some_and(|n| n > 0)
    }
}

/// Inputs of all other classes that are right, or without labels those that keep their answer.
pub fn others(figures: &impl Figures) -> Option<Shares<'_>> {
    if let Some(figures) = figures.of("answer-agreement") {
        return Some(Shares { before: None, after: figures.first()? }).filter(Shares::is_of_any);
    }
    let figures = figures.of("retained-accuracy")?;
    let of = |side| figures.iter().find(|figure| figure.side == Some(side));
    Some(Shares { before: Some(of(Side::Before)?), after: of(Side::After)? }).filter(Shares::is_of_any)
}

/// Classes that inputs of a removed class get now, and their shares, the largest first.
pub fn destinations(figures: &impl Figures, class: usize) -> Vec<(usize, f64)> {
    let figures = figures.of("routing").or_else(|| figures.of("answer-routing"));
    let of_class = figures.into_iter().flatten().filter(|figure| figure.class == Some(class));
    of_class.filter_map(|figure| Some((figure.to?, figure.value.0))).collect()
}
