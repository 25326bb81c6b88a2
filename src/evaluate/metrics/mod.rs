//! One file per family of metrics: what each is, and how it is measured on an experiment. A new one is a file
//! and a line in the table.

mod accuracy;
mod alike;
mod answers;
mod aus;
mod calibration;
mod centre;
mod confusion;
mod divergence;
mod drift;
mod examples;
mod likelihood;
mod margin;
mod membership;
mod neighbours;
mod odds;
mod probe;
mod refitted;
mod relearning;
mod retrained;
mod routing;
mod split;
mod steering;

use super::{Truth, beside::Beside, experiment::Experiment};
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

/// Every metric on labelled rows, in the order in which they are shown.
static LABELLED: [Metric; 18] = [
    Metric { definition: &accuracy::FORGOTTEN, measure: accuracy::forgotten },
    Metric { definition: &accuracy::RETAINED, measure: accuracy::retained },
    Metric { definition: &aus::DEFINITION, measure: aus::measure },
    Metric { definition: &drift::DEFINITION, measure: drift::measure },
    Metric { definition: &routing::DEFINITION, measure: routing::measure },
    Metric { definition: &divergence::DEFINITION, measure: divergence::measure },
    Metric { definition: &calibration::DEFINITION, measure: calibration::measure },
    Metric { definition: &margin::DEFINITION, measure: margin::measure },
    Metric { definition: &odds::DEFINITION, measure: odds::measure },
    Metric { definition: &relearning::DEFINITION, measure: relearning::measure },
    Metric { definition: &steering::DEFINITION, measure: steering::measure },
    Metric { definition: &probe::DEFINITION, measure: probe::measure },
    Metric { definition: &centre::DEFINITION, measure: centre::measure },
    Metric { definition: &neighbours::DEFINITION, measure: neighbours::measure },
    Metric { definition: &examples::DEFINITION, measure: examples::measure },
    Metric { definition: &membership::DEFINITION, measure: membership::measure },
    Metric { definition: &likelihood::DEFINITION, measure: likelihood::measure },
    Metric { definition: &confusion::DEFINITION, measure: confusion::measure },
];

/// Every metric on rows whose labels are the original's answers, in the order in which they are shown.
static UNLABELLED: [Metric; 7] = [
    Metric { definition: &answers::REMOVED, measure: answers::removed },
    Metric { definition: &answers::AGREEMENT, measure: answers::agreement },
    Metric { definition: &answers::DRIFT, measure: answers::drift },
    Metric { definition: &answers::ROUTING, measure: answers::routed },
    Metric { definition: &answers::DIVERGENCE, measure: answers::divergences },
    Metric { definition: &answers::MARGIN, measure: answers::margins },
    Metric { definition: &answers::CHANGES, measure: answers::changes },
];

/// A metric beside a retrained model, and how it is measured.
struct BesideMetric {
    definition: &'static Definition,
    measure: fn(&Beside<'_>) -> Result<Measured, Error>,
}

/// Every metric beside a retrained model, in the order in which they are shown.
static BESIDE: [BesideMetric; 9] = [
    BesideMetric { definition: &retrained::ROUTING, measure: retrained::routing },
    BesideMetric { definition: &retrained::AGREEMENT, measure: retrained::agreement },
    BesideMetric { definition: &retrained::ACCURACY, measure: retrained::accuracy },
    BesideMetric { definition: &retrained::MEMBERSHIP, measure: retrained::membership },
    BesideMetric { definition: &alike::DEFINITION, measure: alike::measure },
    BesideMetric { definition: &examples::RETRAINED, measure: examples::retrained },
    BesideMetric { definition: &refitted::NEIGHBOURS, measure: refitted::neighbours },
    BesideMetric { definition: &refitted::PROBE, measure: refitted::probe },
    BesideMetric { definition: &refitted::CENTRE, measure: refitted::centre },
];

/// A metric of two models, each with embeddings of its own: of what they answer, and of nothing else.
struct AnswerMetric {
    metric: Metric,
    /// Whether it is about inputs of removed classes, of which there may be none.
    is_of_removed: bool,
}

/// Those of the metrics on labelled rows that look at answers only.
static ACROSS: [AnswerMetric; 9] = [
    AnswerMetric::of_removed(&accuracy::FORGOTTEN, accuracy::forgotten),
    AnswerMetric::of_all(&accuracy::RETAINED, accuracy::retained),
    AnswerMetric::of_all(&drift::DEFINITION, drift::measure),
    AnswerMetric::of_removed(&routing::DEFINITION, routing::measure),
    AnswerMetric::of_all(&divergence::DEFINITION, divergence::measure),
    AnswerMetric::of_all(&calibration::DEFINITION, calibration::measure),
    AnswerMetric::of_all(&odds::DEFINITION, odds::measure),
    AnswerMetric::of_removed(&membership::DEFINITION, membership::measure),
    AnswerMetric::of_all(&confusion::DEFINITION, confusion::measure),
];

impl AnswerMetric {
    const fn of_all(
        definition: &'static Definition,
        measure: fn(&Experiment<'_>) -> Result<Measured, Error>,
    ) -> Self {
        Self { metric: Metric { definition, measure }, is_of_removed: false }
    }

    const fn of_removed(
        definition: &'static Definition,
        measure: fn(&Experiment<'_>) -> Result<Measured, Error>,
    ) -> Self {
        Self { is_of_removed: true, ..Self::of_all(definition, measure) }
    }
}

const WITHOUT_RETRAINED: usize = LABELLED.len() + UNLABELLED.len();
const WITHOUT_LAYERS: usize = WITHOUT_RETRAINED + BESIDE.len();

/// What the metrics are: those on labelled data, on data without labels, beside a retrained model, and of two models'
/// layers.
pub static DEFINITIONS: [&Definition; WITHOUT_LAYERS + 1] = {
    let mut definitions = [&alike::BETWEEN; WITHOUT_LAYERS + 1];
    let mut at = 0;
    while at < WITHOUT_LAYERS {
        definitions[at] = if at < LABELLED.len() {
            LABELLED[at].definition
        } else if at < WITHOUT_RETRAINED {
            UNLABELLED[at - LABELLED.len()].definition
        } else {
            BESIDE[at - WITHOUT_RETRAINED].definition
        };
        at += 1;
    }
    definitions
};

/// Everything that can be measured, and what cannot.
pub(super) fn all(experiment: &Experiment<'_>) -> Result<(Vec<Check>, Vec<NotRun>), Error> {
    let table = match experiment.data.test.truth {
        Truth::Answers => &UNLABELLED[..],
        Truth::Labels => &LABELLED,
    };
    sorted(table.iter().map(|metric| Ok((metric.definition, (metric.measure)(experiment)?))))
}

/// Everything that can be measured beside a retrained model, and what cannot.
pub(super) fn beside(beside: &Beside<'_>) -> Result<(Vec<Check>, Vec<NotRun>), Error> {
    sorted(BESIDE.iter().map(|metric| Ok((metric.definition, (metric.measure)(beside)?))))
}

/// Everything that can be measured of two models with embeddings of their own, and what cannot. How alike their layers are
/// is measured where these are known.
pub(super) fn across(beside: &Beside<'_>) -> Result<(Vec<Check>, Vec<NotRun>), Error> {
    let experiment = beside.experiment;
    let nothing = || Measured::NotRun("no class was removed".into());
    let labelled = ACROSS.iter().map(|AnswerMetric { metric, is_of_removed }| {
        let is_about_none = *is_of_removed && experiment.forgotten.is_empty();
        let found = if is_about_none { nothing() } else { (metric.measure)(experiment)? };
        Ok((metric.definition, found))
    });
    let unlabelled = UNLABELLED.iter().map(|metric| Ok((metric.definition, (metric.measure)(experiment)?)));
    let layers = beside.retrained.layers().map(|_| Ok((&alike::BETWEEN, alike::measure(beside)?)));
    match experiment.data.test.truth {
        Truth::Answers => sorted(unlabelled.chain(layers)),
        Truth::Labels => sorted(labelled.chain(layers)),
    }
}

fn sorted(
    measured: impl Iterator<Item = Result<(&'static Definition, Measured), Error>>,
) -> Result<(Vec<Check>, Vec<NotRun>), Error> {
    let (mut metrics, mut not_run) = (Vec::new(), Vec::new());
    for measured in measured {
        let (definition, measured) = measured?;
        match measured {
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
