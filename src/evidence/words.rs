//! A figure in words. Terminal, model card and reports for programs say it the same way.

use super::{BoundSide, Figure};
use crate::classes::{Labels, describe};

/// What a figure is about: its quantity, then whatever else it has, such as `radius of class 3 'Shirt'
/// before`. Labels are those of the original.
#[must_use]
pub fn name(figure: &Figure, labels: Option<&Labels>) -> String {
    let mut name = figure.quantity.replace('-', " ");
    if let Some(class) = figure.class {
        name += &format!(" of class {}", describe(class, labels));
    }
    if let Some(to) = figure.to {
        name += &format!(" to class {}", describe(to, labels));
    }
    if let Some(stratum) = &figure.stratum {
        name += &format!(" in {stratum}");
    }
    if let Some(side) = figure.side {
        name += &format!(", {}", side.name());
    }
    name
}

/// What a figure comes to: value and unit, of how many, its bound, and what it is held against.
#[must_use]
pub fn value(figure: &Figure) -> String {
    let mut text = format!("{} {}", number(figure.value.0), figure.unit);
    if let Some(n) = figure.n {
        text += &format!(" of {n}");
    }
    if let Some(bound) = figure.bound95 {
        text += &format!(" ({} {}, 95 %)", sign(bound.side), number(bound.value.0));
    }
    if let Some(threshold) = figure.threshold {
        text += &format!(", held against {}", threshold.0);
    }
    text
}

/// Name and value on one line.
#[must_use]
pub fn line(figure: &Figure, labels: Option<&Labels>) -> String {
    format!("{}: {}", name(figure, labels), value(figure))
}

fn sign(side: BoundSide) -> &'static str {
    match side {
        BoundSide::AtLeast => ">=",
        BoundSide::AtMost => "<=",
    }
}

/// Counts whole, very large and very small numbers with an exponent, others to four places.
fn number(value: f64) -> String {
    match value.abs() {
        size if size < 1e15 && value.fract() == 0.0 => format!("{value:.0}"),
        size if (1e-3..1e6).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Side;

    #[test]
    fn a_figure_says_all_it_is_about() {
        let labels = Labels { names: ["a", "b"].map(String::from).to_vec(), source: "test".into() };
        let figure = Figure::new("share", 0.25, "rate").of_class(0).towards(1).in_stratum("gaussian");
        let figure = figure.on(Side::After).of(8).bounded(BoundSide::AtMost, 0.5).against(0.75);
        assert_eq!(
            line(&figure, Some(&labels)),
            "share of class 0 `a` to class 1 `b` in gaussian, after: 0.2500 rate of 8 (<= 0.5000, 95 %), held against 0.75"
        );
        assert_eq!(line(&Figure::new("rows-moved", 3.0, "rows"), None), "rows moved: 3 rows");
        assert_eq!(line(&Figure::new("radius", f64::INFINITY, "norm"), None), "radius: inf norm");
    }
}
