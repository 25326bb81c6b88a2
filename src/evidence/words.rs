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

/// What a figure comes to: value and unit, of how many, its bound, and the limit that it is held against.
#[must_use]
pub fn value(figure: &Figure) -> String {
    let is_share = SHARES.contains(&&*figure.unit);
    let amount = |value: f64| if is_share { percent(value) } else { number(value) };
    let mut text = amount(figure.value.0);
    if !is_share {
        text += &format!(" {}", figure.unit);
    }
    if let Some(n) = figure.n {
        text += &format!(" of {}", grouped(n));
    }
    if let Some(bound) = figure.bound95 {
        text += &format!(" ({} {}, 95 %)", sign(bound.side), amount(bound.value.0));
    }
    if let Some(threshold) = figure.threshold {
        text += &format!(", limit {}", amount(threshold.0));
    }
    text
}

/// Units whose values are shares of a whole.
const SHARES: [&str; 2] = ["rate", "share"];

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
        size if size < 1e15 && value.fract() == 0.0 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(size as u64))
        }
        size if (1e-3..1e6).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

/// A share of one as a percentage of two places at most.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value != 0.0 && value.abs() < 0.01 {
        return format!("{value:.1e} %");
    }
    let text = format!("{value:.2}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `1 234 567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
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
            "share of class 0 `a` to class 1 `b` in gaussian, after: 25 % of 8 (<= 50 %, 95 %), limit 75 %"
        );
        assert_eq!(line(&Figure::new("rows-moved", 3.0, "rows"), None), "rows moved: 3 rows");
        assert_eq!(line(&Figure::new("recognised", 1.0, "rate").of(500), None), "recognised: 100 % of 500");
        assert_eq!(
            line(&Figure::new("recognised", 0.99977, "rate").of(12_288), None),
            "recognised: 99.98 % of 12 288"
        );
        assert_eq!(line(&Figure::new("recognised", 9.98e-5, "rate"), None), "recognised: 1.0e-2 %");
        let against = Figure::new("radius", 1.57e10, "norm").against(1_131.370_849_898_476);
        assert_eq!(line(&against, None), "radius: 15 700 000 000 norm, limit 1131.3708");
        assert_eq!(line(&Figure::new("radius", f64::INFINITY, "norm"), None), "radius: inf norm");
    }
}
