//! A bound on figures of a check.

use std::fmt;

use super::Class;
use crate::{
    claim::{RecordedCheck, Removal},
    evidence::{
        BoundSide, Figure, Side,
        legacy::{v1_figure, v1_name},
        words,
    },
};

/// A bound on figures of a check.
#[derive(Clone, Debug)]
pub(super) struct Threshold {
    pub(super) check: String,
    pub(super) figures: Figures,
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
    /// Whether the 95 % confidence bound is meant and not the value.
    pub(super) bound95: bool,
}

/// Which figures of a check are meant.
#[derive(Clone, Debug)]
pub(super) enum Figures {
    /// Those about this; what is not said may be anything.
    About {
        quantity: String,
        class: Option<Class>,
        to: Option<Class>,
        stratum: Option<String>,
        side: Option<Side>,
    },
    /// The one that claims of version 1 called so; with `*` at the end, all whose names began so.
    Named(String),
}

impl Threshold {
    /// What is out of bounds; a figure that is not there cannot be within them.
    pub(super) fn judge(&self, checks: &[RecordedCheck], removal: &Removal) -> Vec<String> {
        let check = checks.iter().find(|check| check.id == self.check);
        let figures = check.into_iter().flat_map(|check| &check.figures);
        let figures: Vec<&Figure> = figures.filter(|figure| self.means(figure, removal)).collect();
        if figures.is_empty() {
            let bounded = if self.bound95 { " with a 95 % bound on that side" } else { "" };
            return vec![format!("check `{}` has no figure {}{bounded}", self.check, self.figures)];
        }
        figures.into_iter().filter_map(|figure| self.judge_one(figure)).collect()
    }

    fn means(&self, figure: &Figure, removal: &Removal) -> bool {
        match &self.figures {
            Figures::Named(name) => match name.strip_suffix('*') {
                Some(start) => v1_name(&self.check, figure, None).is_some_and(|name| name.starts_with(start)),
                None => is_called(&self.check, name, figure),
            },
            Figures::About { quantity, class, to, stratum, side } => {
                // Where bounds are asked for, the sums over strata, which have none, are not meant.
                figure.quantity == *quantity
                    && (!self.bound95 || figure.bound95.is_some_and(|bound| self.asks_for(bound.side)))
                    && class.as_ref().is_none_or(|class| is_class(class, figure.class, removal))
                    && to.as_ref().is_none_or(|class| is_class(class, figure.to, removal))
                    && stratum.as_ref().is_none_or(|stratum| figure.stratum.as_ref() == Some(&stratum.into()))
                    && side.is_none_or(|side| figure.side == Some(side))
            }
        }
    }

    /// Whether a bound on this side says anything about what is asked: that a rate is not smaller shows nothing
    /// about the most that it may be.
    fn asks_for(&self, side: BoundSide) -> bool {
        match side {
            BoundSide::AtLeast => self.most.is_none(),
            BoundSide::AtMost => self.least.is_none(),
        }
    }

    fn judge_one(&self, figure: &Figure) -> Option<String> {
        let name = format!("{} of `{}`", words::name(figure, None), self.check);
        let number = if self.bound95 { figure.bound95.map(|bound| bound.value) } else { Some(figure.value) };
        let Some(number) = number else { return Some(format!("{name} has no 95 % bound")) };
        let value = number.value();
        // A figure that is no number is within no bounds.
        let within =
            self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most);
        let bounds = [self.least.map(|v| format!("least {v}")), self.most.map(|v| format!("most {v}"))];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        (!within).then(|| format!("{name} is {value}, the policy wants at {}", bounds.join(" and at ")))
    }
}

/// Whether claims of version 1 called a figure so. A label within a name is only shown: the index before it
/// tells.
fn is_called(check: &str, name: &str, figure: &Figure) -> bool {
    v1_figure(check, name).is_some_and(|named| {
        named.quantity == figure.quantity
            && named.class == figure.class
            && named.to == figure.to
            && named.stratum.as_deref() == figure.stratum.as_deref()
            && named.side == figure.side
    })
}

/// Whether a figure's class is this one; labels are known of the forgotten classes only.
fn is_class(class: &Class, of: Option<usize>, removal: &Removal) -> bool {
    match class {
        Class::Index(index) => of == Some(*index),
        Class::Label(_) => of.is_some() && of == class.index(removal),
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quantity, class, to, stratum, side) = match self {
            Self::Named(name) => return write!(f, "`{name}`"),
            Self::About { quantity, class, to, stratum, side } => (quantity, class, to, stratum, side),
        };
        write!(f, "`{quantity}`")?;
        class.iter().try_for_each(|class| write!(f, " of class {class}"))?;
        to.iter().try_for_each(|class| write!(f, " to class {class}"))?;
        stratum.iter().try_for_each(|stratum| write!(f, " in `{stratum}`"))?;
        side.iter().try_for_each(|side| write!(f, " {}", side.name()))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figures.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Outcome;

    fn removal() -> Removal {
        let removal = serde_json::json!({
            "forgotten": [{"index": 1, "label": "cat", "indexAfter": null}],
            "labelSpace": {"before": 2, "after": 1, "indexMap": [0, null]},
            "scope": "head", "claim": "class-output-removed", "notClaimed": [],
            "location": {"head": "fc", "embeddings": [], "width": 1},
            "tensors": [], "unchangedTensors": 0,
        });
        serde_json::from_value(removal).unwrap()
    }

    /// A check with a figure of class 1 in each of two strata.
    fn check(value: f64) -> Vec<RecordedCheck> {
        let figure = |stratum: &'static str| {
            Figure::new("recognised", value, "rate").of_class(1).in_stratum(stratum).on(Side::After)
        };
        let figures = vec![figure("gaussian"), figure("half-normal")];
        vec![RecordedCheck { id: "forget-rate".into(), version: 1, result: Outcome::Passed, figures }]
    }

    fn broken(figures: Figures, bound95: bool, value: f64) -> usize {
        let threshold =
            Threshold { check: "forget-rate".into(), figures, least: Some(0.25), most: Some(0.5), bound95 };
        threshold.judge(&check(value), &removal()).len()
    }

    #[test]
    fn figures_are_held_against_thresholds_by_what_they_are_about() {
        let about = |class: Option<Class>, stratum: Option<&str>| Figures::About {
            quantity: "recognised".into(),
            class,
            to: None,
            stratum: stratum.map(Into::into),
            side: Some(Side::After),
        };
        let cat = || Some(Class::Label("cat".into()));
        assert_eq!(broken(about(None, None), false, 0.5), 0);
        assert_eq!(broken(about(None, None), false, 0.6), 2);
        assert_eq!(broken(about(cat(), Some("gaussian")), false, 0.6), 1);
        assert_eq!(broken(about(Some(Class::Index(1)), None), false, f64::NAN), 2);
        assert_eq!(broken(about(Some(Class::Index(2)), None), false, 0.3), 1, "there is no such figure");
        assert_eq!(broken(about(Some(Class::Label("dog".into())), None), false, 0.3), 1, "nor of this class");
        assert_eq!(broken(about(None, None), true, 0.3), 1, "no such figure has a bound");
    }

    #[test]
    fn policies_of_version_1_mean_what_they_meant() {
        let named = |name: &str| Figures::Named(name.into());
        assert_eq!(broken(named("class 1 recognised in gaussian"), false, 0.25), 0);
        assert_eq!(broken(named("class 1 recognised in gaussian"), false, 0.6), 1);
        assert_eq!(broken(named("class 1*"), false, 0.5), 0);
        assert_eq!(broken(named("class 1*"), false, 0.2), 2);
        assert_eq!(broken(named("class 2*"), false, 0.3), 1, "there is no such figure");
        assert_eq!(broken(named("class 1 recognised in orbit"), false, 0.3), 1, "nor this");
        let other = Threshold {
            check: "other".into(),
            figures: named("class 1*"),
            least: Some(0.0),
            most: None,
            bound95: false,
        };
        assert_eq!(other.judge(&check(0.3), &removal()).len(), 1, "the check was not run");
    }
}
