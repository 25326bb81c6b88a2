//! What a release claims: from a report on its files, and the record of the run that made them.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde_json::{Map, Value, json};

use super::record::RunRecord;
use crate::{
    claim::{
        ALL_FILES, BUILD_TYPE, BUILDER, BuildDefinition, Builder, BuilderVersion, Digests, DtypePolicy,
        ForgottenClass, History, INPUT_MODEL, InternalParameters, LabelSpace, Location, NamedClass,
        NotClaimed, OtherFile, Parameters, Predicate, Promise, RecordedCheck, RecordedEvaluation, Removal,
        Resource, RunDetails, SIZE, Scope, Seed, Statement, Tier, Verdict, Verification, ignored,
        root_digest, synthetic,
    },
    error::Error,
    evidence::{Check, Figure, TensorDifference},
    removal::Removal as Asked,
    verify::{Changes, OtherReport, Report},
};

/// The claim about the files of a report. All of it follows from the report, but for the record of the run.
#[must_use]
pub fn statement(report: &Report, record: &RunRecord) -> Statement {
    as_asked(report, record, report.removal())
}

/// The claim about the files of a report as a run of this removal makes it. What the removal is to make of
/// the files (classes, slot, seal, head) is taken from the report, which measured that; seeds, method and
/// device are those of the run.
pub(super) fn as_asked(report: &Report, record: &RunRecord, asked: &Asked) -> Statement {
    let predicate = Predicate {
        build_definition: build(report, record, asked),
        run_details: RunDetails {
            builder: Builder {
                id: BUILDER.into(),
                version: BuilderVersion { declass: record.version.clone() },
            },
        },
        removal: removal(report, record),
        verification: verification(report, record, asked.verification_seed().into()),
    };
    Statement::new(subjects(report, record), predicate)
}

fn verification(report: &Report, record: &RunRecord, seed: Seed) -> Verification {
    let tiers = tiers(record.evaluation.as_ref());
    Verification {
        result: if report.passed() { Verdict::Passed } else { Verdict::Failed },
        not_run: not_run(&tiers),
        tiers,
        seed,
        execution: Some(report.execution().clone()),
        checks: report.checks().iter().map(recorded).collect(),
        evaluation: record.evaluation.clone(),
    }
}

/// The tiers that there are figures of.
pub(super) fn tiers(evaluation: Option<&RecordedEvaluation>) -> Vec<Tier> {
    [Tier::T0].into_iter().chain(evaluation.map(RecordedEvaluation::tier)).collect()
}

/// The tiers that there are none of.
pub(super) fn not_run(tiers: &[Tier]) -> Vec<Tier> {
    Tier::ALL.into_iter().filter(|tier| !tiers.contains(tier)).collect()
}

fn build(report: &Report, record: &RunRecord, asked: &Asked) -> BuildDefinition {
    let target = report.removal().target();
    let (hints, accepted) = (target.hints(), target.accepted());
    BuildDefinition {
        build_type: BUILD_TYPE.into(),
        external_parameters: Parameters {
            forget: named(report),
            method: asked.method().name.into(),
            scope: Scope::Head,
            slot: report.removal().slot(),
            seal: report.removal().is_sealed(),
            head: hints.head().map(Into::into),
            other_heads: hints.heads.iter().skip(1).cloned().collect(),
            multi_label: hints.multi_label,
            allow_constant: accepted.constant,
            allow_stale: accepted.stale,
            executed: asked.executed(),
            parameters: record.settings.clone(),
            seed: asked.seed().into(),
        },
        internal_parameters: InternalParameters {
            device: asked.device(),
            dtype_policy: DtypePolicy::Preserve,
        },
        resolved_dependencies: dependencies(report, record, asked),
    }
}

fn dependencies(report: &Report, record: &RunRecord, asked: &Asked) -> Vec<Resource> {
    let digests = report.original_digests();
    let input = json!({"role": "input", "serialization": "oms/files/sha256"});
    let mut model = file(INPUT_MODEL, root_digest(&digests), input);
    model.uri = record.origin.as_ref().map(ToString::to_string);
    let mut dependencies = vec![model];
    dependencies
        .extend(digests.iter().map(|(path, digest)| file(path.as_str(), *digest, json!({"role": "input"}))));
    let drawn = |name: &str, uri: String, role: &str| Resource {
        name: name.into(),
        uri: Some(uri),
        digest: None,
        annotations: object(json!({"role": role, "kind": "synthetic"})),
    };
    if let Some(settings) = &record.settings {
        let uri = synthetic(&settings.distribution, asked.seed().into());
        dependencies.push(drawn("training-embeddings", uri, "training"));
    }
    dependencies.push(drawn(
        "verification-embeddings",
        synthetic("strata", asked.verification_seed().into()),
        "evaluation",
    ));
    dependencies
}

fn removal(report: &Report, record: &RunRecord) -> Removal {
    let target = report.removal().target();
    let head = &report.cut().head;
    let index_map = target.index_map();
    let forgotten = named(report).into_iter();
    let changes = report.changes();
    Removal {
        forgotten: forgotten
            .map(|class| ForgottenClass { index_after: index_map[class.index], class })
            .collect(),
        label_space: LabelSpace {
            before: target.forgotten().classes(),
            after: index_map.iter().flatten().count(),
            index_map,
        },
        scope: Scope::Head,
        claim: Promise::of(target),
        not_claimed: NotClaimed::ALL.to_vec(),
        location: Location {
            head: head.name.clone(),
            embeddings: head.branches.iter().map(|branch| branch.embedding.clone()).collect(),
            width: head.width(),
            position: head.position.place(),
        },
        untouched: report.untouched().to_vec(),
        training: record.training.clone(),
        lineage: record.lineage.clone(),
        tensors: changes.tensors.clone(),
        unchanged_tensors: unchanged(changes),
        other_files: report.others().iter().map(other_file).collect(),
    }
}

fn unchanged(changes: &Changes) -> usize {
    let changed = changes.tensors.iter().filter(|tensor| tensor.change != TensorDifference::Added).count();
    changes.tensor_count - changed
}

fn other_file(other: &OtherReport) -> OtherFile {
    let head = &other.cut().head;
    OtherFile {
        name: other.path().to_string(),
        head: head.name.clone(),
        named: other.removal().hints().heads.clone(),
        embeddings: head.branches.iter().map(|branch| branch.embedding.clone()).collect(),
        tensors: other.changes().tensors.clone(),
        unchanged_tensors: unchanged(other.changes()),
    }
}

/// The forgotten classes with the labels that the original itself carries: no others can be checked.
fn named(report: &Report) -> Vec<NamedClass> {
    let labels = report.cut().labels.as_ref();
    let label = |index: usize| labels.and_then(|labels| labels.names.get(index).cloned());
    report.removal().forgotten().indices().map(|index| NamedClass { index, label: label(index) }).collect()
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
    let mut subjects = vec![file(ALL_FILES, root_digest(&files), method)];
    let sizes = report.candidate_sizes();
    let sized = |path: &RelPath| sizes.get(path).map_or(Value::Null, |size| json!({SIZE: size}));
    subjects.extend(files.iter().map(|(path, digest)| file(path.as_str(), *digest, sized(path))));
    subjects
}

fn file(name: &str, digest: Sha256Digest, annotations: Value) -> Resource {
    let digest = Some(Digests { sha256: digest.to_string() });
    Resource { name: name.into(), uri: None, digest, annotations: object(annotations) }
}

fn recorded(check: &Check) -> RecordedCheck {
    RecordedCheck {
        id: check.definition.id.into(),
        version: check.definition.version,
        result: check.outcome,
        figures: check.figures.iter().cloned().map(Figure::rounded).collect(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl RunRecord {
    /// Adds the history of the input, which the release of this report continues.
    ///
    /// # Errors
    /// [`Error::BrokenLineage`] if the input's claim is not about the input.
    pub fn with_history(mut self, history: &History, report: &Report) -> Result<Self, Error> {
        if !history.ends_at(&root_digest(&report.original_digests())) {
            return Err(Error::BrokenLineage { reason: "the input's claim is not about its files".into() });
        }
        let lineage = history.extended(&statement(report, &self).predicate.removal);
        self.lineage = lineage.map_err(|reason| Error::BrokenLineage { reason })?;
        self.earlier = history.files().map(|(name, file)| (name, file.to_vec())).collect();
        Ok(self)
    }
}
