//! M8: whether the nearest class centre is that of the label.

use super::{
    Measured, percent,
    split::{Split, Splits},
};
use crate::{
    error::Error,
    evaluate::{double_head::DoubleHead, experiment::Experiment},
    evidence::{Definition, Origin},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "nearest-centre",
    version: 1,
    number: Some("M8"),
    formula: "share of the rows whose nearest class mean (Euclidean) is that of their label",
    origin: Origin::UserData,
    data: "what is fitted, on the user's training embeddings, and judged, on the test ones; without training \
           embeddings, both on halves of the test ones, 3 draws",
    shows: "how the features cluster; the same before and after, since the encoder is not touched",
    not_shown: "uninterpretable without a retrained reference: a class that was never learnt may cluster too",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let splits = match Splits::of(experiment) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(splits) => splits,
    };
    let mut judged = Vec::new();
    for split in &splits.all {
        judged.push(split.judge(experiment, &nearest(experiment, split)?));
    }
    let ([forgotten, retained], figures) = splits.figures(&judged);
    Ok(Measured::Found {
        summary: format!(
            "{} of the removed, {} of the retained ({}); uninterpretable without a retrained reference",
            percent(forgotten),
            percent(retained),
            splits.how
        ),
        figures,
    })
}

/// The class whose centre is nearest to each of the judged rows.
pub(super) fn nearest(experiment: &Experiment<'_>, split: &Split<'_>) -> Result<Vec<usize>, Error> {
    let nearest = DoubleHead::top(&centres(experiment, split)?, split.test, &split.test_rows);
    nearest.map_err(Error::compute("measuring distances"))
}

/// The nearest centre `c` of `z` is the one with the largest `c·z - |c|²/2`.
fn centres(experiment: &Experiment<'_>, split: &Split<'_>) -> Result<DoubleHead, Error> {
    let (classes, width) = (experiment.counts.len(), split.fit.width);
    let mut weight = vec![0.0; classes * width];
    let mut counts = vec![0.0; classes];
    for &row in &split.fit_rows {
        let class = split.fit.labels[row];
        counts[class] += 1.0;
        let sums = &mut weight[class * width..(class + 1) * width];
        sums.iter_mut().zip(split.fit.row(row)).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let mut bias = vec![f64::NEG_INFINITY; classes];
    for (class, centre) in weight.chunks_mut(width).enumerate().filter(|(class, _)| counts[*class] > 0.0) {
        centre.iter_mut().for_each(|x| *x /= counts[class]);
        bias[class] = -centre.iter().map(|x| x * x).sum::<f64>() / 2.0;
    }
    DoubleHead::new(weight, bias, width).map_err(Error::compute("measuring distances"))
}
