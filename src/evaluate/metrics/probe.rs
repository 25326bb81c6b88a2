//! M7: what a fresh linear classifier finds in the frozen features.

use std::collections::BTreeMap;

use super::{
    Measured, percent,
    split::{Judged, Split, Splits},
};
use crate::{
    error::Error,
    evaluate::{experiment::Experiment, logistic},
    evidence::{Definition, Origin},
};

/// Most multiplications for one pass over the fitted rows: a probe takes hundreds of passes.
const MOST_WORK: usize = 1_000_000_000;

pub(super) static DEFINITION: Definition = Definition {
    id: "linear-probe",
    version: 1,
    number: Some("M7"),
    formula: "multinomial logistic regression (L2, C = 1) on features standardised by those it is fitted on; \
              share of the other rows whose label it finds",
    origin: Origin::UserData,
    data: "what is fitted, on the user's training embeddings, and judged, on the test ones; without training \
           embeddings, both on halves of the test ones, 3 draws",
    shows: "what a fresh head finds in the features; the same before and after, since the encoder is not \
            touched",
    not_shown: "uninterpretable without a retrained reference: features of a model that never saw the class \
                separate it too",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let splits = match Splits::of(experiment) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(splits) => splits,
    };
    let rows = splits.all.iter().map(|split| split.fit_rows.len()).max().unwrap_or(0);
    let classes = experiment.pair.before.classes;
    let work = rows.saturating_mul(experiment.data.test.width).saturating_mul(classes.max(10));
    if work > MOST_WORK {
        let reason =
            format!("{rows} rows are too many for {classes} classes of width {}", experiment.data.test.width);
        return Ok(Measured::NotRun(reason));
    }
    let (mut judged, mut converged) = (Vec::new(), true);
    for split in &splits.all {
        let (found, met) = fitted(experiment, split).map_err(Error::compute("fitting a probe"))?;
        judged.push(found);
        converged &= met;
    }
    let ([forgotten, retained], figures) = splits.figures(&judged);
    let doubt = if converged { "" } else { "; the solver stopped short of its tolerance" };
    Ok(Measured::Found {
        summary: format!(
            "{} of the removed, {} of the retained ({}); uninterpretable without a retrained reference{doubt}",
            percent(forgotten),
            percent(retained),
            splits.how
        ),
        figures,
    })
}

fn fitted(experiment: &Experiment<'_>, split: &Split<'_>) -> candle_core::Result<(Judged, bool)> {
    let labels = split.fit_rows.iter().map(|&row| split.fit.labels[row]);
    let mut numbers: BTreeMap<usize, usize> = labels.clone().map(|label| (label, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(at, number)| *number = at);
    let classes: Vec<usize> = labels.map(|label| numbers[&label]).collect();
    let known: Vec<usize> = numbers.into_keys().collect();
    let probe = logistic::fit(split.fit, &split.fit_rows, &classes, known.len())?;
    let tops = probe.classifier.top(&experiment.data.test, &split.test_rows)?;
    let given: Vec<usize> = tops.into_iter().map(|top| known[top]).collect();
    Ok((split.judge(experiment, &given), probe.converged))
}
