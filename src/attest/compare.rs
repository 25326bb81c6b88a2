//! Where two JSON values differ, with room for what another processor makes of a measured figure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value};

/// Largest relative difference between figures that count as the same: another processor may add in another
/// order.
const TOLERANCE: f64 = 1e-4;
/// The same where something was fitted in many steps, in rows: those at its border may fall on the other side.
const ROWS: f64 = 2.5;
/// Most characters of a value that are shown.
const SHOWN: usize = 40;

/// One place in which a claim is not what it should be.
#[derive(Debug)]
pub(super) struct Difference {
    /// Keys from the outside in; entries of a list go by their name where they have one.
    pub(super) path: Vec<String>,
    what: String,
}

/// How a place is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    /// As it is.
    Exact,
    /// Numbers up to the tolerance, shares of rows up to a few of these.
    Fitted,
    /// Numbers up to the tolerance.
    Measured,
    /// Not at all.
    Skipped,
}

/// All differences between what is claimed and what is expected, `how` telling how a place is compared.
pub(super) fn differences(
    claimed: &Value,
    expected: &Value,
    how: impl Fn(&[&str]) -> Comparison,
) -> Vec<Difference> {
    let mut walk = Walk { how, path: Vec::new(), rows: None, found: Vec::new() };
    walk.values(claimed, expected);
    walk.found
}

impl Difference {
    /// In words, with the place.
    pub(super) fn describe(&self) -> String {
        format!("`{}` {}", self.path.join("/"), self.what)
    }
}

struct Walk<F> {
    how: F,
    path: Vec<String>,
    /// How many rows the figure that is being compared is of.
    rows: Option<f64>,
    found: Vec<Difference>,
}

impl<F: Fn(&[&str]) -> Comparison> Walk<F> {
    fn values(&mut self, claimed: &Value, expected: &Value) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let how = (self.how)(&path);
        match (claimed, expected) {
            _ if how == Comparison::Skipped => {}
            (Value::Object(a), Value::Object(b)) => {
                let outside = self.rows;
                self.rows = b.get("n").and_then(Value::as_f64).or(outside);
                self.entries(&keyed(a), &keyed(b));
                self.rows = outside;
            }
            (Value::Array(a), Value::Array(b)) => self.lists(a, b),
            (Value::Number(a), Value::Number(b)) if same_numbers(a, b, how, self.rows) => {}
            (a, b) if a == b => {}
            (a, b) => self.differs(format!("is {}, expected {}", shown(a), shown(b))),
        }
    }

    fn lists(&mut self, claimed: &[Value], expected: &[Value]) {
        if let (Some(a), Some(b)) = (by_name(claimed), by_name(expected)) {
            if common(&a, &b) != common(&b, &a) {
                self.differs("is in another order".into());
            }
            return self.entries(&a, &b);
        }
        if claimed.len() != expected.len() {
            self.differs(format!("has {} entries, expected {}", claimed.len(), expected.len()));
        }
        for (index, (a, b)) in claimed.iter().zip(expected).enumerate() {
            self.below(&index.to_string(), |walk| walk.values(a, b));
        }
    }

    fn entries(&mut self, claimed: &[(String, &Value)], expected: &[(String, &Value)]) {
        let known: BTreeMap<&str, &Value> =
            expected.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let given: BTreeSet<&str> = claimed.iter().map(|(key, _)| key.as_str()).collect();
        for (key, value) in claimed {
            self.below(key, |walk| match known.get(key.as_str()) {
                Some(expected) => walk.values(value, expected),
                None => walk.differs("has no place there".into()),
            });
        }
        for (key, _) in expected.iter().filter(|(key, _)| !given.contains(key.as_str())) {
            self.below(key, |walk| walk.differs("is missing".into()));
        }
    }

    fn below(&mut self, key: &str, visit: impl FnOnce(&mut Self)) {
        self.path.push(key.to_owned());
        visit(self);
        self.path.pop();
    }

    fn differs(&mut self, what: String) {
        self.found.push(Difference { path: self.path.clone(), what });
    }
}

fn keyed(map: &Map<String, Value>) -> Vec<(String, &Value)> {
    map.iter().map(|(key, value)| (key.clone(), value)).collect()
}

/// The names in a list that another has, too, in their order.
fn common<'a>(list: &'a [(String, &Value)], other: &[(String, &Value)]) -> Vec<&'a str> {
    let others: BTreeSet<&str> = other.iter().map(|(name, _)| name.as_str()).collect();
    list.iter().map(|(name, _)| name.as_str()).filter(|name| others.contains(name)).collect()
}

/// The entries of a list by name, if all have one and no two the same.
fn by_name(list: &[Value]) -> Option<Vec<(String, &Value)>> {
    let named: Vec<(String, &Value)> =
        list.iter().map(|entry| Some((name_of(entry)?, entry))).collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = named.iter().map(|(name, _)| name).collect();
    (distinct.len() == named.len()).then_some(named)
}

/// What an entry is known by among others: its id or name, or of a figure all that it is about.
fn name_of(entry: &Value) -> Option<String> {
    let map = entry.as_object()?;
    if let Some(Value::String(quantity)) = map.get("quantity") {
        let about =
            ["class", "to", "stratum", "side"].into_iter().filter_map(|key| Some((key, map.get(key)?)));
        return Some(
            about.fold(quantity.clone(), |name, (key, value)| format!("{name}, {key} {}", plain(value))),
        );
    }
    match map.get("id").or_else(|| map.get("name")) {
        Some(Value::String(name)) => Some(name.clone()),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether two numbers are the same; `1` and `1.0` are, and measured ones up to the tolerance.
fn same_numbers(a: &Number, b: &Number, how: Comparison, rows: Option<f64>) -> bool {
    if a == b {
        return true;
    }
    // Whole numbers that doubles do not tell apart are told apart above.
    let both_whole = !a.is_f64() && !b.is_f64();
    let (Some(x), Some(y)) = (a.as_f64(), b.as_f64()) else { return false };
    let is_close = (x - y).abs() <= TOLERANCE * x.abs().max(y.abs());
    match how {
        Comparison::Fitted => is_close || rows.is_some_and(|rows| (x - y).abs() * rows <= ROWS),
        Comparison::Measured => is_close,
        Comparison::Exact | Comparison::Skipped => !both_whole && x == y,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(claimed: &Value, expected: &Value) -> Vec<String> {
        let how = |path: &[&str]| match path.last() {
            Some(&"fitted") => Comparison::Fitted,
            Some(&"figure") => Comparison::Measured,
            Some(&"skip") => Comparison::Skipped,
            _ => Comparison::Exact,
        };
        differences(claimed, expected, how).iter().map(Difference::describe).collect()
    }

    #[test]
    fn a_changed_missing_or_unknown_place_is_named() {
        let expected = json!({"a": {"b": "1.0"}, "list": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]});
        assert!(found(&expected, &expected).is_empty());
        let claimed = json!({"a": {"b": "1.00001", "evil": 0}, "list": [{"name": "x", "v": 9}]});
        assert_eq!(
            found(&claimed, &expected),
            [
                "`a/b` is \"1.00001\", expected \"1.0\"",
                "`a/evil` has no place there",
                "`list/x/v` is 9, expected 1",
                "`list/y` is missing",
            ]
        );
        assert_eq!(found(&json!({"skip": 1}), &json!({"skip": 2})), [""; 0]);
        let (one, other) = (json!([{"id": "a"}, {"id": "b"}]), json!([{"id": "b"}, {"id": "a"}]));
        assert_eq!(found(&one, &other), ["`` is in another order"]);
        assert_eq!(found(&json!([1, 2]), &json!([1])), ["`` has 2 entries, expected 1"]);
        assert_eq!(found(&json!([{"name": "a"}, {"name": "a"}]), &json!([{"name": "a"}])).len(), 1);
    }

    #[test]
    fn figures_go_by_all_that_they_are_about() {
        let figure =
            |class: u32, value: f64| json!({"quantity": "agreement", "class": class, "value": value});
        let expected = json!([figure(1, 0.5), figure(2, 0.25)]);
        assert_eq!(
            found(&json!([figure(1, 0.5), figure(2, 0.5)]), &expected),
            ["`agreement, class 2/value` is 0.5, expected 0.25"]
        );
        assert_eq!(found(&json!([figure(1, 0.5)]), &expected), ["`agreement, class 2` is missing"]);
    }

    #[test]
    fn only_figures_have_a_tolerance_and_it_is_small() {
        for (a, b, same) in [
            (json!(0.123456), json!(0.123457), true),
            (json!(4.16e-4), json!(4.17e-4), false),
            (json!(0), json!(1e-9), false),
            (json!(0), json!(0.0), true),
            (json!(1), json!("NaN"), false),
            (json!("Infinity"), json!("Infinity"), true),
            (json!("0.5"), json!(0.5), false),
            (json!(12228), json!(12229), true),
            (json!(-1.5e3), json!(1.5e3), false),
        ] {
            assert_eq!(found(&json!({"figure": a}), &json!({"figure": b})).is_empty(), same, "{a} {b}");
        }
        for (a, same) in [(0.8768, true), (0.8762, false)] {
            let figure = |share: f64| json!({"n": 4500, "bound": {"fitted": share}});
            assert_eq!(found(&figure(a), &figure(0.8773)).is_empty(), same, "{a}");
        }
        assert_eq!(
            found(&json!({"fitted": 0.8768}), &json!({"fitted": 0.8773})).len(),
            1,
            "of how many rows?"
        );
        assert_eq!(found(&json!([0.123456]), &json!([0.123457])).len(), 1);
        assert!(found(&json!([30]), &json!([30.0])).is_empty());
        assert_eq!(found(&json!([u64::MAX]), &json!([u64::MAX - 1])).len(), 1);
    }
}
