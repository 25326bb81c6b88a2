//! One figure, with all that it is about in fields of its own.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Number, Side};

/// One measured figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// What was measured: one of the quantities of its definition, in kebab case, such as `agreement`. Whom
    /// it is about stands in the other fields.
    pub quantity: Cow<'static, str>,
    /// The class it is about, by its index in the original's label space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<usize>,
    /// The class that it leads to (of routing), by its index in the original's label space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// The kind of embeddings or of treatment it was measured on, such as `gaussian` or `int8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratum: Option<Cow<'static, str>>,
    /// Which of the two models it is about; absent if it is about both, or about their difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The value.
    pub value: Number,
    /// Unit or kind of the value, such as `rate` or `nats`.
    pub unit: Cow<'static, str>,
    /// Number of samples, or of all things of which the value counts some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// One-sided 95 % confidence bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound95: Option<Bound>,
    /// What the value is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Number>,
}

/// A one-sided 95 % confidence bound of a rate (Clopper-Pearson).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bound {
    /// Which side.
    pub side: BoundSide,
    /// The bound.
    pub value: Number,
}

/// The side on which a rate is bounded.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundSide {
    /// The rate is not smaller.
    AtLeast,
    /// The rate is not larger.
    AtMost,
}

impl Figure {
    /// A figure about the whole of what was measured.
    #[must_use]
    pub fn new(quantity: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            quantity: quantity.into(),
            class: None,
            to: None,
            stratum: None,
            side: None,
            value: Number(value),
            unit: unit.into(),
            n: None,
            bound95: None,
            threshold: None,
        }
    }

    /// The same as it is recorded: numbers with six significant digits.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        self.value = self.value.rounded();
        self.threshold = self.threshold.map(Number::rounded);
        self.bound95 = self.bound95.map(|bound| Bound { value: bound.value.rounded(), ..bound });
        self
    }

    /// Of one class.
    #[must_use]
    pub fn of_class(mut self, class: usize) -> Self {
        self.class = Some(class);
        self
    }

    /// Of what leads to a class.
    #[must_use]
    pub fn towards(mut self, class: usize) -> Self {
        self.to = Some(class);
        self
    }

    /// In one stratum.
    #[must_use]
    pub fn in_stratum(mut self, stratum: impl Into<Cow<'static, str>>) -> Self {
        self.stratum = Some(stratum.into());
        self
    }

    /// Of one of the two models.
    #[must_use]
    pub fn on(mut self, side: Side) -> Self {
        self.side = Some(side);
        self
    }

    /// Of so many samples.
    #[must_use]
    pub fn of(mut self, n: u64) -> Self {
        self.n = Some(n);
        self
    }

    /// Held against a threshold.
    #[must_use]
    pub fn against(mut self, threshold: f64) -> Self {
        self.threshold = Some(Number(threshold));
        self
    }

    /// With a one-sided 95 % bound.
    #[must_use]
    pub fn bounded(mut self, side: BoundSide, bound: f64) -> Self {
        self.bound95 = Some(Bound { side, value: Number(bound) });
        self
    }
}
