//! M3: what became of each retained class.

use super::USER_TEST;
use crate::{
    evaluate::{
        case::{Case, When},
        report::{Definition, Figure, Metric},
    },
    statistics::quantile,
};

pub(super) const DEFINITION: Definition = Definition {
    id: "class-drift",
    number: "M3",
    formula: "accuracy after less accuracy before, per retained class that has rows; percentiles interpolated",
    shows: "damage to single classes that an average hides",
    not_shown: "classes of which there are no rows",
};

pub(super) fn measure(case: &Case<'_>) -> Metric {
    let classes: Vec<usize> =
        case.pair.forgotten.retained().filter(|&class| case.counts[class] > 0).collect();
    let mut per_class = Vec::new();
    let mut changes = Vec::new();
    for &class in &classes {
        let [before, after] = When::BOTH.map(|when| case.accuracy(when, case.rows_of(class)));
        changes.push((after.value() - before.value(), class));
        per_class.push(Figure::at_least(format!("{} before", case.describe(class)), before));
        per_class.push(Figure::at_least(format!("{} after", case.describe(class)), after));
    }
    let (worst, class) = changes.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0));
    let p5 = quantile(&changes.iter().map(|(change, _)| *change).collect::<Vec<_>>(), 0.05);
    let unit = "difference of rates";
    let mut figures = vec![
        Figure::new("smallest change", worst, unit, case.counts[class] as usize),
        Figure::new("5th percentile of the changes", p5, unit, case.retained.len()),
    ];
    figures.extend(per_class);
    Metric {
        definition: &DEFINITION,
        summary: format!(
            "worst class {}: {:+.2} points; 5th percentile of {} classes {:+.2}",
            case.describe(class),
            100.0 * worst,
            classes.len(),
            100.0 * p5
        ),
        data: USER_TEST,
        seed: None,
        figures,
    }
}
