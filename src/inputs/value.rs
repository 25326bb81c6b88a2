//! What a network is given: arrays by name.

use std::collections::BTreeMap;

/// The inputs of a network by their names, such as `pixel_values`, with as many examples as the first extent
/// of each says.
pub type Inputs = BTreeMap<String, Input>;

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its extents; the first one counts examples.
    pub shape: Vec<usize>,
    /// Its elements, as many as the extents ask for.
    pub values: Values,
}

/// Elements of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Of whatever float type the network takes.
    Float(Vec<f32>),
    /// Of whatever integer type the network takes.
    Whole(Vec<i64>),
}

impl Values {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }
}

impl Input {
    pub(super) fn floats(shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self { shape, values: Values::Float(values) }
    }

    pub(super) fn whole(shape: Vec<usize>, values: Vec<i64>) -> Self {
        Self { shape, values: Values::Whole(values) }
    }

    /// One array after the other, along the first extent; none if they differ in kind or in another extent,
    /// or if there are none.
    #[must_use]
    pub fn stack(parts: &[&Self]) -> Option<Self> {
        let first = parts.first()?;
        let inner = first.shape.get(1..)?;
        let mut stacked = (**first).clone();
        for part in &parts[1..] {
            if part.shape.get(1..)? != inner {
                return None;
            }
            match (&mut stacked.values, &part.values) {
                (Values::Float(all), Values::Float(more)) => all.extend_from_slice(more),
                (Values::Whole(all), Values::Whole(more)) => all.extend_from_slice(more),
                _ => return None,
            }
            stacked.shape[0] += part.shape[0];
        }
        Some(stacked)
    }

    /// The same with rows of `width` values, filled up at the end or, if `left`, at the beginning. Only for
    /// `[1, width]`.
    pub(super) fn padded(&self, width: usize, with: i64, left: bool) -> Self {
        let Values::Whole(values) = &self.values else { return self.clone() };
        let filling = vec![with; width.saturating_sub(values.len())];
        let values = if left { [&filling[..], values].concat() } else { [values, &filling[..]].concat() };
        Self::whole(vec![1, values.len()], values)
    }
}
