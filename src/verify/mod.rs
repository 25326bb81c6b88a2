//! The gate: what changed between two models, and how the changed one behaves.
//!
//! Both models are opened from disk and measured afresh; nothing is taken over from the run that made the change.
//! All of it is evidence of tier T0: it needs the model files only, and every sampled figure is about synthetic
//! embeddings, never about accuracy on real inputs.

mod assumptions;
mod behaviour;
mod certificate;
mod changes;
mod comparison;
mod copies;
mod expected;
mod forgotten;
mod guaranteed;
mod head_bias;
mod models;
mod moved;
mod named;
mod quantised;
mod recognition;
mod report;
mod restoration;
mod retained;
mod rounding;
mod sample;

pub use changes::Changes;
pub use comparison::{Comparison, compare};
pub use report::{Pass, Report};

use candle_core::Device;
use declass_formats::Artifact;

use crate::{
    classes::Forgotten,
    error::Error,
    evidence::{Change, Definition},
    head::Slot,
    methods::{Method, Settings},
    progress::Progress,
};
use behaviour::Behaviour;
use guaranteed::Rounded;
use models::Models;
use recognition::Recognition;
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
    let opened = Models::open(original, candidate, request)?;
    let comparison = Comparison::between(&opened, request, progress)?;
    let Models { models, heads } = opened;
    let Change { before: head, after: changed } = &heads;
    let stored = &models.before.cut.head;
    let recognition = Recognition { forgotten: request.forgotten, link: stored.link };
    let moved = moved::between(&models, &heads, request.forgotten)?;
    let behaviour = Behaviour::measure(&heads, recognition, request.seed, &moved, device)?;
    let rounded = Change {
        before: Rounded { head, rounding: stored.rounding() },
        after: Rounded { head: changed, rounding: models.after.cut.head.rounding() },
    };
    let sample = Sample::draw(head, request, device)?;
    let widths: Vec<usize> = stored.branches.iter().map(|branch| branch.width).collect();
    let labels = models.before.cut.labels.as_ref();
    let checks = vec![
        comparison.check().clone(),
        certificate::check(rounded, models.as_ref().map(|model| &model.cut), request),
        forgotten::check(&behaviour, request, labels),
        retained::agreement(&behaviour, labels),
        retained::divergence(&behaviour),
        retained::logits(&behaviour, &moved, request),
        quantised::check(changed, &widths, &sample, recognition, request, labels)?,
        head_bias::check(&heads, &sample, request),
        restoration::check(&models, changed, &sample, recognition, request)?,
        assumptions::check(head, request, device)?,
    ];
    Ok(Report::new(request.clone(), checks, models.before.cut, comparison))
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
