//! What a run claims, from what it did and what was measured.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde_json::{Map, Value, json};

use super::{
    root::{IGNORED, is_ignored, root_digest},
    statement::{
        BuildDefinition, Digests, ForgottenClass, LabelSpace, NamedClass, Parameters, Predicate,
        RecordedCheck, RecordedMeasurement, Removal, Resource, Statement, Verification,
    },
};
use crate::{
    classes::{Forgotten, Labels},
    cut::Cut,
    edit::Slot,
    embeddings::Sampling,
    unlearn::{Options, Trained},
    verify::{Check, Measurement, Report},
};

/// Everything a claim is made of.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The boundary that was found in the original.
    pub cut: &'a Cut,
    /// The original's labels.
    pub labels: Option<&'a Labels>,
    /// What was forgotten.
    pub forgotten: &'a Forgotten,
    /// What became of the slots.
    pub slot: Slot,
    /// Whether kept slots were sealed.
    pub sealed: bool,
    /// The head, if it was named by hand.
    pub head: Option<&'a str>,
    /// How unlearning was set up.
    pub options: &'a Options,
    /// The device that computed.
    pub device: &'a str,
    /// How sampling went, if anything was sampled for training.
    pub sampling: Option<&'a Sampling>,
    /// How training went, if anything was trained.
    pub trained: Option<&'a Trained>,
    /// Forgotten classes that no training draw reached, so that only the seal treats them.
    pub unreached: &'a [usize],
    /// Seed of the verification.
    pub verification_seed: u64,
}

impl Claim<'_> {
    /// The statement about the files that were verified.
    #[must_use]
    pub fn statement(&self, report: &Report) -> Statement {
        let predicate = Predicate {
            build_definition: self.build(report),
            run_details: json!({
                "builder": {"id": "urn:declass:cli", "version": {"declass": env!("CARGO_PKG_VERSION")}},
                "metadata": {},
            }),
            removal: self.removal(report),
            verification: self.verification(report),
        };
        Statement::new(subjects(&report.candidate_digests()), predicate)
    }

    fn build(&self, report: &Report) -> BuildDefinition {
        let options = self.options;
        let parameters = match self.trained {
            None => Map::new(),
            Some(_) => object(json!({
                "distribution": options.distribution.name(),
                "samplesPerClass": options.samples,
                "learningRate": options.learning_rate.map_or("chosen on synthetic strata".into(), |lr| lr.to_string()),
                "maxEpochs": options.epochs,
            })),
        };
        BuildDefinition {
            build_type: "urn:declass:class-removal:v1#unlearn".into(),
            external_parameters: Parameters {
                forget: self.named(),
                method: options.method.name.into(),
                scope: SCOPE.into(),
                slot: slot_name(self.slot).into(),
                seal: self.sealed,
                head: self.head.map(Into::into),
                parameters,
                seed: options.seed.to_string(),
            },
            internal_parameters: json!({"device": self.device, "dtypePolicy": "preserve"}),
            resolved_dependencies: self.dependencies(report),
        }
    }

    fn dependencies(&self, report: &Report) -> Vec<Resource> {
        let digests = report.original_digests();
        let mut dependencies = vec![Resource {
            name: "input-model".into(),
            uri: None,
            digest: Some(digest(root_digest(&digests))),
            annotations: object(json!({"role": "input", "serialization": "oms/files/sha256"})),
        }];
        let files = digests.iter().filter(|(path, _)| !is_ignored(path));
        dependencies.extend(files.map(|(path, file)| Resource {
            name: path.to_string(),
            uri: None,
            digest: Some(digest(*file)),
            annotations: object(json!({"role": "input"})),
        }));
        let synthetic = |name: &str, uri: String, role: &str| Resource {
            name: name.into(),
            uri: Some(uri),
            digest: None,
            annotations: object(json!({"role": role, "kind": "synthetic"})),
        };
        if let Some(sampling) = self.sampling {
            let uri = format!("synthetic:{}/v1?seed={}", sampling.distribution, self.options.seed);
            dependencies.push(synthetic("training-embeddings", uri, "training"));
        }
        let uri = format!("synthetic:strata/v1?seed={}", self.verification_seed);
        dependencies.push(synthetic("verification-embeddings", uri, "evaluation"));
        dependencies
    }

    fn removal(&self, report: &Report) -> Removal {
        let head = &self.cut.head;
        let index_map = index_map(self.forgotten, self.slot);
        Removal {
            forgotten: self
                .named()
                .into_iter()
                .map(|class| ForgottenClass { index_after: index_map[class.index], class })
                .collect(),
            label_space: LabelSpace {
                before: self.forgotten.classes(),
                after: index_map.iter().flatten().count(),
                index_map,
            },
            scope: SCOPE.into(),
            claim: claim_word(self.slot, self.sealed).into(),
            not_claimed: NOT_CLAIMED.map(String::from).to_vec(),
            location: json!({
                "head": head.name,
                "embeddings": head.branches.iter().map(|branch| branch.embedding.as_str()).collect::<Vec<_>>(),
                "width": head.width(),
                "rule": self.cut.why.rule,
                "confidence": self.cut.why.confidence.to_string(),
            }),
            training: self.training(),
            tensors: changed_tensors(report),
            unchanged_tensors: unchanged_tensors(report),
        }
    }

    fn training(&self) -> Option<Value> {
        let attempt = |summary: &crate::unlearn::Summary| {
            json!({
                "learningRate": summary.learning_rate.to_string(),
                "epochs": summary.epochs,
                "worstStratum": decimal(summary.worst_stratum),
                "retainedAgreement": decimal(summary.retained_agreement),
                "retainedDivergence": decimal(summary.retained_kl),
            })
        };
        let sampling = self.sampling?;
        let starved: Vec<usize> = sampling.starved().collect();
        Some(json!({
            "draws": sampling.draws.to_string(),
            "accepted": sampling.accepted,
            "starvedClasses": starved,
            "unreachedForgottenClasses": self.unreached,
            "attempts": self.trained.map(|t| t.attempts.iter().map(attempt).collect::<Vec<_>>()).unwrap_or_default(),
            "kept": self.trained.map(|t| t.kept),
        }))
    }

    fn verification(&self, report: &Report) -> Verification {
        let not_run = [
            "T1: agreement and representation similarity on real inputs (needs unlabelled inputs)",
            "T2: accuracy, calibration, probes, few-shot restoration (needs labelled data)",
            "T3: membership inference, comparison with a retrained model (needs training data)",
        ];
        Verification {
            result: if report.passed() { "PASSED" } else { "FAILED" }.into(),
            tier: TIER.into(),
            not_run: not_run.map(String::from).to_vec(),
            seed: self.verification_seed.to_string(),
            checks: report.checks.iter().map(recorded).collect(),
        }
    }

    fn named(&self) -> Vec<NamedClass> {
        let label = |index: usize| self.labels.and_then(|labels| labels.names.get(index).cloned());
        self.forgotten.indices().map(|index| NamedClass { index, label: label(index) }).collect()
    }
}

/// What a claim may say: classes are removed from the outputs, at the head, as seen on model files.
pub(super) const SCOPE: &str = "head";
pub(super) const NOT_CLAIMED: [&str; 3] =
    ["feature-level-removal", "training-data-influence-removed", "differential-privacy"];
pub(super) const TIER: &str = "T0: model files and synthetic embeddings only";

/// New index of each class; none for a dropped one.
pub(super) fn index_map(forgotten: &Forgotten, slot: Slot) -> Vec<Option<usize>> {
    match slot {
        Slot::Drop => forgotten.index_map(),
        Slot::Keep => (0..forgotten.classes()).map(Some).collect(),
    }
}

/// The tensors that changed, as they are recorded.
pub(super) fn changed_tensors(report: &Report) -> Vec<Value> {
    report.changes.tensors.iter().filter_map(|tensor| serde_json::to_value(tensor).ok()).collect()
}

/// How many tensors of the original did not.
pub(super) fn unchanged_tensors(report: &Report) -> usize {
    let changed = report.changes.tensors.iter().filter(|tensor| tensor.shape_before.is_some()).count();
    report.changes.tensor_count - changed
}

/// What may be claimed: a slot that is neither gone nor sealed is only suppressed where it was measured.
pub(super) fn claim_word(slot: Slot, sealed: bool) -> &'static str {
    if slot == Slot::Drop || sealed { "class-output-removed" } else { "class-output-suppressed" }
}

/// `keep` or `drop`.
pub(super) fn slot_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Drop => "drop",
        Slot::Keep => "keep",
    }
}

/// The released files, after an entry for all of them together.
pub(super) fn subjects(files: &BTreeMap<&RelPath, Sha256Digest>) -> Vec<Resource> {
    let mut subjects = vec![Resource {
        name: "oms-root".into(),
        uri: None,
        digest: Some(digest(root_digest(files))),
        annotations: object(json!({
            "serialization": {"method": "files", "hash_type": "sha256", "ignore_paths": IGNORED},
        })),
    }];
    let kept = files.iter().filter(|(path, _)| !is_ignored(path));
    subjects.extend(kept.map(|(path, file)| Resource {
        name: path.to_string(),
        uri: None,
        digest: Some(digest(*file)),
        annotations: Map::new(),
    }));
    subjects
}

/// A check as it is recorded.
pub(super) fn recorded(check: &Check) -> RecordedCheck {
    RecordedCheck {
        id: check.id.into(),
        result: serde_json::to_value(check.outcome)
            .ok()
            .and_then(|v| v.as_str().map(Into::into))
            .unwrap_or_default(),
        summary: check.summary.clone(),
        measurements: check.measurements.iter().map(recorded_measurement).collect(),
        data: json!({"ref": "verification-embeddings", "kind": "synthetic", "on": check.data}),
        not_shown: check.not_shown.into(),
    }
}

fn recorded_measurement(measurement: &Measurement) -> RecordedMeasurement {
    RecordedMeasurement {
        name: measurement.name.clone(),
        value: decimal(measurement.value),
        unit: measurement.unit.into(),
        bound95: measurement.bound.map(decimal),
        samples: measurement.samples.map(|n| n.to_string()),
        threshold: measurement.threshold.map(decimal),
    }
}

/// Six significant digits: more than any figure here is good for, and the same on every platform.
pub(super) fn decimal(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { value.to_string() };
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if (1e-4..1e9).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

fn digest(digest: Sha256Digest) -> Digests {
    Digests { sha256: digest.to_string() }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
