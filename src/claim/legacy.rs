//! Claims of version 1 in the words of the present one.
//!
//! Version 1 named figures by sentences, wrote numbers as strings and recorded the words about every check.
//! Here the tree of such a claim becomes that of a present one: numbers are numbers, figures have fields, and
//! words are left out, since they are looked up now and were never evidence. Whatever has no place in version
//! 1 stays where it is, so that it is found when the claim is compared. What does not fit stays as it was,
//! too, and is refused where it is read.

use serde_json::{Map, Number, Value, json};

use super::{BUILD_TYPE, BUILDER, PREDICATE_TYPE, Seed, TEST_DATA, TRAINING_DATA, synthetic};
use crate::evidence::{self, BoundSide, legacy::v1_figure};

/// What kind of claim version 1 is.
pub(super) const PREDICATE_TYPE_V1: &str = "urn:declass:attestation:class-removal:v1";
const BUILD_TYPE_V1: &str = "urn:declass:class-removal:v1#unlearn";
const BUILDER_V1: &str = "urn:declass:cli";
/// The version of every definition that version 1 knew.
const DEFINITION: u32 = 1;

/// The whole claim.
pub(super) fn upgraded(mut claim: Value) -> Value {
    rename(&mut claim, "predicateType", PREDICATE_TYPE_V1, PREDICATE_TYPE);
    let Some(predicate) = claim.get_mut("predicate") else { return claim };
    if let Some(build) = predicate.get_mut("buildDefinition") {
        upgrade_build(build);
    }
    if let Some(builder) = predicate.pointer_mut("/runDetails/builder") {
        rename(builder, "id", BUILDER_V1, BUILDER);
    }
    if let Some(removal) = predicate.get_mut("removal") {
        upgrade_removal(removal);
    }
    if let Some(verification) = predicate.get_mut("verification") {
        upgrade_verification(verification);
    }
    claim
}

fn upgrade_build(build: &mut Value) {
    rename(build, "buildType", BUILD_TYPE_V1, BUILD_TYPE);
    if let Some(asked) = build.get_mut("externalParameters") {
        at(asked, "seed", count);
        if let Some(settings) = asked.get_mut("parameters") {
            at(settings, "learningRate", number);
            entries(settings, "method").for_each(number);
        }
    }
    for dependency in entries(build, "resolvedDependencies") {
        at(dependency, "uri", synthetic_uri);
    }
}

fn upgrade_removal(removal: &mut Value) {
    if let Some(location) = removal.get_mut("location") {
        // How the head was found, in words and as sure as that version was.
        drop_text(location, "rule");
        drop_text(location, "confidence");
    }
    let Some(training) = removal.get_mut("training") else { return };
    at(training, "draws", count);
    entries(training, "rareClasses").for_each(|class| at(class, "tries", count));
    for attempt in entries(training, "attempts") {
        for key in ["learningRate", "stretched", "worstStratum", "retainedAgreement", "retainedDivergence"] {
            at(attempt, key, number);
        }
    }
}

fn upgrade_verification(verification: &mut Value) {
    at(verification, "result", result);
    at(verification, "seed", count);
    at(verification, "tier", |tier| {
        if let Some(text) = tier.as_str() {
            *tier = text.split("; ").map(tier_of).collect();
        }
    });
    put_in_place_of(verification, "tier", "tiers");
    entries(verification, "notRun").for_each(|tier| {
        if let Some(text) = tier.as_str() {
            *tier = tier_of(text).into();
        }
    });
    entries(verification, "checks").for_each(upgrade_check);
    if let Some(evaluation) = verification.get_mut("evaluation") {
        if evaluation["tier"] == "T2" {
            remove(evaluation, "tier");
        }
        at(evaluation, "seed", count);
        entries(evaluation, "metrics").for_each(upgrade_metric);
    }
}

/// `T0` of `T0: model files and synthetic embeddings only`.
fn tier_of(text: &str) -> String {
    text.split_once(": ").map_or(text, |(tier, _)| tier).to_owned()
}

fn upgrade_check(check: &mut Value) {
    drop_text(check, "summary");
    drop_text(check, "notShown");
    if let Some(data) = check.get_mut("data") {
        ["kind", "on", "ref"].iter().for_each(|key| drop_text(data, key));
        if *data == json!({}) {
            remove(check, "data");
        }
    }
    at(check, "result", result);
    upgrade_figures(check);
}

fn upgrade_metric(metric: &mut Value) {
    ["definition", "formula", "notShown", "shows"].iter().for_each(|key| drop_text(metric, key));
    let both = format!("{TEST_DATA} and {TRAINING_DATA}");
    if [TEST_DATA, &both].iter().any(|known| metric["data"] == **known) {
        remove(metric, "data");
    }
    upgrade_figures(metric);
}

/// The measurements of a check or a metric, as figures.
fn upgrade_figures(owner: &mut Value) {
    let id = owner["id"].as_str().unwrap_or_default().to_owned();
    entries(owner, "measurements").for_each(|measurement| upgrade_figure(&id, measurement));
    put_in_place_of(owner, "measurements", "figures");
    if let Value::Object(fields) = owner
        && !fields.contains_key("version")
    {
        fields.insert("version".into(), DEFINITION.into());
    }
}

fn upgrade_figure(owner: &str, measurement: &mut Value) {
    for key in ["value", "bound95", "threshold"] {
        at(measurement, key, number);
    }
    at(measurement, "samples", count);
    put_in_place_of(measurement, "samples", "n");
    let Value::Object(fields) = measurement else { return };
    if let Some(bound) = fields.remove("bound95") {
        let side = fields.remove("boundSide").unwrap_or_else(|| json!(side_of(owner)));
        fields.insert("bound95".into(), json!({"side": side, "value": bound}));
    }
    let Some(name) = fields.get("name").and_then(Value::as_str).map(str::to_owned) else { return };
    let Some(named) = v1_figure(owner, &name) else { return };
    let about = json!({
        "quantity": named.quantity, "class": named.class, "to": named.to, "stratum": named.stratum, "side": named.side,
    });
    let Value::Object(about) = about else { return };
    // Whatever somebody put in one of these places stays there, to be found.
    if about.keys().any(|key| fields.contains_key(key)) {
        return;
    }
    fields.remove("name");
    fields.extend(about.into_iter().filter(|(_, value)| !value.is_null()));
}

/// The side of a bound that its unit was to tell: of what must not happen the rate is bounded above.
fn side_of(check: &str) -> BoundSide {
    if check == "forget-rate" { BoundSide::AtMost } else { BoundSide::AtLeast }
}

/// `synthetic:gaussian/v1?seed=0` as it is written now.
fn synthetic_uri(uri: &mut Value) {
    let parts = uri.as_str().and_then(|text| text.strip_prefix("synthetic:")?.split_once("/v1?seed="));
    let parts = parts.and_then(|(distribution, seed)| Some((distribution, whole(seed)?)));
    if let Some((distribution, seed)) = parts {
        *uri = synthetic(distribution, Seed::from(seed)).into();
    }
}

fn result(result: &mut Value) {
    let word = match result.as_str() {
        Some("FAILED") => "failed",
        Some("INFORMATIVE") => "informative",
        Some("PASSED") => "passed",
        _ => return,
    };
    *result = word.into();
}

/// A whole number that was a string.
fn count(value: &mut Value) {
    if let Some(number) = value.as_str().and_then(whole) {
        *value = number.into();
    }
}

/// A whole number in the only spelling that version 1 gave it.
fn whole(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

/// Any number that was a string; those that JSON does not know become words.
fn number(value: &mut Value) {
    let Some(text) = value.as_str() else { return };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b".-+eE".contains(&byte));
    let parsed = match text {
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        text if plain(text) => match text.parse() {
            Ok(number) => number,
            Err(_) => return,
        },
        _ => return,
    };
    *value = Number::from_f64(parsed).map_or_else(|| json!(evidence::Number(parsed)), Value::Number);
}

/// Changes the value at a key, if there is one.
fn at(owner: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    if let Some(value) = owner.get_mut(key) {
        change(value);
    }
}

/// The entries of a list or a map at a key, if there is one.
fn entries<'a>(owner: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    let (list, map) = match owner.get_mut(key) {
        Some(Value::Array(list)) => (Some(list), None),
        Some(Value::Object(map)) => (None, Some(map)),
        _ => (None, None),
    };
    list.into_iter().flatten().chain(map.into_iter().flat_map(Map::values_mut))
}

fn rename(owner: &mut Value, key: &str, from: &str, to: &str) {
    if owner.get(key).is_some_and(|found| found == from) {
        owner[key] = to.into();
    }
}

/// Moves a value to the key that it has now, unless somebody put something there, which stays to be found.
fn put_in_place_of(owner: &mut Value, before: &str, now: &str) {
    let Value::Object(fields) = owner else { return };
    if !fields.contains_key(now)
        && let Some(value) = fields.remove(before)
    {
        fields.insert(now.into(), value);
    }
}

/// Leaves out what was a sentence; anything else stays, and is found.
fn drop_text(owner: &mut Value, key: &str) {
    if owner.get(key).is_some_and(Value::is_string) {
        remove(owner, key);
    }
}

fn remove(owner: &mut Value, key: &str) {
    if let Value::Object(fields) = owner {
        fields.remove(key);
    }
}
