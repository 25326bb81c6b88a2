//! Checks and metrics of a claim beside those of this version: by id and version of their definitions, only
//! the same are held against each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The checks and metrics that every claim has, whatever version made it: one that lacks one of them was cut.
/// What came later is not listed here, so that a claim from before lacks it with good reason.
const SINCE_THE_FIRST: [&str; 21] = [
    "only-head-changed",
    "forgotten-unreachable",
    "forget-rate",
    "retained-agreement",
    "retained-divergence",
    "retained-logits",
    "quantised",
    "head-bias",
    "restoration",
    "assumptions",
    "forgotten-accuracy",
    "retained-accuracy",
    "aus",
    "class-drift",
    "routing",
    "calibration",
    "forgotten-margin",
    "relearning",
    "linear-probe",
    "nearest-centre",
    "membership",
];

/// What is not compared, by id, and why.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Apart {
    /// This version measures it, and the claim is older than it.
    pub(super) new: Vec<String>,
    /// The claim's definition is an older one: its figures may be others and right.
    pub(super) older: Vec<String>,
    /// This version does not know the definition, so that it cannot tell.
    pub(super) unknown: Vec<String>,
}

impl Apart {
    /// Takes out of two lists of checks, or of metrics, what cannot be compared: `claimed` is what the claim
    /// has, `expected` what this version has measured, `known` every definition of it, by id and version.
    pub(super) fn take(&mut self, claimed: &mut Value, expected: &mut Value, known: &[(&str, u32)]) {
        let (Value::Array(claimed), Value::Array(expected)) = (claimed, expected) else { return };
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        claimed.iter().for_each(|entry| *times.entry(id_of(entry)).or_default() += 1);
        let mut apart: BTreeSet<String> = BTreeSet::new();
        for entry in claimed.iter() {
            let (id, version) = (id_of(entry), entry["version"].as_u64().unwrap_or_default());
            // Definitions count from 1, and no claim has one of them twice. What no version ever wrote is not
            // set apart: it is compared, and differs.
            if version == 0 || times.get(id) != Some(&1) {
                continue;
            }
            let definition = known.iter().find(|(known, _)| *known == id);
            match definition.map(|(_, version)| u64::from(*version)) {
                Some(present) if present == version => continue,
                Some(present) if present > version => {
                    self.older.push(format!("{id} ({version}, now {present})"))
                }
                _ => self.unknown.push(format!("{id} ({version})")),
            }
            apart.insert(id.to_owned());
        }
        claimed.retain(|entry| !apart.contains(id_of(entry)));
        expected.retain(|entry| !apart.contains(id_of(entry)));
        expected.retain(|entry| {
            let id = id_of(entry);
            let is_new = !came_first(id) && !claimed.iter().any(|entry| id_of(entry) == id);
            if is_new {
                self.new.push(id.to_owned());
            }
            !is_new
        });
    }
}

/// Whether every claim has this check or metric, whatever version made it.
pub(super) fn came_first(id: &str) -> bool {
    SINCE_THE_FIRST.contains(&id)
}

fn id_of(entry: &Value) -> &str {
    entry["id"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_same_definitions_are_compared() {
        let known = [("quantised", 2), ("head-bias", 1), ("latest", 1)];
        let entry = |id: &str, version: u32| json!({"id": id, "version": version});
        let mut claimed =
            json!([entry("quantised", 1), entry("head-bias", 1), entry("later", 1), entry("latest", 2)]);
        let mut expected =
            json!([entry("quantised", 2), entry("head-bias", 1), entry("forget-rate", 1), entry("deep", 1)]);
        let mut apart = Apart::default();
        apart.take(&mut claimed, &mut expected, &known);
        assert_eq!(claimed, json!([entry("head-bias", 1)]));
        assert_eq!(expected, json!([entry("head-bias", 1), entry("forget-rate", 1)]), "it was never missing");
        assert_eq!(apart.new, ["deep"]);
        assert_eq!(apart.older, ["quantised (1, now 2)"]);
        assert_eq!(apart.unknown, ["later (1)", "latest (2)"]);
    }

    #[test]
    fn what_no_version_ever_wrote_is_compared() {
        let known = [("quantised", 2), ("head-bias", 1)];
        let entry = |id: &str, version: u32| json!({"id": id, "version": version});
        let before = json!([
            entry("quantised", 0),
            entry("head-bias", 1),
            entry("head-bias", 9),
            entry("later", 1),
            entry("later", 1)
        ]);
        let (mut claimed, mut expected) =
            (before.clone(), json!([entry("quantised", 2), entry("head-bias", 1)]));
        let mut apart = Apart::default();
        apart.take(&mut claimed, &mut expected, &known);
        assert_eq!((claimed, apart), (before, Apart::default()));
        assert_eq!(expected, json!([entry("quantised", 2), entry("head-bias", 1)]));
    }
}
