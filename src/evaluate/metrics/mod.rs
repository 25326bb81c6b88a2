//! One file per family of metrics: what each is, and how it is measured on an experiment. A new one is a file
//! and a line in the table.

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

use super::experiment::Experiment;
use crate::{
    error::Error,
    evidence::{Check, Definition, Figure, NotRun, Outcome},
};

/// What a metric is, and how it is measured.
struct Metric {
    definition: &'static Definition,
    measure: fn(&Experiment<'_>) -> Result<Measured, Error>,
}

/// What came of it.
enum Measured {
    /// The finding in one line, and the figures behind it.
    Found { summary: String, figures: Vec<Figure> },
    /// It could not be measured, for this reason.
    NotRun(String),
}

/// Every metric that there is, in the order in which they are shown.
static METRICS: [Metric; 12] = [
    Metric { definition: &accuracy::FORGOTTEN, measure: accuracy::forgotten },
    Metric { definition: &accuracy::RETAINED, measure: accuracy::retained },
    Metric { definition: &aus::DEFINITION, measure: aus::measure },
    Metric { definition: &drift::DEFINITION, measure: drift::measure },
    Metric { definition: &routing::DEFINITION, measure: routing::measure },
    Metric { definition: &divergence::DEFINITION, measure: divergence::measure },
    Metric { definition: &calibration::DEFINITION, measure: calibration::measure },
    Metric { definition: &margin::DEFINITION, measure: margin::measure },
    Metric { definition: &relearning::DEFINITION, measure: relearning::measure },
    Metric { definition: &probe::DEFINITION, measure: probe::measure },
    Metric { definition: &centre::DEFINITION, measure: centre::measure },
    Metric { definition: &membership::DEFINITION, measure: membership::measure },
];

/// What the metrics are, in the order in which they are shown.
pub static DEFINITIONS: [&Definition; METRICS.len()] = {
    let mut definitions = [METRICS[0].definition; METRICS.len()];
    let mut at = 0;
    while at < METRICS.len() {
        definitions[at] = METRICS[at].definition;
        at += 1;
    }
    definitions
};

/// Everything that can be measured, and what cannot.
pub(super) fn all(experiment: &Experiment<'_>) -> Result<(Vec<Check>, Vec<NotRun>), Error> {
    let (mut metrics, mut not_run) = (Vec::new(), Vec::new());
    for Metric { definition, measure } in &METRICS {
        match measure(experiment)? {
            Measured::Found { summary, figures } => {
                metrics.push(Check { definition, outcome: Outcome::Informative, summary, figures });
            }
            Measured::NotRun(reason) => not_run.push(NotRun { id: definition.id, reason }),
        }
    }
    Ok((metrics, not_run))
}

/// What metrics are measured on that need no training embeddings.
const TEST: &str = "the user's labelled test embeddings";

/// `97.30 %`.
fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
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
