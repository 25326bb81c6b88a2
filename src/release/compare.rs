//! Where two JSON values differ, with room for what another processor makes of a measured figure.

use std::collections::BTreeMap;

use serde_json::Value;

/// Largest relative difference between figures that count as the same: another processor may add in another order.
const TOLERANCE: f64 = 1e-4;
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
    /// Character by character.
    Exact,
    /// Numbers, also those inside of a text, up to the tolerance.
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
    let mut walk = Walk { how, path: Vec::new(), found: Vec::new() };
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
    found: Vec<Difference>,
}

impl<F: Fn(&[&str]) -> Comparison> Walk<F> {
    fn values(&mut self, claimed: &Value, expected: &Value) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let how = (self.how)(&path);
        match (claimed, expected) {
            _ if how == Comparison::Skipped => {}
            (Value::Object(a), Value::Object(b)) => {
                self.entries(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>());
            }
            (Value::Array(a), Value::Array(b)) => self.lists(a, b),
            (Value::String(a), Value::String(b)) if how == Comparison::Measured && same_figures(a, b) => {}
            (a, b) if a == b => {}
            (a, b) => self.differs(format!("is {}, expected {}", shown(a), shown(b))),
        }
    }

    fn lists(&mut self, claimed: &[Value], expected: &[Value]) {
        if let (Some(a), Some(b)) = (by_name(claimed), by_name(expected)) {
            let common = |list: &[(&String, &Value)], other: &[(&String, &Value)]| -> Vec<String> {
                let has = |name: &String| other.iter().any(|(known, _)| *known == name);
                list.iter().map(|(name, _)| (*name).clone()).filter(has).collect()
            };
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

    fn entries(&mut self, claimed: &[(&String, &Value)], expected: &[(&String, &Value)]) {
        let known: BTreeMap<&String, &Value> = expected.iter().copied().collect();
        let given: BTreeMap<&String, &Value> = claimed.iter().copied().collect();
        for (key, value) in claimed {
            self.below(key, |walk| match known.get(key) {
                Some(expected) => walk.values(value, expected),
                None => walk.differs("has no place there".into()),
            });
        }
        for (key, _) in expected.iter().filter(|(key, _)| !given.contains_key(key)) {
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

/// The entries of a list by name, if all have one and no two the same.
fn by_name(list: &[Value]) -> Option<Vec<(&String, &Value)>> {
    let named: Vec<(&String, &Value)> =
        list.iter().map(|entry| Some((name_of(entry)?, entry))).collect::<Option<_>>()?;
    let distinct: BTreeMap<&String, &Value> = named.iter().copied().collect();
    (distinct.len() == named.len()).then_some(named)
}

fn name_of(entry: &Value) -> Option<&String> {
    let map = entry.as_object()?;
    match map.get("id").or_else(|| map.get("name")) {
        Some(Value::String(name)) => Some(name),
        _ => None,
    }
}

/// Whether two texts are the same up to the tolerance of the numbers in them.
fn same_figures(a: &str, b: &str) -> bool {
    let (a, b) = (pieces(a), pieces(b));
    let same = |(a, b): (&&str, &&str)| match (a.parse::<f64>(), b.parse::<f64>()) {
        _ if a == b => true,
        (Ok(a), Ok(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => false,
    };
    a.len() == b.len() && a.iter().zip(&b).all(same)
}

/// A text cut into unsigned decimal numbers and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match number(rest) {
            0 => rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()),
            end => end,
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Length of the number at the start of a text, such as `12`, `1.5` or `3.6e-4`; 0 if there is none.
fn number(text: &str) -> usize {
    let digits = |from: usize| text.as_bytes()[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    for marks in [&["."][..], &["e-", "e"]] {
        let mark = marks.iter().find(|mark| end > 0 && text[end..].starts_with(**mark));
        if let Some(mark) = mark.filter(|mark| digits(end + mark.len()) > 0) {
            end += mark.len() + digits(end + mark.len());
        }
    }
    end
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
    fn only_figures_have_a_tolerance_and_it_is_small() {
        for (a, b, same) in [
            ("0.123456", "0.123457", true),
            ("4.16e-4", "4.17e-4", false),
            ("0", "1e-9", false),
            ("1", "NaN", false),
            ("inf", "inf", true),
            ("0.0 %", "0.1 %", false),
            ("0 of 12228 in 5 strata (99.07 %)", "0 of 12229 in 5 strata (99.07 %)", true),
            ("0 of 12228 in 5 strata", "0 of 12228 in 6 strata", false),
            ("worst class 6 `a`: 0.5", "worst class 6 `b`: 0.5", false),
            ("1.", "1.0", false),
            ("-1.5e3", "1.5e3", false),
        ] {
            assert_eq!(found(&json!({"figure": a}), &json!({"figure": b})).is_empty(), same, "{a} {b}");
        }
    }
}
