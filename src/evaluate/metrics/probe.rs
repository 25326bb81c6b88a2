//! M7: what a fresh linear classifier finds in the frozen features.

use std::collections::BTreeMap;

use super::{
    Measured, percent,
    split::{Split, Splits},
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
    if let Some(reason) = splits.all.iter().find_map(|split| obstacle(experiment, split)) {
        return Ok(Measured::NotRun(reason));
    }
    let (mut judged, mut converged) = (Vec::new(), true);
    for split in &splits.all {
        let (given, met) = fitted(split).map_err(Error::compute("fitting a probe"))?;
        judged.push(split.judge(experiment, &given));
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

/// Why no probe is fitted, if so.
pub(super) fn obstacle(experiment: &Experiment<'_>, split: &Split<'_>) -> Option<String> {
    let (rows, width, classes) = (split.fit_rows.len(), split.fit.width, experiment.pair.before.classes);
    let work = rows.saturating_mul(width).saturating_mul(classes.max(10));
    (work > MOST_WORK).then(|| format!("{rows} rows are too many for {classes} classes of width {width}"))
}

/// The class that a probe gives each of the judged rows.
pub(super) fn found(split: &Split<'_>) -> Result<Vec<usize>, Error> {
    Ok(fitted(split).map_err(Error::compute("fitting a probe"))?.0)
}

fn fitted(split: &Split<'_>) -> candle_core::Result<(Vec<usize>, bool)> {
    let labels = split.fit_rows.iter().map(|&row| split.fit.labels[row]);
    let mut numbers: BTreeMap<usize, usize> = labels.clone().map(|label| (label, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(at, number)| *number = at);
    let classes: Vec<usize> = labels.map(|label| numbers[&label]).collect();
    let known: Vec<usize> = numbers.into_keys().collect();
    let probe = logistic::fit(split.fit, &split.fit_rows, &classes, known.len())?;
    let tops = probe.classifier.top(split.test, &split.test_rows)?;
    Ok((tops.into_iter().map(|top| known[top]).collect(), probe.converged))
}
