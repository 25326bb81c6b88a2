//! What a configuration says, with the defaults of the library where it says nothing.

use serde_json::Value;

/// What was made, or in words why it is not.
pub(super) type Made<T> = Result<T, String>;

/// Extents that are still taken for those of a network.
const MOST: u64 = 1 << 24;

/// Blocks that a stage may have.
pub(super) const DEEPEST: usize = 1024;

/// A configuration.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a>(pub(super) &'a Value);

impl<'a> Settings<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A natural number.
    pub(super) fn count(&self, key: &str, default: usize) -> Made<usize> {
        self.get(key).map_or(Ok(default), |value| natural(value).ok_or_else(|| unknown(key, value)))
    }

    /// A natural number above 0.
    pub(super) fn extent(&self, key: &str, default: usize) -> Made<usize> {
        let count = self.count(key, default)?;
        if count == 0 { Err(format!("{key} `0` is not built")) } else { Ok(count) }
    }

    pub(super) fn number(&self, key: &str, default: f64) -> Made<f64> {
        let number =
            |value: &Value| value.as_f64().filter(|it| it.is_finite()).ok_or_else(|| unknown(key, value));
        self.get(key).map_or(Ok(default), number)
    }

    pub(super) fn flag(&self, key: &str, default: bool) -> Made<bool> {
        self.get(key).map_or(Ok(default), |value| value.as_bool().ok_or_else(|| unknown(key, value)))
    }

    pub(super) fn text(&self, key: &str, default: &'a str) -> Made<&'a str> {
        self.get(key).map_or(Ok(default), |value| value.as_str().ok_or_else(|| unknown(key, value)))
    }

    /// A height and a width, above 0, which one number may state for both.
    pub(super) fn pair(&self, key: &str, default: usize) -> Made<[usize; 2]> {
        let Some(value) = self.get(key) else { return Ok([default; 2]) };
        let pair = match value.as_array().map(Vec::as_slice) {
            Some([height, width]) => natural(height).zip(natural(width)),
            Some([one]) => natural(one).map(|one| (one, one)),
            Some(_) => None,
            None => natural(value).map(|one| (one, one)),
        };
        let (height, width) = pair.filter(|it| it.0 > 0 && it.1 > 0).ok_or_else(|| unknown(key, value))?;
        Ok([height, width])
    }

    pub(super) fn list(&self, key: &str, default: &[usize]) -> Made<Vec<usize>> {
        let Some(value) = self.get(key) else { return Ok(default.to_vec()) };
        let list = value.as_array().filter(|list| list.len() <= 64);
        let list = list.and_then(|list| list.iter().map(natural).collect::<Option<Vec<_>>>());
        list.ok_or_else(|| unknown(key, value))
    }

    /// How many blocks each stage has.
    pub(super) fn depths(&self, default: &[usize]) -> Made<Vec<usize>> {
        let depths = self.list("depths", default)?;
        if depths.iter().any(|depth| *depth > DEEPEST) {
            return Err(format!("depths `{depths:?}` is not built"));
        }
        Ok(depths)
    }

    /// That a key, if it is there, has one of these values; the first is the default.
    pub(super) fn only(&self, key: &str, values: &[Value]) -> Made<()> {
        match self.get(key) {
            Some(value) if !values.iter().any(|it| same(it, value)) => Err(unknown(key, value)),
            _ => Ok(()),
        }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some() && a.as_f64() == b.as_f64()
}

fn natural(value: &Value) -> Option<usize> {
    let whole = value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|it| it.fract() == 0.0 && (0.0..MOST as f64).contains(it))?;
        Some(float as u64)
    });
    whole.filter(|it| *it <= MOST).and_then(|it| usize::try_from(it).ok())
}

/// The sentence for a value that is not built.
pub(super) fn unknown(key: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = text.chars().take(60).collect();
    format!("{key} `{}` is not built", short.escape_debug())
}
