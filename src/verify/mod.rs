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

use crate::{
    classes::Forgotten,
    cut::Cut,
    error::Error,
    evidence::Definition,
    head::Slot,
    methods::{Method, Settings},
    progress::Progress,
};
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

/// What a verification is about.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The classes that are claimed to be forgotten.
    pub forgotten: &'a Forgotten,
    /// What is claimed to have become of their slots.
    pub slot: Slot,
    /// Whether kept slots are claimed to be sealed.
    pub sealed: bool,
    /// The method whose first-order assumptions are checked.
    pub method: &'static Method,
    /// The method's settings.
    pub settings: &'a Settings,
    /// The head's name, where it was given by hand.
    pub head: Option<&'a str>,
    /// Seed of the embeddings drawn for verification.
    pub seed: u64,
}

/// What one of the two models is, as far as a check needs it.
struct Model<'a> {
    artifact: &'a Artifact,
    cut: Cut,
}

/// Measures a candidate against the original it is said to come from.
///
/// # Errors
/// [`Error::Format`] if a model cannot be read, [`Error::NotAClassifier`] and its like if no head is found in it,
/// [`Error::OtherClasses`] if the number of classes is not what the request implies, [`Error::OtherWidth`] if the heads do
/// not read the same embedding, [`Error::Compute`] if the device fails.
pub fn verify<'a>(
    original: &Artifact,
    candidate: &Artifact,
    request: &Request<'a>,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Report<'a>, Error> {
    let models = Models::open(original, candidate, request)?;
    let Models { before, after, head, changed } = &models;
    let comparison = models.compare(request, progress)?;
    let judge = Judge { forgotten: request.forgotten, link: before.cut.head.link };
    let moved = moved::between((before, after), (head, changed), request.forgotten)?;
    let probe = Probe::measure(head, changed, judge, (request, &moved), device)?;
    let heads = [(head, before.cut.head.rounding()), (changed, after.cut.head.rounding())];
    let sample = Sample::draw(head, request, device)?;
    let widths: Vec<usize> = before.cut.head.branches.iter().map(|branch| branch.width).collect();
    let labels = before.cut.labels.as_ref();
    let checks = vec![
        comparison.check().clone(),
        certificate::check(heads, (&before.cut, &after.cut), request),
        forgotten::check(&probe, request.forgotten, labels, request.sealed || request.slot == Slot::Drop),
        retained::agreement(&probe, labels),
        retained::divergence(&probe),
        retained::logits(&probe, &moved, request),
        quantised::check(changed, &widths, &sample, judge, request, labels)?,
        head_bias::check(head, changed, &sample, request),
        restoration::check((before, after), changed, &sample, judge, request)?,
        assumptions::check(head, request, device)?,
    ];
    let Models { before, .. } = models;
    Ok(Report::new(request.clone(), checks, before.cut, comparison))
}
