//! One file per family of metrics; each takes the case and gives figures with what they mean.

mod accuracy;
mod aus;
mod calibration;
mod centre;
mod divergence;
mod drift;
mod margin;
mod membership;
mod probe;
mod relearning;
mod routing;
mod split;

use super::{
    case::Case,
    report::{Definition, Metric, NotRun},
};
use crate::error::Error;

/// Every metric that there is, in the order in which they are shown.
pub const DEFINITIONS: [&Definition; 12] = [
    &accuracy::FORGOTTEN,
    &accuracy::RETAINED,
    &aus::DEFINITION,
    &drift::DEFINITION,
    &routing::DEFINITION,
    &divergence::DEFINITION,
    &calibration::DEFINITION,
    &margin::DEFINITION,
    &relearning::DEFINITION,
    &probe::DEFINITION,
    &centre::DEFINITION,
    &membership::DEFINITION,
];

/// Where test figures come from.
const USER_TEST: &str = "user-test";
/// Where figures come from that need members of the training set too.
const USER_BOTH: &str = "user-test and user-train";

/// A metric, or why it could not be measured.
type Outcome = Result<Metric, NotRun>;

/// Everything that can be measured, and what cannot.
pub(super) fn all(case: &Case<'_>) -> Result<(Vec<Metric>, Vec<NotRun>), Error> {
    let mut metrics = vec![
        accuracy::forgotten(case),
        accuracy::retained(case),
        aus::measure(case),
        drift::measure(case),
        routing::measure(case),
        divergence::measure(case),
        calibration::measure(case),
    ];
    let mut not_run = Vec::new();
    let sometimes = [
        margin::measure(case),
        relearning::measure(case),
        probe::measure(case)?,
        centre::measure(case)?,
        membership::measure(case),
    ];
    for outcome in sometimes {
        match outcome {
            Err(reason) => not_run.push(reason),
            Ok(metric) => metrics.push(metric),
        }
    }
    Ok((metrics, not_run))
}

/// `97.30 %`.
fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
