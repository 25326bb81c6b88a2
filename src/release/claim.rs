//! What a release claims: from a report on its files, and the record of the run that made them.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde_json::{Map, Value, json};

use super::{
    decimal::Decimal,
    evaluation::RecordedEvaluation,
    record::RunRecord,
    root::{ignored, root_digest},
    statement::{
        BuildDefinition, Builder, Digests, ForgottenClass, InternalParameters, LabelSpace, NamedClass,
        Parameters, Predicate, RecordedCheck, RecordedMeasurement, Removal, Resource, RunDetails, Statement,
        Verification, Version,
    },
};
use crate::{
    classes::Labels,
    evidence::{Check, Figure, Origin, Outcome, legacy::v1_name},
    head::{Slot, Target},
    removal::Removal as Asked,
    verify::Report,
};

/// Classes are removed from the outputs, at the head, as seen on model files; nothing beyond is claimed.
const SCOPE: &str = "head";
const NOT_CLAIMED: [&str; 3] =
    ["feature-level-removal", "training-data-influence-removed", "differential-privacy"];
/// What the claim calls the whole input.
pub(super) const INPUT: &str = "input-model";
const T0: &str = "T0: model files and synthetic embeddings only";
const T2: &str = "T0: model files and synthetic embeddings; T2: labelled embeddings of the user";
const WITHOUT_INPUTS: &str =
    "T1: agreement and representation similarity on real inputs (needs unlabelled inputs)";
const WITHOUT_LABELS: &str = "T2: accuracy, calibration, probes, few-shot restoration (needs labelled data)";
const WITHOUT_MEMBERS: &str =
    "T3: membership inference, comparison with a retrained model (needs training data)";
const WITHOUT_RETRAINING: &str = "T3: comparison with a retrained model (needs training data)";

impl Statement {
    /// The claim about the files of a report. All of it follows from the report, but for the record of the run.
    #[must_use]
    pub fn about(report: &Report, record: &RunRecord) -> Self {
        statement(report, record, report.removal())
    }
}

/// The claim about the files of a report as a run of this removal makes it: the one that the report is about, but for the seed
/// of the verification.
pub(super) fn statement(report: &Report, record: &RunRecord, asked: &Asked) -> Statement {
    let predicate = Predicate {
        build_definition: build(report, record, asked),
        run_details: RunDetails {
            builder: Builder {
                id: "urn:declass:cli".into(),
                version: Version { declass: record.version.clone() },
            },
        },
        removal: removal(report, record),
        verification: Verification {
            result: if report.passed() { "PASSED" } else { "FAILED" }.into(),
            tier: if record.evaluation.is_some() { T2 } else { T0 }.into(),
            not_run: not_run(record.evaluation.as_ref()).map(String::from).collect(),
            seed: asked.verification_seed().to_string(),
            checks: report
                .checks()
                .iter()
                .map(|check| recorded(check, report.cut().labels.as_ref()))
                .collect(),
            evaluation: record.evaluation.clone(),
        },
    };
    Statement::new(subjects(report, record), predicate)
}

/// The tiers that no figures are of.
fn not_run(evaluation: Option<&RecordedEvaluation>) -> impl Iterator<Item = &'static str> + use<> {
    let tested_membership = evaluation
        .is_some_and(|evaluation| evaluation.metrics.iter().any(|metric| metric.id == "membership"));
    let labels = evaluation.is_none().then_some(WITHOUT_LABELS);
    let retraining = if tested_membership { WITHOUT_RETRAINING } else { WITHOUT_MEMBERS };
    [WITHOUT_INPUTS].into_iter().chain(labels).chain([retraining])
}

/// `keep` or `drop`.
pub(super) fn slot_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Drop => "drop",
        Slot::Keep => "keep",
    }
}

fn build(report: &Report, record: &RunRecord, asked: &Asked) -> BuildDefinition {
    BuildDefinition {
        build_type: "urn:declass:class-removal:v1#unlearn".into(),
        external_parameters: Parameters {
            forget: named(report),
            method: asked.method().name.into(),
            scope: SCOPE.into(),
            slot: slot_name(asked.slot()).into(),
            seal: asked.is_sealed(),
            head: asked.head().map(Into::into),
            parameters: record.settings.clone(),
            seed: asked.seed().to_string(),
        },
        internal_parameters: InternalParameters {
            device: record.device.clone(),
            dtype_policy: "preserve".into(),
        },
        resolved_dependencies: dependencies(report, record, asked),
    }
}

fn dependencies(report: &Report, record: &RunRecord, asked: &Asked) -> Vec<Resource> {
    let digests = report.original_digests();
    let input = json!({"role": "input", "serialization": "oms/files/sha256"});
    let mut model = file(INPUT, root_digest(&digests), input);
    model.uri = record.origin.as_ref().map(ToString::to_string);
    let mut dependencies = vec![model];
    dependencies
        .extend(digests.iter().map(|(path, digest)| file(path.as_str(), *digest, json!({"role": "input"}))));
    let synthetic = |name: &str, uri: String, role: &str| Resource {
        name: name.into(),
        uri: Some(uri),
        digest: None,
        annotations: object(json!({"role": role, "kind": "synthetic"})),
    };
    if let Some(settings) = &record.settings {
        let uri = format!("synthetic:{}/v1?seed={}", settings.distribution, asked.seed());
        dependencies.push(synthetic("training-embeddings", uri, "training"));
    }
    let uri = format!("synthetic:strata/v1?seed={}", asked.verification_seed());
    dependencies.push(synthetic("verification-embeddings", uri, "evaluation"));
    dependencies
}

fn removal(report: &Report, record: &RunRecord) -> Removal {
    let target = report.removal().target();
    let (head, why) = (&report.cut().head, &report.cut().why);
    let index_map = target.index_map();
    let forgotten = named(report).into_iter();
    let changes = report.changes();
    let changed = changes.tensors.iter().filter(|tensor| tensor.shape_before.is_some()).count();
    Removal {
        forgotten: forgotten
            .map(|class| ForgottenClass { index_after: index_map[class.index], class })
            .collect(),
        label_space: LabelSpace {
            before: target.forgotten().classes(),
            after: index_map.iter().flatten().count(),
            index_map,
        },
        scope: SCOPE.into(),
        claim: claim_word(target).into(),
        not_claimed: NOT_CLAIMED.map(String::from).to_vec(),
        location: json!({
            "head": head.name,
            "embeddings": head.branches.iter().map(|branch| branch.embedding.as_str()).collect::<Vec<_>>(),
            "width": head.width(),
            "rule": why.rule,
            "confidence": why.confidence.to_string(),
        }),
        training: record.training.clone(),
        lineage: record.lineage.clone(),
        tensors: changes.tensors.iter().filter_map(|tensor| serde_json::to_value(tensor).ok()).collect(),
        unchanged_tensors: changes.tensor_count - changed,
    }
}

/// The forgotten classes with the labels that the original itself carries: no others can be checked.
fn named(report: &Report) -> Vec<NamedClass> {
    let labels = report.cut().labels.as_ref();
    let label = |index: usize| labels.and_then(|labels| labels.names.get(index).cloned());
    report.removal().forgotten().indices().map(|index| NamedClass { index, label: label(index) }).collect()
}

/// What may be claimed: a slot that is neither gone nor sealed is only suppressed where it was measured.
fn claim_word(target: &Target) -> &'static str {
    if target.is_final() { "class-output-removed" } else { "class-output-suppressed" }
}

/// The released files, after an entry for all of them together.
fn subjects(report: &Report, record: &RunRecord) -> Vec<Resource> {
    let files: BTreeMap<&RelPath, Sha256Digest> = report.candidate_digests();
    let mut ignored = ignored(&files);
    ignored.extend(
        record.lineage.iter().flat_map(|lineage| lineage.claims.iter().map(|claim| claim.name.as_str())),
    );
    let method = json!({
        "serialization": {"method": "files", "hash_type": "sha256", "ignore_paths": ignored},
    });
    let mut subjects = vec![file("oms-root", root_digest(&files), method)];
    subjects.extend(files.iter().map(|(path, digest)| file(path.as_str(), *digest, Value::Null)));
    subjects
}

fn file(name: &str, digest: Sha256Digest, annotations: Value) -> Resource {
    let digest = Some(Digests { sha256: digest.to_string() });
    Resource { name: name.into(), uri: None, digest, annotations: object(annotations) }
}

fn recorded(check: &Check, labels: Option<&Labels>) -> RecordedCheck {
    let result = match check.outcome {
        Outcome::Failed => "FAILED",
        Outcome::Informative => "INFORMATIVE",
        Outcome::Passed => "PASSED",
    };
    let definition = check.definition;
    let data = match definition.origin {
        Origin::ModelFiles => json!({"kind": "model-files", "on": definition.data}),
        Origin::UserData => json!({"kind": "user-data", "on": definition.data}),
        Origin::Synthetic => {
            json!({"ref": "verification-embeddings", "kind": "synthetic", "on": definition.data})
        }
    };
    RecordedCheck {
        id: definition.id.into(),
        result: result.into(),
        summary: check.summary.clone(),
        measurements: check.figures.iter().map(|figure| measurement(definition.id, figure, labels)).collect(),
        data,
        not_shown: definition.not_shown.into(),
    }
}

fn measurement(check: &str, figure: &Figure, labels: Option<&Labels>) -> RecordedMeasurement {
    RecordedMeasurement {
        name: v1_name(check, figure, labels).unwrap_or_else(|| figure.quantity.to_string()),
        value: Decimal::rounded(figure.value.0),
        unit: figure.unit.to_string(),
        bound95: figure.bound95.map(|bound| Decimal::rounded(bound.value.0)),
        bound_side: None,
        samples: figure.n.map(Decimal::count),
        threshold: figure.threshold.map(|threshold| Decimal::rounded(threshold.0)),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
