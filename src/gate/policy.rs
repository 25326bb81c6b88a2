//! What the one who asks wants a release to be, in a file that people review.

use std::path::Path;

use declass_formats::read_regular;
use serde::Deserialize;

use super::{Finding, code};
use crate::{
    error::Error,
    release::{
        Statement,
        statement::{RecordedCheck, RecordedMeasurement},
    },
    sign::parse_rules,
};

const VERSION: u32 = 1;
const MAX_FILE: u64 = 1 << 20;
/// The dependency that stands for all files of the input together.
const INPUT: &str = "input-model";

/// The rules of a policy file. What it does not speak of is allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    version: u32,
    /// Classes that must be forgotten.
    #[serde(default)]
    forgotten: Vec<Class>,
    /// Methods that may have been used.
    methods: Option<Vec<String>>,
    /// Root digests of the inputs that the release may have been made from.
    inputs: Option<Vec<String>>,
    /// Checks that must have passed.
    #[serde(default)]
    checks: Vec<String>,
    #[serde(default)]
    threshold: Vec<Threshold>,
    /// Whether a git-lfs pointer in the place of weights is not enough.
    #[serde(default)]
    structure: bool,
}

/// A class of the input by index or label.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a class is a label or an index")]
enum Class {
    Index(usize),
    Label(String),
}

/// A bound on figures of a check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    check: String,
    /// Name of the figure; with `*` at its end, all figures whose names begin so.
    figure: String,
    least: Option<f64>,
    most: Option<f64>,
    /// Whether the 95 % confidence bound is meant and not the value.
    #[serde(default)]
    bound95: bool,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::Rules`] if it cannot be read or anything in it is not understood.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read = || {
            let bytes = read_regular(path, MAX_FILE).map_err(|error| error.problem.to_string())?;
            let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
            Self::parse(&text)
        };
        read().map_err(|reason| Error::Rules { path: path.to_owned(), reason })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let policy: Self = parse_rules(text)?;
        if policy.version != VERSION {
            return Err(format!("its version is {}, this tool knows {VERSION}", policy.version));
        }
        let idle = |threshold: &&Threshold| threshold.least.is_none() && threshold.most.is_none();
        if let Some(threshold) = policy.threshold.iter().find(idle) {
            return Err(format!("the threshold of `{}` has neither `least` nor `most`", threshold.figure));
        }
        Ok(policy)
    }

    /// Whether the claim has to be held against the structure of the weights, which digests alone do not allow.
    pub(super) fn wants_structure(&self) -> bool {
        self.structure
    }

    /// What a claim is not that the policy wants it to be.
    pub(super) fn judge(&self, statement: &Statement) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut no = |message: String| findings.push(Finding::new(&code::POLICY, message));
        let removal = &statement.predicate.removal;
        for class in &self.forgotten {
            let is_it = |index: usize, label: &Option<String>| match class {
                Class::Index(wanted) => index == *wanted,
                Class::Label(wanted) => label.as_ref() == Some(wanted),
            };
            if !removal.forgotten.iter().any(|entry| is_it(entry.class.index, &entry.class.label)) {
                no(format!("class {class} must be forgotten and is not"));
            }
        }
        let build = &statement.predicate.build_definition;
        let method = &build.external_parameters.method;
        if self.methods.as_ref().is_some_and(|allowed| !allowed.contains(method)) {
            no(format!("method `{method}` is not allowed"));
        }
        let input = build.resolved_dependencies.iter().find(|resource| resource.name == INPUT);
        let input =
            input.and_then(|resource| resource.digest.as_ref()).map_or("unknown", |digest| &digest.sha256);
        let is_input = |allowed: &String| allowed.eq_ignore_ascii_case(input);
        if self.inputs.as_ref().is_some_and(|allowed| !allowed.iter().any(is_input)) {
            no(format!("input {input} is not allowed"));
        }
        let checks = &statement.predicate.verification.checks;
        let check = |id: &str| checks.iter().find(|check| check.id == *id);
        for id in &self.checks {
            let result = check(id).map_or("was not run", |check| &check.result);
            if result != "PASSED" {
                no(format!("check `{id}` must have passed and {result}"));
            }
        }
        for threshold in &self.threshold {
            threshold.judge(check(&threshold.check)).into_iter().for_each(&mut no);
        }
        findings
    }
}

impl Threshold {
    /// What is out of bounds; a figure that is not there cannot be within them.
    fn judge(&self, check: Option<&RecordedCheck>) -> Vec<String> {
        let figures: Vec<&RecordedMeasurement> = check
            .iter()
            .flat_map(|check| &check.measurements)
            .filter(|figure| self.means(&figure.name))
            .collect();
        if figures.is_empty() {
            return vec![format!("check `{}` has no figure `{}`", self.check, self.figure)];
        }
        figures.into_iter().filter_map(|figure| self.judge_one(figure)).collect()
    }

    fn means(&self, name: &str) -> bool {
        match self.figure.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.figure,
        }
    }

    fn judge_one(&self, figure: &RecordedMeasurement) -> Option<String> {
        let figure_name = format!("`{}` of `{}`", figure.name, self.check);
        let Some(decimal) = (if self.bound95 { figure.bound95.as_ref() } else { Some(&figure.value) }) else {
            return Some(format!("{figure_name} has no 95 % bound"));
        };
        let value = decimal.value();
        // A figure that is no number is within no bounds.
        let within =
            self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most);
        let bounds = [self.least.map(|v| format!("least {v}")), self.most.map(|v| format!("most {v}"))];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        (!within)
            .then(|| format!("{figure_name} is {decimal}, the policy wants at {}", bounds.join(" and at ")))
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Label(label) => write!(f, "`{label}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, why) in [
            ("", "version"),
            ("version = 2", "version is 2"),
            ("version = 1\nforgoten = [3]", "forgoten"),
            ("version = 1\nforgotten = [-1]", "line 2: a class is a label or an index"),
            ("version = 1\n[[threshold]]\ncheck = \"a\"\nfigure = \"b\"", "neither"),
        ] {
            let said = Policy::parse(text).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        assert!(Policy::parse("version = 1\nforgotten = [3, \"cat\"]").is_ok());
    }

    #[test]
    fn figures_are_held_against_thresholds() {
        let check = |value: &str| -> RecordedCheck {
            let figure = |name: &str| serde_json::json!({"name": name, "value": value, "unit": "rate"});
            let figures = [figure("class 1 in a"), figure("class 1 in b")];
            let check = serde_json::json!({
                "id": "x", "result": "PASSED", "summary": "", "measurements": figures, "data": null, "notShown": "",
            });
            serde_json::from_value(check).unwrap()
        };
        let threshold = |figure: &str, bound95| Threshold {
            check: "x".into(),
            figure: figure.into(),
            least: Some(0.25),
            most: Some(0.5),
            bound95,
        };
        let broken = |figure, bound95, value| threshold(figure, bound95).judge(Some(&check(value))).len();
        assert_eq!(broken("class 1 in a", false, "0.25"), 0);
        assert_eq!(broken("class 1*", false, "0.5"), 0);
        assert_eq!(broken("class 1*", false, "0.6"), 2);
        assert_eq!(broken("class 1*", false, "0.2"), 2);
        assert_eq!(broken("class 1*", false, "NaN"), 2);
        assert_eq!(broken("class 1*", true, "0.3"), 2, "there is no bound");
        assert_eq!(broken("class 2*", false, "0.3"), 1, "there is no such figure");
        assert_eq!(threshold("class 1*", false).judge(None).len(), 1);
    }
}
