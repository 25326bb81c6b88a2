//! M3: what became of each retained class.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::{experiment::Experiment, figures::at_least},
    evidence::{Definition, Figure, Origin, Side},
    statistics::quantile,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "class-drift",
    version: 1,
    number: Some("M3"),
    formula: "accuracy after less accuracy before, per retained class that has rows; percentiles \
              interpolated",
    origin: Origin::UserData,
    data: TEST,
    shows: "damage to single classes that an average hides",
    not_shown: "classes of which there are no rows",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let classes: Vec<usize> =
        experiment.pair.forgotten.retained().filter(|&class| experiment.counts[class] > 0).collect();
    let mut per_class = Vec::new();
    let mut changes = Vec::new();
    for &class in &classes {
        let [before, after] = Side::BOTH.map(|side| experiment.accuracy(side, experiment.rows_of(class)));
        changes.push((after.value() - before.value(), class));
        let accuracy = |side, rate| at_least("accuracy", rate).of_class(class).on(side);
        per_class.push(accuracy(Side::Before, before));
        per_class.push(accuracy(Side::After, after));
    }
    let (worst, class) = changes.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0));
    let p5 = quantile(&changes.iter().map(|(change, _)| *change).collect::<Vec<_>>(), 0.05);
    let unit = "difference of rates";
    let mut figures = vec![
        Figure::new("smallest-accuracy-change", worst, unit).of(experiment.counts[class]),
        Figure::new("p5-accuracy-change", p5, unit).of(experiment.retained.len() as u64),
    ];
    figures.extend(per_class);
    Ok(Measured::Found {
        summary: format!(
            "worst class {}: {:+.2} points; 5th percentile of {} classes {:+.2}",
            experiment.describe(class),
            100.0 * worst,
            classes.len(),
            100.0 * p5
        ),
        figures,
    })
}
