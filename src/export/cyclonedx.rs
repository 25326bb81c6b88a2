//! A CycloneDX 1.6 ML-BOM: the released model as a component, the input as its ancestor, the removal as a
//! patch.
//!
//! Figures go into `performanceMetrics` as they stand in the claim, each with the data it was measured on;
//! what the claim does not claim goes into the limitations.

use serde_json::{Value, json};

use super::{ClaimFile, Words};
use crate::{
    claim::{
        ForgottenClass, Predicate, RecordedCheck, RecordedMetric, Resource, Tier, Verdict, Verification,
    },
    evidence::{BoundSide, Definition, Figure, Number, Origin, words},
};

const MODEL: &str = "machine-learning-model";

pub(super) fn export(claim: &ClaimFile<'_>, model: &str) -> Value {
    let predicate = &claim.statement.predicate;
    let files: Vec<&Resource> = claim.statement.subject.iter().skip(1).collect();
    let references: Vec<String> = files.iter().map(|file| reference("output", file)).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(&claim.digest.to_string())),
        "version": 1,
        "metadata": {
            "tools": {"components": [{
                "type": "application",
                "name": "declass",
                "version": predicate.run_details.builder.version.declass,
            }]},
            "component": component(claim, model),
        },
        "components": files.iter().map(|file| component_of(file, "output")).collect::<Vec<_>>(),
        "dependencies": [{"ref": "output", "dependsOn": references}],
    })
}

fn component(claim: &ClaimFile<'_>, model: &str) -> Value {
    let predicate = &claim.statement.predicate;
    let asked = &predicate.build_definition.external_parameters;
    let classes: Vec<String> = predicate.removal.forgotten.iter().map(named).collect();
    let root = claim.statement.subject.first().and_then(|all| all.digest.as_ref());
    let mut properties = vec![
        property("declass:forgotten", classes.join(", ")),
        property("declass:method", asked.method.clone()),
        property("declass:slot", asked.slot.to_string()),
        property("declass:claim", predicate.removal.claim.name().into()),
        property("declass:verification", verification(&predicate.verification)),
    ];
    properties.extend(root.map(|digest| property("declass:root-sha256", digest.sha256.clone())));
    json!({
        "type": MODEL,
        "bom-ref": "output",
        "name": model,
        "pedigree": {
            "ancestors": [ancestor(predicate)],
            // The kinds of patches are those of software; none of them is about models.
            "patches": [{"type": "unofficial", "resolves": [{"type": "enhancement", "name": "class removal"}]}],
            "notes": format!("Classes removed: {}, by {} (scope: head).", classes.join(", "), asked.method),
        },
        "modelCard": {
            "modelParameters": {"task": "classification"},
            "quantitativeAnalysis": {"performanceMetrics": metrics(&predicate.verification, claim.words)},
            "considerations": {"technicalLimitations": limitations(predicate, claim.words)},
            "properties": properties,
        },
        "externalReferences": [{
            "type": "attestation",
            "url": claim.name,
            "hashes": [{"alg": "SHA-256", "content": claim.digest.to_string()}],
        }],
    })
}

fn property(name: &str, value: String) -> Value {
    json!({"name": name, "value": value})
}

fn named(forgotten: &ForgottenClass) -> String {
    match &forgotten.class.label {
        Some(label) => format!("{}={label}", forgotten.class.index),
        None => forgotten.class.index.to_string(),
    }
}

/// The input model with its files.
fn ancestor(predicate: &Predicate) -> Value {
    let is_input = |resource: &&Resource| resource.annotations.get("role") == Some(&json!("input"));
    let mut inputs = predicate.build_definition.resolved_dependencies.iter().filter(is_input);
    let model = inputs.next();
    let mut ancestor = json!({
        "type": MODEL,
        "bom-ref": "input",
        "name": "input model",
        "components": inputs.map(|file| component_of(file, "input")).collect::<Vec<_>>(),
    });
    if let Some(digest) = model.and_then(|model| model.digest.as_ref()) {
        ancestor["properties"] = json!([property("declass:root-sha256", digest.sha256.clone())]);
    }
    if let Some(uri) = model.and_then(|model| model.uri.as_ref()).filter(|uri| uri.starts_with("pkg:")) {
        ancestor["purl"] = json!(uri);
    }
    ancestor
}

fn component_of(file: &Resource, side: &str) -> Value {
    let hashes = file.digest.iter().map(|digest| json!({"alg": "SHA-256", "content": digest.sha256}));
    json!({
        "type": "file",
        "bom-ref": reference(side, file),
        "name": file.name,
        "hashes": hashes.collect::<Vec<_>>(),
    })
}

fn reference(side: &str, file: &Resource) -> String {
    format!("{side}/{}", file.name)
}

/// `passed, T0 and T2`.
fn verification(verification: &Verification) -> String {
    let result = match verification.result {
        Verdict::Failed => "failed",
        Verdict::Passed => "passed",
    };
    let tiers = verification.tiers.iter().map(|tier| match tier {
        Tier::T0 => "T0",
        Tier::T1 => "T1",
        Tier::T2 => "T2",
        Tier::T3 => "T3",
    });
    format!("{result}, {}", tiers.collect::<Vec<_>>().join(" and "))
}

/// All figures of all checks, and those on labelled data of a user; `slice` says what each was measured on.
fn metrics(verification: &Verification, words: Words) -> Vec<Value> {
    let of_check = |check: &RecordedCheck| {
        let data = data((words.check)(&check.id, check.version));
        check.figures.iter().map(|figure| metric(&check.id, data, figure)).collect::<Vec<_>>()
    };
    let of_metric = |it: &RecordedMetric| {
        it.figures.iter().map(|figure| metric(&it.id, USER_DATA, figure)).collect::<Vec<_>>()
    };
    let labelled = verification.evaluation.iter().flat_map(|evaluation| &evaluation.metrics);
    verification.checks.iter().flat_map(of_check).chain(labelled.flat_map(of_metric)).collect()
}

const USER_DATA: &str = "labelled data of the user";

fn data(definition: Option<&Definition>) -> &'static str {
    match definition.map(|definition| definition.origin) {
        Some(Origin::ModelFiles) => "model files",
        Some(Origin::Register) => "a register",
        Some(Origin::Synthetic) => "synthetic data",
        Some(Origin::UserData) => USER_DATA,
        None => "unknown to this version",
    }
}

fn metric(owner: &str, data: &str, figure: &Figure) -> Value {
    let mut metric = json!({
        "type": format!("{owner}: {} [{}]", words::name(figure, None), figure.unit),
        "value": figure.value.to_string(),
        "slice": data,
    });
    if let Some(bound) = figure.bound95 {
        let (low, high) = match bound.side {
            BoundSide::AtLeast => (bound.value, Number(1.0)),
            BoundSide::AtMost => (Number(0.0), bound.value),
        };
        metric["confidenceInterval"] = json!({"lowerBound": low.to_string(), "upperBound": high.to_string()});
    }
    metric
}

fn limitations(predicate: &Predicate, words: Words) -> Vec<String> {
    let of_places = predicate.removal.location.position.and_then(|place| place.not_claimed());
    let not_claimed = predicate.removal.not_claimed.iter().map(|what| what.name()).chain(of_places);
    let not_claimed = not_claimed.map(|what| format!("not claimed: {what}"));
    let verification = &predicate.verification;
    let checks = verification.checks.iter().map(|it| (&it.id, (words.check)(&it.id, it.version)));
    let labelled = verification.evaluation.iter().flat_map(|evaluation| &evaluation.metrics);
    let metrics = labelled.map(|it| (&it.id, (words.metric)(&it.id, it.version)));
    let not_shown = checks
        .chain(metrics)
        .filter_map(|(id, definition)| Some(format!("{id} does not show: {}", definition?.not_shown)));
    not_claimed.chain(not_shown).collect()
}

/// A name-based UUID (version 8, RFC 9562) out of a digest in hexadecimal, so that the same claim gives the
/// same bytes.
fn uuid(digest: &str) -> String {
    let digits: Vec<char> = digest.chars().collect();
    let part =
        |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default().iter().collect::<String>();
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(12..15), part(15..18), part(18..30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_makes_a_uuid() {
        assert_eq!(uuid(&"0123456789abcdef".repeat(4)), "01234567-89ab-8cde-8f01-23456789abcd");
    }
}
