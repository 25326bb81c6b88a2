//! The gate: what changed between two models, and how the changed one behaves.
//!
//! Both models are opened from disk and measured afresh; nothing is taken over from the run that made the change.
//! All of it is evidence of tier T0: it needs the model files only, and every sampled figure is about synthetic
//! embeddings, never about accuracy on real inputs.

mod assumptions;
mod certificate;
mod changes;
mod comparison;
mod copies;
mod expected;
mod forgotten;
mod guaranteed;
mod head_bias;
mod judge;
mod moved;
mod named;
mod probe;
mod quantised;
mod report;
mod restoration;
mod retained;
mod rounding;
mod sample;

pub use certificate::is_sealed;
pub use changes::Changes;
pub use comparison::{Comparison, compare};
pub use report::{Pass, Report};

use candle_core::Device;
use declass_formats::Artifact;

use crate::{cut::Cut, error::Error, evidence::Definition, progress::Progress, removal::Removal};
use comparison::Models;
use judge::Judge;
use probe::Probe;
use sample::Sample;

/// Every check of the gate, in the order in which they are made and shown.
pub static DEFINITIONS: [&Definition; 10] = [
    &changes::DEFINITION,
    &certificate::DEFINITION,
    &forgotten::DEFINITION,
    &retained::AGREEMENT,
    &retained::DIVERGENCE,
    &retained::LOGITS,
    &quantised::DEFINITION,
    &head_bias::DEFINITION,
    &restoration::DEFINITION,
    &assumptions::DEFINITION,
];

/// What one of the two models is, as far as a check needs it.
struct Model<'a> {
    artifact: &'a Artifact,
    cut: Cut,
}

/// Measures a candidate against the original it is said to come from.
///
/// # Errors
/// [`Error::Format`] if a model cannot be read, [`Error::NotAClassifier`] and its like if no head is found in it,
/// [`Error::OtherClasses`] if the number of classes is not what the removal implies, [`Error::OtherWidth`] if the heads do
/// not read the same embedding, [`Error::Compute`] if the device fails.
pub fn verify(
    original: &Artifact,
    candidate: &Artifact,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let target = removal.target();
    let models = Models::open(original, candidate, target)?;
    let Models { before, after, head, changed } = &models;
    let comparison = models.compare(target, progress)?;
    let judge = Judge { forgotten: target.forgotten(), link: before.cut.head.link };
    let moved = moved::between((before, after), (head, changed), target.forgotten())?;
    let probe = Probe::measure(head, changed, judge, (removal, &moved), device)?;
    let heads = [(head, before.cut.head.rounding()), (changed, after.cut.head.rounding())];
    let sample = Sample::draw(head, removal, device)?;
    let widths: Vec<usize> = before.cut.head.branches.iter().map(|branch| branch.width).collect();
    let labels = before.cut.labels.as_ref();
    let checks = vec![
        comparison.check().clone(),
        certificate::check(heads, (&before.cut, &after.cut), target),
        forgotten::check(&probe, target.forgotten(), labels, target.is_final()),
        retained::agreement(&probe, labels),
        retained::divergence(&probe),
        retained::logits(&probe, &moved, removal),
        quantised::check(changed, &widths, &sample, judge, removal, labels)?,
        head_bias::check(head, changed, &sample, removal),
        restoration::check((before, after), changed, &sample, judge, removal)?,
        assumptions::check(head, removal, device)?,
    ];
    let Models { before, .. } = models;
    Ok(Report::new(removal.clone(), checks, before.cut, comparison))
}
