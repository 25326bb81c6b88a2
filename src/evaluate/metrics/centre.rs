//! M8: whether the nearest class centre is that of the label.

use super::{
    Outcome, percent,
    split::{Split, Splits},
};
use crate::{
    error::Error,
    evaluate::{
        case::Case,
        report::{Definition, Metric},
        wide::Wide,
    },
};

const ID: &str = "nearest-centre";

pub(super) const DEFINITION: Definition = Definition {
    id: ID,
    number: "M8",
    formula: "share of the rows whose nearest class mean (Euclidean) is that of their label",
    shows: "how the features cluster; the same before and after, since the encoder is not touched",
    not_shown: "uninterpretable without a retrained reference: a class that was never learnt may cluster too",
};

pub(super) fn measure(case: &Case<'_>) -> Result<Outcome, Error> {
    let splits = match Splits::of(case, ID) {
        Err(reason) => return Ok(Err(reason)),
        Ok(splits) => splits,
    };
    let mut judged = Vec::new();
    for split in &splits.all {
        let nearest = Wide::top(&centres(case, split)?, &case.data.test, &split.test_rows);
        let nearest = nearest.map_err(Error::compute("measuring distances"))?;
        judged.push(split.judge(case, &nearest));
    }
    let ([forgotten, retained], figures) = splits.figures(&judged);
    Ok(Ok(Metric {
        definition: &DEFINITION,
        summary: format!(
            "{} of the forgotten, {} of the retained ({}); uninterpretable without a retrained reference",
            percent(forgotten),
            percent(retained),
            splits.how
        ),
        data: splits.data,
        seed: splits.seed,
        figures,
    }))
}

/// The nearest centre `c` of `z` is the one with the largest `c·z - |c|²/2`.
fn centres(case: &Case<'_>, split: &Split<'_>) -> Result<Wide, Error> {
    let (classes, width) = (case.counts.len(), split.fit.width);
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
    Wide::new(weight, bias, width).map_err(Error::compute("measuring distances"))
}
