//! The gate: what changed between two models, and how the changed one behaves.
//!
//! Both models are opened from disk and measured afresh; nothing is taken over from the run that made the
//! change. All of it is evidence of tier T0: it needs the model files only, and every sampled figure is about
//! synthetic embeddings, never about accuracy on real inputs.

mod assumptions;
mod behaviour;
mod certificate;
mod changes;
mod comparison;
mod copies;
mod executed;
mod expected;
mod floated;
mod forgotten;
mod guaranteed;
mod head_bias;
mod models;
mod moved;
mod named;
mod others;
mod quantised;
mod recognition;
mod remaining;
mod report;
mod rerouted;
mod restoration;
mod retained;
mod rounding;
mod sample;
mod untouched;
mod windows;

pub use changes::Changes;
pub use comparison::{Comparison, compare};
pub use report::{OtherReport, Pass, Report};

use std::path::Path;

use candle_core::Device;
use declass_formats::Artifact;

use crate::{
    edit,
    error::Error,
    evidence::{Change, Definition},
    progress::Progress,
    removal::Removal,
    tail::with_crew,
};
use behaviour::Behaviour;
use executed::{Graphs, Subject};
use guaranteed::Rounded;
use models::Models;
use recognition::Recognition;
use sample::Sample;

/// Every check of the gate, in the order in which they are made and shown.
pub static DEFINITIONS: [&Definition; 18] = [
    &changes::DEFINITION,
    &untouched::CHOICE,
    &untouched::DEFINITION,
    &floated::DEFINITION,
    &executed::DEFINITION,
    &certificate::DEFINITION,
    &forgotten::DEFINITION,
    &rerouted::DEFINITION,
    &retained::AGREEMENT,
    &retained::DIVERGENCE,
    &retained::LOGITS,
    &quantised::DEFINITION,
    &head_bias::DEFINITION,
    &restoration::DEFINITION,
    &assumptions::DEFINITION,
    &remaining::LABELS,
    &remaining::ONE_ANSWER,
    &others::DEFINITION,
];

/// Measures a candidate against the original it is said to come from. Models without a graph are run by the one in
/// the ONNX file `graph`, or in one beside the original. Further files that the removal names are measured, too.
///
/// # Errors
/// [`Error::Format`] if a model cannot be read, [`Error::Locate`] if no head is found in
/// it, [`Error::Graph`] if `graph` is no graph of the original, [`Error::OtherClasses`] if the number of classes is not what the removal implies,
/// [`Error::OtherWidth`] if the heads do not read the same embedding, [`Error::Compute`] if the device fails.
pub fn verify(
    original: &Artifact,
    candidate: &Artifact,
    removal: &Removal,
    graph: Option<&Path>,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let with_others = |artifact: &Artifact| {
        let paths = removal.other_paths();
        if artifact.twins().eq(&paths) { Ok(artifact.clone()) } else { artifact.with_twins(&paths) }
    };
    let (original, candidate) = (&with_others(original)?, &with_others(candidate)?);
    let opened = Models::open(original, candidate, removal.target())?;
    let one = |twins: Models<'_>, removal: &Removal| measured(twins, removal, (&[], None), device, progress);
    with_crew(usize::MAX, || {
        let others = others::measure(&opened, removal, &one)?;
        Ok(measured(opened, removal, (&others, graph), device, progress)?.with_others(others))
    })
}

/// Measures two models that were opened, `others` being what was found of their further files.
fn measured(
    opened: Models<'_>,
    removal: &Removal,
    (others, graph): (&[OtherReport], Option<&Path>),
    device: &Device,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let target = removal.target();
    let expected = comparison::expected(others.iter().map(OtherReport::comparison));
    let comparison = Comparison::between(&opened, target, &expected, progress)?;
    let Models { models, heads } = opened;
    let Change { before: head, after: changed } = &heads;
    let stored = &models.before.cut.head;
    let recognition = Recognition { forgotten: target.forgotten(), link: stored.link };
    let moved = moved::between(&models, &heads, target.forgotten())?;
    let behaviour = Behaviour::measure(&heads, recognition, removal.verification_seed(), &moved, device)?;
    let rounded = Change {
        before: Rounded { head, rounding: stored.rounding() },
        after: Rounded { head: changed, rounding: models.after.cut.head.rounding() },
    };
    let sample = Sample::draw(head, removal, device)?;
    let widths: Vec<usize> = stored.branches.iter().map(|branch| branch.width).collect();
    let labels = models.before.cut.labels.as_ref();
    let left = edit::untouched(models.before.artifact, &models.before.cut, target)?;
    let tensors = comparison.changes().tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let both = Change { before: models.before.artifact, after: models.after.artifact };
    let graphs = Graphs::of(&both, graph, &models.before.cut)?;
    let subject = Subject {
        models: &models,
        heads: &heads,
        sample: &sample,
        removal,
        left: &left,
        changed: tensors,
        graphs,
    };
    let (executed, execution) = executed::check(&subject, progress);
    let checks = [
        Some(comparison.check().clone()),
        Some(untouched::choice(&models.before.cut)),
        Some(untouched::check(&left)),
        floated::check(&models.before.cut),
        Some(executed),
        Some(certificate::check(rounded, models.as_ref().map(|model| &model.cut), target)),
        Some(forgotten::check(&behaviour, removal, labels)),
        rerouted::check(&behaviour, target.forgotten().indices().count(), stored.link, labels),
        Some(retained::agreement(&behaviour, labels)),
        Some(retained::divergence(&behaviour)),
        Some(retained::logits(&behaviour, &moved, removal)),
        Some(quantised::check(changed, &widths, &sample, recognition, removal, labels)?),
        Some(head_bias::check(&heads, &sample, removal)),
        Some(restoration::check(&models, changed, &sample, recognition, removal)?),
        Some(assumptions::check(head, removal, device)?),
    ];
    let mut checks: Vec<_> = checks.into_iter().flatten().collect();
    checks.extend(remaining::checks(target, stored.link, labels));
    checks.extend(others::check(others));
    Ok(Report::new(removal.clone(), checks, models.before.cut, left, execution, comparison))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::BTreeSet<&str> = DEFINITIONS.iter().map(|it| it.id).collect();
        assert_eq!(ids.len(), DEFINITIONS.len());
    }
}
