//! A configuration as people's tools write it, read key by key: what nobody asked for is refused by name,
//! since it may change the result.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::inputs::fault::{Fault, shown};

/// Keys that are left to be asked for.
pub(super) struct Settings<'a> {
    map: &'a Map<String, Value>,
    asked: BTreeSet<&'a str>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(map: &'a Map<String, Value>) -> Self {
        Self { map, asked: BTreeSet::new() }
    }

    /// The value of a key. Null is as good as none: the libraries then take what they take without the key.
    pub(super) fn get(&mut self, key: &'a str) -> Option<&'a Value> {
        self.asked.insert(key);
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Keys that say nothing about what becomes of an example.
    pub(super) fn pass_over(&mut self, keys: &[&'a str]) {
        self.asked.extend(keys);
    }

    pub(super) fn flag(&mut self, key: &'a str, default: bool) -> Result<bool, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| unfit(key, value, "true or false"))
    }

    pub(super) fn text(&mut self, key: &'a str) -> Result<Option<&'a str>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| unfit(key, value, "a text"))
    }

    pub(super) fn number(&mut self, key: &'a str, default: f64) -> Result<f64, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_f64().filter(|value| value.is_finite()).ok_or_else(|| unfit(key, value, "a number"))
    }

    pub(super) fn whole(&mut self, key: &'a str) -> Result<Option<u64>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_u64().map(Some).ok_or_else(|| unfit(key, value, "a whole number"))
    }

    /// One number for each channel, or one for all.
    pub(super) fn channels(&mut self, key: &'a str, default: [f64; 3]) -> Result<[f64; 3], Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let unfit = || unfit(key, value, "three numbers");
        if let Some(one) = value.as_f64() {
            return Ok([one; 3]);
        }
        let numbers: Option<Vec<f64>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(unfit)
    }

    /// Fails if a key is left that nobody asked for and that has a value.
    pub(super) fn finish(self) -> Result<(), Fault> {
        let left =
            self.map.iter().find(|(key, value)| !value.is_null() && !self.asked.contains(key.as_str()));
        match left {
            None => Ok(()),
            Some((key, value)) => {
                let reason = format!("the key `{}` is not known here ({})", shown(key), brief(value));
                Err(Fault::new(reason).hint("if it changes nothing, take it out"))
            }
        }
    }
}

/// A value that is not what the key needs.
pub(super) fn unfit(key: &str, value: &Value, expected: &str) -> Fault {
    Fault::new(format!("`{key}` is {}, expected {expected}", brief(value)))
}

fn brief(value: &Value) -> String {
    shown(&value.to_string())
}
