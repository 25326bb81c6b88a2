//! A policy as it is written: in TOML, in one of two versions.
//!
//! Version 1 names figures as claims of version 1 did, in sentences; version 2 by what they are about.

use serde::Deserialize;

use super::{
    Class, Policy,
    threshold::{Figures, Threshold},
};
use crate::{evidence::Side, sign::parse_rules};

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What both versions have, and thresholds of one of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules<T> {
    #[expect(dead_code, reason = "it was read before, to know what to expect")]
    version: u32,
    #[serde(default)]
    forgotten: Vec<Class>,
    methods: Option<Vec<String>>,
    inputs: Option<Vec<String>>,
    #[serde(default)]
    heads: Vec<String>,
    #[serde(default)]
    checks: Vec<String>,
    #[serde(default = "Vec::new")]
    threshold: Vec<T>,
    #[serde(default)]
    structure: bool,
    #[serde(default)]
    reproduced: bool,
}

/// A threshold of version 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByName {
    check: String,
    /// Name of the figure; with `*` at its end, all figures whose names begin so.
    figure: String,
    least: Option<f64>,
    most: Option<f64>,
    #[serde(default)]
    bound95: bool,
}

/// A threshold of version 2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByFields {
    check: String,
    quantity: String,
    class: Option<Class>,
    to: Option<Class>,
    stratum: Option<String>,
    side: Option<Side>,
    least: Option<f64>,
    most: Option<f64>,
    #[serde(default)]
    bound95: bool,
}

/// Reads a policy of either version.
pub(super) fn parse(text: &str) -> Result<Policy, String> {
    // Of a version that is not known, nothing else need be understood.
    let version = toml::from_str::<Versioned>(text).map(|it| it.version);
    let policy = match version {
        Ok(2) => parse_rules::<Rules<ByFields>>(text)?.into(),
        Ok(1) | Err(_) => parse_rules::<Rules<ByName>>(text)?.into(),
        Ok(other) => return Err(format!("its version is {other}, this tool knows 1 and 2")),
    };
    idle(policy)
}

/// The policy, unless a threshold of it sets no bound.
fn idle(policy: Policy) -> Result<Policy, String> {
    match policy.thresholds.iter().find(|it| it.least.is_none() && it.most.is_none()) {
        Some(threshold) => Err(format!("the threshold of {threshold} has neither `least` nor `most`")),
        None => {
            match policy.thresholds.iter().find(|it| it.least.into_iter().chain(it.most).any(f64::is_nan)) {
                Some(threshold) => Err(format!("the threshold of {threshold} is not a number")),
                None => Ok(policy),
            }
        }
    }
}

impl<T: Into<Threshold>> From<Rules<T>> for Policy {
    fn from(rules: Rules<T>) -> Self {
        let Rules { forgotten, methods, inputs, heads, checks, threshold, structure, reproduced, .. } = rules;
        let thresholds = threshold.into_iter().map(Into::into).collect();
        Self { forgotten, methods, inputs, heads, checks, thresholds, structure, reproduced }
    }
}

impl From<ByName> for Threshold {
    fn from(ByName { check, figure, least, most, bound95 }: ByName) -> Self {
        Self { check, figures: Figures::Named(figure), least, most, bound95 }
    }
}

impl From<ByFields> for Threshold {
    fn from(rule: ByFields) -> Self {
        let ByFields { check, quantity, class, to, stratum, side, least, most, bound95 } = rule;
        Self { check, figures: Figures::About { quantity, class, to, stratum, side }, least, most, bound95 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, why) in [
            ("", "version"),
            ("version = 3", "version is 3"),
            ("version = \"1\"", "line 1"),
            ("version = 1\nforgoten = [3]", "forgoten"),
            ("version = 1\nforgotten = [-1]", "line 2: a class is a label or an index"),
            ("version = 1\n[[threshold]]\ncheck = \"a\"\nfigure = \"b\"", "neither"),
            ("version = 2\n[[threshold]]\ncheck = \"a\"\nquantity = \"b\"", "neither"),
            ("version = 2\n[[threshold]]\ncheck = \"a\"\nfigure = \"b\"\nmost = 1", "figure"),
            ("version = 1\n[[threshold]]\ncheck = \"a\"\nquantity = \"b\"\nmost = 1", "quantity"),
            ("version = 2\n[[threshold]]\ncheck = \"a\"\nquantity = \"b\"\nmost = nan", "not a number"),
            (
                "version = 2\n[[threshold]]\ncheck = \"a\"\nquantity = \"b\"\nside = \"left\"\nmost = 1",
                "left",
            ),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        for version in [1, 2] {
            assert!(parse(&format!("version = {version}\nforgotten = [3, \"cat\"]")).is_ok());
        }
    }
}
